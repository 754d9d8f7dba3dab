# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's routes that read, and those that operate on tasks (protocol 3.1)."""

from __future__ import annotations

import json
import re
from typing import Any

from . import auth, engine, errors, facts
from . import world as worlds
from .service import PREFIX, Call, Handler, Route

ABSENT = errors.ABSENT
_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")
_COMMITS = {
    "4.2.3.0": "424f28a40754cd79aca7e7dcaad545039c0b99b8",
    "4.3.0.0": "32187ba56f308f4791357735447938fb696bae3b",
    "4.5.0.0": "61ee14767de8b661dbbb3fbbd4fa6ae2bfb1c45b",
}
_OPERATORS = ("rollback", "retry", "cancel", "pass")


def route(
    method: str,
    path: str,
    handler: Handler,
    *,
    since: tuple[int, ...] = (),
    public: bool = False,
    flavours: str = "ob seekdb",
) -> Route:
    """A path with `:name` for one segment."""
    regex = re.sub(r":\w+", r"([^/]+)", PREFIX + path)
    pattern = re.compile(f"^{regex}$")
    return Route(method, pattern, handler, since, public, flavours)


# Public routes


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
    data["version"] = f"{agent.version}-0"
    if era.since(4, 2, 4):
        data["isObproxyAgent"] = False
        data["security"] = agent.agent_password is not None
        data["supportedAuth"] = ["v2"]
    return data


def _seekdb_info(agent: worlds.Agent, data: dict[str, Any]) -> dict[str, Any]:
    return {
        **data,
        "type": "seekdb",
        "ip": agent.ip,
        "port": agent.port,
        "identity": agent.identity,
        "version": f"{agent.version}-0",
        "security": False,
        "supportedAuth": ["v2"],
        "systemdUnit": "",
    }


def ob_version(agent: worlds.Agent) -> str:
    if agent.seekdb:
        return "1.3.0.0"
    if agent.cluster and agent.identity != worlds.SCALING_OUT:
        return agent.cluster.version
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


def agent_status(agent: worlds.Agent) -> dict[str, Any]:
    """`underMaintenance` is the local lock alone (12.3.4)."""
    who = {"ip": agent.ip, "port": agent.port, "identity": agent.identity}
    data: dict[str, Any] = {
        "agent": who,
        "state": 2,
        "version": f"{agent.version}-0",
        "pid": agent.pid,
        "startAt": agent.started_ns,
        "port": agent.port,
        "obState": agent.ob_state,
    }
    if agent.era.strings and agent.ob_state:
        data["sqlPort"] = agent.sql_port
    data["underMaintenance"] = agent.store.lock is not None
    return data


# Who is in the cluster (section 11)


def ob_info(call: Call) -> dict[str, Any]:
    agent = call.agent
    if agent.identity == worlds.UNIDENTIFIED:
        raise errors.identity_unknown(agent.identity).with_data()
    cluster = agent.cluster if agent.identity == worlds.CLUSTER_AGENT else None
    agents = [
        {
            "ip": a.ip,
            "port": a.port,
            "zone": a.zone,
            "identity": a.identity,
            "version": f"{a.version}-0",
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


def _topology(cluster: worlds.Cluster) -> dict[str, Any]:
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
                "build_version": f"{cluster.version}_103000092025080818",
            }
        )
    return dict(sorted(zones.items()))


def ob_agents(call: Call) -> dict[str, Any]:
    agents = [{"ip": a.ip, "port": a.port} for a in call.agent.peers()]
    return {"contents": agents}


def agents_status(call: Call) -> dict[str, Any]:
    alive = [a for a in call.agent.peers() if a.alive]
    return {a.address: agent_status(a) for a in sorted(alive, key=lambda a: a.port)}


# Ids (3.2)


def parse_id(call: Call, text: str) -> tuple[str, tuple[str, int] | None, int]:
    """First digit, address of a local id, and the number."""
    kind = text[:1]
    if kind == "1":
        if len(text) < 2:
            raise errors.invalid_id(text)
        return kind, None, _number(text, text[1:])
    if kind == "2" or (kind == "4" and _has_obproxy(call)):
        return _local_id(text, 16, ipv6=False)
    if kind == "3" or (kind == "5" and _has_obproxy(call)):
        return _local_id(text, 45, ipv6=True)
    raise errors.invalid_id(text, "invalid generic id")


def _has_obproxy(call: Call) -> bool:
    return call.era.since(4, 2, 6) and not call.agent.seekdb


def _local_id(
    text: str, shortest: int, *, ipv6: bool
) -> tuple[str, tuple[str, int] | None, int]:
    if len(text) <= shortest:
        raise errors.invalid_id(text)
    end = shortest - 5
    if not text[1:end].isdigit():
        old = f"convert id '{text}' to bigInt failed"
        raise errors.invalid_id(text, "convert id to bigInt failed", old=old)
    number = int(text[1:end])
    if (not ipv6 and number >= 1 << 32) or (ipv6 and not 1 << 120 <= number < 1 << 128):
        old = f"convert id '{text}' to ip failed"
        raise errors.invalid_id(text, "convert id to ip failed", old=old)
    if ipv6:
        groups = f"{number:032x}"
        ip = "[" + ":".join(groups[at : at + 4] for at in range(0, 32, 4)) + "]"
    else:
        ip = ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
    port = _number(text, text[end:shortest])
    return text[0], (ip, port), _number(text, text[shortest:])


def _number(text: str, digits: str) -> int:
    if not re.match(r"^[+-]?\d+$", digits) or int(digits) >= 1 << 63:
        why = f'strconv.ParseInt: parsing "{digits}": invalid syntax'
        raise errors.invalid_id(text, why, old=f"parse id failed: {why}")
    return int(digits)


def locate(call: Call, *, asks_others: bool = False) -> tuple[engine.Store, int]:
    """The store of the id in the path, and its number there; may forward."""
    kind, address, number = parse_id(call, call.args[0])
    agent = call.agent
    if kind == "1":
        if agent.seekdb:
            raise errors.task_not_found()
        return _cluster_store(call, asks_others=asks_others), number
    if kind in ("4", "5"):
        raise errors.task_not_found("dag id not match")
    assert address is not None
    if address == (agent.ip, agent.port):
        return agent.store, number
    if agent.seekdb:
        raise errors.Problem("Task.NotFound", 404, "Task not found")
    other = agent.world.agent_at(*address)
    if other is None or not other.alive:
        where = f"{address[0]}:{address[1]}"
        raise errors.refused(call.request.method, where, call.request.target)
    raise errors.Raw(other.service.forwarded(call, call.request))


def _cluster_store(call: Call, *, asks_others: bool) -> engine.Store:
    agent, cluster = call.agent, call.agent.cluster
    problem = agent.database_problem()
    if problem is None:
        assert cluster is not None
        return cluster.store
    scaling_out = agent.identity == worlds.SCALING_OUT
    if cluster and agent.era.lists and (scaling_out or asks_others):
        for other in cluster.agents:
            if other is not agent and other.alive and not other.database_problem():
                raise errors.Raw(other.service.forwarded(call, call.request))
        if asks_others and not scaling_out:
            # The agents ask each other without end (12.3.1).
            cluster.storms += 1
    raise errors.as_task_not_found(problem)


# Tasks


def details(call: Call) -> bool:
    """show_details as Go's ParseBool reads it; rubbish kills the handler (3.1)."""
    values = call.request.query.get("show_details")
    if values is None:
        return True
    if values[0] in _TRUE:
        return True
    if values[0] in _FALSE or values[0] == "":
        return False
    raise errors.Panic


def get_dag(call: Call) -> dict[str, Any]:
    full = details(call)
    store, number = locate(call, asks_others=True)
    dag = store.find(number)
    if dag is None:
        raise errors.task_not_found()
    return facts.dag(store, dag, call.era, details=full)


def get_node(call: Call) -> dict[str, Any]:
    if not details(call):
        raise errors.Panic
    store, number = locate(call)
    found = store.find_node(number)
    if found is None:
        raise errors.task_not_found()
    return facts.node(store, found[1])


def get_sub_task(call: Call) -> dict[str, Any]:
    store, number = locate(call)
    sub_task = store.find_sub_task(number)
    if sub_task is None:
        raise errors.task_not_found()
    return facts.sub_task(store, sub_task)


def get_logs(call: Call) -> dict[str, Any]:
    """An unknown sub-task has no lines; it is no error (10.1.5)."""
    problem = call.agent.database_problem()
    if call.args[0][:1] == "1" and len(call.args[0]) > 1 and problem:
        raise problem
    store, number = locate(call)
    sub_task = store.find_sub_task(number)
    return {"contents": facts.logs(store, sub_task) if sub_task else []}


def _dtos(
    call: Call, pairs: list[tuple[engine.Store, engine.Dag]], *, full: bool
) -> list[dict[str, Any]]:
    return [facts.dag(s, d, call.era, details=full) for s, d in pairs]


def _local(agent: worlds.Agent) -> list[tuple[engine.Store, engine.Dag]]:
    return [(agent.store, dag) for dag in agent.store.unfinished()]


def maintain_ob(call: Call) -> dict[str, Any]:
    full = details(call)
    problem = call.agent.database_problem()
    if problem:
        raise problem
    store = _ob_store(call.agent)
    dag = store.last_maintenance()
    if dag is None:
        raise errors.task_not_found("Cluster is not under maintenance")
    return facts.dag(store, dag, call.era, details=full)


def _ob_store(agent: worlds.Agent) -> engine.Store:
    if agent.seekdb:
        # seekdb's cluster is its agent (10.4).
        return agent.store
    assert agent.cluster is not None
    return agent.cluster.store


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
    found: dict[str, tuple[engine.Store, engine.Dag]] = {}
    for agent in call.agent.peers():
        last = agent.store.last_maintenance() if agent.alive else None
        if last and last.state != engine.SUCCEED and last.main_dag_id:
            pair = _main_dag(agent.world, last.main_dag_id)
            if pair:
                found[last.main_dag_id] = pair
    return {"contents": _dtos(call, list(found.values()), full=full)}


def _main_dag(
    world: worlds.World, generic_id: str
) -> tuple[engine.Store, engine.Dag] | None:
    for agent in world.agents:
        for dag in agent.store.dags:
            if agent.store.generic_id(dag.number) == generic_id:
                return agent.store, dag
    return None


def unfinish(call: Call) -> dict[str, Any]:
    """Errors on the way are only logged: it lies when the database is away (12.3.2)."""
    full, agent = details(call), call.agent
    if agent.identity in (worlds.SCALING_OUT, worlds.SCALING_IN, worlds.UNIDENTIFIED):
        raise errors.identity_unknown(agent.identity)
    pairs = _local(agent)
    if agent.identity != worlds.CLUSTER_AGENT:
        return {"contents": _dtos(call, pairs, full=full)}
    for other in agent.others():
        if other.alive and other.password == agent.password:
            pairs += _local(other)
    if agent.database_problem() is None:
        store = _ob_store(agent)
        pairs += [(store, dag) for dag in store.unfinished()]
    contents = _dtos(call, pairs, full=full)
    return {"contents": contents if contents or agent.seekdb else None}


def ob_unfinish(call: Call) -> dict[str, Any]:
    full = details(call)
    store = _readable_ob_store(call, "cluster unfinished dags", data=True)
    pairs = [(store, dag) for dag in store.unfinished()]
    return {"contents": _dtos(call, pairs, full=full)}


def _readable_ob_store(call: Call, what: str, *, data: bool = False) -> engine.Store:
    agent = call.agent
    if agent.identity not in (worlds.CLUSTER_AGENT, worlds.SCALING_IN):
        raise errors.no_response_body(what)
    problem = agent.database_problem()
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


# Operators (3.5, 3.6)


def body_of(call: Call) -> dict[str, Any]:
    """The body as an object with keys in lower case, as Go matches them."""
    if not call.request.body and not call.era.lists:
        raise errors.bind_failed("EOF")
    try:
        values = json.loads(call.body)
    except ValueError:
        char = call.body[:1].decode("latin-1")
        raise errors.bind_failed(
            f"invalid character '{char}' looking for beginning of value"
        ) from None
    if not isinstance(values, dict):
        raise errors.bind_failed("json: cannot unmarshal into Go value of type param")
    return {key.lower(): value for key, value in values.items()}


def operate_dag(call: Call) -> Any:
    word = _operator(call, "DagOperator")
    store, number = locate(call)
    dag = store.find(number)
    if dag is None:
        raise errors.task_not_found()
    if word not in _OPERATORS:
        raise errors.unknown_operator("Dag", word)
    apply(call.agent.world, store, dag, word, call.era)
    return ABSENT


def _operator(call: Call, struct: str) -> str:
    word = body_of(call).get("operator")
    if not word or not isinstance(word, str):
        raise errors.required(struct, "Operator")
    return word.lower()


def apply(
    world: worlds.World,
    store: engine.Store,
    dag: engine.Dag,
    operator: str,
    era: errors.Era,
) -> None:
    """Do it or raise why not."""
    check_allowed(dag, operator, era)
    if operator in ("retry", "rollback") and not store.holds_lock(dag):
        holder = store.lock_holder(dag.scenario)
        if holder is not None:
            raise _lock_lost(store, dag)
    if operator == "pass":
        store.pass_dag(dag, world.now)
        if not era.since(4, 3, 0):
            dag.start = engine.EPOCH
        return
    {"retry": store.retry, "rollback": store.rollback, "cancel": store.cancel}[
        operator
    ](dag, world.now)


def check_allowed(dag: engine.Dag, operator: str, era: errors.Era) -> None:
    if operator == "cancel":
        if not dag.active:
            raise errors.wrong_state(operator)
        nodes, flag = dag.nodes[: dag.stage], "can_cancel"
    else:
        if dag.state != engine.FAILED:
            raise errors.wrong_state(operator)
        flag = f"can_{operator}"
        nodes = {
            "retry": [dag.node],
            "rollback": dag.nodes[: dag.stage],
            "pass": [n for n in dag.nodes if n.state != engine.SUCCEED],
        }[operator]
        if operator == "pass" and not era.since(4, 3, 0):
            nodes = dag.nodes
    for node in nodes:
        if not getattr(node.stage, flag):
            raise errors.not_allowed(operator, node.name)


def _lock_lost(store: engine.Store, dag: engine.Dag) -> errors.Problem:
    if dag.scenario.maintenance == engine.TENANT:
        return errors.tenant_locked(dag.scenario.key)
    if store.in_database:
        return errors.cluster_locked_for_operator()
    return errors.agent_locked_for_operator(store.owner.address)


def operate_node(call: Call) -> Any:
    word = _operator(call, "NodeOperator")
    store, number = locate(call)
    found = store.find_node(number)
    if found is None:
        raise errors.task_not_found()
    if word != "pass":
        raise errors.unknown_operator("Node", word)
    dag, node = found
    if dag.state != engine.FAILED:
        raise errors.node_refused("PassNotFailedDag", "assigned DAG is not failed")
    if node.state != engine.FAILED:
        raise errors.node_refused("PassNotFailedNode", "node is not failed")
    if not node.stage.can_pass:
        why = f"node {node.name} cannot pass"
        raise errors.node_refused("PassNotAllowed", why)
    store.pass_node(dag, node, call.agent.world.now)
    return ABSENT


# Sessions and passwords


def login(call: Call) -> str:
    if call.header is None:
        raise errors.header_missing()
    return auth.login(call.agent, call.header)


def logout(call: Call) -> Any:
    session_id = str(body_of(call).get("session_id", ""))
    if call.agent.sessions.pop(session_id, None) is None:
        raise errors.session_invalid()
    return ABSENT


def agent_password(call: Call) -> Any:
    password = body_of(call).get("password")
    if not password:
        raise errors.required("SetAgentPasswordParam", "Password")
    call.agent.agent_password = str(password)
    return ABSENT


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
    route("GET", "/task/dag/:id", get_dag),
    route("POST", "/task/dag/:id", operate_dag),
    route("GET", "/task/node/:id", get_node),
    route("POST", "/task/node/:id", operate_node, since=(4, 3, 1)),
    route("GET", "/task/sub_task/:id", get_sub_task),
    route("GET", "/task/sub_task/:id/logs", get_logs, since=(4, 3, 0)),
    route("POST", "/login", login, since=(4, 3, 3), flavours="ob"),
    route("POST", "/logout", logout, since=(4, 3, 3), flavours="ob"),
    route("POST", "/agent/password", agent_password, since=(4, 2, 6), flavours="ob"),
]
