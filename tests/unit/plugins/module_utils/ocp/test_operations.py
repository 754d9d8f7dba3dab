# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    mapping as ocp_mapping,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    operations as ocp_operations,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.task import task
from ansible_collections.oceanbase.ops.tests.unit.plugins import ocp_served

SEND, ALREADY = ocp_operations.SEND, ocp_operations.ALREADY
REFUSE, WAIT = ocp_operations.REFUSE, ocp_operations.WAIT


def at(state, operator="RUN", parts="FAILED/RUN", prohibit_rollback=False):
    """Return a task of subtasks 1, 2, ... in these states."""
    nodes = tuple(
        task.Node(str(number), f"part {number}", *part.split("/"))
        for number, part in enumerate(parts.split(), 1)
    )
    nodes = tuple(
        replace(node, sub_tasks=(task.SubTask(*_head(node)),)) for node in nodes
    )
    more = {"prohibit_rollback": prohibit_rollback}
    return task.Task(
        "ocp", "12", "x", state, operator, additional_data=more, nodes=nodes
    )


def _head(node):
    return node.id, node.name, node.state, node.operator


# The table: a task's state and operator, its subtasks, and what each operation needs.
TASKS = [
    #  state operator subtasks                             retry    rollback cancel
    ("RUNNING RUN", "SUCCEED/RUN RUNNING/RUN", ALREADY, REFUSE, SEND),
    ("RUNNING RUN", "SUCCEED/RUN PENDING/RUN", ALREADY, REFUSE, WAIT),
    ("RUNNING RUN", "SUCCEED/RUN READY/RUN", ALREADY, REFUSE, WAIT),
    ("RUNNING RUN", "CANCELING/RUN", ALREADY, REFUSE, ALREADY),
    ("RUNNING RUN", "RUNNING/CANCEL", ALREADY, REFUSE, ALREADY),
    ("RUNNING RUN", "CANCELING/RUN READY/RUN", ALREADY, REFUSE, WAIT),
    ("RUNNING RUN", "FAILED/RUN RUNNING/RUN", ALREADY, REFUSE, SEND),
    ("RUNNING RETRY", "RUNNING/RETRY", ALREADY, REFUSE, SEND),
    ("RUNNING ROLLBACK", "RUNNING/ROLLBACK", REFUSE, ALREADY, SEND),
    ("FAILED RUN", "SUCCEED/RUN FAILED/RUN", SEND, SEND, REFUSE),
    ("FAILED RETRY", "FAILED/RETRY", SEND, SEND, REFUSE),
    ("FAILED RUN", "SUCCEED/RUN SUCCEED/RETRY", SEND, SEND, REFUSE),
    ("FAILED RUN", "FAILED/CANCEL", SEND, SEND, ALREADY),
    ("FAILED RUN", "READY/RETRY", WAIT, WAIT, REFUSE),
    ("FAILED RUN", "RUNNING/RETRY", WAIT, WAIT, SEND),
    ("FAILED ROLLBACK", "FAILED/ROLLBACK", REFUSE, SEND, REFUSE),
    ("SUCCEED RUN", "SUCCEED/RUN", ALREADY, REFUSE, REFUSE),
    ("SUCCEED RETRY", "SUCCEED/RETRY", ALREADY, REFUSE, REFUSE),
    ("SUCCEED RUN", "SUCCEED/SKIP", ALREADY, REFUSE, REFUSE),
    ("SUCCEED ROLLBACK", "PENDING/ROLLBACK", REFUSE, ALREADY, REFUSE),
    ("ABORTED RUN", "FAILED/RUN", REFUSE, REFUSE, REFUSE),
]
PARTS = [
    #  subtask         retry    skip     cancel
    ("PENDING/RUN", REFUSE, REFUSE, REFUSE),
    ("READY/RUN", ALREADY, REFUSE, REFUSE),
    ("READY/RETRY", ALREADY, REFUSE, REFUSE),
    ("READY/SKIP", ALREADY, ALREADY, REFUSE),
    ("RUNNING/RUN", ALREADY, REFUSE, SEND),
    ("RUNNING/RETRY", ALREADY, REFUSE, SEND),
    ("RUNNING/CANCEL", REFUSE, REFUSE, ALREADY),
    ("CANCELING/RUN", REFUSE, REFUSE, ALREADY),
    ("FAILED/RUN", SEND, SEND, REFUSE),
    ("FAILED/RETRY", SEND, SEND, REFUSE),
    ("FAILED/CANCEL", SEND, SEND, ALREADY),
    ("FAILED/ROLLBACK", REFUSE, SEND, REFUSE),
    ("SUCCEED/RUN", ALREADY, REFUSE, REFUSE),
    ("SUCCEED/SKIP", ALREADY, ALREADY, REFUSE),
    ("RUNNING/ROLLBACK", REFUSE, REFUSE, SEND),
    ("PENDING/ROLLBACK", REFUSE, REFUSE, REFUSE),
    ("READY/ROLLBACK_SKIP", REFUSE, ALREADY, REFUSE),
    ("PENDING/ROLLBACK_SKIP", REFUSE, ALREADY, REFUSE),
]


@pytest.mark.parametrize(("head", "parts", "retry", "rollback", "cancel"), TASKS)
def test_the_table_of_tasks(head, parts, retry, rollback, cancel):
    one = at(*head.split(), parts)
    found = {
        operation: ocp_operations.decide(one, operation)
        for operation in ("retry", "rollback", "cancel")
    }
    words = {operation: decision.what for operation, decision in found.items()}
    assert words == {"retry": retry, "rollback": rollback, "cancel": cancel}
    for decision in found.values():
        assert decision.reason or decision.what == SEND


@pytest.mark.parametrize(("part", "retry", "skip", "cancel"), PARTS)
def test_the_table_of_subtasks(part, retry, skip, cancel):
    one = at("RUNNING", "RUN", f"RUNNING/RUN {part}")
    for operation, expected in (("retry", retry), ("skip", skip), ("cancel", cancel)):
        decision = ocp_operations.decide(one, operation, "2")
        assert (operation, decision.what) == (operation, expected)
        assert decision.sub_task_ids == (("2",) if expected == SEND else ())
        assert "subtask 2 'part 2'" in decision.reason


def test_a_task_that_forbids_it_is_not_rolled_back():
    one = at("FAILED", prohibit_rollback=True)
    decision = ocp_operations.decide(one, "rollback")
    assert decision.what == REFUSE and "prohibit_rollback" in decision.reason
    assert ocp_operations.decide(one, "retry").what == SEND


def test_a_rollback_that_began_is_already_so_whatever_is_forbidden_now():
    one = at("RUNNING", "ROLLBACK", "RUNNING/ROLLBACK", prohibit_rollback=True)
    assert ocp_operations.decide(one, "rollback").what == ALREADY


def test_a_subtask_of_another_task_is_refused():
    # Express would operate on it: it ignores the task's id (protocol/ocp.md 3.7).
    decision = ocp_operations.decide(at("FAILED"), "retry", "99")
    assert decision.what == REFUSE and "no subtask 99" in decision.reason


def test_a_cancel_goes_to_each_running_subtask():
    one = at("RUNNING", "RUN", "RUNNING/RUN PENDING/RUN RUNNING/RETRY CANCELING/RUN")
    assert ocp_operations.decide(one, "cancel").sub_task_ids == ("1", "3")


# Recorded: what the server did agrees with what is decided (protocol/ocp.md 8).
@pytest.mark.parametrize(
    ("number", "operation", "part", "accepted"),
    [
        (23, "retry", None, True),  # 28
        (23, "skip", "6", False),  # 26
        (23, "cancel", "7", False),  # 27
        (48, "rollback", None, True),  # 49
        (51, "retry", None, False),  # 50
        (55, "retry", None, False),  # 57
        (65, "skip", "12", True),  # 66
        (77, "retry", "17", True),  # 78
        (85, "cancel", "18", True),  # 86
        (91, "rollback", None, True),  # 93
        (107, "retry", None, False),  # 108
        (107, "retry", "20", False),  # 109
        (107, "rollback", None, True),  # 110
        (113, "skip", "20", True),  # 114
        (174, "rollback", None, False),  # 175
        (181, "rollback", None, False),  # 182
        (331, "retry", None, True),  # 332
    ],
)
def test_what_the_server_accepted_is_sent(number, operation, part, accepted):
    one = ocp_mapping.to_task(ocp_served.recorded(number))
    decision = ocp_operations.decide(one, operation, part)
    assert (decision.what == SEND) == accepted


# Lost answers


@pytest.mark.parametrize(
    ("operation", "before", "after", "ids", "took"),
    [
        ("retry", 23, 23, [], False),
        ("retry", 23, 30, [], True),
        ("retry", 43, 48, [], True),  # failed again at once, with RETRY
        ("rollback", 48, 51, [], True),
        ("skip", 65, 67, ["12"], True),
        ("skip", 65, 65, ["12"], False),
        ("cancel", 85, 85, ["18"], False),
        ("cancel", 85, 88, ["18"], True),
        ("cancel", 85, 90, ["18"], True),
        ("cancel", 85, 90, ["19"], False),
    ],
)
def test_an_effect_shows_in_the_task(operation, before, after, ids, took):
    first, second = (
        ocp_mapping.to_task(ocp_served.recorded(n)) for n in (before, after)
    )
    assert ocp_operations.took_effect(operation, first, second, ids) == took


# Diff


def test_the_outlook_is_what_the_server_shows_next():
    for number, operation, ids, then in (
        (23, "retry", [], 30),
        (48, "rollback", [], 51),
        (65, "skip", ["12"], 67),
        (77, "retry", ["17"], 79),
        (85, "cancel", ["18"], 88),
        (113, "skip", ["20"], 115),
    ):
        before, after = (
            ocp_mapping.to_task(ocp_served.recorded(n)) for n in (number, then)
        )
        expected = ocp_operations.heads(after, ids)
        assert ocp_operations.outlook(before, operation, ids) == expected


RECOVER = "ansible-playbook oceanbase.ops.recover -e task_recover_server=ocp"
RECOVER += " -e task_recover_task_id=12 -e task_recover_operation="
WAIT_ON = "ansible-playbook oceanbase.ops.wait -e wait_server=ocp -e wait_task_id=12"
ADVICE = [
    (("FAILED", "RUN", "FAILED/RUN"), f"{RECOVER}retry"),
    (("FAILED", "ROLLBACK", "FAILED/ROLLBACK"), f"{RECOVER}rollback"),
    (("FAILED", "RUN", "FAILED/RUN RUNNING/RUN"), WAIT_ON),
    (("RUNNING", "RUN", "RUNNING/RUN"), WAIT_ON),
    (("SUCCEED", "ROLLBACK", "PENDING/ROLLBACK"), "submit its work anew"),
]


@pytest.mark.parametrize("given, expected", ADVICE)
def test_advice_is_what_the_table_allows(given, expected):
    advice = ocp_operations.advice(at(*given))
    assert advice["next"] == expected
    assert advice["log"].endswith("ocp_task_info -a 'task_id=12 logs=failed'")


def test_the_way_out_of_a_task_that_is_left_idle_is_named():
    idle = at("RUNNING", "RUN", "SUCCEED/RUN READY/RETRY PENDING/RUN")
    assert "sub_task_id=2 operation=skip" in ocp_operations.advice(idle)["next"]
    busy = at("RUNNING", "RUN", "RUNNING/RUN READY/RETRY")
    assert ocp_operations.advice(busy)["next"] == WAIT_ON
