# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.oceanbase.ops.tests.simulator import Agent, Cluster, Simulator
from ansible_collections.oceanbase.ops.tests.simulator.obshell.scenario import ALWAYS
from ansible_collections.oceanbase.ops.tests.unit.simulator.obshell.asking import (
    PASSWORD,
    Asker,
    ask,
    error,
    follow,
    verdict,
)


def submit_scale_out(cluster: Cluster, target: Agent, zone: str = "zone9") -> Any:
    body = {
        "agentInfo": {"ip": target.ip, "port": target.port},
        "zone": zone,
        "obConfigs": {"mysql_port": "2981", "rpc_port": "2982"},
    }
    return ask(cluster)("POST", "/ob/scale_out", body)


def test_scale_out_makes_a_member_of_an_agent(sim: Simulator, cluster: Cluster) -> None:
    target = sim.single()
    status, answer = submit_scale_out(cluster, target)
    created = answer["data"]
    assert (status, created["start_time"]) == (200, "0001-01-01T00:00:00Z")
    assert (created["nodes"], created["additional_data"]) == (None, None)
    seen = follow(sim, ask(cluster), created["id"], 45)
    assert seen[0] == "READY+RUN 1/11"
    assert seen[-1] == "SUCCEED+RUN 11/11"
    assert target.identity == "CLUSTER AGENT"
    assert Asker(target, PASSWORD).data("/ob/info")["agent_info"][-1]["zone"] == "zone9"
    assert verdict(Asker(target, PASSWORD).data("/task/dag/maintain/agent")) == (
        "SUCCEED+RUN 7/7"
    )


def test_the_target_changes_to_the_clusters_password(
    sim: Simulator, cluster: Cluster
) -> None:
    target = sim.single()
    submit_scale_out(cluster, target)
    asker = Asker(target)
    statuses = []
    for _tick in range(10):
        statuses.append(asker("GET", "/task/dag/maintain/agent")[0])
        sim.clock.advance(0.5)
    assert [s for at, s in enumerate(statuses) if s not in statuses[:at]] == [
        404,
        200,
        401,
    ]
    assert target.identity == "SCALING OUT"
    asker.password = PASSWORD
    assert error(asker("GET", "/task/dag/unfinish")) == (500, "Agent.Identify.Unknown")
    assert asker("GET", "/task/dag/11")[0] == 200


def test_a_failed_scale_out_holds_the_lock_until_it_is_rolled_back(
    sim: Simulator, cluster: Cluster
) -> None:
    target, asker = sim.single(), ask(cluster)
    target.start_fails = ALWAYS
    task_id = submit_scale_out(cluster, target, "zone2")[1]["data"]["id"]
    sim.clock.advance(30)
    failed = asker.dag(task_id, details=True)
    assert verdict(failed) == "FAILED+RUN 5/9"
    lines = failed["nodes"][4]["sub_tasks"][0]["task_logs"]
    assert lines[-1].startswith("ERROR: [Common.Unexpected]: Unexpected error: dag 2")
    other = sim.single()
    assert error(submit_scale_out(cluster, other)) == (
        500,
        "OB.Cluster.UnderMaintenanceWithDag",
    )
    for operator in ("cancel", "pass"):
        assert asker("POST", f"/task/dag/{task_id}", {"operator": operator})[0] == 400
    assert asker("POST", f"/task/dag/{task_id}", {"operator": "retry"})[0] == 200
    seen = follow(sim, asker, task_id, 10)
    assert seen == ["READY+RUN 5/9", "RUNNING+RUN 5/9", "FAILED+RUN 5/9"]
    assert asker("POST", f"/task/dag/{task_id}", {"operator": "ROLLBACK"})[0] == 200
    seen = follow(sim, asker, task_id, 14)
    assert seen[0] == "READY+ROLLBACK 5/9"
    assert seen[-1] == "SUCCEED+ROLLBACK 1/9"
    assert target.identity == "SINGLE"
    assert submit_scale_out(cluster, other)[0] == 200


def test_the_targets_own_task_fails_twice_on_the_way_to_success(
    sim: Simulator, cluster: Cluster
) -> None:
    target = sim.single()
    cluster.start("scale_out", target=target)
    local = target.local_id(1)
    sim.clock.advance(3.6)
    seen = follow(sim, Asker(target, PASSWORD), local, 35)
    assert "FAILED+RUN 2/7" in seen
    assert "FAILED+RUN 4/7" in seen
    assert seen[-1] == "SUCCEED+RUN 7/7"


def test_a_retry_after_the_cause_is_gone_succeeds(
    sim: Simulator, cluster: Cluster
) -> None:
    task_id = cluster.start("scale_out_fails_once", target=sim.single())
    sim.clock.advance(30)
    asker = ask(cluster)
    assert verdict(asker.dag(task_id)).startswith("FAILED+RUN 5/")
    assert asker("POST", f"/task/dag/{task_id}", {"operator": "retry"})[0] == 200
    sim.clock.advance(1)
    node = asker.dag(task_id, details=True)["nodes"][4]
    assert (node["operator"], node["sub_tasks"][0]["operator"]) == ("RETRY", "ROLLBACK")
    sim.clock.advance(30)
    assert verdict(asker.dag(task_id)).startswith("SUCCEED+RUN")
