# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seekdb flavour: one agent over one database (protocol 7 and 10.4)."""

from __future__ import annotations

from typing import Any, Callable, Iterator

from . import errors, facts, starting
from .agent import Agent
from .call import NO_CONTENT, Call, body_of, route
from .job import Job
from .scenario import GLOBAL, Failed, Scenario, Stage, Step

NO_BINARY = (
    "[Common.Unexpected]: Unexpected error: : fork/exec {}: no such file or directory"
)


def start_stage(agent: Agent) -> Stage:
    """Releases the lock when it fails; what never came up cannot be undone."""
    binary = f"{agent.home}/run/seekdb"

    def work(job: Job) -> Iterator[float]:
        if agent.ob_state == 3:
            job.log("seekdb started.")
        else:
            job.log("start seekdb")
            job.log("check if first start")
            job.log("not first start, skip require check")
            job.log(f"start cmd: {binary} --base-dir {agent.home}")
            yield 0.001
            if job.sub_task.runs in agent.start_fails:
                raise Failed(NO_BINARY.format(binary))
        yield 2.0
        job.log("seekdb health check, retry [1/60]")
        yield 0.1
        job.log("start seekdb success")

    def undo(job: Job) -> Iterator[float]:
        yield 0.001
        if agent.ob_state != 3:
            raise Failed("[Task.Param.NotSet]: Parameter 'observerPid' is not set")

    step = Step(work=work, undo=undo, effect=lambda job: agent.observer_up())
    return Stage("Start seekdb", (step,), can_pass=True, releases_lock=True)


def stop_stages(agent: Agent, *, terminate: bool) -> list[Stage]:
    freeze = Step(
        lines=(
            "checkpoint_scn before minor freeze: 0",
            "minor freeze server",
            "smallest checkpoint_scn 1795252702118418926 bigger than expired timestamp "
            "0, check pass ",
        ),
        seconds=10.05,
    )

    def kill(job: Job) -> Iterator[float]:
        pid = agent.pid + 7
        job.log(f"Expected seekdb pid is: {pid}")
        job.log("Get current seekdb Pid")
        if agent.ob_state != 3:
            job.log("seekdb is not running")
            return
        job.log(f"Kill seekdb process {pid}")
        yield 5.01
        job.log("Check seekdb process")
        job.log("Successfully killed the seekdb process")

    step = Step(work=kill, effect=lambda job: agent.observer_down())
    stages = [Stage("Stop seekdb", (step,), can_rollback=False, can_pass=True)]
    if terminate:
        name = "Minor freeze before stop server"
        stages.insert(0, Stage(name, (freeze,), can_pass=True))
    return stages


def start(call: Call) -> Any:
    return _run(call, "Start seekdb", [start_stage(call.agent)])


def stop(call: Call) -> Any:
    terminate = bool(body_of(call).get("terminate"))
    if call.agent.ob_state != 3:
        if terminate:
            raise _useless()
        return NO_CONTENT
    stages = stop_stages(call.agent, terminate=terminate)
    return _run(call, "Stop seekdb", stages)


def restart(call: Call) -> Any:
    """The number of stages follows from the request (10.4)."""
    agent, terminate = call.agent, bool(body_of(call).get("terminate"))
    stages: list[Stage] = []
    if agent.ob_state == 3:
        stages = stop_stages(agent, terminate=terminate)
    elif terminate:
        raise _useless().with_data()
    return _run(call, "Restart seekdb", [*stages, start_stage(agent)])


def _useless() -> errors.Problem:
    text = "The current seekdb instance is useless"
    return errors.Problem("Agent.OceanBase.Useless", 500, text)


def _run(call: Call, name: str, stages: list[Stage]) -> Any:
    scenario = Scenario(name, tuple(stages), maintenance=GLOBAL)
    dag = starting.start(call.agent.store, scenario, call.era)
    return facts.dag(call.agent.store, dag, call.era, details=False, created=True)


def _route(path: str, handler: Callable[[Call], Any]) -> Any:
    return route("POST", path, handler, flavours="seekdb")


ROUTES = [
    _route("/seekdb/start", start),
    _route("/seekdb/stop", stop),
    _route("/seekdb/restart", restart),
]
