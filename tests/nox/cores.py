# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The versions of ansible-core, and their commands away from what the user has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import nox
from nox.command import CommandFailed

from . import plan, pythons, trees

# The pylint that it wants is not on PyPI.
SANITY_OPTIONS = {pythons.UPCOMING: ("--skip-test", "pylint")}
# These two take more than half of its time; CI runs them on the oldest and the newest.
QUICK_SANITY = ("--skip-test", "pylint", "--skip-test", "import")


def on(
    cores: Iterable[str], *, newest: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Parametrize a session with versions of ansible-core, each on its Python.

    Where `newest` is asked for, that name stands for the one of the other stages.
    """
    named = {core: core for core in cores}
    if newest:
        named["newest"] = plan.CORE
    params = [
        nox.param(pythons.controller(core), core, id=name)
        for name, core in named.items()
    ]
    return nox.parametrize("python,core", params)


def install(session: nox.Session, core: str, *others: str) -> bool:
    """Install an ansible-core, and other packages; False where it is not out yet."""
    try:
        session.install(pythons.requirement(core), *others)
    except CommandFailed:
        if core != pythons.UPCOMING:
            raise
        return False
    return True


def prepare(name: str) -> tuple[Path, dict[str, str]]:
    """A scratch copy of the collection, and the environment to use it in."""
    collection = trees.copy_collection(name)
    return collection, environment(trees.collections_path(collection))


def environment(collections: Path) -> dict[str, str]:
    """An Ansible that sees these collections and no configuration of the user's."""
    return {
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_CONFIG": str(trees.empty_configuration()),
        "ANSIBLE_HOME": str(collections / ".ansible"),
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "LC_ALL": "C.UTF-8",
    }


def build(
    session: nox.Session, collection: Path, target: Path, *, env: dict[str, str]
) -> Path:
    """Build the collection into a folder; return the tarball."""
    with session.chdir(collection):
        session.run(
            *("ansible-galaxy", "collection", "build"),
            *("--output-path", str(target)),
            env=env,
        )
    return next(target.glob("*.tar.gz"))


def build_twice(
    session: nox.Session, collection: Path, *, env: dict[str, str]
) -> list[Path]:
    """Two tarballs of the same tree."""
    folders = [trees.fresh_folder(name) for name in ("built-1", "built-2")]
    return [build(session, collection, folder, env=env) for folder in folders]


def test(
    session: nox.Session, kind: str, core: str, *options: str, scratch: str = ""
) -> Path:
    """Run ansible-test in a copy and a home that only this session uses.

    What was given after `--` is handed on. Returns the folder of the copy.
    """
    folder = f"{kind}-{scratch}-{core}" if scratch else f"{kind}-{core}"
    collection = trees.copy_collection(folder)
    with session.chdir(collection):
        session.run(
            *("ansible-test", kind, "--venv", "--color", "no", *options),
            *session.posargs,
            env={"HOME": str(trees.make_home(folder)), "LC_ALL": "C.UTF-8"},
        )
    return collection
