# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils.task import messages, task

SUB = task.SubTask(
    id="15",
    name="Wait remote start finish",
    state="FAILED",
    operator="RUN",
    execute_times=3,
    execute_agent={"ip": "10.0.0.1", "port": 2886},
    task_logs=["[Start observer] ERROR no space\x07"],
)
NODE = task.Node(
    id="15",
    name="Wait remote start finish",
    state="FAILED",
    operator="RUN",
    sub_tasks=(SUB,),
)
FAILED = task.Task(
    server="obshell",
    id="11",
    name="Cluster scale out",
    state="FAILED",
    operator="RUN",
    stage=5,
    max_stage=9,
    nodes=(NODE,),
    maintenance={"scope": "cluster", "key": None},
    locked=True,
)
ACCEPTED = ("succeeded", "passed")


def ended(of, log_lines=20):
    return messages.ended(of, log_lines=log_lines, accepted=ACCEPTED)


def test_a_failure_names_stage_sub_task_agent_attempts_line_and_what_follows():
    assert ended(FAILED) == (
        "obshell task 11 'Cluster scale out' failed at 'Wait remote start finish' (5/9)"
        " on 10.0.0.1:2886, attempt 3: "
        r"[Start observer] ERROR no space\x07; the cluster stays locked until it is "
        "retried, rolled back or passed"
    )


def test_a_sub_task_with_a_name_of_its_own_is_named():
    other = replace(NODE, sub_tasks=(replace(SUB, name="start 10.0.0.2"),))
    text = ended(replace(FAILED, nodes=(other,)))
    assert "(5/9): sub-task 'start 10.0.0.2' on 10.0.0.1:2886" in text


def test_no_line_is_told_where_none_is_wanted():
    assert "no space" not in ended(FAILED, log_lines=0)


def test_a_rolled_back_task_is_called_so():
    undone = replace(FAILED, state="SUCCEED", operator="ROLLBACK", nodes=())
    assert ended(undone) == (
        "obshell task 11 'Cluster scale out' was rolled back: its work was undone; "
        "accepted was: succeeded, passed"
    )


def test_an_unknown_operator_is_named():
    odd = replace(FAILED, state="SUCCEED", operator="MERGE")
    assert "ended as SUCCEED with the unknown operator 'MERGE'" in ended(odd)


def test_a_cancelled_task_whose_parts_are_fine_says_that_nothing_failed():
    node = replace(NODE, operator="CANCEL", sub_tasks=())
    text = ended(replace(FAILED, operator="CANCEL", nodes=(node,), locked=False))
    assert "was cancelled at 'Wait remote start finish' (5/9)" in text
    assert "nothing inside" in text
    assert "locked" not in text


def test_ocp_failed_with_every_subtask_successful_says_what_mends_it():
    fine = replace(NODE, state="SUCCEED", sub_tasks=())
    odd = replace(FAILED, server="ocp", nodes=(fine,), maintenance=None)
    assert "a retry of the task mends it" in ended(odd)


def test_of_many_causes_three_are_told_and_the_others_counted():
    nodes = tuple(replace(NODE, id=str(n), name=f"n{n}") for n in range(5))
    assert "(and 2 more)" in ended(replace(FAILED, nodes=nodes))


@pytest.mark.parametrize(
    "maintenance, locked, words",
    [
        ({"scope": "agent", "key": None}, True, "the agent stays locked"),
        ({"scope": "tenant", "key": "t1"}, True, "tenant 't1' stays locked"),
        ({"scope": "cluster", "key": None}, None, "the cluster may be locked"),
        (None, True, "what it works on stays locked"),
        (None, None, "what it works on may be locked"),
    ],
)
def test_the_lock_that_is_left_is_named(maintenance, locked, words):
    text = ended(replace(FAILED, maintenance=maintenance, locked=locked))
    assert f"; {words} until it is retried, rolled back or passed" in text


@pytest.mark.parametrize("more", [{"locked": False}, {"server": "ocp", "locked": None}])
def test_no_lock_is_spoken_of_where_none_is_left(more):
    assert "locked" not in ended(replace(FAILED, **more))


def test_the_host_that_failed_is_named_and_who_asked_it():
    sub = replace(NODE.sub_tasks[0], followed="10.0.0.4:2886")
    text = ended(replace(FAILED, nodes=(replace(NODE, sub_tasks=(sub,)),)))
    assert " on 10.0.0.4:2886 (asked by 10.0.0.1:2886)" in text


def test_a_timeout_names_state_stage_age_and_the_option():
    running = replace(FAILED, state="RUNNING", stage=1)
    assert messages.timeout(running, seconds=60, age=12.4) == (
        "timed out after 60 s (option timeout): obshell task 11 'Cluster scale out' is "
        "RUNNING at 1/9 Wait remote start finish, unchanged for 12 s; it goes on at "
        "the server"
    )
    odd = messages.timeout(replace(running, state="PAUSED"), seconds=60, age=12.4)
    assert "in the unknown state PAUSED" in odd


def test_a_stale_task_names_its_end_and_the_ways_out():
    old = replace(
        FAILED, state="SUCCEED", nodes=(), end_time="2026-01-01T00:00:00+08:00"
    )
    text = messages.stale(old, "cluster")
    assert "2026-01-01T00:00:00+08:00" in text
    assert "newer_than" in text
    assert "task_id" in text


def test_ocp_failed_with_subtasks_that_were_not_begun_does_not_say_that_all_succeeded():
    fine = replace(NODE, state="SUCCEED", sub_tasks=())
    later = replace(NODE, id="16", state="PENDING", sub_tasks=())
    text = ended(replace(FAILED, server="ocp", nodes=(fine, later), maintenance=None))
    assert "every subtask succeeded" not in text
    assert "none of its subtasks failed, and 1 were not done" in text


def test_where_a_task_failed_is_its_first_cause():
    second = replace(SUB, execute_agent={"ip": "10.0.0.2", "port": 2886})
    both = replace(FAILED, nodes=(replace(NODE, sub_tasks=(SUB, second)),))
    where = "5/9 Wait remote start finish, on 10.0.0.1:2886, attempt 3"
    assert messages.spot(both) == where


def test_of_a_task_of_obshell_without_a_cause_no_cause_is_made_up():
    whole = replace(NODE, state="SUCCEED", sub_tasks=())
    assert messages.why(replace(FAILED, nodes=(whole,)), log_lines=3) == ""
