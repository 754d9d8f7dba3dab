# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state behind an agent's HTTP."""

from __future__ import annotations

import itertools
import random
from typing import Any, Container

from . import crypto, identities
from .dag import NEVER
from .era import Era, worded
from .store import Store, nanoseconds
from .world import World


class Agent:
    """One obshell agent.

    `server` is its wire server and `service` what answers there, set when it is
    served; `start_fails` holds the runs at which its observer cannot start,
    `delete_fails` those at which the cluster cannot do without it, and
    `delete_seconds` how long its units take to leave it; `installed` is the OceanBase
    that is installed beside it, empty for none; `cluster` is the Cluster that it is a
    member of. `unpack_fails` and `backup_fails` hold the runs at which an upgrade can
    not unpack its packages here, or keep the obshell of before.
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
        self.release = "0"
        self.seekdb = seekdb
        self.auth_v1 = auth_v1
        self.era = Era.of(version)
        self.number = len(world.agents) + 1
        self.home = f"/opt/{'seekdb' if seekdb else 'ob'}{self.number}"
        self.identity = identities.CLUSTER_AGENT if seekdb else identities.SINGLE
        self.zone = ""
        self.password: str | None = None
        self.seekdb_password = ""
        self.agent_password: str | None = None
        self.master: Agent | None = None
        self.cluster: Any = None
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
        self.delete_seconds = 3.05
        self.unpack_fails: Container[int] = ()
        self.backup_fails: Container[int] = ()
        self.service: Any = None
        self.process_known = True
        self.ob_down_since = -NEVER
        self.started_at = world.now
        self.restarts = 0
        self.random = random.Random(f"agent {self.number}")
        self._skew = 0.0
        self._keys = itertools.count(self.number * 100)
        self.rotate_key()
        self.store = Store(
            self,
            stamp=self._stamp,
            generic_id=self.local_id,
            executor=self._executor,
            worded=lambda line: worded(line, self.era),
            phase=(0.3 + 0.35 * self.number) % 1.0,
        )
        world.agents.append(self)

    def __repr__(self) -> str:
        return f"<agent {self.address} {self.identity}>"

    @property
    def address(self) -> str:
        return f"{self.ip}:{self.port}"

    @property
    def full_version(self) -> str:
        return f"{self.version}-{self.release}"

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
        return nanoseconds(moment + self._skew, self.random)

    def _executor(self, index: int | None) -> Agent:
        return self.peers()[index] if index is not None else self

    def peers(self) -> list[Agent]:
        """All agents that this one knows, itself among them."""
        if self.cluster and self.identity not in (
            identities.SCALING_OUT,
            identities.SINGLE,
        ):
            return list(self.cluster.agents)
        if self.identity in (identities.MASTER, identities.FOLLOWER):
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

    def become(self, version: str, release: str) -> None:
        """What runs from now on is another obshell (4.3)."""
        size = self.era.key_bits
        self.version, self.release, self.era = version, release, Era.of(version)
        if self.era.key_bits != size:
            self.rotate_key()
        self.service.reload()

    def stop(self) -> None:
        """The process ends; its port refuses."""
        with self.world.lock:
            self.world.catch_up()
            self._die()
            for server in [self.server, *self.sockets]:
                server.down()

    def start(self) -> None:
        with self.world.lock:
            self.world.catch_up()
            self.server.faults.clear_kind("refuse")
            for server in [self.server, *self.sockets]:
                server.up()
            self._live()

    def restart(self, down: float = 1.0) -> None:
        """The process ends and is back after `down` seconds of the clock."""
        with self.world.lock:
            now = self.world.catch_up()
            self._die()
            # The wire server comes back by itself: nobody asks while it refuses.
            self.server.faults.add("refuse", seconds=down)
            self.world.at(now + down, self._live)

    def _die(self) -> None:
        self.alive = False
        self.sessions.clear()
        self.store.resumes = NEVER
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

    @property
    def started_ns(self) -> int:
        return int(self.started_at * 1e6) * 1000 + 37 * self.number

    @property
    def pid(self) -> int:
        return 15000 + 61 * self.number + 400 * self.restarts

    def drop_cluster(self) -> None:
        """Single again: no password, no cluster (2.7)."""
        self.identity, self.zone, self.password = identities.SINGLE, "", None
        self.cluster = self.master = None
        self.ob_state = 0
        self.sessions.clear()
