# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's routes that start tasks of a cluster (protocol 5).

Each returns the new DAG, or 204.
"""

from __future__ import annotations

from typing import Any, Dict

from . import auth_errors, database, errors, identities, params
from . import cluster_tasks as tasks
from . import scale_out as scaling
from .agent import Agent
from .call import NO_CONTENT, Call, body_of, route
from .cluster import Cluster
from .starting import started

Json = Dict[str, Any]


def of_cluster(call: Call, *, data: bool = False) -> Cluster:
    """The cluster whose task this is, or why there is none."""
    agent = call.agent
    cluster: Cluster | None = agent.cluster
    if agent.identity != identities.CLUSTER_AGENT or cluster is None:
        problem = errors.not_cluster_agent(agent.address, agent.identity)
        raise problem.with_data() if data else problem
    unavailable = database.problem(agent)
    if unavailable:
        raise unavailable.with_data() if data else unavailable
    return cluster


def scale_out(call: Call) -> Json:
    values = body_of(call)
    info = params.lower(values.get("agentinfo"))
    struct = "ClusterScaleOutParam.ScaleOutParam"
    lacks = params.lacks(info, f"{struct}.AgentInfo", "Ip", "Port")
    params.check(*lacks, *params.lacks(values, struct, "Zone", "ObConfigs"))
    ip, port = str(info["ip"]), int(info["port"])
    if call.agent.identity != identities.CLUSTER_AGENT:
        of_cluster(call, data=True)
    target = call.agent.world.agent_at(ip, port)
    if target is None or not target.alive:
        raise errors.rpc_failed(f"{ip}:{port}").with_data()
    cluster = of_cluster(call, data=True)
    if target.identity != identities.SINGLE:
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
    return started(call, cluster.store, scenario)


def _check_target_password(target: Agent, given: Any) -> None:
    if target.agent_password is not None and given != target.agent_password:
        target.failed_logins += 1
        raise auth_errors.wrong_agent_password().with_data()


def scale_in(call: Call) -> Any:
    values = body_of(call)
    info = params.lower(values.get("agent_info"))
    params.check(*params.lacks(info, "ClusterScaleInParam.AgentInfo", "Ip", "Port"))
    cluster = of_cluster(call)
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
    return started(call, cluster.store, scenario)


def delete_zone(call: Call) -> Any:
    zone = call.args[0]
    cluster = of_cluster(call)
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
    return started(call, cluster.store, tasks.delete_zone(cluster, zone))


def create_tenant(call: Call) -> Json:
    values = body_of(call)
    names = {"name": values.get("name"), "zonelist": values.get("zone_list")}
    params.check(*params.lacks(names, "CreateTenantParam", "Name", "ZoneList"))
    cluster = of_cluster(call, data=True)
    name = str(values["name"])
    if name in cluster.tenants:  # by obshell's source, never recorded
        text = f"Tenant '{name}' already exists"
        raise errors.Problem("OB.Tenant.Existed", 400, text).with_data()
    cluster.asked_for = values
    scenario = tasks.create_tenant(
        cluster,
        name,
        locality=", ".join(_replica(zone) for zone in values["zone_list"]),
        fails=cluster.tenant_fails,
    )
    return started(call, cluster.store, scenario)


def _replica(zone: Json) -> str:
    return f"{zone.get('replica_type') or 'FULL'}{{1}}@{zone['name']}"


def drop_tenant(call: Call) -> Any:
    cluster, name = of_cluster(call), call.args[0]
    if name not in cluster.tenants:
        return NO_CONTENT
    recycled = body_of(call).get("need_recycle")
    scenario = tasks.recycle_tenant if recycled else tasks.drop_tenant
    return started(call, cluster.store, scenario(cluster, name))


def obcluster_info(call: Call) -> Json:
    """Its tenants as recorded; what the zones are used for is left out.

    While its observer is down an agent answers 200 and knows no tenants.
    """
    agent, cluster = call.agent, call.agent.cluster
    if agent.identity != identities.CLUSTER_AGENT or cluster is None:
        raise errors.not_cluster_agent(agent.address, agent.identity)
    is_up = agent.ob_state == 3
    tenants = [
        {
            "tenant_name": name,
            "tenant_id": 1 if name == "sys" else 1000 + 2 * at,
            "created_time": "2026-11-21T18:19:02.843072Z",
            "mode": "MYSQL",
            "status": "NORMAL",
            "locked": "NO",
            "primary_zone": "RANDOM",
            "locality": locality,
            "in_recyclebin": "NO",
            "pools": [],
        }
        for at, (name, locality) in enumerate(cluster.tenants.items())
    ]
    return {
        "cluster_name": cluster.name,
        "cluster_id": 1,
        "status": "AVAILABLE" if is_up else "NOT RUNNING",
        "ob_version": cluster.version if is_up else "",
        "tenants": tenants if is_up else None,
        "tenant_stats": None,
    }


_OB = "ob"
ROUTES = [
    route("POST", "/ob/scale_out", scale_out, flavours=_OB),
    route("POST", "/ob/scale_in", scale_in, since=(4, 2, 5), flavours=_OB),
    route("DELETE", "/observer", scale_in, since=(4, 2, 5), flavours=_OB),
    route("DELETE", "/zone/:name", delete_zone, since=(4, 3, 0), flavours=_OB),
    route("GET", "/obcluster/info", obcluster_info, since=(4, 3, 0), flavours=_OB),
    route("POST", "/tenant", create_tenant, since=(4, 3, 0), flavours=_OB),
    route("DELETE", "/tenant/:name", drop_tenant, since=(4, 3, 0), flavours=_OB),
]
