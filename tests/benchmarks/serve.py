# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m ...benchmarks.serve`: the simulator with the worlds of the benchmarks."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any, Callable

from ..simulator import Simulator, message, setups
from ..simulator import __main__ as simulator
from ..simulator.obshell import scenario

PASSWORD = setups.ROOT_PASSWORD
STAGES, WIDTH, LINES = 10, 1000, 100


@dataclass
class Frozen:
    """Answers each request as it was answered first, once `ready()`.

    A simulated agent takes longer to write 50 MB of JSON than a real one, which is
    not to be measured.
    """

    serve: Callable[[message.Request], message.Response]
    ready: Callable[[], bool]
    answers: dict[str, message.Response] = field(default_factory=dict)

    def __call__(self, request: message.Request) -> message.Response:
        known = self.answers.get(request.target)
        if known is None:
            known = self.serve(request)
            if "/task/dag/" in request.target and known.status == 200 and self.ready():
                self.answers[request.target] = known
        return known


def large(sim: Simulator, ports: dict[str, int]) -> setups.World:
    """A cluster whose last task has 10,000 sub-tasks with 100 lines each."""
    world = setups.World(sim)
    cluster = sim.cluster(password=PASSWORD, ports=[ports.get("agent1", 0)])
    agent = world.servers["agent1"] = cluster.agents[0]
    world.starters["cluster"] = cluster
    lines = tuple(f"line {number:03d} ".ljust(40, "x") for number in range(LINES))
    good = scenario.Step(seconds=0.0, lines=lines)
    bad = scenario.Step(
        lines=lines, fails=scenario.ALWAYS, error="[Some.Code]: no space"
    )
    stages = [scenario.Stage(f"Step {n}", (good,) * WIDTH) for n in range(1, STAGES)]
    last = scenario.Stage(f"Step {STAGES}", (good,) * (WIDTH - 1) + (bad,))
    task_id = cluster.start(scenario.Scenario("Large task", (*stages, last)))
    dag = cluster.store.dags[-1]
    agent.server.handler = Frozen(agent.service, lambda: not dag.active)
    world.facts[""] = {"task_id": task_id, "password": PASSWORD, "url": [agent.url]}
    return world


def wide(sim: Simulator, ports: dict[str, int]) -> setups.World:
    """100 agents of one cluster with 10 tasks of its own each, and 1,000 at an OCP."""
    world = setups.World(sim)
    names = [f"agent{number}" for number in range(1, 101)]
    cluster = sim.cluster(
        agents=len(names),
        password=PASSWORD,
        ports=[ports.get(name, 0) for name in names],
    )
    world.servers.update(zip(names, cluster.agents))
    ids = [
        sim.start_local(agent, "long", seconds=86400.0, stages=3, maintenance=1)
        for agent in cluster.agents
        for _task in range(10)
    ]
    setups._add_ocp(world, "ocp", ports)
    ocp = world.servers["ocp"]
    ocp_ids = [ocp.start("slow", seconds=86400.0) for _task in range(1000)]
    world.facts[""] = {
        "url": [agent.url for agent in cluster.agents],
        "password": PASSWORD,
        "ids": ids,
        "ocp_ids": ocp_ids,
    }
    return world


def lists(sim: Simulator, ports: dict[str, int]) -> setups.World:
    """Three clusters of one agent, with 10, 100 and 1,000 tasks at work."""
    world = setups.World(sim)
    facts: dict[str, Any] = {"password": PASSWORD}
    for count in (10, 100, 1000):
        name = f"many{count}"
        cluster = sim.cluster(password=PASSWORD, ports=[ports.get(name, 0)])
        world.servers[name] = cluster.agents[0]
        ids = [
            cluster.start("long", seconds=86400.0, maintenance=1)
            for _task in range(count)
        ]
        facts[name] = {"url": [cluster.agents[0].url], "ids": ids}
    world.facts[""] = facts
    return world


def clusters(sim: Simulator, ports: dict[str, int]) -> setups.World:
    """20 clusters of one agent, with a task that succeeds at each."""
    world = setups.World(sim)
    for number in range(1, 21):
        name = f"cluster{number}"
        cluster = sim.cluster(password=PASSWORD, ports=[ports.get(name, 0)])
        world.servers[name] = cluster.agents[0]
        world.starters[name] = cluster
        cluster.start("succeeded")
    urls = [agent.url for agent in world.servers.values()]
    names = list(world.servers)
    world.facts[""] = {"urls": urls, "names": names, "password": PASSWORD}
    return world


setups.WORLDS.update(large=large, wide=wide, lists=lists, clusters=clusters)

if __name__ == "__main__":
    sys.exit(simulator.main())
