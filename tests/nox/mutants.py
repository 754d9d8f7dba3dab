# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small faults put into what decides, to see whether a test notices each of them."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

REQUIREMENTS = ("cosmic-ray~=8.7",)
_PLUGINS = "plugins/module_utils"
_TESTS = "tests/unit/plugins"
# What tells a task that did its work from one that did not, and says so. Not what
# draws pictures of it: whether those are right is for an eye to see.
WHAT = (
    *(f"{_PLUGINS}/task/{name}.py" for name in ("cause", "changes", "glance", "lines")),
    *(f"{_PLUGINS}/task/{name}.py" for name in ("looked", "messages", "results")),
    *(f"{_PLUGINS}/task/{name}.py" for name in ("task", "times", "verdict")),
    *(f"{_PLUGINS}/wait", f"{_PLUGINS}/obshell/ids.py"),
)
# The quickest first: most faults are noticed by them.
TESTS = (
    *(f"{_TESTS}/module_utils/{name}" for name in ("task", "wait")),
    *(f"{_TESTS}/module_utils/obshell/test_ids.py", f"{_TESTS}/filter"),
    *(f"{_TESTS}/modules/test_wait_for_task.py", f"{_TESTS}/test_gate.py"),
    *(f"{_TESTS}/test_truth.py", f"{_TESTS}/modules/test_obshell_member.py"),
)
# Of each arithmetic and each comparison one replacement; the others are noticed
# where that one is, or are the same (`x is None` and `x == None`, annotations).
_KEPT = {
    "Binary": ("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_Mul"),
    "Comparison": (
        *("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is", "In_NotIn", "NotIn_In"),
        *("Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt"),
    ),
}
_CONFIG = """\
[cosmic-ray]
module-path = [{what}]
excluded-modules = []
timeout = 300.0
test-command = "{command}"

[cosmic-ray.distributor]
name = "local"

[cosmic-ray.filters.operators-filter]
exclude-operators = [{excluded}]
"""


def config() -> str:
    """What cosmic-ray is to change, with what, and which tests are to notice it."""
    command = ("python -m pytest -q -x -m 'not slow'", *TESTS)
    excluded = (
        f"'core/Replace{kind}Operator_(?!({'|'.join(kept)})$).*'"
        for kind, kept in _KEPT.items()
    )
    return _CONFIG.format(
        what=", ".join(f'"{path}"' for path in WHAT),
        command=" ".join(command),
        excluded=", ".join(excluded),
    )


def draw(session: Path, number: int, seed: int) -> None:
    """Leave that many of a session's faults that are still to be tried."""
    with closing(sqlite3.connect(session)) as database:
        rows = database.execute(
            "SELECT job_id FROM mutation_specs WHERE job_id NOT IN"
            " (SELECT job_id FROM work_results)"
            " ORDER BY module_path, start_pos_row, start_pos_col, operator_name,"
            " occurrence"
        )
        jobs = [str(job) for (job,) in rows]
        drawn = random.Random(seed).sample(jobs, min(number, len(jobs)))
        for table in ("work_results", "mutation_specs", "work_items"):
            marks = ", ".join("?" for _job in drawn)
            database.execute(
                f"DELETE FROM {table} WHERE job_id NOT IN ({marks})", drawn
            )
        database.commit()


def told(session: Path) -> str:
    """Each fault that no test noticed, and how many of them were."""
    with closing(sqlite3.connect(session)) as database:
        rows = database.execute(
            "SELECT test_outcome, diff FROM work_results ORDER BY diff"
        ).fetchall()
    outcomes = [str(outcome).upper() for outcome, _diff in rows]
    unseen = [diff for outcome, diff in rows if str(outcome).upper() == "SURVIVED"]
    killed = outcomes.count("KILLED")
    share = f" ({killed / len(rows):.0%})" if rows else ""
    return "\n".join([*unseen, f"{killed} of {len(rows)} mutants killed{share}"])
