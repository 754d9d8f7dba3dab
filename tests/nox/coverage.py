# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Coverage of units and integration together, and the floor under it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import trees

DATA = trees.ROOT / ".nox" / "coverage"
FLOOR = Path("tests/coverage_floor.txt")
# A measured value that is this much above the floor asks for a higher floor.
SLACK = 1.0


@contextmanager
def kept(name: str) -> Iterator[Path]:
    """The data file for one stage; what an earlier run left is gone."""
    folder = _fresh(name)
    yield folder / "coverage"


def keep(name: str, folder: Path) -> None:
    """Take what ansible-test measured; its own files would add up over runs."""
    target = _fresh(name)
    for number, path in enumerate(sorted(folder.glob("*=coverage.*"))):
        shutil.move(path, target / f"coverage-{number}")


def collected() -> list[Path]:
    """All data files of the last runs."""
    return sorted(path for path in DATA.glob("*/coverage*") if path.is_file())


def problems(total: str) -> list[str]:
    """What is wrong with a measured total in percent."""
    measured, floor = float(total), float((trees.ROOT / FLOOR).read_text("utf-8"))
    found = []
    if measured < floor:
        found.append(f"coverage fell to {measured} %; the floor is {floor} %")
    if measured >= floor + SLACK:
        found.append(f"coverage is {measured} %: raise the floor in {FLOOR}")
    highest = max(_history(), default=0.0)
    if floor < highest:
        found.append(f"the floor in {FLOOR} was {highest} % before; it only rises")
    return found


def _history() -> list[float]:
    command = ["git", "log", "--format=", "--patch", "--", str(FLOOR)]
    log = subprocess.run(
        command, cwd=trees.ROOT, capture_output=True, text=True, check=True
    )
    return [float(value) for value in re.findall(r"^\+([\d.]+)$", log.stdout, re.M)]


def _fresh(name: str) -> Path:
    folder = DATA / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
