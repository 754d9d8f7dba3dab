# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.oceanbase.ops.plugins.modules import obshell_task_info
from ansible_collections.oceanbase.ops.tests.unit.plugins.obshell_clients import (
    client_of,
    posts,
    seen,
    turn,
)

PASSWORD = "right"


@pytest.fixture(name="cluster")
def _cluster(sim):
    """A cluster whose tasks 11 to 13 are over, and 14 runs."""
    cluster = sim.cluster(agents=2, password=PASSWORD)
    for scenario in ("succeeded", "failed"):
        cluster.start(scenario)
        turn(sim, 12)
    client_rolls_back(cluster)
    turn(sim, 12)
    cluster.start("create_tenant", name="t1")
    turn(sim, 14)
    cluster.start("long")
    turn(sim, 2)
    return cluster


def client_rolls_back(cluster):
    dag = cluster.store.dags[-1]
    cluster.store.rollback(dag, cluster.world.now)


@pytest.fixture
def ask(cluster, run_main):
    """Return what the module says; asks with nothing but GET."""

    def run(**given):
        urls = [server.url for server in cluster.agents]
        given["obshell"] = {"url": urls, "password": PASSWORD}
        result = run_main(obshell_task_info, given)
        assert posts(*cluster.agents) == []
        return result

    return run


def outcomes(found):
    return [(one["id"], one["outcome"]) for one in found["tasks"]]


def test_a_task_by_its_id(cluster, ask):
    found = ask(task_id="11")
    assert not found["changed"]
    assert found["task"]["outcome"] == "succeeded"
    assert found["tasks"] == [found["task"]]
    assert found["answered_by"] == [cluster.agents[0].url]
    assert found["node"] is found["sub_task"] is None
    assert found["logs"] == found["missing"] == []


def test_tasks_by_their_ids_in_that_order(ask):
    found = ask(task_id=[14, "11", "11"])
    assert outcomes(found) == [("14", "running"), ("11", "succeeded")]
    assert found["task"] is None


def test_no_ids_are_no_tasks(ask):
    assert ask(task_id=[])["tasks"] == []


def test_the_cheap_form(ask):
    assert ask(task_id="11", details=False)["task"]["nodes"] is None


def test_a_task_that_does_not_exist(ask):
    found = ask(task_id=["11", "1987654"])
    assert found["failed"] and found["error"]["kind"] == "task_not_found"
    assert "knows no such task" in found["msg"]


def test_what_is_unfinished(ask):
    assert outcomes(ask(unfinished="all")) == [("14", "running")]
    assert ask(unfinished="agent")["tasks"] == []


def test_all_tasks_newest_first(ask):
    found = ask(history="cluster")
    assert outcomes(found) == [
        ("14", "running"),
        ("13", "succeeded"),
        ("12", "rolled_back"),
        ("11", "succeeded"),
    ]
    assert [one["name"] for one in ask(history="agents")["tasks"]] == [
        "Initialize cluster",
        "Local scale out",
    ]


def test_filters(ask):
    assert outcomes(ask(history="all", outcome=["rolled_back"])) == [
        ("12", "rolled_back")
    ]
    assert outcomes(ask(history="cluster", tenant="t1")) == [("13", "succeeded")]
    assert outcomes(ask(history="cluster", name="Good task")) == [("11", "succeeded")]


def test_a_few_of_all_tasks_are_read_one_by_one(cluster, ask):
    found = ask(history="cluster", limit=2)
    assert outcomes(found) == [("14", "running"), ("13", "succeeded")]
    assert all(one["nodes"] for one in found["tasks"])
    targets = [line.split()[1] for line in seen(cluster.agents[0], signed=True)]
    assert targets == [
        "/api/v1/task/dags/ob?show_details=false",
        "/api/v1/task/dag/14",
        "/api/v1/task/dag/13",
    ]


def test_one_node_and_one_sub_task(ask):
    node = ask(task_id="12")["task"]["nodes"][1]
    found = ask(node_id=node["id"])
    assert found["node"]["name"] == node["name"] and found["tasks"] == []
    sub_task = node["sub_tasks"][0]
    found = ask(sub_task_id=sub_task["id"])
    assert found["sub_task"] == sub_task
    assert [row["log_content"] for row in found["logs"]] == sub_task["task_logs"]
    assert [row["execute_times"] for row in found["logs"]] == [1, 1, 1, 1, 2]


def test_a_list_that_is_missing_is_told(cluster, ask):
    for server in cluster.agents:
        server.observer_down()
    found = ask(unfinished="all")
    assert found["tasks"] == [] and len(found["missing"]) == 1
    alone = ask(unfinished="cluster")
    assert alone["failed"] and alone["error"]["kind"] == "unavailable"
    assert cluster.storms == 0


def test_what_is_missing_is_warned_of(cluster, create_module):
    names = ("task_id", "unfinished", "history", "node_id", "sub_task_id")
    params = dict.fromkeys((*names, *obshell_task_info.FILTERS))
    module = create_module({**params, "unfinished": "all", "details": True})
    cluster.agents[1].stop()
    client = client_of(*cluster.agents, password=PASSWORD)
    found = obshell_task_info.run(module, client)
    module.warn.assert_called_once_with(found["missing"][0])


def test_a_version_that_tells_no_tenants(sim, run_main):
    old = sim.cluster(version="4.3.0.0").agents[0]
    given = {"obshell": {"url": old.url}, "history": "cluster", "tenant": "t1"}
    assert "older than obshell 4.3.1" in run_main(obshell_task_info, given)["msg"]


BAD = [
    ({}, "one of the following is required: task_id, unfinished"),
    ({"task_id": "11", "unfinished": "all"}, "mutually exclusive"),
    ({"unfinished": "everything"}, "value of unfinished must be one of"),
    ({"task_id": "11", "name": "x"}, "^name: it is for unfinished and history"),
    ({"node_id": "11", "limit": 1}, "^limit: it is for"),
    ({"history": "all", "limit": 0}, "^limit: at least 1"),
    ({"task_id": ["11", ""]}, "^task_id: an element is empty"),
    ({"task_id": "35000312"}, "OCP's tasks are asked for with the modules of OCP"),
    ({"sub_task_id": "2"}, "^sub_task_id: '2' is no id"),
    ({"history": "all", "outcome": ["great"]}, "value of outcome must be one"),
]


@pytest.mark.parametrize("given,words", BAD)
def test_bad_arguments_send_nothing(cluster, ask, given, words):
    found = ask(**given)
    assert found["failed"]
    assert re.search(words, found["msg"])
    assert [seen(server) for server in cluster.agents] == [[], []]
