# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils.task import results, task
from ansible_collections.oceanbase.ops.tests.unit.plugins import calm, scripted
from hypothesis import given
from hypothesis import strategies as st

SUB = replace(scripted.SUB, state="FAILED", task_logs=["begun", "no space left"])


def failed(*subs):
    """Return a failed task of one node with these sub-tasks."""
    node = replace(scripted.NODE, state="FAILED", sub_tasks=subs)
    return scripted.at("FAILED", nodes=(node,))


def size(facts):
    return len(json.dumps(facts))


def test_a_failure_that_fits_is_whole():
    facts = failed(SUB).failure(3)
    assert results.compact(facts) == {**facts, "omitted": 0}


def test_of_many_causes_those_that_fit_are_kept_and_the_others_counted():
    subs = [replace(SUB, id=str(n), name=f"install {n}") for n in range(600)]
    found = results.compact(failed(*subs).failure(3))
    assert size(found) <= results.FAILURE
    assert found["sub_task"] == "install 0"
    assert found["also"][0]["sub_task"] == "install 1"
    assert len(found["also"]) + found["omitted"] == 599


def test_of_a_long_line_the_end_is_kept():
    sub = replace(SUB, task_logs=["x" * 5000 + " no space left"])
    (line,) = results.compact(failed(sub).failure(3))["logs"]
    assert line.startswith("... x")
    assert line.endswith(" no space left")


texts = st.text(max_size=400)
logs = st.lists(texts, max_size=6)


@calm.CALM
@given(st.lists(st.tuples(texts, texts, logs), min_size=1, max_size=12))
def test_however_long_texts_are_a_failure_stays_small(parts):
    subs = [
        replace(SUB, id=str(n), name=name, task_logs=lines)
        for n, (name, _other, lines) in enumerate(parts)
    ]
    node = replace(scripted.NODE, name=parts[0][1], state="FAILED", sub_tasks=subs)
    facts = scripted.at("FAILED", nodes=(node,)).failure(3)
    found = results.compact(facts)
    # Characters that JSON escapes count six times; names alone may be as long.
    assert size(found) <= results.FAILURE + 4 * 6 * results.NAME
    assert len(found["also"]) + found["omitted"] == len(facts["also"])


LIMITS = {"a scale-out": (1, 2500), "600 sub-tasks": (600, 3000)}


@pytest.mark.parametrize("number, most", LIMITS.values(), ids=LIMITS)
def test_a_failed_wait_returns_little_however_large_the_task_is(number, most):
    lines = ["ERROR: [Common.Unexpected]: " + "observer: cannot start " * 8] * 20
    subs = [replace(SUB, id=str(n), task_logs=lines) for n in range(number)]
    wait = scripted.wait_for({"11": [failed(*subs)]}, details=False)
    with pytest.raises(Exception, match="failed") as caught:
        wait.run()
    assert size(caught.value.to_result()) <= most


def test_heads_say_of_each_task_what_decides():
    found = results.heads([failed(SUB), scripted.SUCCEEDED], 3)
    assert found["task"] is None
    assert [one["outcome"] for one in found["tasks"]] == ["failed", "succeeded"]
    assert [one["cause"] for one in found["tasks"]] == ["no space left", None]
    assert set(found["tasks"][0]) == {
        *("id", "name", "state", "operator", "outcome", "locked"),
        *("start_time", "end_time", "cause"),
    }


def test_the_only_task_is_whole_but_for_its_nodes():
    one = failed(SUB)
    found = results.heads([one], 3)["task"]
    whole = one.to_dict(3)
    assert found["nodes"] is None
    different = {key for key in whole if found[key] != whole[key]}
    assert different <= {"nodes", "failure"}
    assert isinstance(task.Task.from_dict(found), task.Task)


def test_a_name_of_a_mebibyte_is_cut_in_the_result():
    one = replace(failed(SUB), name="N" * 2**20)
    found = results.heads([one], 3)
    assert size(found) < 4000
    assert found["task"]["name"].startswith("NNN")
