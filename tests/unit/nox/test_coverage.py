# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.oceanbase.ops.tests.nox import coverage


@pytest.mark.parametrize(
    ("total", "floor", "highest", "expected"),
    [
        ("91.50", 91.0, 91.0, ""),
        ("91.00", 91.0, 80.0, ""),
        ("90.99", 91.0, 91.0, "coverage fell to 90.99 %; the floor is 91.0 %"),
        ("99.00", 91.0, 91.0, ""),
        ("91.50", 91.0, 92.0, "only rises"),
    ],
)
def test_the_floor_holds_and_only_rises(
    total: str, floor: float, highest: float, expected: str
) -> None:
    found = coverage.problems(total, floor=floor, highest=highest)
    assert len(found) == bool(expected)
    assert expected in " ".join(found)


@pytest.mark.parametrize(("total", "said"), [("91.99", False), ("92.00", True)])
def test_a_floor_that_is_left_behind_is_told(total: str, said: bool) -> None:
    assert bool(coverage.advice(total, floor=91.0)) is said


def test_a_stage_that_measured_nothing_is_named(tmp_path: Path) -> None:
    for name in ("units", "integration"):
        assert name in coverage.absent(tmp_path)
        (tmp_path / name).mkdir()
        assert name in coverage.absent(tmp_path)
        (tmp_path / name / "coverage-1").touch()
    assert coverage.absent(tmp_path) == []
