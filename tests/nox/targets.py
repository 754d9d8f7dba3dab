# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The unit tests on a Python that modules may run on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import nox

from . import pythons, trees
from .checks import Checks

OLDEST = "3.8"
# ansible-test knows no markers: this file's tests are slow, all of them.
SLOW_FILE = "tests/unit/plugins/modules/test_obshell_recordings.py"
# The oldest libraries, as pip's constraints.
FLOORS = "tests/unit/floors.txt"
# The options of ansible-test units; a folder behind them ends with a slash.
FORKED = ("--python", OLDEST, "--exclude", SLOW_FILE)
MODULES = "tests/unit/plugins/modules/"
# What a Python that only modules run on is asked for, and what a controller's is.
_OF_TARGETS = (MODULES, "tests/unit/plugins/module_utils")
_OF_CONTROLLERS = ("tests/unit/plugins",)


def run_units(
    session: nox.Session,
    core: str,
    targets: Sequence[str],
    *,
    floors: bool = False,
    measured: Path | None = None,
) -> None:
    """Run the unit tests on each of these Pythons that is here.

    With `floors`, on the oldest libraries that the modules take; with `measured`, what
    they run is kept in that file.
    """
    collection = trees.copy_collection(f"target-units-{core}")
    checks = Checks(session)
    for python in targets:
        title = f"units, ansible-core {core}, Python {python}"
        title += ", oldest libraries" if floors else ""
        if not pythons.is_here(python):
            checks.skip(title, f"no Python {python} here")
            continue
        with checks.told(title):
            target = _prepared(session, core, python, floors=floors)
            # Controllers run everything, others modules' code alone.
            is_controller = pythons.is_controller(core, python)
            folders = _OF_CONTROLLERS if is_controller else _OF_TARGETS
            command = ["-m", "pytest", "-m", "not slow", *folders]
            if measured:
                install = ("-m", "pip", "install", "--quiet", "coverage[toml]")
                session.run(target, *install, external=True)
                command[:0] = ["-m", "coverage", "run", f"--data-file={measured}"]
            _run_on(session, target, command, collection=collection)
    checks.finish()


def _run_on(
    session: nox.Session, target: str, command: Sequence[str], *, collection: Path
) -> None:
    with session.chdir(collection):
        session.run(
            *(target, *command),
            env={
                "LC_ALL": "C.UTF-8",
                "PYTHONPATH": str(trees.collections_path(collection)),
            },
            external=True,
        )


def _prepared(session: nox.Session, core: str, python: str, *, floors: bool) -> str:
    """A Python that has ansible-core and what the unit tests import."""
    folder = Path(session.virtualenv.location) / f"target-{python}"
    target = str(folder / "bin" / "python")
    if not Path(target).exists():
        venv = (f"python{python}", "-m", "venv", str(folder))
        session.run(*venv, external=True, silent=True)
    pip = (target, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    # Modules meet module_utils alone, whatever Python the controller wants.
    given = ("--no-deps", "--ignore-requires-python", pythons.requirement(core))
    needed = ("-r", "tests/unit/requirements.txt", "-r", "tests/unit/core.txt")
    session.run(*pip, *given, external=True)
    limits = ("-c", FLOORS) if floors else ()
    session.run(*pip, *needed, *limits, external=True)
    return target
