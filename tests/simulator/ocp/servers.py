# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers of OCP's clusters, as the tasks that add them leave them.

After the vendor's page on `GET /ob/clusters/{id}/servers`; it was not recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import engine


@dataclass(frozen=True)
class Added:
    """What one submit adds to a cluster: hosts by their ids."""

    task_id: int
    cluster: int
    zone: str
    hosts: tuple[int, ...]


class Servers:
    """Each cluster has one server; host N, of any id, is 198.51.100.N."""

    def __init__(self, tasks: engine.Engine) -> None:
        self.engine = tasks
        self.added: list[Added] = []

    def add(self, task_id: int, cluster: int, body: dict[str, Any]) -> None:
        hosts = tuple(int(host) for host in body["servers"])
        self.added.append(Added(task_id, cluster, str(body["zoneName"]), hosts))

    def of(self, cluster: int) -> list[dict[str, Any]]:
        found = [_server(1, "198.51.100.101", "zone1", "RUNNING")]
        for one in self.added:
            status = self._status(one.task_id)
            if one.cluster != cluster or status is None:
                continue
            for host in one.hosts:
                ip = f"198.51.100.{host}"
                found.append(_server(len(found) + 1, ip, one.zone, status))
        return found

    def _status(self, task_id: int) -> str | None:
        task = self.engine.find(task_id)
        if task is None:
            return "RUNNING"
        if task.status != "SUCCESSFUL":
            return "CREATING"
        return None if task.operation == "ROLLBACK" else "RUNNING"


def _server(number: int, ip: str, zone: str, status: str) -> dict[str, Any]:
    return {
        "id": number,
        "ip": ip,
        "port": 2882,
        "sqlPort": 2881,
        "version": "4.3.5.3",
        "withRootServer": number == 1,
        "status": status,
        "zoneName": zone,
    }
