# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is in the cluster, as an agent tells it (protocol/obshell.md 11)."""

from __future__ import annotations

from dataclasses import replace

from .. import errors, roster
from . import endpoints, ids, login, replies

_PATH = "/ob/info"
_IN_SERVICE = "ACTIVE"


def servers(client: endpoints.Endpoints) -> list[roster.Server]:
    """Return the servers: the agents, joined with the observers of the topology.

    A server without an agent is one too. Raises Refused where the agent that answers
    belongs to no cluster, InvalidAnswer for what does not fit together.
    """
    reply, agent = client.cluster.ask(_PATH, client.cluster.members)
    what = f"GET {agent.url}{login.PREFIX}{_PATH}"
    if reply.status != 200:
        raise replies.refusal(what, reply, agent.url)
    known = reply.data if isinstance(reply.data, dict) else {}
    scheme = "https" if agent.url.startswith("https:") else "http"
    found: dict[str, roster.Server] = {}
    for each in roster.rows(known.get("agent_info"), what, "agent_info"):
        row = roster.Row(each, what)
        one = roster.Server(
            ip=row.ip("ip"),
            port=row.port("port"),
            zone=row.name("zone"),
            identity=row.name("identity"),
            obshell_version=row.name("version"),
        )
        if one.identity == "SINGLE":
            raise errors.Refused(
                f"{agent.url} is a SINGLE agent, which belongs to no cluster; name a "
                "member"
            )
        address = ids.address(one.ip, one.port)
        if address in found:
            raise errors.InvalidAnswer(f"{what}: it lists {address} twice")
        found[address] = replace(one, obshell_url=f"{scheme}://{address}")
    for address, one in _observers(known, what).items():
        before = found.get(address)
        if before and before.zone not in (None, one.zone):
            raise errors.InvalidAnswer(
                f"{what}: {address} is in {before.zone} and in {one.zone}"
            )
        identity = before.identity if before else None
        version = before.obshell_version if before else None
        url = before.obshell_url if before else None
        found[address] = replace(
            one, identity=identity, obshell_version=version, obshell_url=url
        )
    return roster.whole(list(found.values()), what)


def _observers(known: dict[str, object], what: str) -> dict[str, roster.Server]:
    """Return the observers by the addresses of their agents."""
    info = roster.table(known.get("obcluster_info"), what, "obcluster_info")
    topology = info.get("topology", "nothing")
    if topology is None:  # the cluster is not initialised yet
        return {}
    found = {}
    for zone, members in roster.table(topology, what, "topology").items():
        for each in roster.rows(members, what, f"topology of {zone}"):
            row = roster.Row(each, what)
            status = row.name("status")
            one = roster.Server(
                ip=row.ip("svr_ip"),
                port=row.port("agent_port"),
                zone=roster.Row({"zone": zone}, what).name("zone"),
                status=status,
                in_service=None if status is None else status == _IN_SERVICE,
                version=row.name("build_version"),
                sql_port=row.maybe_port("sql_port"),
                rpc_port=row.maybe_port("svr_port"),
            )
            found[ids.address(one.ip, one.port)] = one
    return found
