# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from ansible_collections.oceanbase.ops.tests.nox import mutants, trees

COLUMNS = "module_path, operator_name, occurrence, start_pos_row, start_pos_col, job_id"


def session(folder: Path, tried: dict[str, str], pending: int) -> Path:
    """A session of cosmic-ray: outcomes of what was tried, and how much was not."""
    path = folder / "session.sqlite"
    jobs = [*tried, *(f"pending-{number}" for number in range(pending))]
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE work_items (job_id)")
        database.execute(f"CREATE TABLE mutation_specs ({COLUMNS})")
        database.execute("CREATE TABLE work_results (job_id, test_outcome, diff)")
        for row, job in enumerate(jobs):
            database.execute("INSERT INTO work_items VALUES (?)", (job,))
            values = ("a.py", "AddNot", 0, row, 0, job)
            database.execute(
                "INSERT INTO mutation_specs VALUES (?, ?, ?, ?, ?, ?)", values
            )
        for job, outcome in tried.items():
            values = (job, outcome, f"diff of {job}")
            database.execute("INSERT INTO work_results VALUES (?, ?, ?)", values)
        database.commit()
    return path


def left(path: Path) -> list[str]:
    """What such a session holds."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT job_id FROM work_items ORDER BY job_id")
        return [str(job) for (job,) in rows]


def drawn(folder: Path, number: int, seed: int) -> list[str]:
    folder.mkdir()
    path = session(folder, {"filtered": "SKIPPED"}, pending=50)
    mutants.draw(path, number, seed)
    return left(path)


def test_a_seed_draws_the_same_again_and_nothing_that_was_filtered(
    tmp_path: Path,
) -> None:
    one = drawn(tmp_path / "one", 10, seed=1)
    assert len(one) == 10 and "filtered" not in one
    assert drawn(tmp_path / "again", 10, seed=1) == one
    assert drawn(tmp_path / "other", 10, seed=2) != one


def test_more_than_there_are_is_all_of_them(tmp_path: Path) -> None:
    assert len(drawn(tmp_path / "all", 1000, seed=1)) == 50


@pytest.mark.parametrize(
    ("tried", "text"),
    [
        ({}, "0 of 0 mutants killed"),
        ({"a": "KILLED", "b": "KILLED"}, "2 of 2 mutants killed (100%)"),
        (
            {"a": "KILLED", "b": "SURVIVED", "c": "INCOMPETENT"},
            "diff of b\n1 of 3 mutants killed (33%)",
        ),
    ],
)
def test_what_no_test_noticed_is_shown(
    tmp_path: Path, tried: dict[str, str], text: str
) -> None:
    assert mutants.told(session(tmp_path, tried, pending=0)) == text


def test_what_is_changed_and_what_notices_it_are_there() -> None:
    for path in (*mutants.WHAT, *mutants.TESTS):
        assert (trees.ROOT / path).exists()
