# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils.task import (
    changes,
    results,
    task,
    times,
)

SUB = task.SubTask(
    id="11", name="Do it", state="SUCCEED", operator="RUN", task_logs=["begin", "end"]
)
NODE = task.Node(
    id="11", name="Do it", state="SUCCEED", operator="RUN", sub_tasks=(SUB,)
)
TASK = task.Task(
    server="obshell",
    id="11",
    name="Cluster scale out",
    state="SUCCEED",
    operator="RUN",
    stage=1,
    max_stage=1,
    nodes=(NODE,),
)


def in_state(state, operator, **more):
    return replace(TASK, state=state, operator=operator, **more)


def node(number, state="SUCCEED", operator="RUN", *subs, **more):
    return replace(
        NODE,
        id=str(number),
        name=f"step {number}",
        state=state,
        operator=operator,
        sub_tasks=subs,
        **more,
    )


def sub(number, state="SUCCEED", operator="RUN", **more):
    name = f"part {number}"
    return replace(
        SUB, id=str(number), name=name, state=state, operator=operator, **more
    )


VERDICTS = [
    ("READY", "RUN", "running"),
    ("RUNNING", "RUN", "running"),
    ("RUNNING", "ROLLBACK", "running"),
    ("PAUSED", "RUN", "running"),
    ("SUCCEED", "RUN", "succeeded"),
    ("SUCCEED", "RETRY", "succeeded"),
    ("SUCCEED", "EXECUTE", "succeeded"),
    ("SUCCEED", "PASS", "passed"),
    ("SUCCEED", "ROLLBACK", "rolled_back"),
    ("SUCCEED", "CANCEL", "unknown"),
    ("SUCCEED", "SKIP", "unknown"),
    ("SUCCEED", "", "unknown"),
    ("FAILED", "RUN", "failed"),
    ("FAILED", "RETRY", "failed"),
    ("FAILED", "SKIP", "failed"),
    ("FAILED", "EXECUTE", "failed"),
    ("FAILED", "ROLLBACK", "rollback_failed"),
    ("FAILED", "CANCEL", "cancelled"),
    ("FAILED", "PASS", "unknown"),
    ("FAILED", "WHATEVER", "unknown"),
]


@pytest.mark.parametrize("state, operator, outcome", VERDICTS)
def test_the_verdict_is_that_of_the_table(state, operator, outcome):
    assert in_state(state, operator).outcome == outcome
    assert in_state(state, operator).done == (outcome != "running")


@pytest.mark.parametrize("state, operator, _outcome", VERDICTS)
def test_a_part_of_another_task_has_no_verdict(state, operator, _outcome):
    part = in_state(state, operator, main_task="12")
    assert (part.outcome, part.done) == ("part", False)


@pytest.mark.parametrize("word", ["PASS", "SKIP"])
def test_a_success_with_passed_or_skipped_work_is_passed(word):
    by_node = in_state("SUCCEED", "RUN", nodes=(node(1, "SUCCEED", word),))
    by_sub = in_state(
        "SUCCEED", "RUN", nodes=(node(1, "SUCCEED", "RUN", sub(7, "SUCCEED", word)),)
    )
    assert (by_node.outcome, by_node.skipped) == ("passed", ["step 1"])
    assert (by_sub.outcome, by_sub.skipped) == ("passed", ["part 7"])


def test_ocp_says_cancelled_only_where_every_root_cause_was():
    cancelled = node(1, "FAILED", "CANCEL", sub(1, "FAILED", "CANCEL"))
    failed = node(2, "FAILED", "RUN", sub(2, "FAILED"))
    ocp = in_state("FAILED", "RUN", server="ocp", nodes=(cancelled,))
    assert ocp.outcome == "cancelled"
    assert replace(ocp, nodes=(cancelled, failed)).outcome == "failed"
    assert replace(ocp, nodes=(node(3),)).outcome == "failed"
    assert replace(ocp, server="obshell").outcome == "failed"


@pytest.mark.parametrize("state", ["READY", "RUNNING", "CANCELING"])
def test_ocp_is_not_at_rest_while_a_subtask_is_active(state):
    active = in_state("FAILED", "RUN", server="ocp", nodes=(node(1, state),))
    assert not active.at_rest
    assert replace(active, nodes=(node(1, "FAILED"),)).at_rest
    assert replace(active, server="obshell").at_rest


def test_progress_counts_sub_tasks_that_are_done():
    some = in_state(
        "RUNNING",
        "RUN",
        nodes=(
            node(1, "SUCCEED", "RUN", sub(1), sub(2)),
            node(2, "RUNNING", "RETRY", sub(3, "SUCCEED", "ROLLBACK")),
        ),
    )
    assert some.progress == {"done": 2, "total": 3, "percent": 66}
    assert replace(some, nodes=None).progress is None


def test_progress_of_a_rollback_counts_what_is_undone_of_what_is_to_undo():
    nodes = (
        node(1, "PENDING", "ROLLBACK", sub(1)),
        node(2, "RUNNING", "ROLLBACK", sub(2, "SUCCEED", "ROLLBACK")),
        node(3, "SUCCEED", "ROLLBACK", sub(3, "PENDING")),
        node(4, "PENDING", "RUN", sub(4, "PENDING")),
    )
    undoing = in_state("RUNNING", "ROLLBACK", nodes=nodes)
    assert undoing.progress == {"done": 2, "total": 3, "percent": 66}
    failed = in_state("FAILED", "ROLLBACK", nodes=nodes)
    assert failed.progress == {"done": 2, "total": 3, "percent": 66}


def test_progress_of_a_rollback_in_ocp_counts_pending_again():
    nodes = (
        node(1, "SUCCEED", "ROLLBACK", sub(1, "SUCCEED", "ROLLBACK")),
        node(2, "PENDING", "ROLLBACK", sub(2, "PENDING", "ROLLBACK")),
        node(3, "PENDING", "RUN", sub(3, "PENDING")),
    )
    undoing = in_state("RUNNING", "ROLLBACK", server="ocp", nodes=nodes)
    assert undoing.progress == {"done": 1, "total": 2, "percent": 50}


@pytest.mark.parametrize("operator", ["RUN", "PASS", "ROLLBACK"])
def test_progress_is_all_where_the_task_reached_its_end(operator):
    ended = in_state("SUCCEED", operator, nodes=(node(1, "SUCCEED", operator, SUB),))
    assert ended.progress == {"done": 1, "total": 1, "percent": 100}


def test_root_causes_come_earliest_first_and_without_their_consequences():
    early = sub(1, "FAILED", end_time="2026-01-01T10:00:01.5+08:00", task_logs=["a"])
    late = sub(2, "FAILED", end_time="2026-01-01T02:00:02Z", execute_times=3)
    caused = sub(3, "FAILED", end_time="2026-01-01T02:00:00Z")
    failed = in_state(
        "FAILED",
        "RUN",
        nodes=(
            node(2, "FAILED", "RUN", late),
            node(1, "FAILED", "RUN", early),
            node(3, "FAILED", "RUN", caused, upstreams=("1",)),
        ),
    )
    failure = failed.failure()
    assert failure["sub_task"] == "part 1"
    assert failure["logs"] == ["a"]
    assert [also["sub_task"] for also in failure["also"]] == ["part 2"]
    assert failure["also"][0]["attempts"] == 3


def test_a_failed_node_without_a_failed_sub_task_is_named_alone():
    cancelled = in_state("FAILED", "CANCEL", nodes=(node(1, "FAILED", "CANCEL", SUB),))
    failure = cancelled.failure()
    assert failure["node"] == "step 1"
    assert failure["sub_task"] is None
    assert failure["logs"] == []


def test_log_lines_of_a_failure_are_the_last_and_none_where_none_are_wanted():
    noisy = sub(1, "FAILED", task_logs=[str(n) for n in range(50)])
    failed = in_state("FAILED", "RUN", nodes=(node(1, "FAILED", "RUN", noisy),))
    assert failed.failure()["logs"] == [str(n) for n in range(30, 50)]
    assert failed.failure(2)["logs"] == ["48", "49"]
    assert failed.failure(0)["logs"] == []


def test_a_small_task_keeps_lines_of_failed_sub_tasks_only():
    failed = in_state(
        "FAILED",
        "RUN",
        nodes=(
            node(1, "FAILED", "RUN", SUB, sub(2, "FAILED", task_logs=["a", "b", "c"])),
        ),
    )
    first, second = results.small(failed, 1).nodes[0].sub_tasks
    assert (first.task_logs, second.task_logs) == (None, ["c"])
    assert results.small(failed, 0).nodes[0].sub_tasks[1].task_logs is None


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("1970-01-01T00:00:01Z", 1.0),
        ("1970-01-01T08:00:00.25+08:00", 0.25),
        ("2026-11-21T10:19:03.547908795Z", 1795256343.547908795),
        ("2026-11-21T10:19Z", None),
        ("2026-13-21T10:19:03Z", None),
        ("", None),
        (None, None),
    ],
)
def test_times_are_read_with_any_number_of_fraction_digits(text, seconds):
    found = times.moment(text)
    assert found is None if seconds is None else found == pytest.approx(seconds)


def test_facts_make_the_same_task_again():
    assert task.Task.from_dict(TASK.to_dict()) == TASK
    brief = replace(TASK, nodes=None)
    assert task.Task.from_dict(brief.to_dict()) == brief


def changed(before, after):
    mark = changes.mark(None, before) if before else None
    return [change["what"] for change in changes.between(mark, after)]


RUNNING = in_state("RUNNING", "RUN", stage=1, max_stage=3)


@pytest.mark.parametrize(
    "before, after, what",
    [
        (None, RUNNING, ["seen"]),
        (RUNNING, RUNNING, []),
        (RUNNING, replace(RUNNING, stage=2), ["stage"]),
        (RUNNING, replace(RUNNING, state="FAILED", stage=2), ["state"]),
        (RUNNING, replace(RUNNING, operator="ROLLBACK"), ["state"]),
    ],
)
def test_changes_are_told_once(before, after, what):
    assert changed(before, after) == what


def test_a_sub_task_that_fails_and_one_that_runs_again_are_told():
    failed = sub(5, "FAILED", execute_times=1, task_logs=["no", "disk full"])
    one = replace(RUNNING, nodes=(node(1, "FAILED", "RUN", failed),))
    again = replace(RUNNING, nodes=(node(1, "RUNNING", "RETRY", sub(5, "RUNNING")),))
    twice = replace(
        RUNNING, nodes=(node(1, "FAILED", "RUN", replace(failed, execute_times=3)),)
    )
    told = changes.between(changes.mark(None, RUNNING), one)
    assert [(c["what"], c["sub_task"], c["line"]) for c in told] == [
        ("failed", "part 5", "disk full")
    ]
    assert changed(one, one) == []
    assert changed(one, again) == ["retried"]
    assert changed(one, twice) == ["failed"]


def test_a_mark_of_a_short_answer_keeps_what_had_failed():
    one = replace(RUNNING, nodes=(node(1, "FAILED", "RUN", sub(5, "FAILED")),))
    mark = changes.mark(None, one)
    assert changes.mark(mark, replace(one, nodes=None))["failed"] == mark["failed"]
