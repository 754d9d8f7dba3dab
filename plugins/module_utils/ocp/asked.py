# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What OCP is asked about hosts: how it lists them, and what is at work about them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import Any, Callable, Sequence

from .. import errors, roster
from ..task import messages, task
from ..wait import soon
from . import client as ocp
from . import hosts, lists
from . import roster as servers

_KNOWN = ("ip", "port", "host_id", "zone", "status", "version", "sql_port")


@dataclass
class Asker:
    """Asks OCP about hosts; sleep is a parameter, in seconds.

    `servers` are those that were listed last.
    """

    wish: hosts.Wish
    client: ocp.OcpClient
    sleep: Callable[[float], None]
    servers: Sequence[roster.Server] = ()

    def look(self) -> hosts.Sight:
        """Return what is to be seen, when it is sure what that means."""
        sight, _is_settled = soon.until(
            self._see, lambda seen: seen.settled, sleep=self.sleep
        )
        return sight

    def shown(self, ips: Sequence[str], *, known: str) -> hosts.Sight:
        """Return what is to be seen when these hosts are as asked for.

        Raises WaitError where they are not, in spite of what is `known`.
        """
        mine = replace(self.wish, hosts={ip: self.wish.hosts[ip] for ip in ips})
        why = ""
        try:
            sight, holds = soon.until(
                self._listed,
                lambda seen: mine.sight(seen.servers).holds,
                sleep=self.sleep,
                submitted=True,
            )
            if holds:
                return sight
        except errors.OpsError as e:
            why = f"; {e.message}"
        listed = {one.ip: one.status for one in self.servers}
        found = ", ".join(f"{ip} {listed.get(ip) or 'not listed'}" for ip in ips)
        raise errors.WaitError(
            f"{known}, but OCP does not list all hosts as {self._wanted} of cluster "
            f"{self.wish.cluster_id}: {found}{why}"
        )

    def locked(self, others: Sequence[task.Task]) -> errors.Refused:
        """Return the error of what others do, with their ids as `unfinished`."""
        said = " ".join(self._said(one) for one in others[:3])
        error = errors.Refused(
            f"{said} Try again when it is over, or set wait_for_others to true.",
            unfinished=[one.id for one in others],
        )
        error.result = {"reason": "locked"}
        return error

    def facts(self) -> list[dict[str, Any]]:
        """Return what is known of the servers, for the result."""
        return [{key: getattr(one, key) for key in _KNOWN} for one in self.servers]

    @property
    def _wanted(self) -> str:
        return "RUNNING servers" if self.wish.state == "present" else "out"

    def _listed(self) -> hosts.Sight:
        sight = self.wish.sight(servers.servers(self.client, self.wish.cluster_id))
        self.servers = sight.servers
        return sight

    def _see(self) -> hosts.Sight:
        sight = self._listed()
        if sight.holds:
            return sight
        cluster_id = self.wish.cluster_id
        others = lists.busy(self.client, cluster_id=cluster_id)
        named: list[task.Task] = []
        if sight.passing:
            unfinished = lists.unfinished(self.client, cluster_id=cluster_id)
            named = [one for one in unfinished if self.wish.task_name.search(one.name)]
        sight = replace(sight, named=named)
        mine = sight.left.id if sight.left else None
        return replace(sight, others=[one for one in others if one.id != mine])

    def _said(self, one: task.Task) -> str:
        """Return what is said of a task at work; a list does not tell its stage."""
        with contextlib.suppress(errors.OpsError):
            one = self.client.fetch(one.id)
        name = messages.named(one).replace("task", "Task", 1)
        return (
            f"{name} of the cluster is {one.state} at stage {messages.where(one)}, "
            f"begun at {one.start_time or 'an unknown time'}."
        )
