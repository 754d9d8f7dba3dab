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
from typing import TYPE_CHECKING

from . import trees

if TYPE_CHECKING:
    import nox

DATA = trees.ROOT / ".nox" / "coverage"
MEASURED = ("units", "integration")
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


def absent(data: Path = DATA) -> list[str]:
    """Which of the stages that are measured left nothing."""
    return [name for name in MEASURED if not any((data / name).glob("coverage*"))]


def total(session: nox.Session) -> str:
    """Put together what the last runs measured, and show it; the total in percent."""
    found = [str(path) for path in collected()]
    session.run("coverage", "combine", "--keep", "--quiet", *found)
    session.run("coverage", "report", "--skip-covered", "--sort=cover")
    return str(session.run("coverage", "report", "--format=total", silent=True))


def problems(total: str, *, floor: float, highest: float) -> list[str]:
    """What is wrong with a measured total in percent; `highest` was the floor once."""
    measured = float(total)
    found = []
    if measured < floor:
        found.append(f"coverage fell to {measured} %; the floor is {floor} %")
    if floor < highest:
        found.append(f"the floor in {FLOOR} was {highest} % before; it only rises")
    return found


def advice(total: str, *, floor: float) -> str:
    """A word to those who work on the tests; empty where there is nothing to say."""
    if float(total) < floor + SLACK:
        return ""
    return f"coverage is {total} %, the floor {floor} %: raise it in {FLOOR}"


def floor() -> float:
    """The floor of this tree."""
    return float((trees.ROOT / FLOOR).read_text("utf-8"))


def highest_floor() -> float:
    """The highest floor in the history of this tree; 0 where there is none."""
    command = ["git", "log", "--format=", "--patch", "--", str(FLOOR)]
    log = subprocess.run(
        command, cwd=trees.ROOT, check=False, capture_output=True, text=True
    )
    values = re.findall(r"^\+([\d.]+)$", log.stdout, re.MULTILINE)
    return max(map(float, values), default=0.0)


def _fresh(name: str) -> Path:
    folder = DATA / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
