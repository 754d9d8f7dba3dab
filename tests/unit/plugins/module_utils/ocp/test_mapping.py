# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    mapping as ocp_mapping,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.task import (
    changes,
    task,
)
from ansible_collections.oceanbase.ops.tests import recordings
from ansible_collections.oceanbase.ops.tests.unit.plugins import calm, ocp_served
from hypothesis import given
from hypothesis import strategies as st


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


@calm.CALM
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
