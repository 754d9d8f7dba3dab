# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
import random

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    mapping as ocp_mapping,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    order as ocp_order,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.task import (
    changes,
    task,
    times,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import (
    rules as wait_rules,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import target, waiter
from ansible_collections.oceanbase.ops.tests import recordings
from ansible_collections.oceanbase.ops.tests.simulator.ocp import (
    scenarios as ocp_scenarios,
)
from ansible_collections.oceanbase.ops.tests.unit.plugins import ocp_served
from hypothesis import given
from hypothesis import strategies as st


def names(data):
    return [node.name for node in ocp_mapping.to_task(data).nodes]


def node(id, upstreams=(), **more):
    return task.Node(
        id=id, name=id, state="PENDING", operator="RUN", upstreams=upstreams, **more
    )


# Mapping


def test_the_vendors_sample_has_the_right_facts():
    found = ocp_mapping.to_task(ocp_served.sample())
    assert [one.name.split()[0] for one in found.nodes] == [
        "Prepare",
        "Uninstall",
        "Install",
        "Finish",
    ]
    assert (found.id, found.state, found.operator) == ("35000312", "SUCCEED", "RUN")
    assert (found.stage, found.max_stage, found.outcome) == (4, 4, "succeeded")
    assert found.duration == 22.327
    first = found.nodes[0]
    assert (first.id, first.upstreams, first.downstreams) == (
        "13000335",
        (),
        ("13000333",),
    )
    assert first.sub_tasks[0].execute_agent == {"ip": "xxx.xxx.xxx.xxx", "port": None}
    assert first.sub_tasks[0].execute_times == 1
    assert found.additional_data == {
        "cluster": None,
        "tenant": None,
        "creator": "admin",
        "type": "MANUAL",
        "executor": "xxx.xxx.xxx.xxx",
        "prohibit_rollback": False,
        "create_time": "2021-08-25T15:09:31+08:00",
        "task_definition_id": "-1",
    }
    assert first.sub_tasks[0].additional_data == {
        "description": "Prepare reinstalling OCP agent",
        "series_id": 3,
        "timeout": 60,
        "node_type": "JAVA_TASK",
        "parallel_index": -1,
        "prohibit_rollback": False,
        "create_time": "2021-08-25T15:09:31+08:00",
    }


def test_every_recorded_task_maps_and_its_order_does_not_follow_the_servers():
    seen = 0
    for exchange in recordings.load("ocp-express-4.2.2"):
        body = exchange["response"]["body"]
        data = body.get("data") if isinstance(body, dict) else None
        if not isinstance(data, dict):
            continue
        for item in data.get("contents", [data]):
            if "subtasks" not in item:
                continue
            seen += 1
            found = ocp_mapping.to_task(item)
            json.dumps(found.to_dict())
            mixed = {**item, "subtasks": item["subtasks"][::-1]}
            assert ocp_mapping.to_task(mixed) == found
            done = set()
            for one in found.nodes:
                assert set(one.upstreams) <= done
                done.add(one.id)
    assert seen > 250


@pytest.mark.parametrize(
    ("number", "outcome", "stage", "at_rest"),
    [
        (13, "succeeded", 3, True),
        (23, "failed", 2, True),
        (35, "succeeded", 3, True),
        (55, "rolled_back", 1, True),
        (71, "passed", 3, True),
        (91, "cancelled", 1, True),
        (107, "rollback_failed", 1, True),
        (117, "rolled_back", 1, True),
        (139, "running", 2, False),
        (309, "failed", 2, False),
        (331, "failed", 2, True),
        (353, "cancelled", 1, True),
    ],
)
def test_a_recorded_task_has_its_outcome(number, outcome, stage, at_rest):
    found = ocp_mapping.to_task(ocp_served.recorded(number))
    assert (found.outcome, found.stage, found.at_rest) == (outcome, stage, at_rest)


def test_a_failure_without_a_failed_subtask_has_no_cause_to_name():
    found = ocp_mapping.to_task(ocp_served.recorded(331))
    assert found.failure()["sub_task"] is None


def test_times_mean_something_or_are_null():
    # Recording 31: retried, with finish times of the first run (protocol/ocp.md 8.6).
    found = ocp_mapping.to_task(ocp_served.recorded(31))
    assert found.start_time and found.end_time is None
    pending = [one for one in found.nodes if one.state == "PENDING"]
    assert [one.start_time for one in pending] == [None]
    undone = ocp_mapping.to_task(ocp_served.recorded(55))
    assert undone.end_time
    assert {(one.start_time, one.end_time) for one in undone.nodes} == {(None, None)}


def test_ids_beyond_2_to_the_53_are_exact_strings():
    found = ocp_mapping.to_task(ocp_served.recorded(312))
    assert [one.id for one in found.nodes] == [
        "9007199254740990",
        "9007199254740992",
        "9007199254740991",
    ]
    assert found.nodes[1].upstreams == ("9007199254740990",)
    listed = ocp_served.recorded(315)["contents"]
    assert ocp_mapping.to_task(listed[0]).nodes[2].id == "9007199254740992"


@pytest.mark.parametrize(
    ("changes", "operator"),
    [
        ({}, "RUN"),
        ({"status": "SUCCESSFUL"}, "ROLLBACK"),
        ({"status": "SUCCESSFUL", "operation": "EXECUTE"}, "RUN"),
        ({"operation": "retry"}, "RETRY"),
        ({"operation": "ABORT"}, "ABORT"),
    ],
)
def test_an_entry_without_an_operation_is_judged_by_its_subtasks(changes, operator):
    entry = ocp_served.recorded(25)["contents"][0]
    assert ocp_mapping.to_task({**entry, **changes}).operator == operator


def test_an_entry_of_a_list_that_was_rolled_back_says_so():
    entry = ocp_served.recorded(59)["contents"][0]
    assert "operation" not in entry
    assert ocp_mapping.to_task(entry).outcome == "rolled_back"


def test_a_subtask_under_rollback_makes_the_entry_a_rollback():
    entry = ocp_served.recorded(25)["contents"][0]
    for word in ("ROLLBACK", "ROLLBACK_SKIP"):
        entry["subtasks"][0]["operation"] = word
        assert ocp_mapping.to_task(entry).outcome == "rollback_failed"


@pytest.mark.parametrize(
    ("changes", "cluster", "tenant"),
    [
        ({}, None, None),
        ({"clusterId": 7, "tenantId": 0}, ("7", None), ("0", None)),
        ({"obTenantId": 1002}, None, ("1002", None)),
        ({"tenantInfo": {"obTenantId": 1002, "name": "t"}}, None, ("1002", "t")),
        ({"tenant": {"id": 4, "obTenantId": 1002, "name": "t"}}, None, ("4", "t")),
        ({"cluster": {"id": "7", "name": "c", "obClusterId": 1}}, ("7", "c"), None),
        ({"cluster": None, "tenant": None}, None, None),
    ],
)
def test_cluster_and_tenant_come_in_many_shapes(changes, cluster, tenant):
    known = ocp_mapping.to_task({**ocp_served.sample(), **changes}).additional_data
    for found, expected in ((known["cluster"], cluster), (known["tenant"], tenant)):
        pair = found and (found["id"], found["name"])
        assert pair == expected


def test_older_answers_to_a_submit_are_understood():
    data = ocp_served.sample()
    older = {key: data[key] for key in ("id", "name", "startTime")}
    keys = ("id", "name", "description", "status", "operation", "upstreams")
    older["tasks"] = [{key: sub[key] for key in keys} for sub in data["subtasks"]]
    older["status"] = "RUNNING"
    found = ocp_mapping.to_task(older)
    assert (found.operator, found.outcome, len(found.nodes)) == ("RUN", "running", 4)


def test_a_task_without_subtasks_has_no_stage():
    found = ocp_mapping.to_task({"id": 1, "name": "x", "status": "RUNNING"})
    assert (found.stage, found.max_stage, found.nodes) == (None, None, ())
    assert found.progress == {"done": 0, "total": 0, "percent": 0}


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "task",
        {},
        {"id": 1},
        {"id": True, "status": "RUNNING"},
        {"id": 1.5, "status": "RUNNING"},
        {"id": "1x", "status": "RUNNING"},
        {"id": 1, "status": 3},
        {"id": 1, "status": "RUNNING", "subtasks": "none"},
        {"id": 1, "status": "RUNNING", "subtasks": [3]},
        {"id": 1, "status": "RUNNING", "subtasks": [{"id": None}]},
        {"id": 1, "status": "RUNNING", "subtasks": [{"id": 2, "upstreams": "3"}]},
        {"id": 1, "status": "RUNNING", "subtasks": [{"id": 2, "upstreams": [{}]}]},
    ],
)
def test_what_is_no_task_is_a_clear_error(data):
    with pytest.raises(errors.InvalidAnswer, match="was expected, not"):
        ocp_mapping.to_task(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
DROP = object()
BASES = [
    data.get("contents", [data])[0]
    for data in map(ocp_served.recorded, (23, 55, 59, 91, 312, 331))
]


@st.composite
def mutilated(draw):
    """Return a real task with parts of it missing, null, or anything at all."""
    data = copy.deepcopy(draw(st.sampled_from(BASES)))
    places = [data, *data["subtasks"]]
    for place in draw(st.lists(st.sampled_from(places), max_size=4)):
        keys = [*place, "tenant", "cluster", "tasks", "downstream", "extra"]
        key = draw(st.sampled_from(keys))
        value = draw(st.one_of(st.just(DROP), st.none(), JSON))
        if value is DROP:
            place.pop(key, None)
        else:
            place[key] = value
    return data


@ocp_served.CALM
@given(mutilated())
def test_any_answer_gives_facts_or_a_clear_error(data):
    try:
        found = ocp_mapping.to_task(data)
    except errors.InvalidAnswer as e:
        assert "was expected, not" in e.message
        return
    facts = found.to_dict()
    json.dumps(facts)
    assert task.Task.from_dict(json.loads(json.dumps(facts))).to_dict() == facts
    assert changes.between(None, found) and found.causes() is not None


# Order


def test_ties_are_broken_by_start_and_then_by_id_as_a_number():
    late = dict(start_time="2026-11-21T17:00:02+08:00")
    soon = dict(start_time="2026-11-21T17:00:01Z")  # 01:00:01 at +08:00 the next day
    nodes = [node("10"), node("9"), node("1", **soon), node("2", **late)]
    assert [one.id for one in ocp_order.ordered(nodes)] == ["2", "1", "9", "10"]


def test_unknown_upstreams_and_cycles_lose_nothing():
    nodes = [
        node("3", ("2",)),
        node("2", ("3",)),
        node("1", ("99",)),
        node("4", ("4",)),
    ]
    assert [one.id for one in ocp_order.ordered(nodes)] == ["1", "4", "2", "3"]


IDS = st.integers(0, 9).map(str)


@ocp_served.CALM
@given(st.lists(st.tuples(IDS, st.lists(IDS, max_size=4)), max_size=12), st.integers())
def test_any_graph_is_ordered_whole_and_always_alike(pairs, seed):
    nodes = [node(id, tuple(upstreams)) for id, upstreams in pairs]
    found = ocp_order.ordered(nodes)
    assert sorted(found, key=repr) == sorted(nodes, key=repr)
    ids = [id for id, _upstreams in pairs]
    if len(ids) == len(set(ids)):
        random.Random(seed).shuffle(nodes)
        assert ocp_order.ordered(nodes) == found
    before = {}
    for place, one in enumerate(found):
        before.setdefault(one.id, place)
    acyclic = all(int(up) < int(id) for id, ups in pairs for up in ups)
    if acyclic and len(ids) == len(set(ids)):
        for one in found:
            for up in one.upstreams:
                assert before.get(up, -1) < before[one.id]


# Client, over loopback


@pytest.fixture(name="server")
def _server():
    with ocp_served.serving() as served:
        yield served


@pytest.mark.parametrize("given_credentials", [{}, ocp_served.KEYS])
def test_a_task_is_fetched_with_either_authentication(server, given_credentials):
    id = server.start("chain")
    found = ocp_served.client(server, **given_credentials).fetch(id)
    assert (found.id, found.state, len(found.nodes)) == (id, "RUNNING", 3)


def test_one_session_serves_many_requests(server):
    id = server.start("chain")
    client = ocp_served.client(server)
    for _look in range(5):
        client.fetch(id)
    assert server.sessions_made == 1


def test_a_failure_is_told_by_the_last_run_of_its_root_cause(server):
    id = server.start(ocp_scenarios.fail_always())
    client = ocp_served.client(server)
    server.clock.advance(20)
    failed, missing = client.explained(client.fetch(id), 3)
    assert missing == []
    cause = failed.failure()
    assert cause["sub_task"] == "Demo install" and len(cause["logs"]) == 3
    assert "cannot reach 198.51.100.7:2881" in cause["logs"][-1]
    others = [sub for one in failed.nodes for sub in one.sub_tasks]
    assert [sub.task_logs is None for sub in others] == [True, False, True]


def test_two_causes_are_told_the_earlier_first(server):
    id = server.start(ocp_scenarios.wide_diamond())
    client = ocp_served.client(server)
    server.clock.advance(120)
    failed, _missing = client.explained(client.fetch(id), 20)
    cause = failed.failure()
    assert len(failed.nodes) == 30 and len(cause["also"]) == 1
    ends = {one.id: times.moment(one.end_time) for one in failed.nodes}
    assert ends[cause["sub_task_id"]] <= ends[cause["also"][0]["sub_task_id"]]
    assert cause["logs"] and cause["also"][0]["logs"]


def wait_on(server, id):
    """Return a wait that turns the server's clock."""
    rules = wait_rules.Rules(timeout=3600)
    return waiter.Wait(
        ocp_served.client(server),
        [target.Target(task_id=id)],
        rules,
        clock=server.clock.now,
        sleep=server.clock.advance,
    )


def test_a_wait_names_two_causes_the_earlier_first(server):
    wait = wait_on(server, server.start(ocp_scenarios.wide_diamond()))
    with pytest.raises(errors.TaskFailed) as caught:
        wait.run()
    cause = wait.targets[0].snapshot.failure()
    first, second = cause["sub_task"], cause["also"][0]["sub_task"]
    said = caught.value.message
    assert 0 < said.index(f"'{first}'") < said.index(f"'{second}'")
    assert said.count("no space left on device") == 2


def test_a_wait_keeps_to_a_rate_limit(server):
    id = server.start(ocp_scenarios.chain(seconds=60))
    server.limit(1, 10)
    wait = wait_on(server, id)
    wait.run()
    assert wait.targets[0].snapshot.outcome == "succeeded"
    refused = [seen for seen in server.server.requests if seen.status == 429]
    good = [seen for seen in server.server.requests if seen.status == 200]
    assert len(refused) <= len(good) + 1


def test_no_log_is_read_where_none_is_wanted(server):
    id = server.start(ocp_scenarios.fail_always())
    client = ocp_served.client(server)
    server.clock.advance(20)
    failed = client.fetch(id)
    sent = len(server.server.requests)
    assert client.explained(failed, 0) == (failed, [])
    assert len(server.server.requests) == sent


def test_a_log_that_cannot_be_read_never_hides_the_verdict(server):
    id = server.start(ocp_scenarios.diamond(failures=10**9))
    client = ocp_served.client(server)
    server.clock.advance(60)
    failed = client.fetch(id)
    server.server.faults.add("status", status=500, path=".*/log")
    same, missing = client.explained(failed, 20)
    assert same.outcome == "failed"
    assert "HTTP 500" in missing[0] and "log of subtask" in missing[0]


def test_a_refused_log_ends_the_reading_of_logs(server):
    id = server.start(ocp_scenarios.wide_diamond())
    client = ocp_served.client(server)
    server.clock.advance(120)
    failed = client.fetch(id)
    server.set_password("changed")
    client._server._transport.forget_cookies()
    _same, missing = client.explained(failed, 20)
    assert server.failed_logins == 1
    assert missing[1:] == ["1 more logs were not asked for"]


def test_a_short_rate_limit_is_waited_for_when_a_log_is_read(server):
    id = server.start(ocp_scenarios.fail_always())
    client = ocp_served.client(server)
    server.clock.advance(20)
    server.limit(1, 10)
    failed = client.fetch(id)
    failed, missing = client.explained(failed, 20)
    assert missing == [] and failed.failure()["logs"]


def test_what_a_client_remembers_holds_no_secret(server):
    client = ocp_served.client(server, **ocp_served.KEYS)
    assert set(client.memory) == {"clock_offset"}
    json.dumps(client.memory)


def test_express_is_the_one_below_api_v1(server):
    assert not ocp_served.client(server).express
    with ocp_served.serving(express=True) as express:
        client = ocp_served.client(express)
        assert client.express
        id = express.start("chain")
        assert client.fetch(id).additional_data["creator"] == "admin"


def posts(server):
    return [seen.target for seen in server.server.requests if seen.method == "POST"]


def test_a_cancel_waits_for_a_subtask_that_is_about_to_run(server):
    id = server.start(ocp_scenarios.slow())
    client = ocp_served.client(server)
    before = client.fetch(id)
    assert "RUNNING" not in [node.state for node in before.nodes]
    assert client.cancel(before) == (True, [])
    assert len(posts(server)) == 1 and posts(server)[0].endswith("/cancel")


def test_a_cancel_whose_answer_was_lost_is_looked_up_and_not_repeated(server):
    id = server.start(ocp_scenarios.slow())
    server.clock.advance(5)
    client = ocp_served.client(server)
    server.server.faults.add("truncated", count=1, path=".*/cancel$")
    client.cancel(client.fetch(id))
    assert len(posts(server)) == 1
    server.clock.advance(5)
    assert client.fetch(id).outcome == "cancelled"


def test_what_is_over_is_not_cancelled_and_the_refusal_says_why(server):
    id = server.start(ocp_scenarios.chain())
    client = ocp_served.client(server)
    late = client.fetch(id)
    server.clock.advance(60)
    with pytest.raises(errors.Refused, match="was not sent: it has succeeded"):
        client.cancel(late)
    assert posts(server) == []


@pytest.mark.parametrize("way, scope", [("last", "cluster"), ("unfinished", "all")])
def test_a_scope_is_refused_by_its_option_and_nothing_is_sent(server, way, scope):
    client = ocp_served.client(server)
    ask = {"last": client.last, "unfinished": client.busy}[way]
    for refuse in (ask, lambda scope: client.check_scope(way, scope)):
        with pytest.raises(errors.InvalidOption, match="OCP has no") as refused:
            refuse(scope)
        assert refused.value.details["option"] == way
    assert server.server.requests == []
