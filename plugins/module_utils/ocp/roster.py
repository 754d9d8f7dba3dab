# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers of a cluster, as OCP lists them; after its documentation."""

from __future__ import annotations

from .. import errors, roster
from . import endpoints

_IN_SERVICE = "RUNNING"


def servers(client: endpoints.Endpoints, cluster_id: str) -> list[roster.Server]:
    """Return the servers of the cluster with that id of OCP's own."""
    path = f"/ob/clusters/{cluster_id}/servers"
    what = f"GET {client.url}{client.base_path}{path}"
    data = client.call("GET", path).data
    page = data.get("page") if isinstance(data, dict) else None
    listed = data.get("contents") if isinstance(data, dict) else data
    total = page.get("totalElements") if isinstance(page, dict) else None
    if isinstance(total, int) and isinstance(listed, list) and total > len(listed):
        raise errors.InvalidAnswer(
            f"{what}: it counts {total} servers and lists {len(listed)}"
        )
    found = []
    for each in roster.rows(listed, what, "contents"):
        row = roster.Row(each, what)
        status = row.name("status")
        found.append(
            roster.Server(
                ip=row.ip("ip"),
                port=row.port("port"),
                zone=row.name("zoneName"),
                status=status,
                in_service=None if status is None else status == _IN_SERVICE,
                version=row.name("version"),
                sql_port=row.maybe_port("sqlPort"),
                rpc_port=row.maybe_port("port"),
                host_id=row.maybe_id("hostId"),
            )
        )
    return roster.whole(found, what)
