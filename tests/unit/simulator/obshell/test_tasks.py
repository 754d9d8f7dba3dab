# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oceanbase.ops.tests.simulator import Cluster, Simulator
from ansible_collections.oceanbase.ops.tests.unit.simulator.obshell.asking import (
    PASSWORD,
    Asker,
    ask,
    error,
    follow,
    verdict,
)


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("succeeded", "SUCCEED+RUN 3/3"),
        ("failed", "FAILED+RUN 2/3"),
        ("failed_silently", "FAILED+RUN 2/3"),
        ("retried", "SUCCEED+RUN 3/3"),
        ("rolled_back", "SUCCEED+ROLLBACK 1/3"),
        ("cancelled", "FAILED+CANCEL 1/3"),
        ("passed", "SUCCEED+PASS 2/3"),
        ("long", "RUNNING+RUN 1/3"),
    ],
)
def test_ready_made_tasks_end_as_they_are_called(
    sim: Simulator, cluster: Cluster, name: str, end: str
) -> None:
    task_id = cluster.start(name)
    sim.clock.advance(30)
    assert verdict(ask(cluster).dag(task_id)) == end


def test_a_cancelled_task_may_have_no_failed_sub_task(
    sim: Simulator, cluster: Cluster
) -> None:
    task_id = cluster.start("long", seconds=0.1)
    asker = ask(cluster)
    sim.clock.advance(2)
    assert asker("POST", f"/task/dag/{task_id}", {"operator": "cancel"})[0] == 200
    assert follow(sim, asker, task_id, 4) == [
        "READY+CANCEL 2/3",
        "RUNNING+CANCEL 2/3",
        "FAILED+CANCEL 2/3",
    ]
    nodes = asker.dag(task_id, details=True)["nodes"]
    assert [t["state"] for n in nodes for t in n["sub_tasks"]] == [
        "SUCCEED",
        "PENDING",
        "PENDING",
    ]


def test_locks_are_per_tenant(sim: Simulator, cluster: Cluster) -> None:
    asker = ask(cluster)

    def create(name: str) -> tuple[int, Any]:
        body = {"name": name, "zone_list": [{"name": "zone1"}]}
        return asker("POST", "/tenant", body)

    cluster.tenant_fails = (1,)
    first = create("t1")[1]["data"]
    assert (first["maintenance_type"], first["maintenance_key"]) == (3, "t1")
    assert create("t2")[0] == 200
    assert error(create("t1")) == (500, "OB.Tenant.UnderMaintenance")
    sim.clock.advance(10)
    assert verdict(asker.dag(first["id"])) == "FAILED+RUN 1/3"
    # The failure released the lock; a second task makes the first one hopeless.
    assert create("t1")[0] == 200
    again = asker("POST", f"/task/dag/{first['id']}", {"operator": "retry"})
    assert error(again) == (500, "OB.Tenant.UnderMaintenance")
    assert len(asker.data("/task/dag/ob/unfinish")["contents"]) == 3


def test_tenants_come_and_go_and_are_told(sim: Simulator, cluster: Cluster) -> None:
    asker = ask(cluster)

    def told() -> dict[str, str]:
        tenants = asker.data("/obcluster/info")["tenants"]
        return {one["tenant_name"]: one["locality"] for one in tenants}

    zones = [{"name": "zone1"}, {"name": "zone2", "replica_type": "READONLY"}]
    assert asker("POST", "/tenant", {"name": "t1", "zone_list": zones})[0] == 200
    sim.clock.advance(15)
    assert told()["t1"] == "FULL{1}@zone1, READONLY{1}@zone2"
    again = asker("POST", "/tenant", {"name": "t1", "zone_list": zones})
    assert error(again) == (400, "OB.Tenant.Existed")
    assert asker("DELETE", "/tenant/t1", {})[0] == 200
    sim.clock.advance(15)
    assert list(told()) == ["sys"]
    cluster.agents[0].observer_down()
    assert asker.data("/obcluster/info")["tenants"] is None


def test_a_creation_that_is_rolled_back_leaves_no_tenant(
    sim: Simulator, cluster: Cluster
) -> None:
    asker = ask(cluster)
    task_id = cluster.start("create_tenant", name="t1", fails=[1], fails_at=3)
    sim.clock.advance(15)
    assert verdict(asker.dag(task_id)) == "FAILED+RUN 3/3"
    assert "t1" in cluster.tenants
    assert asker("POST", f"/task/dag/{task_id}", {"operator": "rollback"})[0] == 200
    sim.clock.advance(15)
    assert verdict(asker.dag(task_id)) == "SUCCEED+ROLLBACK 1/3"
    assert list(cluster.tenants) == ["sys"]


def test_scale_in_leaves_an_agent_that_is_no_member(sim: Simulator) -> None:
    cluster = sim.cluster(agents=2, password=PASSWORD)
    asker, gone = ask(cluster), cluster.agents[1]
    body = {"agent_info": {"ip": gone.ip, "port": 1}}
    assert asker("POST", "/ob/scale_in", body) == (204, None)
    body["agent_info"]["port"] = gone.port
    task_id = asker("POST", "/ob/scale_in", body)[1]["data"]["id"]
    sim.clock.advance(20)
    assert verdict(asker.dag(task_id)) == "SUCCEED+RUN 5/5"
    assert gone.identity == "SCALING IN"
    assert len(asker.data("/ob/agents")["contents"]) == 1
    other = Asker(gone, PASSWORD)
    assert error(other("GET", "/task/dag/unfinish")) == (500, "Agent.Identify.Unknown")
    assert verdict(other.data("/task/dag/maintain/agent")) == "RUNNING+RUN 1/1"


@pytest.mark.parametrize("fails", [False, True])
def test_starting_an_observer_has_a_main_task_and_sub_tasks(
    sim: Simulator, cluster: Cluster, fails: bool
) -> None:
    asker, second = ask(cluster), cluster.agents[1]
    scope = {"scope": {"type": "SERVER", "target": [second.address]}}
    stop = asker("POST", "/ob/stop", {**scope, "force": True})[1]["data"]["id"]
    sim.clock.advance(25)
    assert verdict(asker.dag(stop)) == "SUCCEED+RUN 5/5"
    assert second.ob_state == 0
    second.start_fails = (1,) if fails else ()
    start = asker("POST", "/ob/start", scope)[1]["data"]["id"]
    sim.clock.advance(5)
    assert [d["id"] for d in asker.data("/task/dag/agent/main_dags")["contents"]] == [
        start
    ]
    sim.clock.advance(20)
    main = asker.dag(start, details=True)
    assert verdict(main) == ("FAILED+RUN 5/5" if fails else "SUCCEED+RUN 5/5")
    subs = main["additional_data"]["sub_dags"]
    sub = asker.dag(subs[second.address], details=True)
    assert (sub["state"], sub["operator"]) == ("SUCCEED", "PASS")
    assert sub["additional_data"] == {"main_dag_id": start}
    assert second.ob_state == (0 if fails else 3)
    # A main task locks nothing, and nothing can be done with it (12.3.12).
    assert asker.data("/task/dag/unfinish") == {"contents": None}
    if fails:
        for operator in ("retry", "rollback", "pass"):
            answer = asker("POST", f"/task/dag/{start}", {"operator": operator})
            assert answer[0] == 400


def test_ob_init_founds_a_cluster(sim: Simulator) -> None:
    master = sim.group(followers=1)
    asker = Asker(master)
    config = {"clusterId": 1, "clusterName": "c", "rootPwd": PASSWORD}
    assert asker("POST", "/obcluster/config", config)[0] == 200
    sim.clock.advance(1)
    assert asker("GET", "/task/dag/unfinish")[0] == 401
    asker.password = PASSWORD
    sim.clock.advance(2)
    task_id = asker("POST", "/ob/init", {})[1]["data"]["id"]
    assert error(asker("GET", "/task/dag/maintain/ob"))[1] == "Agent.OceanBase.NotHold"
    sim.clock.advance(28)
    assert verdict(asker.dag(task_id)) == "SUCCEED+RUN 11/11"
    assert master.identity == "CLUSTER AGENT"
    assert asker("GET", "/task/dag/maintain/ob")[0] == 404
