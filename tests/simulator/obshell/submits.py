# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's routes that start tasks (protocol 5); each returns the new DAG, or 204."""

from __future__ import annotations

from typing import Any, Dict

from . import agent_tasks as agents
from . import cluster_tasks as tasks
from . import crypto, engine, errors, facts, routes
from . import scale_out as scaling
from . import start_stop as observers
from . import world as worlds
from .routes import body_of, route
from .service import NO_CONTENT, Call

Json = Dict[str, Any]


def start(
    store: engine.Store, scenario: engine.Scenario, era: errors.Era
) -> engine.Dag:
    """Create a task unless a lock forbids it; plans what `then` says."""
    holder = store.lock_holder(scenario)
    if holder is not None:
        raise _locked(store, scenario, holder, era)
    world: worlds.World = store.owner.world
    dag = store.create(scenario, world.now)
    for seconds, operator in scenario.then:
        _plan(world, store, dag, operator, world.now + seconds, era)
    return dag


def _plan(
    world: worlds.World,
    store: engine.Store,
    dag: engine.Dag,
    operator: str,
    moment: float,
    era: errors.Era,
) -> None:
    def act() -> None:
        try:
            routes.apply(world, store, dag, operator, era)
        except errors.Problem:
            _plan(world, store, dag, operator, world.now + 1, era)

    world.at(moment, act)


def _locked(
    store: engine.Store,
    scenario: engine.Scenario,
    holder: engine.Dag,
    era: errors.Era,
) -> errors.Problem:
    if not store.in_database:
        return errors.agent_locked(store.owner.address, scenario.name, era).with_data()
    if scenario.maintenance == engine.TENANT and holder is not store.lock:
        return errors.tenant_locked(scenario.key, scenario.name).with_data()
    return errors.cluster_locked(scenario.name, holder.name, era).with_data()


def _started(call: Call, store: engine.Store, scenario: engine.Scenario) -> Json:
    dag = start(store, scenario, call.era)
    return facts.dag(store, dag, call.era, details=False, created=True)


def _cluster(call: Call, *, data: bool = False) -> worlds.Cluster:
    """The cluster whose task this is, or why there is none."""
    agent = call.agent
    if agent.identity != worlds.CLUSTER_AGENT or agent.cluster is None:
        problem = errors.not_cluster_agent(agent.address, agent.identity)
        raise problem.with_data() if data else problem
    unavailable = agent.database_problem()
    if unavailable:
        raise unavailable.with_data() if data else unavailable
    return agent.cluster


def _lower(values: Any) -> Json:
    known = values.items() if isinstance(values, dict) else ()
    return {str(key).lower(): value for key, value in known}


def _lacks(values: Json, struct: str, *names: str) -> list[str]:
    """What Go's validator says of the fields that are not there."""
    return [
        f"Key: '{struct}.{name}' Error:Field validation for '{name}' failed on the "
        "'required' tag"
        for name in names
        if values.get(name.lower()) in (None, "", 0)
    ]


def _check(*lines: str) -> None:
    if lines:
        raise errors.bind_failed("\n".join(lines))


# Tasks of a cluster


def scale_out(call: Call) -> Json:
    values = body_of(call)
    info = _lower(values.get("agentinfo"))
    struct = "ClusterScaleOutParam.ScaleOutParam"
    lacks = _lacks(info, f"{struct}.AgentInfo", "Ip", "Port")
    _check(*lacks, *_lacks(values, struct, "Zone", "ObConfigs"))
    ip, port = str(info["ip"]), int(info["port"])
    if call.agent.identity != worlds.CLUSTER_AGENT:
        _cluster(call, data=True)
    target = call.agent.world.agent_at(ip, port)
    if target is None or not target.alive:
        raise errors.rpc_failed(f"{ip}:{port}").with_data()
    cluster = _cluster(call, data=True)
    if target.identity != worlds.SINGLE:
        problem = errors.not_single_agent(target.address, target.identity)
        raise problem.with_data()
    _check_target_password(target, values.get("targetagentpassword"))
    scenario = scaling.scale_out(
        cluster,
        target,
        zone=str(values["zone"]),
        config={k: str(v) for k, v in values["obconfigs"].items()},
        start_fails=target.start_fails,
    )
    return _started(call, cluster.store, scenario)


def _check_target_password(target: worlds.Agent, given: Any) -> None:
    if target.agent_password is not None and given != target.agent_password:
        target.failed_logins += 1
        raise errors.wrong_agent_password().with_data()


def scale_in(call: Call) -> Any:
    values = body_of(call)
    info = _lower(values.get("agent_info"))
    _check(*_lacks(info, "ClusterScaleInParam.AgentInfo", "Ip", "Port"))
    cluster = _cluster(call)
    target = call.agent.world.agent_at(str(info["ip"]), int(info["port"]))
    if target is None or target not in cluster.agents:
        return NO_CONTENT
    if target is call.agent:
        raise errors.Problem(
            "OB.Server.DeleteSelf",
            400,
            f"The current agent is '{target.address}', please initiate the request "
            "through another agent",
        )
    scenario = tasks.scale_in(cluster, target, fails=target.delete_fails)
    return _started(call, cluster.store, scenario)


def delete_zone(call: Call) -> Any:
    zone = call.args[0]
    cluster = _cluster(call)
    if zone not in cluster.zones:
        return NO_CONTENT
    if zone == call.agent.zone:
        problem = errors.Problem(
            "OB.Zone.DeleteSelf",
            400,
            f"The current agent is in '{zone}', please initiate the request through "
            "another agent",
        )
        raise problem.with_data()
    return _started(call, cluster.store, tasks.delete_zone(cluster, zone))


def create_tenant(call: Call) -> Json:
    values = body_of(call)
    names = {"name": values.get("name"), "zonelist": values.get("zone_list")}
    _check(*_lacks(names, "CreateTenantParam", "Name", "ZoneList"))
    cluster = _cluster(call, data=True)
    name = str(values["name"])
    scenario = tasks.create_tenant(cluster, name, fails=cluster.tenant_fails)
    return _started(call, cluster.store, scenario)


def drop_tenant(call: Call) -> Any:
    cluster, name = _cluster(call), call.args[0]
    if name not in cluster.tenants:
        return NO_CONTENT
    return _started(call, cluster.store, tasks.drop_tenant(cluster, name))


# Tasks of agents


def join(call: Call) -> Json:
    values, agent = body_of(call), call.agent
    info = _lower(values.get("agentinfo"))
    lacks = _lacks(info, "JoinApiParam.AgentInfo", "Ip", "Port")
    _check(*lacks, *_lacks(values, "JoinApiParam", "ZoneName"))
    ip, port = str(info["ip"]), int(info["port"])
    holder = agent.store.lock
    if holder is not None:
        raise errors.agent_locked(agent.address, "Join to master", call.era)
    if agent.identity != worlds.SINGLE:
        raise errors.not_single_agent(agent.address, agent.identity, code=1000)
    zone = str(values["zonename"])
    if (ip, port) == (agent.ip, agent.port):
        return _started(call, agent.store, agents.join_self(agent, zone))
    master = agent.world.agent_at(ip, port)
    if master is None or not master.alive:
        raise errors.rpc_failed(f"{ip}:{port}")
    return _started(call, agent.store, agents.join_master(agent, master, zone))


def remove(call: Call) -> Any:
    values, agent = body_of(call), call.agent
    _check(*_lacks(values, "AgentInfo", "Ip", "Port"))
    if agent.identity == worlds.SINGLE:
        return NO_CONTENT if call.era.lists else errors.ABSENT
    if agent.identity not in (worlds.MASTER, worlds.FOLLOWER):
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
        return _started(call, agent.store, agents.remove_all(agent))
    assert target is not None
    return _started(call, agent.store, agents.remove_follower(agent, target))


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
    return _started(call, agent.store, agents.cluster_config(agent, config))


def _root_password(agent: worlds.Agent, text: str) -> str:
    """Encrypted once more by clients of versions before 4.2.4 (2.6)."""
    try:
        return agent.key.decrypt(text).decode()
    except (crypto.DecryptError, UnicodeDecodeError):
        return text


def _require_master(agent: worlds.Agent) -> None:
    if agent.identity == worlds.MASTER:
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
    return _started(call, agent.store, agents.observer_config(agent, known))


def init(call: Call) -> Json:
    agent = call.agent
    if agent.identity == worlds.CLUSTER_AGENT:
        raise errors.Problem(
            "OB.Cluster.AlreadyInitialized",
            400,
            "Cluster has already been initialized",
        )
    _require_master(agent)

    def found(master: worlds.Agent) -> worlds.Cluster:
        name = str(master.cluster_config.get("clusterName", "obcluster"))
        return worlds.Cluster(master.world, name, master.password or "")

    fails = agent.start_fails
    scenario = agents.init(agent, found=found, start_fails=fails)
    return _started(call, agent.store, scenario)


def start_ob(call: Call) -> Json:
    agent, values = call.agent, body_of(call)
    _require_observer(call)
    targets, whole = _scope(call, values)
    fails = [a.address for a in targets if 1 in a.start_fails]
    scenario = observers.start_ob(agent, targets, whole_zones=whole, fails=fails)
    return _started(call, agent.store, scenario)


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
    return _started(call, agent.store, scenario)


def _require_observer(call: Call) -> None:
    if call.agent.cluster is None:
        raise errors.Problem(
            "OB.Cluster.NotInitialized", 400, "Cluster has not been initialized"
        )


def _scope(call: Call, values: Json) -> tuple[list[worlds.Agent], bool]:
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
    route("POST", "/ob/scale_out", scale_out, flavours=_OB),
    route("POST", "/ob/scale_in", scale_in, since=(4, 2, 5), flavours=_OB),
    route("DELETE", "/observer", scale_in, since=(4, 2, 5), flavours=_OB),
    route("DELETE", "/zone/:name", delete_zone, since=(4, 3, 0), flavours=_OB),
    route("POST", "/tenant", create_tenant, since=(4, 3, 0), flavours=_OB),
    route("DELETE", "/tenant/:name", drop_tenant, since=(4, 3, 0), flavours=_OB),
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
