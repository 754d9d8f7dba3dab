# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.tests.nox import counts
from ansible_collections.oceanbase.ops.tests.nox.counts import Counts

PYTEST = (
    "collected 8 items\n\n=== 3 failed, 2 passed, 1 skipped, 2 errors in 1.5s ===\n"
)
SANITY = """\
Running sanity test "compile" on Python 3.8
Running sanity test "compile" on Python 3.9
Running sanity test "pep8"
"""
MISSING = """\
Running sanity test "compile" on Python 3.8
WARNING: Skipping sanity test "compile" on Python 3.14 because it could not be found.
WARNING: Skipping sanity test "import" on Python 3.14 because it could not be found.
Running sanity test "pep8"
WARNING: Reviewing previous 2 warning(s):
WARNING: Skipping sanity test "compile" on Python 3.14 because it could not be found.
WARNING: Skipping sanity test "import" on Python 3.14 because it could not be found.
"""
LISTED = "FATAL: The 2 sanity test(s) listed below (out of 3) failed. See above.\n"
TARGETS = """\
Running module_one integration role
Running module_two integration test role
"""
SKIPPED = "nox > check units (no Python 3.8 here): skipped\nnox > check other: ok\n"
CHECKS = "nox > check ruff: ok\nnox > check black: failed\nnox > check mypy: ok\n"


@pytest.mark.parametrize(
    ("log", "code", "expected"),
    [
        (PYTEST, 1, Counts(2, 5, 1)),
        ("=== 7 passed in 65.20s (0:01:05) ===", 0, Counts(7, 0, 0)),
        (SANITY, 0, Counts(3, 0)),
        (SANITY + LISTED, 1, Counts(1, 2)),
        (MISSING, 0, Counts(2, 0, 2)),
        (MISSING + LISTED, 1, Counts(0, 2, 2)),
        (TARGETS, 0, Counts(2, 0)),
        (TARGETS, 1, Counts(1, 1)),
        (CHECKS, 1, Counts(2, 1)),
        (SKIPPED, 0, Counts(1, 0, 1)),
    ],
)
def test_each_tool_is_counted(log: str, code: int, expected: Counts) -> None:
    assert counts.read(log, code) == expected


def test_what_is_missing_is_told_once() -> None:
    assert counts.not_tested(SKIPPED) == ["units (no Python 3.8 here)"]
    assert counts.not_tested(MISSING) == [
        'sanity test "compile" on Python 3.14',
        'sanity test "import" on Python 3.14',
    ]
    assert counts.not_tested(SANITY + CHECKS) == []


def test_a_stage_that_fails_without_a_count_is_a_failure() -> None:
    assert counts.read("nox > pip install failed", 1) == Counts(0, 1)


def test_a_stage_that_counts_nothing_is_one_check() -> None:
    assert counts.read("", 0) == Counts(1, 0)


def test_failures_outside_of_what_is_counted_are_not_lost() -> None:
    assert counts.read("=== 7 passed in 1.0s ===", 1) == Counts(7, 1)


def test_closing_line_names_skipped_only_where_there_are_some() -> None:
    assert counts.closing_line(Counts(3, 0)) == "3 passed, 0 failed"
    assert counts.closing_line(Counts(3, 1, 2)) == "3 passed, 1 failed, 2 skipped"
