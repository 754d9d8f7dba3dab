# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.modules import ocp_task
from ansible_collections.oceanbase.ops.tests.simulator.ocp import (
    scenarios as ocp_scenarios,
)
from ansible_collections.oceanbase.ops.tests.unit.plugins import ocp_served


@pytest.fixture(name="server", params=[False, True], ids=["ocp", "express"])
def _server(request):
    with ocp_served.serving(express=request.param) as served:
        yield served


def run(server, id, operation, part=None, *, check_mode=False):
    module = ocp_served.create_module(
        task_id=id, sub_task_id=part, operation=operation, check_mode=check_mode
    )
    client = ocp_served.client(server)
    return ocp_task.run(module, client, sleep=server.clock.advance)


def failed(server, scenario=None, seconds=20):
    id = server.start(scenario or ocp_scenarios.fail_always())
    server.clock.advance(seconds)
    return id


def part(server, id, name):
    subtasks = server.task(id)["subtasks"]
    return str(next(sub["id"] for sub in subtasks if sub["name"] == name))


def posts(server):
    return [seen.target for seen in server.server.requests if seen.method == "POST"]


def test_retry_runs_a_failed_task_again_and_is_then_already_so(server):
    id = failed(server)
    found = run(server, id, "retry")
    assert found["changed"] and found["reason"] == ""
    assert (found["task"]["state"], found["task"]["operator"]) == ("RUNNING", "RETRY")
    assert found["tasks"] == [found["task"]] and found["sub_task_ids"] == []
    assert found["diff"] == {
        "before": {"state": "FAILED", "operator": "RUN"},
        "after": {"state": "RUNNING", "operator": "RETRY"},
    }
    again = run(server, id, "retry")
    assert not again["changed"] and again["reason"] == "it is running"
    assert len(posts(server)) == 1


def test_rollback_undoes_a_failed_task_and_is_then_already_so(server):
    id = failed(server)
    assert run(server, id, "rollback")["changed"]
    server.clock.advance(20)
    found = run(server, id, "rollback")
    assert not found["changed"] and found["task"]["outcome"] == "rolled_back"
    with pytest.raises(errors.Refused, match="submit its work anew"):
        run(server, id, "retry")
    assert len(posts(server)) == 1


def test_a_failed_rollback_is_rolled_back_again_or_skipped(server):
    id = failed(server, ocp_scenarios.rollback_fails())
    run(server, id, "rollback")
    server.clock.advance(20)
    with pytest.raises(errors.Refused, match="roll back again"):
        run(server, id, "retry")
    assert run(server, id, "rollback")["changed"]
    server.clock.advance(20)
    undone = part(server, id, "Demo prepare")
    assert run(server, id, "skip", undone)["changed"]
    server.clock.advance(20)
    found = run(server, id, "skip", undone)
    assert not found["changed"] and found["task"]["outcome"] == "rolled_back"


def test_skip_goes_on_without_the_subtask(server):
    id = failed(server)
    install = part(server, id, "Demo install")
    found = run(server, id, "skip", install)
    assert found["changed"] and found["sub_task_ids"] == [install]
    server.clock.advance(20)
    found = run(server, id, "skip", install)
    assert not found["changed"] and found["task"]["outcome"] == "passed"


def test_one_subtask_is_retried(server):
    id = failed(server, ocp_scenarios.fail_once())
    install = part(server, id, "Demo install")
    found = run(server, id, "retry", install)
    assert found["changed"] and found["task"]["operator"] == "RUN"
    assert found["diff"]["after"]["sub_tasks"][install]["operator"] == "RETRY"
    server.clock.advance(20)
    assert run(server, id, "retry", install)["task"]["outcome"] == "succeeded"


def test_cancel_of_a_task_cancels_each_running_subtask(server):
    id = failed(server, ocp_scenarios.parallel(hosts=3, seconds=30), seconds=40)
    found = run(server, id, "cancel")
    assert found["changed"] and len(found["sub_task_ids"]) == 3
    assert len(posts(server)) == 3 and all("/cancel" in one for one in posts(server))
    server.clock.advance(20)
    found = run(server, id, "cancel")
    assert not found["changed"] and found["task"]["outcome"] == "cancelled"
    assert len(posts(server)) == 3


def test_cancel_waits_for_a_subtask_that_is_about_to_run(server):
    id = server.start(ocp_scenarios.slow())
    found = run(server, id, "cancel")
    assert found["changed"] and len(posts(server)) == 1


def test_cancel_of_one_subtask(server):
    id = failed(server, ocp_scenarios.slow(), seconds=5)
    install = part(server, id, "Demo install")
    assert run(server, id, "cancel", install)["changed"]
    assert not run(server, id, "cancel", install)["changed"]
    assert len(posts(server)) == 1


@pytest.mark.parametrize(
    ("scenario", "operation", "said"),
    [
        (ocp_scenarios.irreversible(), "rollback", "prohibit_rollback"),
        (ocp_scenarios.no_rollback(), "rollback", "prohibit_rollback"),
        (ocp_scenarios.chain(), "rollback", "it has succeeded"),
        (ocp_scenarios.chain(), "cancel", "it has succeeded"),
        (ocp_scenarios.slow(seconds=900), "rollback", "cancel it first"),
    ],
)
def test_what_ocp_would_refuse_is_not_sent(server, scenario, operation, said):
    id = failed(server, scenario, seconds=60)
    with pytest.raises(errors.Refused, match=said) as caught:
        run(server, id, operation)
    assert f"{operation} task {id}" in caught.value.message
    assert caught.value.details["state"] and posts(server) == []


def test_a_subtask_of_another_task_is_not_touched(server):
    id, other = failed(server), failed(server)
    with pytest.raises(errors.Refused, match="no subtask"):
        run(server, id, "retry", part(server, other, "Demo install"))
    assert posts(server) == []


@pytest.mark.parametrize("operation", ["retry", "rollback"])
def test_check_mode_says_what_it_would_do(server, operation):
    id = failed(server)
    found = run(server, id, operation, check_mode=True)
    assert found["changed"] and posts(server) == []
    assert found["task"]["state"] == "FAILED"
    after = {"state": "RUNNING", "operator": operation.upper()}
    assert found["diff"]["after"] == after
    real = run(server, id, operation)
    assert real["diff"] == found["diff"]
    again = run(server, id, operation, check_mode=True)
    assert not again["changed"] and again["reason"]


def test_check_mode_of_a_cancel_names_the_subtasks(server):
    id = failed(server, ocp_scenarios.slow(), seconds=5)
    found = run(server, id, "cancel", check_mode=True)
    install = part(server, id, "Demo install")
    assert found["sub_task_ids"] == [install] and posts(server) == []
    then = found["diff"]["after"]["sub_tasks"][install]
    assert then["state"] == "CANCELING"


def test_a_task_not_at_rest_is_waited_for(server):
    # Marked failed while an automatic retry is at work (protocol/ocp.md 8.1).
    id = server.start(ocp_scenarios.late_success())
    while server.task(id)["status"] != "FAILED":
        server.clock.advance(0.1)
    found = run(server, id, "retry")
    assert found["changed"]
    server.clock.advance(20)
    assert run(server, id, "retry")["task"]["outcome"] == "succeeded"


@pytest.mark.parametrize("kind", ["reset", "close", "truncated", "html"])
def test_a_lost_answer_is_looked_up_and_not_repeated(server, kind):
    id = failed(server)
    took_effect = kind == "truncated"
    server.server.faults.add(kind, count=1, path="/retry$")
    if took_effect:
        assert run(server, id, "retry")["changed"]
    else:
        with pytest.raises(errors.OpsError, match="shows no effect"):
            run(server, id, "retry")
    assert len(posts(server)) == 1


def test_an_effect_that_cannot_be_looked_up_is_not_known(server):
    id = failed(server)
    server.server.faults.add("reset", skip=1)
    with pytest.raises(errors.Unreachable, match="is not known"):
        run(server, id, "retry")
    assert len(posts(server)) == 1


def test_a_rate_limit_at_the_operation_is_no_lost_answer(server):
    id = failed(server)
    headers = {"RateLimit-Reset": "7"}
    server.server.faults.add("status", status=429, headers=headers, path="/retry$")
    with pytest.raises(errors.Unavailable, match="wait 7 s"):
        run(server, id, "retry")
    assert len(server.server.requests) == 2


class Raced:
    """A client whose task somebody else moves between the look and the operation."""

    def __init__(self, client, meanwhile):
        self._client, self._meanwhile = client, meanwhile
        self.url = client.url
        self.fetch = client.fetch

    def operate(self, id, operation, sub_task_id=None):
        self._meanwhile(self._client, id)
        self._client.operate(id, operation, sub_task_id)


def raced(server, id, operation, meanwhile):
    module = ocp_served.create_module(task_id=id, sub_task_id=None, operation=operation)
    client = Raced(ocp_served.client(server), meanwhile)
    return ocp_task.run(module, client, sleep=server.clock.advance)


def test_a_task_that_moved_meanwhile_is_decided_anew(server):
    id = failed(server)
    found = raced(server, id, "retry", lambda client, id: client.operate(id, "retry"))
    assert not found["changed"] and found["reason"] == "it is running"
    assert len(posts(server)) == 2


def test_a_task_that_moved_elsewhere_is_refused(server):
    id = failed(server)
    with pytest.raises(errors.Refused, match="being rolled back"):
        raced(server, id, "retry", lambda client, id: client.operate(id, "rollback"))


def test_a_task_that_cannot_be_read_afterwards_is_still_changed(server):
    id = failed(server)
    server.server.faults.add("status", status=503, skip=2)
    module = ocp_served.create_module(task_id=id, sub_task_id=None, operation="retry")
    client = ocp_served.client(server)
    found = ocp_task.run(module, client, sleep=server.clock.advance)
    assert found["changed"] and found["task"] is None and found["tasks"] == []
    assert "could not be read" in ocp_served.warnings(module)[0]


@pytest.mark.parametrize(
    ("operation", "id", "sub_task_id", "option"),
    [
        ("skip", "1", None, "sub_task_id"),
        ("rollback", "1", "2", "sub_task_id"),
        ("retry", "1", "x", "sub_task_id"),
        ("retry", "x", None, "task_id"),
    ],
)
def test_bad_options_are_refused_before_anything_is_sent(
    server, operation, id, sub_task_id, option
):
    with pytest.raises(errors.InvalidOption) as caught:
        run(server, id, operation, sub_task_id)
    assert caught.value.details["option"] == option
    assert server.server.requests == []


def test_a_wrong_password_costs_one_login(server):
    module = ocp_served.create_module(
        task_id="1", sub_task_id=None, operation="retry", check_mode=False
    )
    client = ocp_served.client(server, username="admin", password="wrong")
    with pytest.raises(errors.AuthRefused):
        ocp_task.run(module, client)
    assert len(server.server.requests) == 1


# As Ansible runs it


def test_minimal_and_all_arguments(server, capsys):
    id = failed(server)
    install = part(server, id, "Demo install")
    given = {"ocp": ocp_served.options(server), "task_id": int(id)}
    found = ocp_served.run_main(
        ocp_task,
        capsys,
        **given,
        operation="skip",
        sub_task_id=int(install),
        _ansible_check_mode=True,
    )
    assert found["changed"] and found["sub_task_ids"] == [install]
    found = ocp_served.run_main(ocp_task, capsys, **given, operation="retry")
    assert found["changed"] and len(posts(server)) == 1


def test_conflicting_arguments(server, capsys):
    given = {"ocp": ocp_served.options(server), "task_id": "1"}
    found = ocp_served.run_main(ocp_task, capsys, **given, operation="skip")
    assert found["failed"] and found["error"]["kind"] == "invalid_option"
    found = ocp_served.run_main(ocp_task, capsys, **given, operation="pass")
    assert found["failed"] and "operation" in found["msg"]


def test_what_was_operated_on_is_returned_for_the_wait(server):
    id = failed(server)
    [sub_task] = [
        one["id"] for one in server.task(id)["subtasks"] if one["status"] == "FAILED"
    ]
    found = run(server, id, "retry")
    assert found["task_ids"] == [id]
    [attempt] = found["attempt"]
    assert (attempt["task_id"], attempt["operator"]) == (id, "RUN")
    assert list(attempt["sub_tasks"]) == [str(sub_task)]


def test_in_check_mode_there_is_nothing_to_wait_for(server):
    found = run(server, failed(server), "retry", check_mode=True)
    assert (found["task_ids"], found["attempt"]) == ([], [])
