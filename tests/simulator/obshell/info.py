# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an agent says of itself, and who is in the cluster (protocol 11)."""

from __future__ import annotations

from typing import Any

from . import errors, facts, identities
from .agent import Agent
from .call import Call, route
from .cluster import Cluster

_COMMITS = {
    "4.2.3.0": "424f28a40754cd79aca7e7dcaad545039c0b99b8",
    "4.3.0.0": "32187ba56f308f4791357735447938fb696bae3b",
    "4.5.0.0": "61ee14767de8b661dbbb3fbbd4fa6ae2bfb1c45b",
}


def info(call: Call) -> dict[str, Any]:
    agent, era = call.agent, call.era
    data: dict[str, Any] = {
        "pid": agent.pid,
        "state": 2,
        "startAt": agent.started_ns,
        "homePath": agent.home,
    }
    if era.since(4, 2, 4):
        data["obVersion"] = ob_version(agent)
        data["architecture"] = "x86_64"
    if agent.seekdb:
        return _seekdb_info(agent, data)
    data.update(ip=agent.ip, port=agent.port, zone=agent.zone, identity=agent.identity)
    data["version"] = agent.full_version
    if era.since(4, 2, 4):
        data["isObproxyAgent"] = False
        data["security"] = agent.agent_password is not None
        data["supportedAuth"] = ["v2"]
    return data


def _seekdb_info(agent: Agent, data: dict[str, Any]) -> dict[str, Any]:
    return {
        **data,
        "type": "seekdb",
        "ip": agent.ip,
        "port": agent.port,
        "identity": agent.identity,
        "version": agent.full_version,
        "security": False,
        "supportedAuth": ["v2"],
        "systemdUnit": "",
    }


def ob_version(agent: Agent) -> str:
    if agent.seekdb:
        return "1.3.0.0"
    cluster: Cluster | None = agent.cluster
    if cluster and agent.identity != identities.SCALING_OUT:
        return cluster.version
    return agent.installed


def secret(call: Call) -> dict[str, Any]:
    agent = call.agent
    return {"ip": agent.ip, "port": agent.port, "public_key": agent.key.public}


def time(call: Call) -> str:
    nanoseconds = int(call.agent.wall() * 1e6) * 1000
    return facts.rfc3339(nanoseconds + call.agent.random.randrange(1000))


def git_info(call: Call) -> dict[str, Any]:
    commit = _COMMITS.get(call.agent.version, "0" * 40)
    return {
        "branch": "master",
        "commitId": commit,
        "shortCommitId": commit[:7],
        "commitTime": "",
    }


def status(call: Call) -> dict[str, Any]:
    return agent_status(call.agent)


def agent_status(agent: Agent) -> dict[str, Any]:
    """`underMaintenance` is the local lock alone (12.3.4)."""
    who = {"ip": agent.ip, "port": agent.port, "identity": agent.identity}
    data: dict[str, Any] = {
        "agent": who,
        "state": 2,
        "version": agent.full_version,
        "pid": agent.pid,
        "startAt": agent.started_ns,
        "port": agent.port,
        "obState": agent.ob_state,
    }
    if agent.era.strings and agent.ob_state:
        data["sqlPort"] = agent.sql_port
    data["underMaintenance"] = agent.store.locks.whole is not None
    return data


# Who is in the cluster (section 11)


def ob_info(call: Call) -> dict[str, Any]:
    agent = call.agent
    if agent.identity == identities.UNIDENTIFIED:
        raise errors.identity_unknown(agent.identity).with_data()
    cluster = agent.cluster if agent.identity == identities.CLUSTER_AGENT else None
    agents = [
        {
            "ip": a.ip,
            "port": a.port,
            "zone": a.zone,
            "identity": a.identity,
            "version": a.full_version,
        }
        for a in agent.peers()
    ]
    known: dict[str, Any] = {"id": 0, "name": "", "version": "", "topology": None}
    if cluster:
        known = {
            "id": 1,
            "name": cluster.name,
            "version": cluster.version,
            "topology": _topology(cluster),
        }
    if agent.era.strings:
        known["is_shared_storage"] = False
    return {"agent_info": agents, "obcluster_info": known}


def _topology(cluster: Cluster) -> dict[str, Any]:
    zones: dict[str, list[dict[str, Any]]] = {}
    for at, server in enumerate(cluster.servers):
        agent = server["agent"]
        zones.setdefault(server["zone"], []).append(
            {
                "svr_ip": agent.ip,
                "svr_port": server["svr_port"],
                "sql_port": server["sql_port"],
                "agent_port": agent.port,
                "with_rootserver": "NO" if at else "YES",
                "status": "ACTIVE" if agent.ob_state == 3 else "INACTIVE",
                "build_version": server["build"],
            }
        )
    return dict(sorted(zones.items()))


def ob_agents(call: Call) -> dict[str, Any]:
    agents = [{"ip": a.ip, "port": a.port} for a in call.agent.peers()]
    return {"contents": agents}


def agents_status(call: Call) -> dict[str, Any]:
    alive = [a for a in call.agent.peers() if a.alive]
    return {a.address: agent_status(a) for a in sorted(alive, key=lambda a: a.port)}


ROUTES = [
    route("GET", "/info", info, public=True),
    route("GET", "/secret", secret, public=True),
    route("GET", "/status", status, public=True),
    route("POST", "/status", status, public=True),
    route("GET", "/time", time, public=True),
    route("GET", "/git-info", git_info, public=True),
    route("GET", "/ob/info", ob_info, flavours="ob"),
    route("GET", "/ob/agents", ob_agents, flavours="ob"),
    route("GET", "/agents/status", agents_status, flavours="ob"),
]
