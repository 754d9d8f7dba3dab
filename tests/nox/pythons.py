# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which ansible-core goes with which Python, and where the Pythons are."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

# ansible-core: oldest and newest Python of its controller.
CONTROLLERS = {
    "2.16": ((3, 10), (3, 12)),
    "2.17": ((3, 10), (3, 12)),
    "2.18": ((3, 11), (3, 13)),
    "2.19": ((3, 11), (3, 13)),
    "2.20": ((3, 12), (3, 14)),
    "2.21": ((3, 12), (3, 14)),
    "2.22": ((3, 13), (3, 15)),
}
# Out as a release candidate at the most: tested where it can be, and never the one
# that the other stages use.
UPCOMING = "2.22"
# Oldest and newest Python that modules run on, where tests/config.yml allows it.
TARGETS = {
    "2.16": ((3, 8), (3, 12)),
    "2.17": ((3, 8), (3, 12)),
    "2.18": ((3, 8), (3, 13)),
    "2.19": ((3, 8), (3, 13)),
    "2.20": ((3, 9), (3, 14)),
    "2.21": ((3, 9), (3, 14)),
    "2.22": ((3, 9), (3, 15)),
}
RUNNING = sys.version_info[:2]


def requirement(core: str) -> str:
    """What to ask pip for, to have an ansible-core."""
    if core == UPCOMING:
        return f"ansible-core>={core}.0rc1,<{core}.999"
    return f"ansible-core~={core}.0"


def released() -> list[str]:
    """The supported versions of ansible-core that are out, the oldest first."""
    return [core for core in CONTROLLERS if core != UPCOMING]


def newest_core() -> str:
    """The newest released ansible-core that runs on the Python of this process."""
    cores = [core for core in released() if _fits(core, RUNNING)]
    if not cores:
        raise RuntimeError(f"no supported ansible-core runs on Python {_text(RUNNING)}")
    return cores[-1]


def controller(core: str) -> str:
    """The Python to run an ansible-core with: this process's own where it fits."""
    if _fits(core, RUNNING):
        return _text(RUNNING)
    found = [python for python in _span(CONTROLLERS[core]) if is_here(python)]
    # Where none is found the newest is named, and nox says that it is missing.
    return found[-1] if found else _text(CONTROLLERS[core][1])


def testable() -> list[str]:
    """All versions of ansible-core, the upcoming one only where a Python fits it."""
    left_out = [] if is_here(controller(UPCOMING)) else [UPCOMING]
    return [core for core in CONTROLLERS if core not in left_out]


def is_controller(core: str, python: str) -> bool:
    """Whether this ansible-core runs on that Python, and not only modules do."""
    return python in _span(CONTROLLERS[core])


def targets(core: str) -> list[str]:
    """The Pythons that modules may run on with this ansible-core, oldest first."""
    return _span(TARGETS[core])


def is_here(python: str) -> bool:
    """Whether a Python of that version is on the search path."""
    folders = search_path().split(os.pathsep)
    return any((Path(folder) / f"python{python}").is_file() for folder in folders)


def edge(core: str, found: Callable[[str], bool] = is_here) -> list[str]:
    """The target Pythons from one end to the first that is here.

    The oldest ansible-core begins with its oldest Python, any other with its newest.
    What comes before the last of them is missing on this machine.
    """
    span = targets(core) if core == released()[0] else targets(core)[::-1]
    here = [number for number, python in enumerate(span, 1) if found(python)]
    return span[: here[0]] if here else span


def search_path() -> str:
    """PATH with pyenv's shims replaced by the Pythons behind them.

    ansible-test calls Pythons by name with a changed environment, which shims answer
    with exit code 127.
    """
    folders = [str(Path(sys.base_prefix) / "bin")]
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        folders += _behind(Path(folder)) if Path(folder).name == "shims" else [folder]
    return os.pathsep.join(dict.fromkeys(folders))


def _behind(shims: Path) -> list[str]:
    bins = shims.parent.glob("versions/*/bin")
    return [str(path) for path in sorted(bins, key=_numbers, reverse=True)]


def _numbers(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path.parent.name)]


def _fits(core: str, python: tuple[int, int]) -> bool:
    oldest, newest = CONTROLLERS[core]
    return oldest <= python <= newest


def _span(ends: tuple[tuple[int, int], tuple[int, int]]) -> list[str]:
    oldest, newest = ends
    return [f"3.{minor}" for minor in range(oldest[1], newest[1] + 1)]


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
