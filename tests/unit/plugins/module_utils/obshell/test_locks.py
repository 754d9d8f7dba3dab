# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps a scope busy: a list is whole, or it proves nothing."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    locks as obshell_locks,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    mapping as obshell_mapping,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import (
    rules as wait_rules,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import target, waiter
from ansible_collections.oceanbase.ops.tests.simulator import (
    replay,
)
from ansible_collections.oceanbase.ops.tests.unit.plugins import (
    obshell_clients,
    obshell_recorded,
    scripted,
)

PASSWORD = "right"
HERE, THERE = "10.0.0.1:2886", "10.0.0.2:2886"
OURS, THEIRS = "20167772161028861", "20167772162028861"  # their first tasks
OF_CLUSTER, OF_AGENT = "/task/dag/ob/unfinish", "/task/dag/agent/unfinish"
OF_ALL = "/task/dag/unfinish"
MEMBER = {"agent": {"identity": "CLUSTER AGENT"}, "underMaintenance": False}
LOCKED = {**MEMBER, "underMaintenance": True}
# A cluster of two at which nothing is at work; the first agent is named and asked.
QUIET = {
    "/info": {
        "identity": "CLUSTER AGENT",
        "version": "4.5.0.0-0",
        "ip": "10.0.0.1",
        "port": 2886,
    },
    "/status": {"obState": 3, **MEMBER},
    OF_CLUSTER: {"contents": []},
    OF_AGENT: {"contents": []},
    "/ob/agents": {
        "contents": [{"ip": f"10.0.0.{n}", "port": 2886} for n in (1, 2)],
    },
    OF_ALL: {"contents": None},
    "/agents/status": {HERE: MEMBER, THERE: MEMBER},
}
TASK = {
    "id": "11",
    "dag_id": 1,
    "name": "Cluster scale out",
    "state": "RUNNING",
    "operator": "RUN",
    "stage": 1,
    "max_stage": 9,
}
# The lists that each scope needs.
NEEDED = {
    "cluster": [OF_CLUSTER],
    "agent": [OF_AGENT],
    "agents": [OF_AGENT, OF_ALL],
    "all": [OF_CLUSTER, OF_AGENT, OF_ALL],
}
NEEDS = [(scope, path) for scope, paths in NEEDED.items() for path in paths]


def without(*keys):
    return {"contents": [{key: TASK[key] for key in TASK if key not in keys}]}


UNREADABLE = {
    "null": None,
    "a bare list": [],
    "a bare list with a task": [TASK],
    "a text": "nothing",
    "a number": 0,
    "no contents": {},
    "contents of another name": {"list": []},
    "contents that are an object": {"contents": {}},
    "contents that are a text": {"contents": ""},
    "an entry that is null": {"contents": [None]},
    "an entry that is a text": {"contents": ["11"]},
    "an entry without an id": without("id"),
    "an entry without a number": without("dag_id"),
    "an entry without a state": without("state"),
    "an entry without an operator": without("operator"),
    "an entry without both": without("dag_id", "operator"),
}
REFUSED = {
    400: {"code": 1001, "errCode": "Common.IllegalArgument", "message": "bad"},
    403: {"code": 1003, "errCode": "Security.Denied", "message": "no"},
    404: {"code": 1000, "errCode": "Common.NotFound", "message": "404 not found"},
    500: {"code": 1002, "errCode": "Common.Unexpected", "message": "panic"},
}


def exchange(path, data, status=200, error=None):
    """Return an exchange; the lists are asked for in short form."""
    said = obshell_recorded.public(path, data)
    if path in (OF_CLUSTER, OF_AGENT, OF_ALL):
        said["request"]["query"] = "show_details=false"
    if error:
        body = {"successful": False, "status": status, "traceId": "1", "error": error}
        said["response"] = {"status": status, "headers": {}, "body": body}
    return said


def busy(scope, changed=None, *, refused=None, **narrow):
    """Return what keeps the scope busy where these answers differ from QUIET."""
    told = {**QUIET, **(changed or {})}
    exchanges = [
        (
            exchange(path, None, refused[path], REFUSED[refused[path]])
            if path in (refused or {})
            else exchange(path, data)
        )
        for path, data in told.items()
    ]
    with replay.Replay(exchanges) as served:
        client = obshell_recorded.client_of(served, password=PASSWORD)
        found = obshell_locks.busy(client, scope, **narrow)
        assert served.unknown == []
        return [one.id for one in found]


@pytest.mark.parametrize("scope", NEEDED)
def test_what_is_whole_and_empty_is_quiet(scope):
    assert busy(scope) == []


@pytest.mark.parametrize("scope, path", NEEDS)
def test_what_is_listed_keeps_the_scope_busy(scope, path):
    ids = {OF_CLUSTER: "11", OF_AGENT: OURS, OF_ALL: THEIRS}
    entry = {**TASK, "id": ids[path]}
    assert busy(scope, {path: {"contents": [entry]}}) == [ids[path]]


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("scope, path", NEEDS)
def test_a_list_that_cannot_be_read_proves_nothing_and_is_named(scope, path, data):
    with pytest.raises(errors.Unavailable) as caught:
        busy(scope, {path: data})
    assert path in caught.value.message
    assert caught.value.transient


@pytest.mark.parametrize("status", REFUSED)
@pytest.mark.parametrize("scope, path", NEEDS)
def test_a_list_that_is_refused_proves_nothing_and_is_named(scope, path, status):
    with pytest.raises((errors.Refused, errors.Unavailable)) as caught:
        busy(scope, refused={path: status})
    assert path in caught.value.message


@pytest.mark.parametrize("scope", ["cluster", "all"])
def test_a_list_without_contents_proves_nothing_while_the_observer_is_down(scope):
    down = {"/status": {**QUIET["/status"], "obState": 2}}
    with pytest.raises(errors.Unavailable, match="its observer is not up"):
        busy(scope, {OF_CLUSTER: {"contents": None}, **down})


@pytest.mark.parametrize("scope", ["agents", "all"])
def test_whoever_cannot_be_asked_for_its_tasks_is_named(scope):
    with pytest.raises(errors.Unavailable, match=f"tasks of {THERE} are not listed"):
        busy(scope, {"/agents/status": {HERE: MEMBER}})


@pytest.mark.parametrize("scope", ["agent", "agents", "all"])
def test_an_agent_under_maintenance_without_a_listed_task_keeps_it_shut(scope):
    with pytest.raises(errors.Unavailable, match="under maintenance, and lists no"):
        busy(scope, {"/status": {**QUIET["/status"], "underMaintenance": True}})


def test_an_agents_own_lock_says_nothing_about_the_cluster():
    locked = {"/status": {**QUIET["/status"], "underMaintenance": True}}
    assert busy("cluster", locked) == []


@pytest.mark.parametrize("scope", ["agents", "all"])
def test_another_agent_under_maintenance_without_a_task_keeps_it_shut(scope):
    locked = {"/agents/status": {HERE: MEMBER, THERE: LOCKED}}
    with pytest.raises(errors.Unavailable, match=f"tasks of {THERE} are not listed"):
        busy(scope, locked)


@pytest.mark.parametrize("scope", ["agents", "all"])
def test_an_agent_whose_task_is_listed_is_under_maintenance_for_that(scope):
    told = {
        "/status": {**QUIET["/status"], "underMaintenance": True},
        OF_AGENT: {"contents": [{**TASK, "id": OURS}]},
        OF_ALL: {"contents": [{**TASK, "id": THEIRS}]},
        "/agents/status": {HERE: LOCKED, THERE: LOCKED},
    }
    assert sorted(busy(scope, told)) == [OURS, THEIRS]


def test_a_task_that_released_its_lock_explains_no_maintenance():
    told = {
        "/status": {**QUIET["/status"], "underMaintenance": True},
        OF_AGENT: {"contents": [{**FAILED, "id": OURS, "name": "Kill observer"}]},
    }
    with pytest.raises(errors.Unavailable, match="lists no task"):
        busy("agent", told)


FAILED = {**TASK, "state": "FAILED"}


@pytest.mark.parametrize("locked", [True, False])
def test_a_failed_task_of_an_agent_counts_while_the_agent_is_locked(locked):
    told = {
        "/status": {**QUIET["/status"], "underMaintenance": locked},
        OF_AGENT: {"contents": [{**FAILED, "id": OURS}]},
    }
    assert bool(busy("agent", told)) is locked


@pytest.mark.parametrize("locked", [True, False])
def test_a_failed_task_of_another_agent_counts_while_that_is_locked(locked):
    told = {
        OF_ALL: {"contents": [{**FAILED, "id": THEIRS}]},
        "/agents/status": {HERE: MEMBER, THERE: LOCKED if locked else MEMBER},
    }
    assert bool(busy("all", told)) is locked


def test_a_failed_task_of_the_cluster_counts():
    assert busy("cluster", {OF_CLUSTER: {"contents": [FAILED]}}) == ["11"]


RELEASED = {**FAILED, "name": "Cluster scale in", "maintenance_type": 2}


def test_a_failed_task_that_released_its_lock_does_not_count():
    assert busy("cluster", {OF_CLUSTER: {"contents": [RELEASED]}}) == []
    kept = {**RELEASED, "stage": 2}
    assert busy("cluster", {OF_CLUSTER: {"contents": [kept]}}) == ["11"]


def blamed(line):
    """Return a failed task of the cluster whose sub-task ended with this line."""
    sub = {"id": "15", "task_id": 5, "name": "wait", "state": "FAILED"}
    sub = {**sub, "operator": "RUN", "task_logs": [line]}
    node = {"id": "14", "node_id": 4, "name": "Wait", "state": "FAILED"}
    return {**FAILED, "nodes": [{**node, "operator": "RUN", "sub_tasks": [sub]}]}


def explained(task_, *more):
    exchanges = [exchange(path, data) for path, data in QUIET.items()] + list(more)
    with replay.Replay(exchanges) as served:
        client = obshell_recorded.client_of(served, password=PASSWORD)
        found, missing = client.explained(obshell_mapping.to_task(task_), 20)
        return found.failure(), missing, served.unknown


def test_the_part_that_a_log_blames_without_a_cause_is_asked():
    part = {**blamed("no space left"), "id": THEIRS, "name": "Local scale out"}
    answer = obshell_recorded.public(f"/task/dag/{THEIRS}", part)
    line = f"dag {THEIRS} Local scale out failed"
    failure, missing, _unknown = explained(blamed(line), answer)
    assert (failure["agent"], failure["also"][0]["logs"]) == (THERE, ["no space left"])
    assert missing == []


def test_a_part_whose_cause_stands_in_the_log_is_not_asked():
    line = f"dag {THEIRS} Local scale out failed: no space left"
    failure, missing, unknown = explained(blamed(line))
    assert (failure["agent"], failure["also"], missing, unknown) == (THERE, [], [], [])


def test_a_part_that_cannot_be_asked_leaves_its_address():
    line = f"dag {THEIRS} Local scale out failed"
    failure, missing, _unknown = explained(blamed(line))
    assert failure["agent"] == THERE
    assert [THERE in text and THEIRS in text for text in missing] == [True]


@pytest.mark.parametrize("locked", [True, False])
def test_the_lock_of_an_agents_failed_task_is_as_the_agent_says(locked):
    told = {**QUIET, "/status": {**QUIET["/status"], "underMaintenance": locked}}
    own = {**FAILED, "id": OURS, "name": "Something new", "nodes": []}
    told[f"/task/dag/{OURS}"] = own
    exchanges = [exchange(path, data) for path, data in told.items()]
    with replay.Replay(exchanges) as served:
        client = obshell_recorded.client_of(served, password=PASSWORD)
        found = client.fetch(OURS)
        assert found.locked is None
        (told_,) = obshell_locks.told(client, [found])
    assert told_.locked is locked


@pytest.mark.parametrize("version", ["4.2.3.0", "4.3.0.0"])
@pytest.mark.parametrize("scope", ["cluster", "all"])
def test_a_tenant_is_refused_where_no_task_tells_its_tenant(sim, version, scope):
    cluster = sim.cluster(version=version, password=PASSWORD)
    cluster.start("create_tenant", name="t1")
    client = obshell_clients.client_of(*cluster.agents, password=PASSWORD)
    with pytest.raises(errors.Refused, match="older than obshell 4.3.1"):
        obshell_locks.busy(client, scope, tenant="t1")


def test_a_tenant_narrows_where_tasks_tell_their_tenants(sim):
    cluster = sim.cluster(version="4.5.0.0", password=PASSWORD)
    started = cluster.start("create_tenant", name="t1")
    client = obshell_clients.client_of(*cluster.agents, password=PASSWORD)
    found = obshell_locks.busy(client, "all", tenant="t1")
    assert [one.id for one in found] == [started]
    assert obshell_locks.busy(client, "all", tenant="t2") == []


ASKED = {
    "a task": lambda client, id: client.fetch(id).id,
    "the last task": lambda client, id: client.last("cluster").id,
    "what is at work": lambda client, id: obshell_locks.busy(client, "cluster")[0].id,
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_behind_a_single_agent_the_next_is_asked_in_any_order(sim, order, ask):
    cluster = sim.cluster(password=PASSWORD)
    named = [sim.single(), *cluster.agents, sim.single()]
    task_id = cluster.start("long")
    client = obshell_clients.client_of(*(named[at] for at in order), password=PASSWORD)
    assert ask(client, task_id) == task_id
    assert client.answered == [cluster.agents[0].url]


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_a_member_that_is_away_behind_a_single_agent_is_an_outage(sim, ask):
    cluster, single = sim.cluster(password=PASSWORD), sim.single()
    task_id = cluster.start("long")
    client = obshell_clients.client_of(single, *cluster.agents, password=PASSWORD)
    cluster.agents[0].stop()
    with pytest.raises(errors.OpsError) as caught:
        ask(client, task_id)
    assert caught.value.transient
    for named in (single, *cluster.agents):
        assert named.url in caught.value.message


def waited(client, targets, quiet, clock):
    return waiter.Wait(
        client, targets, wait_rules.Rules(), quiet, clock=clock, sleep=clock.sleep
    )


@pytest.mark.parametrize(
    "task_id, scope", [("11", None), (None, "cluster"), (None, "all")]
)
def test_among_single_agents_alone_a_wait_fails_at_once(sim, task_id, scope):
    singles = [sim.single(), sim.single()]
    client = obshell_clients.client_of(*singles, password=PASSWORD)
    clock = scripted.Clock()
    targets = [target.Target(task_id=task_id)] if task_id else []
    quiet = target.Quiet(scope) if scope else None
    with pytest.raises(errors.Refused, match="is a SINGLE agent") as caught:
        waited(client, targets, quiet, clock).run()
    assert clock.naps == []
    for one in singles:
        assert one.url in caught.value.message
