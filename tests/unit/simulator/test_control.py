# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oceanbase.ops.tests.simulator import (
    Simulator,
    TurnedClock,
    setups,
)
from ansible_collections.oceanbase.ops.tests.simulator.control import Control
from ansible_collections.oceanbase.ops.tests.unit.simulator.obshell.asking import (
    Asker,
    verdict,
)

ROOT = Path(__file__).resolve().parents[3]


class Caller:
    """Calls a control port."""

    def __init__(self, world: setups.World) -> None:
        self.control = Control(world, rebuild=self._rebuild)
        self.url = self.control.server.url

    @property
    def world(self) -> setups.World:
        return self.control.world

    def _rebuild(self) -> setups.World:
        ports = self.world.ports()
        self.world.sim.close()
        return setups.demo(Simulator(clock=TurnedClock()), ports)

    def __call__(self, call: str, **args: Any) -> Any:
        body = json.dumps(args).encode()
        with urllib.request.urlopen(f"{self.url}/{call}", body) as answer:
            return json.load(answer)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/{path}") as answer:
            return json.load(answer)


@pytest.fixture(name="call")
def _call() -> Iterator[Caller]:
    caller = Caller(setups.demo(Simulator(clock=TurnedClock()), {}))
    yield caller
    caller.control.server.stop()
    caller.world.sim.close()


def asker(call: Caller, name: str = "agent1") -> Asker:
    return Asker(call.world.servers[name], setups.ROOT_PASSWORD)


def test_tasks_are_started_and_time_is_turned(call: Caller) -> None:
    started = call("start", on="cluster", scenario="scale_out", target="single")
    call("clock/advance", seconds=40)
    assert verdict(asker(call).dag(started["task_id"])) == "SUCCEED+RUN 11/11"
    assert call("start", on="ocp", scenario="install")["task_id"]


def test_somebody_elses_operator_is_planned(call: Caller) -> None:
    then = [[3, "cancel"]]
    task_id = call("start", on="cluster", scenario="long", then=then)["task_id"]
    call("clock/advance", seconds=6)
    assert verdict(asker(call).dag(task_id)) == "FAILED+CANCEL 1/3"


def test_faults_agents_and_passwords(call: Caller) -> None:
    call("faults", server="agent1", kind="status", status=503, count=1)
    assert asker(call).plain("GET", "/info")[0] == 503
    assert asker(call).plain("GET", "/info")[0] == 200
    call("faults", server="agent1", kind="html")
    call("faults/clear")
    assert "data" in asker(call).plain("GET", "/info")[1]
    call("agent", server="agent2", do="observer_down")
    call("set", server="agent2", skew=5.0)
    assert call.world.servers["agent2"].ob_state == 0
    call("password", on="cluster", password="new")
    assert asker(call)("GET", "/task/dag/unfinish", auth="new")[0] == 200


def test_requests_are_told_without_secrets(call: Caller) -> None:
    asker(call)("GET", "/task/dag/unfinish", auth="wrong")
    told = call.get("requests?server=agent1")["agent1"]
    assert told["counts"] == {"GET": 1}
    assert told["failed_logins"] == 1
    assert told["requests"][0]["signed"] is True
    assert "wrong" not in json.dumps(told)


def test_reset_keeps_the_ports(call: Caller) -> None:
    before = call.get("")
    call("start", on="cluster", scenario="long")
    after = call("reset")
    assert after == before
    assert asker(call).data("/task/dags/ob") == {"contents": []}


def test_wrong_calls_are_errors(call: Caller) -> None:
    for path, args in (("nothing", {}), ("agent", {"server": "agent1", "do": "key"})):
        with pytest.raises(urllib.error.HTTPError) as caught:
            call(path, **args)
        assert caught.value.code in (400, 404)


@pytest.mark.skipif(not hasattr(signal, "SIGTERM"), reason="needs signals")
def test_the_program_tells_when_it_listens_and_ends_on_sigterm(
    tmp_path: Path,
) -> None:
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "tests.simulator", "--ready-file", str(ready)]
    process = subprocess.Popen([*command, "--max-seconds", "60"], cwd=ROOT)
    try:
        deadline = time.monotonic() + 30
        while not ready.exists() and time.monotonic() < deadline:
            os.sched_yield()
            assert process.poll() is None
        facts = json.loads(ready.read_text())
        url = facts["servers"]["agent1"]["url"]
        with urllib.request.urlopen(f"{url}/api/v1/status") as answer:
            assert json.load(answer)["data"]["obState"] == 3
    finally:
        process.terminate()
    assert process.wait(10) == 0
