# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.tests.simulator import Cluster, Simulator
from ansible_collections.oceanbase.ops.tests.unit.simulator.obshell.asking import (
    PASSWORD,
    Asker,
    ask,
    error,
    verdict,
)


def test_a_get_while_every_observer_is_down_is_a_storm(cluster: Cluster) -> None:
    asker, task_id = ask(cluster), cluster.start("long")
    cluster.agents[0].observer_down()
    assert asker("GET", f"/task/dag/{task_id}")[0] == 200
    assert cluster.storms == 0
    cluster.agents[1].observer_down()
    assert asker("GET", f"/task/dag/{task_id}")[0] == 500
    assert cluster.storms == 1
    assert asker("GET", "/task/node/11")[0] == 500
    assert cluster.storms == 1
    assert asker.plain("GET", "/status")[1]["data"]["obState"] == 0
    assert asker.data("/task/dag/unfinish") == {"contents": None}
    status, answer = asker("GET", "/task/dag/ob/unfinish")
    assert (status, answer["data"]) == (500, {"contents": None})


def test_errors_while_an_observer_is_down(sim: Simulator, cluster: Cluster) -> None:
    asker, agent = ask(cluster), cluster.agents[0]
    agent.observer_down()
    path = "/task/dag/maintain/ob"
    assert error(asker("GET", path))[1] == "OB.Server.Process.CheckFailed"
    sim.clock.advance(1)
    assert error(asker("GET", path))[1] == "OB.Server.Process.NotExist"
    agent.restart(down=1)
    sim.clock.advance(1)
    asker = ask(cluster)
    assert error(asker("GET", path))[1] == "Agent.OceanBase.NotHold"
    assert asker("GET", "/task/dag/agent/unfinish", auth="nope")[0] == 401
    agent.observer_up()
    sim.clock.advance(1)
    assert asker("GET", path)[0] == 404


def test_another_agent_goes_on_with_the_work(sim: Simulator, cluster: Cluster) -> None:
    task_id = cluster.start("long", seconds=3.0, stages=2)
    sim.clock.advance(1)
    first, second = cluster.agents
    first.stop()
    with pytest.raises(ConnectionRefusedError):
        Asker(first, PASSWORD).dag(task_id)
    asker = ask(cluster, 1)
    sim.clock.advance(3)
    running = asker.dag(task_id, details=True)["nodes"][0]["sub_tasks"][0]
    assert running["execute_agent"]["port"] == second.port
    second.observer_down()
    sim.clock.advance(100)
    second.observer_up()
    assert asker.dag(task_id)["state"] == "RUNNING"
    sim.clock.advance(15)
    assert verdict(asker.dag(task_id)) == "SUCCEED+RUN 2/2"
    first.start()
    assert ask(cluster).dag(task_id)["state"] == "SUCCEED"


def test_a_restart_keeps_key_and_tasks_and_changes_the_pid(sim: Simulator) -> None:
    agent = sim.single()
    asker = Asker(agent)
    body = {"agentInfo": {"ip": agent.ip, "port": agent.port}, "zoneName": "z"}
    task_id = asker("POST", "/agent/join", body)[1]["data"]["id"]
    before = asker.plain("GET", "/info")[1]["data"], agent.key
    agent.restart(down=5)
    sim.clock.advance(5)
    after = Asker(agent).plain("GET", "/info")[1]["data"], agent.key
    assert after[1] == before[1]
    assert after[0]["pid"] != before[0]["pid"]
    sim.clock.advance(3)
    assert verdict(Asker(agent).dag(task_id)) == "SUCCEED+RUN 1/1"


@pytest.mark.parametrize(("version", "status"), [("4.2.3.0", 401), ("4.5.0.0", 200)])
def test_a_follower_passes_requests_to_its_master(
    sim: Simulator, version: str, status: int
) -> None:
    master = sim.group(followers=1, version=version)
    follower = sim.agents[1]
    body = {"clusterId": 1, "clusterName": "c"}
    task_id = Asker(master)("POST", "/obcluster/config", body)[1]["data"]["id"]
    assert Asker(follower)("GET", f"/task/dag/{task_id}")[0] == status
    assert Asker(master)("GET", "/task/dag/maintain/agent")[0] == 200


def test_local_ids_of_others_are_asked_of_their_agent(
    sim: Simulator, cluster: Cluster
) -> None:
    second = cluster.agents[1]
    dag = ask(cluster).dag(second.local_id(1), details=True)
    assert dag["name"] == "Local scale out"
    second.stop()
    assert error(ask(cluster)("GET", f"/task/dag/{second.local_id(1)}")) == (
        500,
        "Common.Unexpected",
    )


def test_long_answers_are_chunked(sim: Simulator, cluster: Cluster) -> None:
    task_id = cluster.start("many", sub_tasks=50)
    sim.clock.advance(5)
    dag = ask(cluster).dag(task_id, details=True)
    assert len(dag["nodes"][0]["sub_tasks"]) == 50
