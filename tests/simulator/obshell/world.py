# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state behind obshell's HTTP: agents, clusters, and the time that moves them."""

from __future__ import annotations

import heapq
import itertools
import random
import threading
from typing import Any, Callable, Container

from .. import clock as clocks
from . import crypto, engine, errors

SINGLE, MASTER, FOLLOWER = "SINGLE", "MASTER", "FOLLOWER"
CLUSTER_AGENT, SCALING_OUT, SCALING_IN = "CLUSTER AGENT", "SCALING OUT", "SCALING IN"
TAKE_OVER_MASTER, TAKE_OVER_FOLLOWER = "TAKE OVER MASTER", "TAKE OVER FOLLOWER"
UNIDENTIFIED = "UNIDENTIFIED"

FAILOVER = 2.0
"""Seconds until another agent drives the cluster's tasks (12.3.14)."""
RECOVERY = 3.0
"""Seconds until they go on after all observers were down."""
DATABASE_ZONE = 8 * 3600
"""The database shows its own zone under the host's name (12.2)."""


class World:
    """Everything that shares one clock; `lock` guards all of it."""

    def __init__(self, clock: clocks.Clock, *, seed: int = 1) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.random = random.Random(seed)
        self.agents: list[Agent] = []
        self.clusters: list[Cluster] = []
        self.now = clock.now()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._busy = False

    def catch_up(self) -> float:
        """Let everything happen that is due; returns the time."""
        if self._busy:
            # Something that is due has effects that catch up themselves.
            return self.now
        self._busy = True
        try:
            return self._run(self.clock.now())
        finally:
            self._busy = False

    def _run(self, until: float) -> float:
        while True:
            stores = [a.store for a in self.agents] + [c.store for c in self.clusters]
            store = min(stores, key=lambda s: s.next_event(), default=None)
            due = store.next_event() if store else engine.NEVER
            if self._timers and self._timers[0][0] <= min(due, until):
                moment, _number, action = heapq.heappop(self._timers)
                self.now = max(self.now, moment)
                action()
            elif store and due <= until:
                self.now = max(self.now, due)
                store.advance(self.now)
            else:
                self.now = max(self.now, until)
                return self.now

    def at(self, moment: float, action: Callable[[], None]) -> None:
        """Do something at a time to come."""
        heapq.heappush(self._timers, (moment, next(self._numbers), action))

    def agent_at(self, ip: str, port: int) -> Agent | None:
        return next((a for a in self.agents if (a.ip, a.port) == (ip, port)), None)


class Agent:
    """One obshell agent.

    `server` is its wire server and `service` what answers there, set when it is
    served; `start_fails` holds the runs at which its observer cannot start,
    `delete_fails` those at which the cluster cannot do without it;
    `installed` is the OceanBase that is installed beside it, empty for none.
    """

    def __init__(
        self,
        world: World,
        *,
        port: int,
        version: str = "4.5.0.0",
        seekdb: bool = False,
        auth_v1: bool = False,
    ) -> None:
        self.world = world
        self.ip = "127.0.0.1"
        self.port = port
        self.version = version
        self.seekdb = seekdb
        self.auth_v1 = auth_v1
        self.era = errors.Era.of(version)
        self.number = len(world.agents) + 1
        self.home = f"/opt/{'seekdb' if seekdb else 'ob'}{self.number}"
        self.identity = CLUSTER_AGENT if seekdb else SINGLE
        self.zone = ""
        self.password: str | None = None
        self.seekdb_password = ""
        self.agent_password: str | None = None
        self.master: Agent | None = None
        self.cluster: Cluster | None = None
        self.ob_state = 3 if seekdb else 0
        self.installed = ""
        self.sql_port = 2881 + 100 * (self.number - 1)
        self.server: Any = None
        self.sockets: list[Any] = []
        self.alive = True
        self.failed_logins = 0
        self.sessions: dict[str, float] = {}
        self.config: dict[str, str] = {}
        self.cluster_config: dict[str, Any] = {}
        self.start_fails: Container[int] = ()
        self.delete_fails: Container[int] = ()
        self.service: Any = None
        self.process_known = True
        self.ob_down_since = -engine.NEVER
        self.started_at = world.now
        self.restarts = 0
        self.random = random.Random(f"agent {self.number}")
        self._skew = 0.0
        self._keys = itertools.count(self.number * 100)
        self.rotate_key()
        self.store = engine.Store(
            self,
            stamp=self._stamp,
            generic_id=self.local_id,
            executor=self._executor,
            worded=lambda line: errors.worded(line, self.era),
            phase=(0.3 + 0.35 * self.number) % 1.0,
        )
        world.agents.append(self)

    def __repr__(self) -> str:
        return f"<agent {self.address} {self.identity}>"

    @property
    def address(self) -> str:
        return f"{self.ip}:{self.port}"

    @property
    def url(self) -> str:
        return str(self.server.url)

    @property
    def skew(self) -> float:
        """Seconds by which the host's clock is ahead."""
        return self._skew

    @skew.setter
    def skew(self, seconds: float) -> None:
        self._skew = seconds
        self.server.skew = seconds

    @property
    def database_password(self) -> str | None:
        """The password that a login at the database would accept."""
        if self.seekdb:
            return self.seekdb_password
        return self.cluster.password if self.cluster else None

    def set_password(self, password: str) -> None:
        """seekdb: changed by SQL, behind the agent's back (10.4)."""
        self.seekdb_password = password

    def wall(self) -> float:
        return self.world.clock.wall() + self._skew

    def local_id(self, number: int) -> str:
        parts = [int(part) for part in self.ip.split(".")]
        address = sum(part << 8 * (3 - at) for at, part in enumerate(parts))
        return f"2{address:010d}{self.port:05d}{number}"

    def _stamp(self, moment: float) -> int:
        return engine.nanoseconds(moment + self._skew, self.random)

    def _executor(self, index: int | None) -> Agent:
        return self.peers()[index] if index is not None else self

    def peers(self) -> list[Agent]:
        """All agents that this one knows, itself among them."""
        if self.cluster and self.identity not in (SCALING_OUT, SINGLE):
            return list(self.cluster.agents)
        if self.identity in (MASTER, FOLLOWER):
            master = self.master or self
            followers = [a for a in self.world.agents if a.master is master]
            return [master, *(a for a in followers if a is not master)]
        return [self]

    def others(self) -> list[Agent]:
        return [a for a in self.peers() if a is not self]

    # What tests and the control port do to an agent

    def rotate_key(self) -> None:
        """A new key, as after a reinstallation or an upgrade to 4.4.2 (2.4)."""
        self.key = crypto.make_key(self.era.key_bits, next(self._keys))

    def stop(self) -> None:
        """The process ends; its port refuses."""
        with self.world.lock:
            self.world.catch_up()
            self._die()
            self._down()

    def start(self) -> None:
        with self.world.lock:
            self.world.catch_up()
            self.server.faults.clear_kind("refuse")
            self._up()
            self._live()

    def restart(self, down: float = 1.0) -> None:
        """The process ends and is back after `down` seconds of the clock."""
        with self.world.lock:
            now = self.world.catch_up()
            self._die()
            # The wire server comes back by itself: nobody asks while it refuses.
            self.server.faults.add("refuse", seconds=down)
            self.world.at(now + down, self._live)

    def _down(self) -> None:
        for server in [self.server, *self.sockets]:
            server.down()

    def _up(self) -> None:
        for server in [self.server, *self.sockets]:
            server.up()

    def _die(self) -> None:
        self.alive = False
        self.sessions.clear()
        self.store.resumes = engine.NEVER
        if self.cluster:
            self.cluster.refresh()

    def _live(self) -> None:
        self.alive = True
        self.restarts += 1
        self.started_at = self.world.now
        self.process_known = self.ob_state == 3
        self.store.resumes = self.world.now
        if self.cluster:
            self.cluster.refresh()

    def observer_down(self) -> None:
        """Its database process is gone; obState 0 (12.3.3)."""
        with self.world.lock:
            self.ob_down_since = self.world.catch_up()
            self.ob_state = 0
            if self.cluster:
                self.cluster.refresh()

    def observer_up(self) -> None:
        with self.world.lock:
            self.world.catch_up()
            self.ob_state, self.process_known = 3, True
            if self.cluster:
                self.cluster.refresh()

    # Views

    @property
    def started_ns(self) -> int:
        return int(self.started_at * 1e6) * 1000 + 37 * self.number

    @property
    def pid(self) -> int:
        return 15000 + 61 * self.number + 400 * self.restarts

    def database_problem(self) -> errors.Problem | None:
        """Why the tasks in the cluster's database cannot be read here, if so."""
        if self.seekdb:
            return None
        if self.cluster is None or self.identity == SCALING_OUT:
            return errors.not_holding()
        if self.ob_state == 3:
            just_started = self.restarts and self.world.now - self.started_at < 0.3
            return errors.not_ocs() if just_started else None
        if not self.process_known:
            return errors.not_holding()
        if self.world.now - self.ob_down_since < 1.0:
            return errors.observer_check_failed(self.pid + 7)
        return errors.observer_gone()

    def drop_cluster(self) -> None:
        """Single again: no password, no cluster (2.7)."""
        self.identity, self.zone, self.password = SINGLE, "", None
        self.cluster = self.master = None
        self.ob_state = 0
        self.sessions.clear()


class Cluster:
    """An OceanBase cluster: its database holds the cluster DAGs and the password."""

    def __init__(self, world: World, name: str, password: str) -> None:
        self.world = world
        self.name = name
        self.password = password
        self.agents: list[Agent] = []
        self.servers: list[dict[str, Any]] = []
        self.tenants: list[str] = []
        self.tenant_fails: Container[int] = ()
        self.storms = 0
        self.driver: Agent | None = None
        self.store = engine.Store(
            self,
            stamp=lambda moment: engine.microseconds(moment + DATABASE_ZONE),
            generic_id=lambda number: f"1{number}",
            executor=self._executor,
            in_database=True,
            worded=lambda line: errors.worded(line, self.agents[0].era),
            phase=0.7,
        )
        world.clusters.append(self)

    def _executor(self, index: int | None) -> Agent:
        if index is not None:
            return self.agents[index % len(self.agents)]
        return self.driver or self.agents[0]

    @property
    def zones(self) -> list[str]:
        return list(dict.fromkeys(server["zone"] for server in self.servers))

    @property
    def version(self) -> str:
        return "4.3.5.3"

    def set_password(self, password: str) -> None:
        """Changed by SQL: each agent goes on with what it knows (12.3.15)."""
        with self.world.lock:
            self.world.catch_up()
            self.password = password

    def usable(self) -> list[Agent]:
        return [a for a in self.agents if a.alive and a.ob_state == 3]

    def refresh(self) -> None:
        """Choose who drives the cluster's tasks, after anything went up or down."""
        usable = self.usable()
        if self.driver in usable:
            return
        if not usable:
            self.driver, self.store.resumes = None, engine.NEVER
            return
        pause = FAILOVER if self.driver else RECOVERY
        first_time = self.driver is None and self.store.resumes == -engine.NEVER
        self.driver = usable[0]
        if not first_time:
            self.store.resumes = self.world.now + pause
            self.store.hand_over(self.driver)

    def add_server(self, agent: Agent, zone: str) -> None:
        ports = {k: agent.config.get(k) for k in ("mysql_port", "rpc_port")}
        sql = int(ports["mysql_port"] or agent.sql_port)
        agent.sql_port, agent.zone = sql, zone
        server = {
            "zone": zone,
            "agent": agent,
            "sql_port": sql,
            "svr_port": int(ports["rpc_port"] or sql + 1),
        }
        self.servers.append(server)

    def server_of(self, agent: Agent) -> dict[str, Any] | None:
        return next((s for s in self.servers if s["agent"] is agent), None)

    def admit(self, agent: Agent) -> None:
        """The agent becomes a member."""
        agent.cluster = self
        agent.identity = CLUSTER_AGENT
        agent.password = self.password
        agent.master = None
        if agent not in self.agents:
            self.agents.append(agent)
        self.refresh()
