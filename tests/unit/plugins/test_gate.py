# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a gate must not be told, and what it must not say: one case for each kind."""

from __future__ import annotations

import contextlib

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    lists as obshell_lists,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    locks as obshell_locks,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    mapping as obshell_mapping,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    mapping as ocp_mapping,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.task import changes
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import target
from ansible_collections.oceanbase.ops.tests.unit.plugins import (
    obshell_clients,
    ocp_served,
    scripted,
    truth,
)
from ansible_collections.oceanbase.ops.tests.unit.plugins.module_utils.obshell import (
    test_locks as answered,
)

RUNNING, SUCCEEDED, FAILED = scripted.RUNNING, scripted.SUCCEEDED, scripted.FAILED
BUSY = errors.Unavailable("HTTP 503")
TASK = {**answered.TASK, "nodes": []}
STATUS, MEMBER = answered.QUIET["/status"], answered.MEMBER
HERE, THERE = answered.HERE, answered.THERE


# The gate opens


@pytest.mark.parametrize("scope", ["agents", "all"])
@pytest.mark.parametrize("order", [1, -1], ids=["member first", "single first"])
def test_an_unnamed_members_task_keeps_it_shut_whoever_is_named_first(
    sim, order, scope
):
    cluster, single = sim.cluster(agents=2, password="pw"), sim.single()
    started = sim.start_local(cluster.agents[1], "long")
    named = [cluster.agents[0], single][::order]
    client = obshell_clients.client_of(*named, password="pw")
    assert [one.id for one in obshell_locks.busy(client, scope)] == [started]


NO_MEMBERS = {
    "null": None,
    "no contents": {},
    "contents null": {"contents": None},
    "contents without the agent itself": {"contents": []},
    "an odd entry": {"contents": [{"ip": "10.0.0.1", "port": 2886}, None]},
    "a bare list": [{"ip": "10.0.0.1", "port": 2886}],
}


@pytest.mark.parametrize("data", NO_MEMBERS.values(), ids=NO_MEMBERS)
def test_members_that_cannot_be_read_prove_nothing(data):
    with pytest.raises(errors.Unavailable, match="/ob/agents"):
        answered.busy("all", {"/ob/agents": data})


@pytest.mark.parametrize("status", [400, 403, 404])
def test_members_that_are_refused_prove_nothing(status):
    with pytest.raises(errors.OpsError, match="/ob/agents"):
        answered.busy("all", refused={"/ob/agents": status})


@pytest.mark.parametrize(
    "row", [None, "x", {}, [], {**MEMBER, "underMaintenance": None}], ids=str
)
@pytest.mark.parametrize(
    "tasks",
    [[], [{**TASK, "id": answered.THEIRS, "state": "FAILED"}]],
    ids=["none listed", "failed listed"],
)
def test_another_agent_whose_lock_is_not_known_keeps_it_shut(row, tasks):
    told = {"/agents/status": {HERE: MEMBER, THERE: row}}
    with contextlib.suppress(errors.Unavailable):
        assert answered.busy("all", {**told, answered.OF_ALL: {"contents": tasks}})


@pytest.mark.parametrize("flag", [{}, {"underMaintenance": None}], ids=str)
@pytest.mark.parametrize(
    "tasks",
    [[], [{**TASK, "id": answered.OURS, "state": "FAILED"}]],
    ids=["none listed", "failed listed"],
)
def test_a_named_agent_whose_lock_is_not_known_keeps_it_shut(flag, tasks):
    said = {key: STATUS[key] for key in ("obState", "agent")}
    told = {"/status": {**said, **flag}, answered.OF_AGENT: {"contents": tasks}}
    with contextlib.suppress(errors.Unavailable):
        assert answered.busy("agent", told)


@pytest.mark.parametrize("id", [None, "", "x", [], "20167772163028861"], ids=str)
def test_a_running_entry_of_nobody_known_keeps_it_shut(id):
    told = {answered.OF_ALL: {"contents": [{**TASK, "id": id}]}}
    with contextlib.suppress(errors.Unavailable):
        assert answered.busy("all", told)


def test_of_two_entries_with_one_id_the_running_one_counts():
    entries = [{**TASK, "id": None, "state": "FAILED"}, {**TASK, "id": None}]
    tasks, odd = obshell_mapping.listed("GET /x", {"contents": entries})
    listed = obshell_lists.Listed()
    listed.add(tasks)
    assert odd or [one.state for one in listed.tasks] != ["FAILED"]


@pytest.mark.parametrize("operator", [None, ""], ids=str)
def test_an_end_without_an_operator_does_not_borrow_the_old_one(operator):
    last = {**TASK, "state": "SUCCEED", "operator": operator, "nodes": None}
    script = [obshell_mapping.to_task(TASK), obshell_mapping.to_task(last)]
    wait = scripted.wait_for({"11": script}, timeout=60)
    with pytest.raises(errors.OpsError):
        wait.run()


def test_an_undone_task_of_ocp_without_operation_and_subtasks_does_not_open():
    data = ocp_served.recorded(117)
    assert ocp_mapping.to_task(data).outcome == "rolled_back"
    del data["operation"], data["subtasks"]
    with contextlib.suppress(errors.InvalidAnswer):
        assert ocp_mapping.to_task(data).outcome not in ("succeeded", "passed")


@pytest.mark.parametrize("version", ["", None, "x"], ids=str)
def test_a_tenant_is_refused_where_the_version_is_not_known(version):
    info = {**answered.QUIET["/info"], "version": version}
    told = {"/info": info, answered.OF_CLUSTER: {"contents": [answered.TASK]}}
    with pytest.raises(errors.OpsError):
        answered.busy("cluster", told, tenant="t1")


# It fails though the task is fine, or says what is false


@pytest.mark.parametrize("status", [302, 307, 400, 403, 404, 408, 410, 425])
@pytest.mark.parametrize("path", ["/status", "/secret", "/"])
def test_a_gateways_word_to_an_open_route_in_the_middle_is_an_outage(sim, status, path):
    case = truth.Case(sim)
    task_id = case.cluster.start("succeeded", stages=8)
    kind = "redirect" if status < 400 else "html"

    def spoil():
        case.agent.rotate_key()
        case.agent.server.faults.add(kind, status=status, count=3, path=path)

    case.after(8, spoil)
    assert truth.end(case.wait(task_id))[0] == "succeeded"


@pytest.mark.parametrize("id", ["11", "20167772161028861"], ids=["cluster", "agent"])
def test_modules_of_obshell_are_told_at_once_that_it_is_an_ocp(sim, id):
    case = truth.Case(sim)
    wait = case.wait(id, connection={"url": [case.ocp.url]})
    with pytest.raises(errors.InvalidAnswer, match="this is an OCP.* as ocp.url"):
        wait.run()
    assert wait.elapsed == 0


OBSHELL = "this is obshell.* as obshell.url"


@pytest.mark.parametrize(
    "version, base_path, match",
    [
        ("4.2.3.0", "/api/v1", OBSHELL),
        ("4.2.3.0", "/api/v2", OBSHELL),
        ("4.5.0.0", "/api/v1", OBSHELL),
        ("4.5.0.0", "/api/v2", "is this OCP"),  # its console answers for all others
    ],
)
def test_modules_of_ocp_are_told_at_once_that_it_is_obshell(
    sim, version, base_path, match
):
    case = truth.Case(sim)
    agent = sim.cluster(agents=1, password="right", version=version).agents[0]
    given = {"url": agent.url, "base_path": base_path}
    wait = case.wait("1", server="ocp", connection=given)
    with pytest.raises(errors.InvalidAnswer, match=match):
        wait.run()
    assert wait.elapsed == 0


@pytest.mark.parametrize("status", [401, 404])
@pytest.mark.parametrize("server", ["obshell", "ocp"])
def test_a_page_of_somebody_else_at_first_contact_fails_at_once(sim, server, status):
    case = truth.Case(sim)
    served = case.agent if server == "obshell" else case.ocp
    served.server.faults.add("html", status=status)
    wait = case.wait("11", server=server)
    with pytest.raises((errors.InvalidAnswer, errors.Refused)):
        wait.run()
    assert wait.elapsed == 0


def test_a_failure_that_was_mended_is_none_when_the_time_is_up():
    script = {"11": [FAILED, 15, SUCCEEDED], "12": [RUNNING]}
    with pytest.raises(errors.WaitTimeout) as caught:
        scripted.wait_for(script, timeout=50, sleep=5).run()
    assert "task 11 " not in caught.value.message


@pytest.mark.parametrize("first", [SUCCEEDED, FAILED], ids=["succeeded", "failed"])
def test_a_wait_for_ids_says_nothing_about_a_scope(first):
    script = {"11": [first, 20, BUSY], "12": [RUNNING, 20, SUCCEEDED]}
    with pytest.raises(errors.WaitError) as caught:
        scripted.wait_for(script, timeout=60, sleep=5).run()
    assert "nothing is at work" not in caught.value.message


@pytest.mark.parametrize("part", ["node", "sub_task"])
def test_a_part_without_an_id_is_an_invalid_answer(part):
    sub = {"task_id": 1, "state": "RUNNING", "operator": "RUN"}
    node = {"id": "11", "state": "RUNNING", "operator": "RUN", "sub_tasks": [sub]}
    if part == "node":
        node = {**node, "sub_tasks": []}
        del node["id"]
    with pytest.raises(errors.InvalidAnswer):
        obshell_mapping.to_task({**TASK, "nodes": [node]})


ODD_FACTS = {
    "a stage that is a text": {"stage": "1"},
    "logs that are a number": {
        "nodes": [
            {
                "id": "11",
                "state": "FAILED",
                "operator": "RUN",
                "sub_tasks": [{"id": "1", "state": "FAILED", "task_logs": 7}],
            }
        ]
    },
}


@pytest.mark.parametrize("odd", ODD_FACTS.values(), ids=ODD_FACTS)
def test_odd_facts_are_null_or_an_invalid_answer_and_no_crash(odd):
    node = {"id": "11", "state": "RUNNING", "operator": "RUN", "sub_tasks": []}
    try:
        found = obshell_mapping.to_task({**TASK, "nodes": [node], **odd})
    except errors.InvalidAnswer:
        return
    assert changes.between(None, found)


# Nobody sees that it moves


def moments_of(script, **options):
    told = []
    wait = scripted.wait_for(script, show=told.append, **options)
    with pytest.raises(errors.WaitTimeout):
        wait.run()
    return [0, *(one["elapsed"] for one in told), wait.elapsed]


@pytest.mark.parametrize(
    "script, options",
    [
        ({"busy": [BUSY]}, {"quiet": target.Quiet("all")}),
        ({"11": [RUNNING]}, {"delay": 100}),
    ],
    ids=["an outage of a scope", "the delay"],
)
def test_no_silence_is_longer_than_the_heartbeat(script, options):
    moments = moments_of(script, heartbeat=30, timeout=120, sleep=5, **options)
    assert max(b - a for a, b in zip(moments, moments[1:])) <= 35


@pytest.mark.parametrize("data", [{}, {"list": []}], ids=str)
def test_a_list_of_ocp_without_contents_is_no_empty_list(data):
    with pytest.raises(errors.InvalidAnswer):
        ocp_mapping.to_page(data)
