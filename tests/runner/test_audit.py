# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The queries that count managed nodes, asked of the events of jobs, as AWX does."""

from __future__ import annotations

import jq
import pytest
import yaml
from ansible_collections.oceanbase.ops.tests.runner import jobs

QUERIES = yaml.safe_load(
    (jobs.ROOT / "extensions" / "audit" / "event_query.yml").read_text(encoding="utf-8")
)
OF_AGENT = {"device_type": "endpoint", "managed_by": "obshell"}
OF_CLUSTER = {"device_type": "cluster", "managed_by": "ocp"}


def counted(job):
    """Return what the events of a job are counted as: names, each with its facts."""
    found = {}
    for event in job.events():
        data = event.get("event_data", {})
        query = QUERIES.get(data.get("resolved_action"))
        if query and "res" in data:
            for one in jq.compile(query["query"]).input(data["res"]).all():
                assert one["canonical_facts"]
                found[one["name"]] = one["facts"]
    return found


def asked(name, result):
    return jq.compile(QUERIES[f"oceanbase.ops.{name}"]["query"]).input(result).all()


def test_only_modules_that_exist_are_named():
    modules = {path.stem for path in (jobs.ROOT / "plugins" / "modules").glob("*.py")}
    assert {name.rpartition(".")[2] for name in QUERIES} <= modules


def test_the_agents_that_did_the_work_are_counted(world, launch, obshell):
    task_id = world.starters["cluster"].start("succeeded")
    world.clock.advance(60)
    job = launch("wait.yml", {"task_id": task_id}, obshell=obshell)
    assert job.finish() == "successful"
    assert counted(job) == {"127.0.0.1": OF_AGENT}


def test_the_cluster_of_a_task_of_ocp_is_counted_also_when_it_failed(
    world, launch, ocp
):
    task_id = world.starters["ocp"].start("fail_always", cluster={"name": "ob7"})
    world.clock.advance(600)
    job = launch("wait.yml", {"task_id": task_id}, ocp=ocp)
    assert job.finish() == "failed"
    assert counted(job) == {"ob7": OF_CLUSTER}


def test_jobs_that_only_look_count_nothing(world, launch, obshell, ocp):
    job = launch("ask.yml", obshell=obshell, ocp=ocp)
    assert job.finish() == "successful"
    assert counted(job) == {}


@pytest.mark.parametrize("name", [key.rpartition(".")[2] for key in QUERIES])
@pytest.mark.parametrize(
    "result",
    [
        {},
        {"censored": "hidden"},
        {"msg": "failed", "failed": True},
        {"tasks": None},
        {"tasks": []},
        {"tasks": [{"server": "obshell", "nodes": None, "additional_data": {}}]},
        {"tasks": [{"server": "ocp", "nodes": [], "additional_data": None}]},
        {
            "tasks": [
                {
                    "server": "ocp",
                    "nodes": [{"sub_tasks": [{"execute_agent": None}]}],
                    "additional_data": {"cluster": {"id": None, "name": "one"}},
                }
            ]
        },
    ],
)
def test_a_result_without_nodes_counts_nothing(name, result):
    assert asked(name, result) == []


def test_an_upgrade_is_one_of_all_servers():
    versions = {"10.0.0.2:2886": "1-1", "10.0.0.1:2886": None, "[fe80::1]:2886": None}
    result = {"task_ids": ["11"], "versions": versions}
    names = [one["name"] for one in asked("obshell_upgrade", result)]
    assert names == ["10.0.0.1", "10.0.0.2", "fe80::1"]
    assert asked("obshell_upgrade", {**result, "task_ids": []}) == []
    assert asked("obshell_upgrade", {**result, "versions": None}) == []


def test_each_agent_is_counted_once_for_a_result():
    agents = [{"ip": "10.0.0.2", "port": 2886}, {"ip": "10.0.0.1", "port": 2886}, None]
    sub_tasks = [{"execute_agent": agent} for agent in [*agents, *agents]]
    one = {"server": "obshell", "nodes": [{"sub_tasks": sub_tasks}]}
    result = {"server": "obshell", "tasks": [one]}
    for name in ("obshell_api", "obshell_task", "wait_for_task"):
        names = [one["name"] for one in asked(name, result)]
        assert names == ["10.0.0.1", "10.0.0.2"]
