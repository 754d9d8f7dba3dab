# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers of OCP's clusters, as the tasks that add and delete them leave them.

After the vendor's pages on `GET /ob/clusters/{id}/servers` and on the routes that add
and delete servers (protocol/ocp.md, 5.1); none of it was recorded. That a server is
CREATING or DELETING from the submit on, until the task has done its work or was rolled
back, is inferred from those pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import engine

FIRST = 101  # the host of the server that each cluster has


@dataclass(frozen=True)
class Change:
    """What one submit does to a cluster: hosts by their ids, a zone to add them to."""

    task_id: int
    cluster: int
    hosts: tuple[int, ...]
    zone: str | None = None


class Servers:
    """Each cluster has one server; host N, of any id, is 198.51.100.N."""

    def __init__(self, tasks: engine.Engine) -> None:
        self.engine = tasks
        self.changes: list[Change] = []

    def add(self, task_id: int, cluster: int, body: dict[str, Any]) -> None:
        zone = str(body["zoneName"])
        self.changes.append(Change(task_id, cluster, _hosts(body), zone))

    def remove(self, task_id: int, cluster: int, body: dict[str, Any]) -> None:
        self.changes.append(Change(task_id, cluster, _hosts(body)))

    def knows(self, cluster: int, body: dict[str, Any]) -> bool:
        """Whether all hosts of a submit are servers of the cluster."""
        known = {server["hostId"] for server in self.of(cluster)}
        return known >= set(_hosts(body))

    def of(self, cluster: int) -> list[dict[str, Any]]:
        found = {FIRST: _server(FIRST, "zone1", "RUNNING")}
        for one in self.changes:
            if one.cluster == cluster:
                for host in one.hosts:
                    self._apply(one, host, found)
        return list(found.values())

    def _apply(self, one: Change, host: int, found: dict[int, dict[str, Any]]) -> None:
        status = self._status(one.task_id)
        if status == "undone":
            return
        if one.zone is not None:
            word = "RUNNING" if status == "done" else "CREATING"
            found[host] = _server(host, one.zone, word)
        elif status == "done":
            found.pop(host, None)
        else:
            found[host]["status"] = "DELETING"

    def _status(self, task_id: int) -> str:
        """Whether a task has done its work, has undone it, or neither yet."""
        task = self.engine.find(task_id)
        if task is None:
            return "done"
        if task.status != "SUCCESSFUL":
            return "open"
        return "undone" if task.operation == "ROLLBACK" else "done"


def _hosts(body: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(host) for host in body["servers"])


def _server(host: int, zone: str, status: str) -> dict[str, Any]:
    return {
        "hostId": host,
        "id": host + 1000,
        "ip": f"198.51.100.{host}",
        "port": 2882,
        "sqlPort": 2881,
        "version": "4.3.5.3",
        "withRootServer": host == FIRST,
        "status": status,
        "zoneName": zone,
    }
