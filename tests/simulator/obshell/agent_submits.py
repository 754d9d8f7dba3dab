# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's routes that start tasks of agents, and of their observers (protocol 5).

Each returns the new DAG, or 204.
"""

from __future__ import annotations

from typing import Any, Dict

from . import agent_tasks as tasks
from . import crypto, errors, identities, params
from . import start_stop as observers
from .agent import Agent
from .call import NO_CONTENT, Call, body_of, route
from .cluster import Cluster
from .starting import started

Json = Dict[str, Any]


def join(call: Call) -> Json:
    values, agent = body_of(call), call.agent
    info = params.lower(values.get("agentinfo"))
    lacks = params.lacks(info, "JoinApiParam.AgentInfo", "Ip", "Port")
    params.check(*lacks, *params.lacks(values, "JoinApiParam", "ZoneName"))
    ip, port = str(info["ip"]), int(info["port"])
    holder = agent.store.locks.whole
    if holder is not None:
        raise errors.agent_locked(agent.address, "Join to master", call.era)
    if agent.identity != identities.SINGLE:
        raise errors.not_single_agent(agent.address, agent.identity, code=1000)
    zone = str(values["zonename"])
    if (ip, port) == (agent.ip, agent.port):
        return started(call, agent.store, tasks.join_self(agent, zone))
    master = agent.world.agent_at(ip, port)
    if master is None or not master.alive:
        raise errors.rpc_failed(f"{ip}:{port}")
    return started(call, agent.store, tasks.join_master(agent, master, zone))


def remove(call: Call) -> Any:
    values, agent = body_of(call), call.agent
    params.check(*params.lacks(values, "AgentInfo", "Ip", "Port"))
    if agent.identity == identities.SINGLE:
        return NO_CONTENT if call.era.lists else errors.ABSENT
    if agent.identity not in (identities.MASTER, identities.FOLLOWER):
        raise errors.wrong_identity(
            agent.address,
            agent.identity,
            "MASTER or FOLLOWER",
            (400, 1000, f"Bad request: {agent.address} is not master or follower"),
        )
    target = agent.world.agent_at(str(values["ip"]), int(values["port"]))
    if target not in agent.peers():
        return NO_CONTENT
    if target is agent:
        return started(call, agent.store, tasks.remove_all(agent))
    assert target is not None
    return started(call, agent.store, tasks.remove_follower(agent, target))


def cluster_config(call: Call) -> Json:
    values, agent = body_of(call), call.agent
    cluster_id = values.get("clusterid")
    if not isinstance(cluster_id, int) or cluster_id <= 0:
        raise errors.Problem("OB.Cluster.Id.Invalid", 400, "Cluster ID is invalid")
    if not values.get("clustername"):
        raise errors.required("ObClusterConfigParams", "ClusterName")
    _require_master(agent)
    config: Json = {"clusterId": cluster_id, "clusterName": values["clustername"]}
    if values.get("rootpwd") is not None:
        config["rootPwd"] = _root_password(agent, str(values["rootpwd"]))
    return started(call, agent.store, tasks.cluster_config(agent, config))


def _root_password(agent: Agent, text: str) -> str:
    """Encrypted once more for versions before 4.2.4, which take nothing else (2.6)."""
    try:
        return agent.key.decrypt(text).decode()
    except (crypto.DecryptError, UnicodeDecodeError):
        if not agent.era.since(4, 2, 4):
            words = "illegal base64 data at input byte 4"
            raise errors.Problem("Common.Unexpected", 500, words) from None
        return text


def _require_master(agent: Agent) -> None:
    if agent.identity == identities.MASTER:
        return
    old = (400, 1000, f"Bad request: {agent.address} is not master agent")
    raise errors.wrong_identity(agent.address, agent.identity, "MASTER", old)


def observer_config(call: Call) -> Json:
    values, agent = body_of(call), call.agent
    config = values.get("observerconfig")
    if config is None:
        raise errors.required("ObServerConfigParams", "ObServerConfig")
    if not config:
        raise errors.Problem(
            "Common.IllegalArgument",
            400,
            "The input parameter 'observerConfig' is illegal: config is empty",
            old=(400, 1001, "Illegal argument: config is empty"),
        )
    _require_master(agent)
    known = {str(k): str(v) for k, v in config.items()}
    return started(call, agent.store, tasks.observer_config(agent, known))


def init(call: Call) -> Json:
    agent = call.agent
    if agent.identity == identities.CLUSTER_AGENT:
        raise errors.Problem(
            "OB.Cluster.AlreadyInitialized",
            400,
            "Cluster has already been initialized",
        )
    _require_master(agent)

    def found(master: Agent) -> Cluster:
        name = str(master.cluster_config.get("clusterName", "obcluster"))
        return Cluster(master.world, name, master.password or "")

    fails = agent.start_fails
    scenario = tasks.init(agent, found=found, start_fails=fails)
    return started(call, agent.store, scenario)


def start_ob(call: Call) -> Json:
    agent, values = call.agent, body_of(call)
    _require_observer(call)
    targets, whole = _scope(call, values)
    fails = [a.address for a in targets if 1 in a.start_fails]
    scenario = observers.start_ob(agent, targets, whole_zones=whole, fails=fails)
    return started(call, agent.store, scenario)


def stop_ob(call: Call) -> Json:
    agent, values = call.agent, body_of(call)
    _require_observer(call)
    targets, _whole = _scope(call, values)
    force = bool(values.get("force") or values.get("terminate"))
    if len(targets) == len(agent.peers()) and not force:
        problem = errors.Problem(
            "OB.Cluster.ForceStopOrTerminateRequired",
            400,
            "Cannot stop all observers without 'force' and 'terminate'",
        )
        raise problem.with_data()
    scenario = observers.stop_ob(agent, targets, force=force)
    return started(call, agent.store, scenario)


def _require_observer(call: Call) -> None:
    if call.agent.cluster is None:
        raise errors.Problem(
            "OB.Cluster.NotInitialized", 400, "Cluster has not been initialized"
        )


def _scope(call: Call, values: Json) -> tuple[list[Agent], bool]:
    """The agents that a request names, and whether it names whole zones."""
    scope = values.get("scope") or {}
    kind = str(scope.get("type", "")).upper()
    names = [str(name) for name in scope.get("target") or []]
    peers = call.agent.peers()
    if kind == "GLOBAL":
        return peers, True
    if kind == "ZONE":
        return [a for a in peers if a.zone in names], True
    if kind == "SERVER":
        for name in names:
            if name not in [a.address for a in peers]:
                text = f"Server '{name}' does not exist"
                raise errors.Problem("Agent.NotExist", 400, text)
        return [a for a in peers if a.address in names], False
    text = f"Scope type '{scope.get('type', '')}' is invalid"
    raise errors.Problem("Common.IllegalArgument", 400, text)


_OB = "ob"
ROUTES = [
    route("POST", "/agent/join", join, flavours=_OB),
    route("POST", "/agent", join, flavours=_OB),
    route("POST", "/agent/remove", remove, flavours=_OB),
    route("DELETE", "/agent", remove, flavours=_OB),
    route("POST", "/obcluster/config", cluster_config, flavours=_OB),
    route("PUT", "/obcluster/config", cluster_config, flavours=_OB),
    route("POST", "/observer/config", observer_config, flavours=_OB),
    route("PUT", "/observer/config", observer_config, flavours=_OB),
    route("POST", "/ob/init", init, flavours=_OB),
    route("POST", "/ob/start", start_ob, flavours=_OB),
    route("POST", "/ob/stop", stop_ob, flavours=_OB),
]
