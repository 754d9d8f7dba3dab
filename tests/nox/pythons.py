# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which ansible-core goes with which Python, and where the Pythons are."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

# ansible-core: oldest and newest Python of its controller.
CONTROLLERS = {
    "2.16": ((3, 10), (3, 12)),
    "2.17": ((3, 10), (3, 12)),
    "2.18": ((3, 11), (3, 13)),
    "2.19": ((3, 11), (3, 13)),
    "2.20": ((3, 12), (3, 14)),
    "2.21": ((3, 12), (3, 14)),
}
RUNNING = sys.version_info[:2]


def newest_core() -> str:
    """The newest ansible-core that runs on the Python of this process."""
    cores = [core for core in CONTROLLERS if _fits(core, RUNNING)]
    if not cores:
        raise RuntimeError(f"no supported ansible-core runs on Python {_text(RUNNING)}")
    return cores[-1]


def controller(core: str) -> str:
    """The Python to run an ansible-core with: this process's own where it fits."""
    if _fits(core, RUNNING):
        return _text(RUNNING)
    oldest, newest = CONTROLLERS[core]
    minors = range(newest[1], oldest[1] - 1, -1)
    found = [minor for minor in minors if _on_path(f"python3.{minor}")]
    # Where none is found the newest is named, and nox says that it is missing.
    return f"3.{found[0] if found else newest[1]}"


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


def _on_path(name: str) -> bool:
    folders = search_path().split(os.pathsep)
    return any((Path(folder) / name).is_file() for folder in folders)


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
