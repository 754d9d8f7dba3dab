# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state behind a cluster: its members, its servers and its database."""

from __future__ import annotations

import re
from typing import Any, Container

from . import identities
from .agent import Agent
from .dag import NEVER
from .era import worded
from .store import Store, microseconds
from .world import World

FAILOVER = 2.0
"""Seconds until another agent drives the cluster's tasks (12.3.14)."""
RECOVERY = 3.0
"""Seconds until they go on after all observers were down."""
BUILD = "4.3.5.3_103000092025080818"
DATABASE_ZONE = 8 * 3600
"""The database shows its own zone under the host's name (12.2)."""


def _numbers(build: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", build)]


class Cluster:
    """An OceanBase cluster: its database holds the cluster DAGs and the password."""

    def __init__(self, world: World, name: str, password: str) -> None:
        self.world = world
        self.name = name
        self.password = password
        self.agents: list[Agent] = []
        self.servers: list[dict[str, Any]] = []
        self.tenants: dict[str, str] = {"sys": "FULL{1}@zone1"}
        """Their localities by their names."""
        self.tenant_fails: Container[int] = ()
        self.asked_for: dict[str, Any] = {}
        """What the last creation of a tenant was asked for with."""
        self.storms = 0
        self.driver: Agent | None = None
        self.store = Store(
            self,
            stamp=lambda moment: microseconds(moment + DATABASE_ZONE),
            generic_id=lambda number: f"1{number}",
            executor=self._executor,
            in_database=True,
            worded=lambda line: worded(line, self.agents[0].era),
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
    def build(self) -> str:
        """The oldest OceanBase that a server runs, with its release."""
        builds = (str(server["build"]) for server in self.servers)
        return min(builds, key=_numbers, default=BUILD)

    @property
    def version(self) -> str:
        return self.build.partition("_")[0]

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
            self.driver, self.store.resumes = None, NEVER
            return
        pause = FAILOVER if self.driver else RECOVERY
        first_time = self.driver is None and self.store.resumes == -NEVER
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
            "build": self.build,
        }
        self.servers.append(server)

    def server_of(self, agent: Agent) -> dict[str, Any] | None:
        return next((s for s in self.servers if s["agent"] is agent), None)

    def admit(self, agent: Agent) -> None:
        """The agent becomes a member."""
        agent.cluster = self
        agent.identity = identities.CLUSTER_AGENT
        agent.password = self.password
        agent.master = None
        if agent not in self.agents:
            self.agents.append(agent)
        self.refresh()
