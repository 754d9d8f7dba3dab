# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's lists of tasks (protocol 3.1 and 3.10)."""

from __future__ import annotations

from typing import Any

from . import database, errors, facts, identities
from .agent import Agent
from .call import Call, details, route
from .cluster import Cluster
from .dag import SUCCEED, Dag
from .store import Store
from .world import World


def _dtos(
    call: Call, pairs: list[tuple[Store, Dag]], *, full: bool
) -> list[dict[str, Any]]:
    return [facts.dag(s, d, call.era, details=full) for s, d in pairs]


def _local(agent: Agent) -> list[tuple[Store, Dag]]:
    return [(agent.store, dag) for dag in agent.store.unfinished()]


def maintain_ob(call: Call) -> dict[str, Any]:
    full = details(call)
    problem = database.problem(call.agent)
    if problem:
        raise problem
    store = _ob_store(call.agent)
    dag = store.last_maintenance()
    if dag is None:
        raise errors.task_not_found("Cluster is not under maintenance")
    return facts.dag(store, dag, call.era, details=full)


def _ob_store(agent: Agent) -> Store:
    if agent.seekdb:
        # seekdb's cluster is its agent (10.4).
        return agent.store
    cluster: Cluster | None = agent.cluster
    assert cluster is not None
    return cluster.store


def maintain_agent(call: Call) -> dict[str, Any]:
    full = details(call)
    dag = call.agent.store.last_maintenance()
    if dag is None:
        raise errors.task_not_found("Agent is not under maintenance")
    return facts.dag(call.agent.store, dag, call.era, details=full)


def maintain_agents(call: Call) -> dict[str, Any]:
    """Its own one first; peers without one are left out (3.10)."""
    full = details(call)
    own = call.agent.store.last_maintenance()
    if own is None:
        raise errors.Panic
    contents = [facts.dag(call.agent.store, own, call.era, details=full)]
    for other in call.agent.others():
        dag = other.store.last_maintenance() if other.alive else None
        if dag:
            # show_details is for itself alone; peers answer in full.
            contents.append(facts.dag(other.store, dag, call.era, details=True))
    return {"contents": contents}


def main_dags(call: Call) -> dict[str, Any]:
    full = details(call)
    if call.agent.store.last_maintenance() is None:
        raise errors.Panic
    found: dict[str, tuple[Store, Dag]] = {}
    for agent in call.agent.peers():
        last = agent.store.last_maintenance() if agent.alive else None
        if last and last.state != SUCCEED and last.main_dag_id:
            pair = _main_dag(agent.world, last.main_dag_id)
            if pair:
                found[last.main_dag_id] = pair
    return {"contents": _dtos(call, list(found.values()), full=full)}


def _main_dag(world: World, generic_id: str) -> tuple[Store, Dag] | None:
    for agent in world.agents:
        for dag in agent.store.dags:
            if agent.store.generic_id(dag.number) == generic_id:
                return agent.store, dag
    return None


def unfinish(call: Call) -> dict[str, Any]:
    """Errors on the way are only logged: it lies when the database is away (12.3.2)."""
    full, agent = details(call), call.agent
    if agent.identity in (
        identities.SCALING_OUT,
        identities.SCALING_IN,
        identities.UNIDENTIFIED,
    ):
        raise errors.identity_unknown(agent.identity)
    pairs = _local(agent)
    if agent.identity != identities.CLUSTER_AGENT:
        return {"contents": _dtos(call, pairs, full=full)}
    for other in agent.others():
        if other.alive and other.password == agent.password:
            pairs += _local(other)
    if database.problem(agent) is None:
        store = _ob_store(agent)
        pairs += [(store, dag) for dag in store.unfinished()]
    contents = _dtos(call, pairs, full=full)
    return {"contents": contents if contents or agent.seekdb else None}


def ob_unfinish(call: Call) -> dict[str, Any]:
    full = details(call)
    store = _readable_ob_store(call, "cluster unfinished dags", data=True)
    pairs = [(store, dag) for dag in store.unfinished()]
    return {"contents": _dtos(call, pairs, full=full)}


def _readable_ob_store(call: Call, what: str, *, data: bool = False) -> Store:
    agent = call.agent
    if agent.identity not in (identities.CLUSTER_AGENT, identities.SCALING_IN):
        raise errors.no_response_body(what)
    problem = database.problem(agent)
    if problem:
        raise problem.with_data({"contents": None}) if data else problem
    return _ob_store(agent)


def agent_unfinish(call: Call) -> dict[str, Any]:
    return {"contents": _dtos(call, _local(call.agent), full=details(call))}


def dags_ob(call: Call) -> dict[str, Any]:
    full = _list_details(call)
    store = _readable_ob_store(call, "all cluster dags")
    return {"contents": _dtos(call, [(store, d) for d in store.dags], full=full)}


def dags_agent(call: Call) -> dict[str, Any]:
    full, store = _list_details(call), call.agent.store
    return {"contents": _dtos(call, [(store, d) for d in store.dags], full=full)}


def _list_details(call: Call) -> bool:
    return details(call) or not call.era.since(4, 3, 2)


ROUTES = [
    route("GET", "/task/dag/maintain/ob", maintain_ob),
    route("GET", "/task/dag/maintain/agent", maintain_agent),
    route("GET", "/task/dag/maintain/agents", maintain_agents, flavours="ob"),
    route("GET", "/task/dag/unfinish", unfinish),
    route("GET", "/task/dag/ob/unfinish", ob_unfinish),
    route("GET", "/task/dag/agent/unfinish", agent_unfinish),
    route("GET", "/task/dags/ob", dags_ob, since=(4, 3, 0)),
    route("GET", "/task/dags/agent", dags_agent, since=(4, 3, 0)),
    route(
        "GET", "/task/dag/agent/main_dags", main_dags, since=(4, 3, 0), flavours="ob"
    ),
]
