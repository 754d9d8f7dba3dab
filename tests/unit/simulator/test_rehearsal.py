# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file says is what happens, and what it cannot say is told."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oceanbase.ops.tests.simulator import (
    Simulator,
    TurnedClock,
    rehearsal,
    setups,
)
from ansible_collections.oceanbase.ops.tests.simulator.control import Control

ROOT = Path(__file__).resolve().parents[3]
NIGHT = """
world: demo
speed: 10
set:
  - {server: single, start_fails: [1]}
  - {on: cluster, tenant_fails: [1]}
faults:
  - {server: agent1, kind: status, status: 503, path: /task/dag/, count: 2}
start:
  - on: cluster
    scenario: stages
    name: Nightly work
    stages:
      - {name: Check, seconds: 2}
      - {name: Copy, seconds: 5, fails: [1], error: disk full}
  - on: ocp
    scenario: add_server
    fails: Start observer
"""


@pytest.fixture(name="write")
def _write(tmp_path: Path) -> Any:
    def write(text: str) -> str:
        path = tmp_path / "night.yml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.fixture(name="world")
def _world() -> Any:
    with Simulator(clock=TurnedClock()) as sim:
        yield setups.demo(sim, {})


def play(said: rehearsal.Rehearsal, world: setups.World) -> None:
    control = Control(world, rebuild=lambda: world)
    try:
        said.play(world, lambda name, options: control.calls[name](options))
    finally:
        control.server.stop()


def test_what_a_file_says_happens(write: Any, world: setups.World) -> None:
    said = rehearsal.load(write(NIGHT))
    assert (said.world, said.speed) == ("demo", 10)
    play(said, world)
    assert world.servers["single"].start_fails == [1]
    assert world.starters["cluster"].tenant_fails == [1]
    world.clock.advance(30)
    with world.sim.world.lock:
        world.sim.world.catch_up()
    (dag,) = world.starters["cluster"].store.dags
    assert (dag.scenario.name, dag.state, dag.stage) == ("Nightly work", "FAILED", 2)
    assert len(world.starters["ocp"].engine.tasks) == 1
    with pytest.raises(urllib.error.HTTPError, match="503"):
        urllib.request.urlopen(world.servers["agent1"].url + "/api/v1/task/dag/11")


WRONG = {
    "wrold: demo": "the key 'wrold' is not known; did you mean world?",
    "world: dmo": "world 'dmo' is not known; did you mean demo?",
    "speed: fast": "speed: a number above 0",
    "- a": "keys are expected",
    "a: [": "it is not YAML",
    "start: {on: cluster}": "start: a list is expected",
    "start: [3]": "start, entry 1: keys and values",
    "start: [{scenario: failed}]": "start, entry 1: on is missing (one of cluster",
    "start: [{on: cluter}]": "did you mean cluster?",
    "start: [{on: cluster, scenario: faild}]": "did you mean failed?",
    "start: [{on: cluster, scenario: {a: 1}}]": "scenario {'a': 1} is not known",
    "start: [{on: ocp, scenario: chian}]": "did you mean chain?",
    "start: [{on: cluster, scenario: failed, secs: 3}]": "there is no option 'secs'",
    "start: [{on: cluster, scenario: scale_out}]": "it needs the option 'target'",
    "start: [{on: cluster, scenario: scale_out, target: sngle}]": "mean single?",
    "start: [{on: cluster, scenario: stages}]": "it needs the option 'stages'",
    "start: [{on: cluster, scenario: failed, fails: 1}]": "fails: a list of runs",
    "set: [{server: single, start_fails: 1}]": "start_fails: a list of runs",
    "set: [{server: single, strat_fails: [1]}]": "can set skew, start_fails",
    "set: [{server: sngle}]": "did you mean single?",
    "set: [{on: cluter, tenant_fails: [1]}]": "did you mean cluster?",
    "set: [{on: cluster, start_fails: [1]}]": "can set tenant_fails",
    "set: [{on: cluster, tenant_fails: 1}]": "tenant_fails: a list of runs",
    "set: [{on: ocp, tenant_fails: [1]}]": "only of a cluster of obshell",
    "faults: [{on: cluster, kind: refuse}]": "'server' is missing",
    "start: [{on: cluster, scenario: failed}, {on: cluster, scenario: failed}]": (
        "start, entry 2: Create task 'Bad task' failed: OceanBase cluster is under"
    ),
    "faults: [{server: agent1}]": "'kind' is missing",
    "faults: [{server: agent1, kind: rest}]": "one of refuse, reset",
    "agent: [{server: agent1, do: x}]": "do is one of stop, start",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_a_file_cannot_say_is_told(
    write: Any, world: setups.World, text: str
) -> None:
    path = write(text)
    with pytest.raises(rehearsal.Wrong) as wrong:
        play(rehearsal.load(path), world)
    assert str(wrong.value).startswith(f"{path}: ")
    assert WRONG[text] in str(wrong.value)


def test_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(rehearsal.Wrong, match="night.yml: No such file"):
        rehearsal.load(str(tmp_path / "night.yml"))


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "tests.simulator", "--max-seconds", "60", *options]


def test_it_is_played_at_the_start_and_after_each_reset(write: Any) -> None:
    options = ["--rehearsal", write(NIGHT)]
    with subprocess.Popen(
        command(*options), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = []
        while not lines or lines[-1] != "}\n":
            lines.append(process.stdout.readline())
            assert lines[-1]
        control = json.loads("".join(lines))["control"]
        seen = []
        for _twice in range(2):
            seen.append(started(control))
            urllib.request.urlopen(f"{control}/reset", b"{}").close()
        urllib.request.urlopen(f"{control}/shutdown", b"{}").close()
    # It is the second task of OCP's both times.
    assert seen[0] == seen[1] != first()


def first() -> str:
    with Simulator(clock=TurnedClock()) as sim:
        return str(setups.demo(sim, {}).starters["ocp"].start("chain"))


def started(control: str) -> Any:
    body = json.dumps({"on": "ocp", "scenario": "chain"})
    with urllib.request.urlopen(f"{control}/start", body.encode()) as answer:
        return json.load(answer)["task_id"]


def test_a_wrong_file_ends_the_command_with_its_reason(write: Any) -> None:
    run = subprocess.run(
        command("--rehearsal", write("world: dmo")),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "did you mean demo?" in run.stderr and "Traceback" not in run.stderr
