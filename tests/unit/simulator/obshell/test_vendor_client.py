# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's own client (PyPI: obshell) works against the simulator."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.oceanbase.ops.tests.simulator import Simulator, TurnedClock

PASSWORD = "Root.pw-1"
REASON = "the vendor's client (obshell 0.0.9) is not installed for this Python"
vendor = pytest.importorskip("obshell", reason=REASON)
client_v1 = pytest.importorskip("obshell.service.client_v1", reason=REASON)
password_auth = pytest.importorskip("obshell.auth", reason=REASON).PasswordAuth


@pytest.fixture(name="sim")
def _sim(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """The client's pauses of three seconds turn the clock instead."""
    with Simulator(clock=TurnedClock(time.time())) as sim:
        turned = SimpleNamespace(sleep=sim.clock.advance, time=time.time)
        monkeypatch.setattr(client_v1, "time", turned)
        yield sim


def client(agent: Any, password: str = PASSWORD) -> Any:
    return vendor.ClientSet("127.0.0.1", agent.port, password_auth(password)).v1


@pytest.mark.parametrize(("version", "bits"), [("4.3.0.0", 512), ("4.5.0.0", 1024)])
def test_it_scales_out_and_waits(sim: Simulator, version: str, bits: int) -> None:
    cluster = sim.cluster(version=version, password=PASSWORD)
    target = sim.single(version=version)
    assert cluster.agents[0].key.bits == bits
    obshell = client(cluster.agents[0])
    dag = obshell.scale_out("127.0.0.1", target.port, "zone2", {"mysql_port": "2981"})
    assert dag.nodes == []
    done = obshell.wait_dag_succeed(dag.generic_id)
    assert (done.state, done.stage, len(done.nodes)) == ("SUCCEED", 11, 11)
    assert target.identity == "CLUSTER AGENT"


def test_it_sees_why_a_task_failed(sim: Simulator) -> None:
    cluster = sim.cluster(password=PASSWORD)
    obshell = client(cluster.agents[0])
    task_id = cluster.start("failed", error="[Some.Code]: disk is full")
    with pytest.raises(vendor.TaskExecuteFailedError) as caught:
        obshell.wait_dag_succeed(task_id)
    assert "disk is full" in caught.value.message


def test_it_operates_on_tasks(sim: Simulator) -> None:
    cluster = sim.cluster(password=PASSWORD)
    obshell = client(cluster.agents[0])
    task_id = cluster.start("failed", fails=(1,))
    sim.clock.advance(10)
    assert obshell.operate_dag_sync(task_id, "RETRY")
    assert obshell.get_dag(task_id).state == "SUCCEED"


def test_it_logs_in_again_after_the_key_changed(sim: Simulator) -> None:
    cluster = sim.cluster(password=PASSWORD)
    obshell = client(cluster.agents[0])
    task_id = cluster.start("succeeded")
    obshell.get_dag(task_id)
    cluster.agents[0].rotate_key()
    assert obshell.wait_dag_succeed(task_id).state == "SUCCEED"


def test_a_wrong_password_is_refused(sim: Simulator) -> None:
    cluster = sim.cluster(password=PASSWORD)
    task_id = cluster.start("succeeded")
    with pytest.raises(vendor.OBShellHandleError):
        client(cluster.agents[0], "wrong").get_dag(task_id)
    assert cluster.agents[0].failed_logins > 0
