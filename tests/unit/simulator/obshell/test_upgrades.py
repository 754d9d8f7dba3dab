# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Upgrades: what was recorded are refusals; the rest is the source's (upgrades.py)."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oceanbase.ops.tests import recordings
from ansible_collections.oceanbase.ops.tests.simulator import Cluster, Simulator
from ansible_collections.oceanbase.ops.tests.unit.simulator.obshell import (
    test_recorded,
)
from ansible_collections.oceanbase.ops.tests.unit.simulator.obshell.asking import (
    PASSWORD,
    Asker,
    ask,
    error,
    normal,
    verdict,
)

OBSHELL = {"version": "4.5.1.0", "release": "12026102010.el7"}
OB = {"version": "4.3.5.4", "release": "104000042025090916.el7"}
ROLLING = {**OB, "mode": "ROLLING"}


@pytest.fixture
def three(sim: Simulator) -> Cluster:
    return sim.cluster(agents=3, password=PASSWORD)


def submit(cluster: Cluster, path: str, body: dict[str, Any]) -> str:
    status, answer = ask(cluster)("POST", path, body)
    assert status == 200, answer
    return answer["data"]["id"]


def spend(sim: Simulator, seconds: float) -> None:
    """In steps: an agent that restarts is away from the moment that is reached."""
    for _step in range(round(seconds * 2)):
        sim.clock.advance(0.5)
        with sim.world.lock:
            sim.world.catch_up()


def versions(cluster: Cluster) -> tuple[set[str], set[str]]:
    """What the agents and the observers run, as /ob/info says."""
    info = ask(cluster).data("/ob/info")
    servers = info["obcluster_info"]["topology"].values()
    builds = {server["build_version"] for zone in servers for server in zone}
    return {agent["version"] for agent in info["agent_info"]}, builds


def test_the_refusals_are_those_of_the_recorded_agent(sim: Simulator) -> None:
    asker = Asker(sim.cluster(password=PASSWORD).agents[0], PASSWORD)
    seen = [
        exchange
        for exchange in recordings.load("obshell-cluster-4.5.0.0")
        if exchange["slug"].endswith(("-upgrade", "-upgrade-check"))
    ]
    assert len(seen) == 4
    for exchange in seen:
        wanted = normal(exchange["response"]["body"], 2886)
        assert test_recorded.resend(sim, asker, exchange, wanted) == wanted


def test_checks_hold_no_lock_and_change_nothing(sim: Simulator, three: Cluster) -> None:
    before = versions(three)
    ids = [
        submit(three, "/agent/upgrade/check", OBSHELL),
        submit(three, "/ob/upgrade/check", OB),
    ]
    spend(sim, 20)
    dags = [ask(three).dag(task_id) for task_id in ids]
    assert [dag["name"] for dag in dags] == [
        "Upgrade check obshell 4.5.1.0-12026102010.el7",
        "Upgrade check OB 4.3.5.4-104000042025090916.el7",
    ]
    assert [verdict(dag) for dag in dags] == ["SUCCEED+RUN 5/5", "SUCCEED+RUN 6/6"]
    assert versions(three) == before


def test_a_check_that_failed_is_not_unfinished(sim: Simulator, three: Cluster) -> None:
    three.agents[1].unpack_fails = [1]
    task_id = submit(three, "/agent/upgrade/check", OBSHELL)
    spend(sim, 20)
    assert verdict(ask(three).dag(task_id)) == "FAILED+RUN 4/5"
    assert ask(three).data("/task/dag/ob/unfinish")["contents"] == []


def test_agents_are_away_and_come_back_with_another_key(sim: Simulator) -> None:
    cluster = sim.cluster(agents=3, version="4.3.0.0", password=PASSWORD)
    old = cluster.agents[0].key.public
    task_id = submit(cluster, "/agent/upgrade", OBSHELL)
    again = ask(cluster)("POST", "/ob/upgrade/check", OB)
    assert again[0] == 200  # it locks nothing, and is locked by nothing
    spend(sim, 13.5)
    with pytest.raises(OSError):
        ask(cluster).plain("GET", "/info")
    spend(sim, 20)
    dag = ask(cluster).dag(task_id)
    assert verdict(dag) == "SUCCEED+RUN 9/9"
    assert versions(cluster)[0] == {"4.5.1.0-12026102010"}
    told = ask(cluster).plain("GET", "/info")[1]["data"]["version"]
    assert told == "4.5.1.0-12026102010"
    assert cluster.agents[0].key.public != old


def test_an_upgrade_that_failed_before_the_restart_is_rolled_back(
    sim: Simulator, three: Cluster
) -> None:
    three.agents[2].backup_fails = [1]
    task_id = submit(three, "/agent/upgrade", OBSHELL)
    spend(sim, 20)
    asker = ask(three)
    assert verdict(asker.dag(task_id)) == "FAILED+RUN 5/9"
    locked = asker("POST", "/agent/upgrade", OBSHELL)
    assert error(locked) == (500, "OB.Cluster.UnderMaintenanceWithDag")
    assert asker("POST", f"/task/dag/{task_id}", {"operator": "rollback"})[0] == 200
    spend(sim, 20)
    assert verdict(asker.dag(task_id)) == "SUCCEED+ROLLBACK 1/9"
    assert versions(three)[0] == {"4.5.0.0-0"}


def test_a_zone_after_the_other_gets_the_new_observer(
    sim: Simulator, three: Cluster
) -> None:
    three.agents[1].start_fails = [1]
    task_id = submit(three, "/ob/upgrade", {**ROLLING, "freeze_server": True})
    spend(sim, 100)
    asker = ask(three)
    dag = asker.dag(task_id, details=True)
    assert dag["name"] == "OB rolling upgrade 4.3.5.4-104000042025090916.el7"
    assert (dag["state"], dag["nodes"][dag["stage"] - 1]["name"]) == (
        "FAILED",
        "Reinstall and restart observer",
    )
    tasks = dag["nodes"][dag["stage"] - 1]["sub_tasks"]
    assert [t["execute_agent"]["port"] for t in tasks] == [three.agents[1].port]
    assert {s["build"] for s in three.servers} == {
        "4.3.5.3_103000092025080818",
        "4.3.5.4_104000042025090916",
    }
    # From the restart of the agents on, an upgrade can only be retried.
    refused = asker("POST", f"/task/dag/{task_id}", {"operator": "rollback"})
    assert error(refused) == (400, "Task.Dag.Operator.RollbackNotAllowed")
    assert "node Restart obshell cannot" in refused[1]["error"]["message"]
    assert asker("POST", f"/task/dag/{task_id}", {"operator": "retry"})[0] == 200
    spend(sim, 100)
    assert verdict(asker.dag(task_id)).startswith("SUCCEED+RUN")
    assert versions(three)[1] == {"4.3.5.4_104000042025090916"}
    assert all(agent.ob_state == 3 for agent in three.agents)


def test_all_observers_are_stopped_at_once_where_that_is_asked_for(
    sim: Simulator, cluster: Cluster
) -> None:
    assert error(ask(cluster)("POST", "/ob/upgrade", ROLLING)) == (
        400,
        "OB.Upgrade.UnableToRollingUpgrade",
    )
    task_id = submit(cluster, "/ob/upgrade", {**OB, "mode": "stopservice"})
    spend(sim, 90)
    dag = ask(cluster).dag(task_id)
    assert dag["name"] == "OB stop service upgrade 4.3.5.4-104000042025090916.el7"
    assert verdict(dag) == "SUCCEED+RUN 18/18"
    assert versions(cluster)[1] == {"4.3.5.4_104000042025090916"}


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        (
            "/agent/upgrade",
            {"version": "4.5.0.0", "release": "0.el7"},
            "ToLowerVersion",
        ),
        (
            "/ob/upgrade/check",
            {"version": "4.3.5.3", "release": "103000092025080818.el7"},
            "ToLowerVersion",
        ),
        ("/ob/upgrade", {**OB, "mode": "FAST"}, "Mode.NotSupported"),
        ("/ob/upgrade", OB, "BindJsonFailed"),
        ("/agent/upgrade/check", {"version": "4.5.1.0"}, "BindJsonFailed"),
    ],
)
def test_what_cannot_be_is_refused(
    three: Cluster, path: str, body: dict[str, Any], code: str
) -> None:
    status, err_code = error(ask(three)("POST", path, body))
    assert (status, err_code.endswith(code)) == (400, True)


def test_nothing_is_upgraded_while_somebody_is_away(three: Cluster) -> None:
    three.agents[2].observer_down()
    assert (
        error(ask(three)("POST", "/ob/upgrade", ROLLING))[1] == "OB.Server.Unavailable"
    )
    three.agents[2].stop()
    answer = ask(three)("POST", "/agent/upgrade", OBSHELL)
    assert error(answer)[1] == "Agent.Unavailable"
