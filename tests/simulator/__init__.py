# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both servers on loopback: a second, independent reading of the protocol.

with Simulator(clock=TurnedClock()) as sim:
    cluster = sim.cluster(agents=3, password="...")
    task_id = cluster.start("scale_out", target=sim.single())
    sim.clock.advance(2)
"""

from __future__ import annotations

import threading
from typing import Any, Callable, Sequence

from . import clock as clocks
from . import message, wire
from .clock import RealClock, TurnedClock
from .obshell import cluster as clusters
from .obshell import history as histories
from .obshell import identities, scenarios, service, starting
from .obshell.agent import Agent
from .obshell.scenario import Scenario
from .obshell.world import World
from .ocp import server as ocps

__all__ = ["Agent", "Cluster", "RealClock", "Simulator", "TurnedClock"]


class Cluster(clusters.Cluster):
    """A cluster whose tasks can be started without a request."""

    def start(self, scenario: str | Scenario, **options: Any) -> str:
        """Start a task as a submit would; returns its id.

        A name is one of scenarios.READY, with its options.
        """
        with self.world.lock:
            self.world.catch_up()
            if isinstance(scenario, str):
                scenario = scenarios.READY[scenario](self, **options)
            era = self.agents[0].era
            dag = starting.start(self.store, scenario, era)
            return self.store.generic_id(dag.number)


class Simulator:
    """One world, one clock, any number of servers; closes everything on exit."""

    def __init__(
        self,
        clock: Any = None,
        *,
        seed: int = 1,
        log: Callable[[str, message.Seen], None] | None = None,
    ) -> None:
        self.clock: Any = clock or clocks.RealClock()
        self.world = World(self.clock, seed=seed)
        self.clusters: list[Cluster] = []
        self.ocps: list[Any] = []
        self._log = log
        self._closed = threading.Event()

    def __enter__(self) -> Simulator:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def agents(self) -> list[Agent]:
        return self.world.agents

    def close(self) -> None:
        """Stop all servers; raises when a handler of the simulator itself failed."""
        if self._closed.is_set():
            return
        self._closed.set()
        failures = []
        for agent in self.world.agents:
            for server in [agent.server, *agent.sockets]:
                server.stop()
                failures += server.errors
        for ocp in self.ocps:
            ocp.server.stop()
            failures += ocp.server.errors
        if failures:
            raise AssertionError("the simulator failed:\n" + "\n".join(failures))

    def single(self, *, version: str = "4.5.0.0", **options: Any) -> Agent:
        """An agent of its own: SINGLE, open to anybody."""
        port = options.pop("port", 0)
        ssl_context = options.pop("ssl_context", None)
        unix_path = options.pop("unix_path", None)
        with self.world.lock:
            self.world.catch_up()
            server = wire.Server(
                _refuse_all, self.clock, port=port, ssl_context=ssl_context
            )
            agent = Agent(self.world, port=server.port, version=version, **options)
            agent.service = service.Service(agent)
            agent.server = server
            self._serve(agent, server)
            if unix_path:
                local = wire.Server(agent.service, self.clock, unix_path=unix_path)
                self._serve(agent, local)
                agent.sockets.append(local)
            return agent

    def _serve(self, agent: Agent, server: wire.Server) -> None:
        server.error_body = agent.service.answers.injected
        server.handler = agent.service
        if self._log:
            log = self._log
            server.log = lambda seen: log(agent.address, seen)

    def cluster(
        self,
        agents: int = 1,
        *,
        version: str = "4.5.0.0",
        password: str = "",
        zones: Sequence[str] | None = None,
        name: str = "obcluster",
        history: bool = True,
        **options: Any,
    ) -> Cluster:
        """A cluster that runs; `zones` and `ports` have one entry for each agent.

        `history`: its agents have the DAGs that made it, as real ones do.
        """
        ports = list(options.pop("ports", [0] * agents))
        members = [self.single(version=version, port=port, **options) for port in ports]
        with self.world.lock:
            cluster = Cluster(self.world, name, password)
            names = list(zones or [f"zone{at}" for at in range(1, agents + 1)])
            for agent, zone in zip(members, names):
                agent.ob_state = 3
                cluster.add_server(agent, zone)
                cluster.admit(agent)
            if history:
                histories.write(cluster)
            self.clusters.append(cluster)
            return cluster

    def start_local(
        self, agent: Agent, scenario: str | Scenario, **options: Any
    ) -> str:
        """Start a task that is local to an agent; returns its id (2...)."""
        with self.world.lock:
            self.world.catch_up()
            if isinstance(scenario, str):
                made = scenarios.READY[scenario]
                scenario = made(agent.cluster, **options)
            dag = starting.start(agent.store, scenario, agent.era)
            return agent.store.generic_id(dag.number)

    def seekdb(self, *, password: str = "", **options: Any) -> Agent:
        """An agent of the seekdb flavour over its database."""
        agent = self.single(seekdb=True, **options)
        agent.password = agent.seekdb_password = password
        return agent

    def group(self, followers: int = 0, **options: Any) -> Agent:
        """A MASTER with followers and no cluster yet; returns the MASTER."""
        master = self.single(**options)
        master.identity, master.zone = identities.MASTER, "zone1"
        for at in range(followers):
            agent = self.single(**options)
            agent.identity, agent.zone = identities.FOLLOWER, f"zone{at + 2}"
            agent.master = master
        return master

    def ocp(
        self,
        username: str = "admin",
        password: str = "",
        base_path: str = "/api/v2",
        express: bool = False,
        *,
        port: int = 0,
        **options: Any,
    ) -> Any:
        """An OCP server, or OCP Express."""
        server = ocps.Ocp(self.clock, username, password, base_path, express, **options)
        server.server = wire.Server(
            server.handle, self.clock, port=port, error_body=server.error_body
        )
        if self._log:
            log = self._log
            server.server.log = lambda seen: log("ocp", seen)
        self.ocps.append(server)
        return server


def _refuse_all(request: message.Request) -> message.Response:
    return message.Response(503)
