# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's task endpoints, asked of one agent or the next, and its JSON as a Task."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import Any, Callable, Mapping, Sequence
from urllib.parse import urlsplit

from . import errors, obshell_agent, task, transport

OBSERVER_UP = 3
_MAINTENANCE = {2: "cluster", 3: "tenant", 4: "obproxy"}
# Only these words prove that there is no such task (protocol/obshell.md 3.9, 10.4):
# a 404 may as well be a lost database connection.
_ABSENT = ("record not found", "is not under maintenance", "dag id not match")
_LAST = {"cluster": "/task/dag/maintain/ob", "agent": "/task/dag/maintain/agent"}
_LAST_OF_AGENTS = "/task/dag/maintain/agents"


class ObshellClient:
    """Asks the agents of one cluster for tasks."""

    server = "obshell"

    def __init__(self, agents: Sequence[obshell_agent.Agent]) -> None:
        self._agents = list(agents)

    @property
    def memory(self) -> dict[str, Any]:
        """Plain data without a secret: what each agent's successor may reuse."""
        return {agent.url: agent.memory for agent in self._agents}

    def fetch(self, id: str, *, details: bool = True) -> task.Task:
        """Return the task; details say whether nodes, sub-tasks and logs come too.

        Raises TaskNotFound when the server proves that there is none. A cluster task
        is asked for only where an observer is up: the agents would ask each other
        without end (protocol/obshell.md 12.3.1).
        """
        path = f"/task/dag/{id}"
        if id.startswith("1"):
            reply, url = self._ask(path, details, self._agents, check=_observer_is_up)
        else:
            reply, url = self._ask(path, details, self._nearest(id))
        return self._read(f"task {id}", reply, url)

    def last(self, scope: str, *, details: bool = True) -> task.Task | None:
        """Return the last maintenance task of the cluster, or of the first agent."""
        agents = self._agents if scope == "cluster" else self._agents[:1]
        reply, url = self._ask(_LAST[scope], details, agents)
        try:
            return self._read(f"last task of the {scope}", reply, url)
        except errors.TaskNotFound:
            return None

    def explained(
        self, failed: task.Task, log_lines: int
    ) -> tuple[task.Task, list[str]]:
        """Return a failed task with the causes found in its parts on other agents."""
        causes: list[task.Cause] = []
        missing: list[str] = []
        for where, part_id in (failed.sub_dags or {}).items():
            try:
                causes += self.fetch(part_id).causes(log_lines)
            except errors.OpsError as e:
                missing.append(f"the part {part_id} on {where}: {e.message}")
        return replace(failed, elsewhere=tuple(causes)), missing

    def last_of_agents(self) -> tuple[list[task.Task], str | None]:
        """Return the last maintenance task of every agent, and what is missing.

        Where the asked agent has none it panics (protocol/obshell.md 3.10) and cannot
        speak for the others: then the agents that are named are asked one by one.
        """
        reply, url = self._ask(_LAST_OF_AGENTS, True, self._agents, panics=True)
        if reply.status == 200:
            return tasks_in(reply.data), None
        if reply.status != 500:
            raise obshell_agent.refusal(f"GET {url}{_LAST_OF_AGENTS}", reply, url)
        found = []
        for agent in self._agents:
            reply, url = self._ask(_LAST["agent"], True, [agent])
            try:
                found.append(self._read("last task of the agent", reply, url))
            except errors.TaskNotFound:
                continue
        missing = (
            f"{url} has no task of its own and cannot list the other agents' tasks; "
            "only the agents named in obshell.url were asked"
        )
        return found, missing

    def call(self, method: str, target: str, body: Any = None) -> obshell_agent.Reply:
        """Return the reply to any call; goes on to the next agent if nothing was sent.

        Raises Refused or Unavailable for an error, with the server's words.
        """
        last: errors.Unreachable | None = None
        for agent in self._agents:
            try:
                reply = agent.call(method, target, body)
            except errors.Unreachable as e:
                if method not in ("GET", "HEAD") and e.reason not in (
                    "name",
                    "refused",
                ):
                    raise
                last = e
                continue
            if reply.status >= 300:
                what = f"{method} {agent.url}{obshell_agent.PREFIX}{target}"
                raise obshell_agent.refusal(what.split("?")[0], reply, agent.url)
            return reply
        assert last is not None
        raise last

    def _ask(
        self,
        path: str,
        details: bool,
        agents: Sequence[obshell_agent.Agent],
        *,
        check: Callable[[obshell_agent.Agent], None] | None = None,
        panics: bool = False,
    ) -> tuple[obshell_agent.Reply, str]:
        """Return the first reply that is not an outage, and who gave it."""
        query = None if details else {"show_details": False}
        target = transport.target(path, query)
        last: errors.OpsError | None = None
        for agent in agents:
            try:
                if check:
                    check(agent)
                reply = agent.call("GET", target)
            except (errors.Unreachable, errors.Unavailable) as e:
                last = e
                continue
            if reply.status >= 500 and not (panics and _is_panic(reply)):
                what = f"GET {agent.url}{obshell_agent.PREFIX}{path}"
                last = obshell_agent.refusal(what, reply, agent.url)
                continue
            self._prefer(agent)
            return reply, agent.url
        assert last is not None
        raise last

    def _prefer(self, agent: obshell_agent.Agent) -> None:
        # The first agent stays first: `agent` is its scope. Only who is asked for the
        # cluster's tasks moves, so that a dead agent does not cost each poll a wait.
        rest = [other for other in self._agents[1:] if other is not agent]
        if agent is not self._agents[0]:
            self._agents[1:] = [agent, *rest]

    def _nearest(self, id: str) -> list[obshell_agent.Agent]:
        """Return the agents, the one that a local id names first."""
        owner = owner_of(id)
        return sorted(
            self._agents, key=lambda agent: urlsplit(agent.url).netloc != owner
        )

    def _read(self, what: str, reply: obshell_agent.Reply, url: str) -> task.Task:
        if reply.status == 200:
            return to_task(reply.data)
        if reply.status != 404:
            raise obshell_agent.refusal(f"{what} at {url}", reply, url)
        known = obshell_agent.details(reply, url)
        words = str(reply.error.get("message") or "")
        if words.endswith(_ABSENT) or words == "Task not found":
            raise errors.TaskNotFound(
                f"{what}: {url} knows no such task ({reply.said})", **known
            )
        raise errors.Unavailable(f"{what} at {url}: {reply.said}", wait=None, **known)


def _observer_is_up(agent: obshell_agent.Agent) -> None:
    status = agent.status()
    if status.get("obState") == OBSERVER_UP:
        return
    identity = (status.get("agent") or {}).get("identity")
    known: dict[str, Any] = {"server": agent.url, "ob_state": status.get("obState")}
    if identity == "SINGLE":
        raise errors.Refused(
            f"{agent.url} is a SINGLE agent: it belongs to no cluster and has no "
            "cluster tasks (ids that begin with 1); name a member in obshell.url",
            **known,
        )
    raise errors.Unavailable(
        f"{agent.url}: its observer is not up (obState {status.get('obState')}), so a "
        "cluster task is not asked for",
        **known,
    )


def _is_panic(reply: obshell_agent.Reply) -> bool:
    return reply.status == 500 and reply.code in ("Common.Unexpected", "1002")


def owner_of(id: str) -> str | None:
    """Return `ip:port` of the agent that a local id names (protocol/obshell.md 3.2)."""
    digits = {"2": 10, "4": 10, "3": 39, "5": 39}.get(id[:1])
    if digits is None or len(id) < digits + 7:
        return None
    port = int(id[1 + digits : 6 + digits])
    try:
        if digits == 10:
            return f"{ipaddress.IPv4Address(int(id[1:11]))}:{port}"
        return f"[{ipaddress.IPv6Address(int(id[1:40]))}]:{port}"
    except ValueError:
        return None


def tasks_in(data: Any) -> list[task.Task]:
    """Return the tasks that an answer holds: itself, or those among its contents."""
    if isinstance(data, dict) and isinstance(data.get("contents"), list):
        return [to_task(item) for item in data["contents"] if _is_task(item)]
    return [to_task(data)] if _is_task(data) else []


def _is_task(data: Any) -> bool:
    return isinstance(data, dict) and {"id", "dag_id", "state", "operator"} <= set(data)


def to_task(data: Any) -> task.Task:
    """Return the Task of obshell's DagDetailDTO (protocol/obshell.md 3.3)."""
    if not _is_task(data):
        raise errors.InvalidAnswer(
            f"a task was expected, not {errors.printable(data, 120)}"
        )
    try:
        return _to_task(data)
    except (TypeError, ValueError, AttributeError) as e:
        raise errors.InvalidAnswer(
            f"task {errors.printable(data['id'], 60)}: its facts cannot be read: "
            f"{errors.printable(e, 120)}"
        ) from e


def _to_task(data: Mapping[str, Any]) -> task.Task:
    id, extra = str(data["id"]), data.get("additional_data") or {}
    nodes = data.get("nodes")
    main, subs = extra.get("main_dag_id"), extra.get("sub_dags")
    return task.Task(
        server="obshell",
        id=id,
        dag_id=data.get("dag_id"),
        stage=data.get("stage"),
        max_stage=data.get("max_stage"),
        nodes=None if nodes is None else _to_nodes(nodes),
        maintenance=_maintenance(id, data),
        main_task=str(main) if main else None,
        sub_dags={str(k): str(v) for k, v in subs.items()} if subs else None,
        **_head(data),
    )


def _to_nodes(nodes: Sequence[Mapping[str, Any]]) -> tuple[task.Node, ...]:
    ids = [str(node["id"]) for node in nodes]
    return tuple(
        task.Node(
            id=ids[at],
            node_id=node.get("node_id"),
            upstreams=tuple(ids[max(at - 1, 0) : at]),
            downstreams=tuple(ids[at + 1 : at + 2]),
            sub_tasks=_to_sub_tasks(node.get("sub_tasks") or ()),
            **_head(node),
        )
        for at, node in enumerate(nodes)
    )


def _to_sub_tasks(subs: Sequence[Mapping[str, Any]]) -> tuple[task.SubTask, ...]:
    ordered = sorted(subs, key=lambda sub: int(sub.get("task_id") or 0))
    return tuple(
        task.SubTask(
            id=str(sub["id"]),
            task_id=sub.get("task_id"),
            execute_times=sub.get("execute_times"),
            execute_agent=sub.get("execute_agent"),
            task_logs=sub.get("task_logs"),
            **_head(sub),
        )
        for sub in ordered
    )


def _head(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what task, node and sub-task share; times only where they mean something.

    Not yet started or ended shows as the creation's instant, 1970 or year 1 (3.7).
    """
    state = str(data.get("state") or "")
    started = state not in ("PENDING", "READY")
    return {
        "name": str(data.get("name") or ""),
        "state": state,
        "operator": str(data.get("operator") or ""),
        "start_time": _time(data.get("start_time")) if started else None,
        "end_time": _time(data.get("end_time")) if state in task.ENDED else None,
        "additional_data": data.get("additional_data"),
    }


def _time(text: str | None) -> str | None:
    at = task.moment(text)
    return text if at is not None and at > 2 * 86400 else None


def _maintenance(id: str, data: Mapping[str, Any]) -> dict[str, Any] | None:
    scope = _MAINTENANCE.get(data.get("maintenance_type") or 0)
    if scope == "cluster" and not id.startswith("1"):
        scope = "agent"
    return (
        {"scope": scope, "key": data.get("maintenance_key") or None} if scope else None
    )
