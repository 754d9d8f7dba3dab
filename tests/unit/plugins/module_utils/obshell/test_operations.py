# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    mapping as obshell_mapping,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    operations as obshell_operations,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    replies as obshell_replies,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.task import task
from ansible_collections.oceanbase.ops.tests import recordings

OF = task.Task(server="obshell", id="11", name="t", state="FAILED", operator="RUN")
# One letter for each: s send, a already so, - refuse.
#                      retry rollback cancel pass
TABLE = {
    ("READY", "RUN"): "a-s-",
    ("RUNNING", "RUN"): "a-s-",
    ("READY", "ROLLBACK"): "-as-",
    ("RUNNING", "ROLLBACK"): "-as-",
    ("READY", "CANCEL"): "--a-",
    ("RUNNING", "CANCEL"): "--a-",
    ("FAILED", "RUN"): "ss-s",
    ("FAILED", "CANCEL"): "ssas",
    ("FAILED", "ROLLBACK"): "-s-s",
    ("SUCCEED", "RUN"): "a--a",
    ("SUCCEED", "ROLLBACK"): "-a--",
    ("SUCCEED", "PASS"): "---a",
    ("RUNNING", "PASS"): "----",
    ("FAILED", "DANCE"): "----",
    ("PAUSED", "RUN"): "----",
}
WORDS = {"s": "send", "a": "already", "-": "refuse"}
CELLS = [
    (state, operator, operation, WORDS[letter])
    for (state, operator), row in TABLE.items()
    for operation, letter in zip(obshell_operations.OPERATIONS, row)
]


@pytest.mark.parametrize("state,operator,operation,what", CELLS)
def test_what_an_operation_needs(state, operator, operation, what):
    of = replace(OF, state=state, operator=operator)
    decision = obshell_operations.decide(of, operation)
    assert decision.what == what
    assert bool(decision.reason) is (what != "send")


def test_the_table_is_whole():
    assert obshell_operations.OPERATIONS == ("retry", "rollback", "cancel", "pass")
    rows = {("RUNNING" if s == "READY" else s, o) for s, o in list(TABLE)[:12]}
    for operation in obshell_operations.OPERATIONS:
        assert set(obshell_operations.TABLE[operation]) == rows


def recorded_operators():
    """Every operator that was sent to a real agent, with the task as last seen."""
    for name in recordings.NAMES:
        if not name.startswith("obshell"):
            continue
        seen = {}
        for exchange in recordings.load(name):
            request, response = exchange["request"], exchange["response"]
            body = response.get("body")
            data = body.get("data") if isinstance(body, dict) else None
            if isinstance(data, dict) and "dag_id" in data:
                seen[data["id"]] = data
            target = request.get("target") or request.get("path") or ""
            _path, _slash, id = target.rpartition("/task/dag/")
            word = (request.get("body") or {}) if request["method"] == "POST" else {}
            word = word.get("operator") if isinstance(word, dict) else None
            if id in seen and word in obshell_operations.OPERATIONS:
                label = f"{name} {exchange['n']}"
                error = (body or {}).get("error") or {}
                yield pytest.param(seen[id], word, response["status"], error, id=label)


RECORDED = list(recorded_operators())


def test_many_were_recorded():
    assert len(RECORDED) > 90


@pytest.mark.parametrize("data,operation,status,error", RECORDED)
def test_the_table_agrees_with_real_agents(data, operation, status, error):
    decision = obshell_operations.decide(obshell_mapping.to_task(data), operation)
    code = str(error.get("errCode") or error.get("code") or "")
    words = str(error.get("message") or "")
    if status == 200:
        assert decision.what == "send"
    elif obshell_operations.is_moved(code, words):
        # The task may have come to its end between the last look and the operator.
        ran = data["state"] in ("READY", "RUNNING")
        assert decision.what != "send" or ran
    elif decision.what == "send":
        stage = obshell_operations.refusing_stage(words)
        assert stage or obshell_replies.is_locked(code, words)
        names = [node["name"] for node in data["nodes"] or []]
        assert stage is None or not names or stage in names


NODE = task.Node(id="113", name="step", state="FAILED", operator="RUN")


def with_node(state="FAILED", node_state="FAILED", node_operator="RUN"):
    node = replace(NODE, state=node_state, operator=node_operator)
    return replace(OF, state=state, nodes=(node,))


@pytest.mark.parametrize(
    "of,what",
    [
        (with_node(), "send"),
        (with_node("RUNNING", "SUCCEED", "PASS"), "already"),
        (with_node("RUNNING", "SUCCEED", "RUN"), "already"),
        (with_node("RUNNING", "SUCCEED", "RETRY"), "already"),
        (with_node("SUCCEED", "SUCCEED", "ROLLBACK"), "refuse"),
        (with_node("RUNNING", "RUNNING", "RUN"), "refuse"),
        (with_node("FAILED", "PENDING", "RUN"), "refuse"),
        (OF, "refuse"),
    ],
)
def test_what_passing_a_node_needs(of, what):
    assert obshell_operations.decide(of, "pass", "113").what == what


REFUSING = [
    ("Failed to cancel DAG: node Integrate server config cannot cancel", True),
    ("Known error: failed to pass dag: Integrate server config can not pass", True),
    ("Failed to pass node: node Integrate server config cannot pass", True),
    ("Failed to set DAG retry: DAG state is not failed", False),
    ("", False),
]


@pytest.mark.parametrize("words,named", REFUSING)
def test_the_stage_that_refuses_is_found(words, named):
    expected = "Integrate server config" if named else None
    assert obshell_operations.refusing_stage(words) == expected


def test_the_holder_of_a_lock_is_found_in_the_text():
    words = (
        "ERROR: [Agent.UnderMaintenanceDag]: 127.0.0.1:2887 is under maintenance by "
        "DAG [22130706433028873:Start observer]"
    )
    found = obshell_operations.holder(words)
    assert found == ("22130706433028873", "Start observer")
    assert obshell_operations.holder("is under maintenance") is None


@pytest.mark.parametrize(
    "code,words,moved",
    [
        ("Gorm.NoRowAffected", "no row affected", True),
        ("Task.Dag.Operator.RetryNotFailedDag", "x", True),
        ("Task.Dag.Operator.CancelFinishedDag", "x", True),
        ("Task.Node.Operator.PassNotFailedNode", "x", True),
        ("1010", "Known error: failed to set dag retry: dag state is not failed", True),
        ("1010", "Known error: failed to cancel dag: dag is finished", True),
        ("1010", "Known error: failed to pass dag: Start can not pass", False),
        ("Task.Dag.Operator.RetryNotAllowed", "x", False),
        ("OB.Tenant.UnderMaintenance", "x", False),
    ],
)
def test_a_state_that_has_moved_is_told_from_a_no(code, words, moved):
    assert obshell_operations.is_moved(code, words) is moved


def test_whether_an_operation_took_effect():
    failed = replace(OF, start_time="2026-01-01T12:00:00Z", nodes=(NODE,))
    again = replace(failed, start_time="2026-01-01T12:01:00Z")
    running = replace(failed, state="RUNNING")
    assert not obshell_operations.took_effect("retry", failed, failed)
    assert obshell_operations.took_effect("retry", failed, again)
    assert obshell_operations.took_effect("rollback", failed, running)
    assert not obshell_operations.took_effect("cancel", running, failed)
    assert obshell_operations.took_effect(
        "cancel", running, replace(running, operator="CANCEL")
    )


def test_the_outlook_is_what_obshell_shows_next():
    def look(operation):
        then = obshell_operations.outlook(OF, operation)
        return then["state"], then["operator"]

    assert look("retry") == ("READY", "RUN")
    assert look("rollback") == ("READY", "ROLLBACK")
    assert look("cancel") == ("READY", "CANCEL")
    assert look("pass") == ("SUCCEED", "PASS")


RECOVER = "ansible-playbook oceanbase.ops.recover -e task_recover_task_id=11"
ADVICE = {
    "a failure": (OF, f"{RECOVER} -e task_recover_operation=retry"),
    "a failed rollback": (
        replace(OF, operator="ROLLBACK"),
        f"{RECOVER} -e task_recover_operation=rollback",
    ),
    "what runs": (
        replace(OF, state="RUNNING"),
        "ansible-playbook oceanbase.ops.wait -e wait_task_id=11",
    ),
    "what was undone": (
        replace(OF, state="SUCCEED", operator="ROLLBACK"),
        "submit its work anew",
    ),
    "a main task that holds no lock": (
        replace(OF, sub_dags={"10.0.0.2:2886": "25"}, locked=False),
        "submit its work anew",
    ),
    "a part": (replace(OF, main_task="12"), None),
    "an unknown operator": (replace(OF, operator="DANCE"), None),
}


@pytest.mark.parametrize("of, expected", ADVICE.values(), ids=ADVICE)
def test_advice_is_what_the_table_allows(of, expected):
    advice = obshell_operations.advice(of)
    assert advice.get("next") == expected
    assert advice["log"].endswith("obshell_task_info -a task_id=11")


def test_the_log_to_look_at_is_that_of_the_sub_task_that_failed():
    sub = task.SubTask("15", "x", "FAILED", "RUN")
    node = task.Node("14", "x", "FAILED", "RUN", sub_tasks=(sub,))
    advice = obshell_operations.advice(replace(OF, nodes=(node,)))
    assert advice["log"].endswith(" sub_task_id=15")
