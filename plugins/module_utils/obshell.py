# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's task endpoints, asked of one agent or the next."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Callable, Sequence

from . import (
    errors,
    obshell_agent,
    obshell_dag,
    obshell_id,
    obshell_reply,
    task,
    transport,
)

OBSERVER_UP = 3
# Only these words prove that there is no such task (protocol/obshell.md 3.9, 10.4):
# a 404 may as well be a lost database connection.
_ABSENT = ("record not found", "is not under maintenance", "dag id not match")
_LAST = {"cluster": "/task/dag/maintain/ob", "agent": "/task/dag/maintain/agent"}
_CLUSTER_TASK = re.compile(r"/task/(dag|node|sub_task)/1\d")
_LAST_OF_AGENTS = "/task/dag/maintain/agents"


class ObshellClient:
    """Asks the agents of one cluster for tasks.

    `answered` holds the addresses that gave what was asked for, in that order.
    """

    server = "obshell"

    def __init__(self, agents: Sequence[obshell_agent.Agent]) -> None:
        self._agents = list(agents)
        self.answered: list[str] = []

    @property
    def agents(self) -> list[obshell_agent.Agent]:
        """The agents as they were named; the first one is the scope `agent`."""
        return list(self._agents)

    @property
    def members(self) -> list[obshell_agent.Agent]:
        """Who answered last first: a dead agent must not cost each poll a wait.

        For what any member of the cluster can answer.
        """
        return sorted(self._agents, key=lambda agent: not agent.answered_last)

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
        reply, agent = self._about(f"/task/dag/{id}", id, details=details)
        return obshell_dag.to_task(_found(f"task {id}", reply, agent))

    def node(self, id: str) -> task.Node:
        """Return one node with its sub-tasks; raises as fetch does."""
        reply, agent = self._about(f"/task/node/{id}", id)
        return obshell_dag.to_node(_found(f"node {id}", reply, agent))

    def sub_task(self, id: str) -> tuple[task.SubTask, list[task.Facts]]:
        """Return one sub-task and all lines of its log; raises as fetch does.

        The log has a route of its own since 4.3.0. It answers for ids that do not
        exist too (protocol/obshell.md 10.1.5), so the sub-task is asked for first.
        """
        path = f"/task/sub_task/{id}"
        reply, agent = self._about(path, id)
        found = obshell_dag.to_sub_task(_found(f"sub-task {id}", reply, agent))
        if agent.version < (4, 3):
            return found, obshell_dag.lines(found.task_logs)
        reply, agent = self._about(f"{path}/logs", id)
        logs = _found(f"log of sub-task {id}", reply, agent)
        return found, obshell_dag.to_logs(logs)

    def last(self, scope: str, *, details: bool = True) -> task.Task | None:
        """Return the last maintenance task of the cluster, or of the first agent."""
        cluster = scope == "cluster"
        reply, agent = self.ask(
            _LAST[scope],
            self.members if cluster else self._agents[:1],
            details=details,
            check=observer_is_up if cluster else None,
        )
        try:
            found = _found(f"last task of the {scope}", reply, agent)
        except errors.TaskNotFound:
            return None
        return obshell_dag.to_task(found)

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
        speak for the others; seekdb and 4.2.2 have no such route. Then the agents that
        are named are asked one by one.
        """
        reply, agent = self.ask(_LAST_OF_AGENTS, self._agents, panics=True)
        if reply.status == 200:
            return obshell_dag.tasks_in(reply.data), None
        if reply.status != 500 and not obshell_reply.no_route(reply):
            what = f"GET {agent.url}{obshell_agent.PREFIX}{_LAST_OF_AGENTS}"
            raise obshell_reply.refusal(what, reply, agent.url)
        why = (
            "has no task of its own and cannot list the other agents' tasks"
            if reply.status == 500
            else "has no route for the tasks of all agents"
        )
        found = []
        for one in self.agents:
            reply, _one = self.ask(_LAST["agent"], [one])
            try:
                data = _found("last task of the agent", reply, one)
            except errors.TaskNotFound:
                continue
            found.append(obshell_dag.to_task(data))
        if agent.seekdb:
            return found, None  # it is the only one of its database (7)
        return found, f"{agent.url} {why}; only the agents in obshell.url were asked"

    def call(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        expected: Sequence[int] = (200, 204),
    ) -> obshell_reply.Reply:
        """Return the reply to any call; goes on to the next agent if nothing was sent.

        Raises Refused or Unavailable for a status that is not expected, with the
        server's words.
        """
        check = observer_is_up if _CLUSTER_TASK.match(target) else None
        reply, agent = self._send(method, target, body, self._agents, check=check)
        if reply.status not in expected:
            path = target.partition("?")[0]
            what = f"{method} {agent.url}{obshell_agent.PREFIX}{path}"
            if obshell_reply.no_route(reply):
                raise _no_such_route(what, reply, agent)
            raise obshell_reply.refusal(what, reply, agent.url)
        return reply

    def operate(
        self, kind: str, id: str, operator: str
    ) -> tuple[obshell_reply.Reply, str]:
        """Send an operator to a dag or a node; return the reply and who gave it.

        Sent once: raises Unreachable when the answer was lost, so that the caller
        reads the task to see what became of it.
        """
        body = {"operator": operator}
        cluster = obshell_id.is_cluster(id)
        reply, agent = self._send(
            "POST",
            f"/task/{kind}/{id}",
            body,
            self.members if cluster else self._nearest(id),
            check=observer_is_up if cluster else None,
        )
        return reply, agent.url

    def ask(
        self,
        path: str,
        agents: Sequence[obshell_agent.Agent],
        *,
        details: bool = True,
        check: Callable[[obshell_agent.Agent], None] | None = None,
        panics: bool = False,
    ) -> tuple[obshell_reply.Reply, obshell_agent.Agent]:
        """Return the first reply that is not an outage, and who gave it.

        `check` raises where an agent must not be asked; `panics` hands a panic back.
        """
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
            except errors.AuthRefused as e:
                if not agent.mute:
                    raise
                last = e
                continue
            if reply.status >= 500 and not (panics and obshell_reply.panicked(reply)):
                what = f"GET {agent.url}{obshell_agent.PREFIX}{path}"
                last = obshell_reply.refusal(what, reply, agent.url)
                continue
            self._note(agent)
            return reply, agent
        raise last or AssertionError("there is always an agent to ask")

    def _about(
        self, path: str, id: str, *, details: bool = True
    ) -> tuple[obshell_reply.Reply, obshell_agent.Agent]:
        if obshell_id.is_cluster(id):
            return self.ask(path, self.members, details=details, check=observer_is_up)
        return self.ask(path, self._nearest(id), details=details)

    def _send(
        self,
        method: str,
        target: str,
        body: Any,
        agents: Sequence[obshell_agent.Agent],
        *,
        check: Callable[[obshell_agent.Agent], None] | None = None,
    ) -> tuple[obshell_reply.Reply, obshell_agent.Agent]:
        """Return the reply of the first agent that a request reached."""
        last: errors.OpsError | None = None
        for agent in agents:
            try:
                if check:
                    check(agent)
                agent.prepare()
            except errors.OpsError as e:
                e.details["sent"] = False
                if not e.transient:
                    raise
                last = e
                continue
            try:
                reply = agent.call(method, target, body)
            except errors.Unreachable as e:
                e.details["sent"] = errors.may_be_served(e)
                if method not in ("GET", "HEAD") and e.details["sent"]:
                    raise
                last = e
                continue
            except errors.AuthRefused as e:
                if not agent.mute:
                    raise
                last = e
                continue
            self._note(agent)
            return reply, agent
        raise last or AssertionError("there is always an agent to ask")

    def _note(self, agent: obshell_agent.Agent) -> None:
        """Remember who answered, for the result and for the next question."""
        if agent.url not in self.answered:
            self.answered.append(agent.url)
        for one in self._agents:
            one.answered_last = one is agent

    def _nearest(self, id: str) -> list[obshell_agent.Agent]:
        """Return the agents, the one that a local id names first."""
        owner = obshell_id.owner_of(id)
        return sorted(self.members, key=lambda agent: agent.address != owner)


def _no_such_route(
    what: str, reply: obshell_reply.Reply, agent: obshell_agent.Agent
) -> errors.Refused:
    return errors.Refused(
        f"{what}: {agent.kind} has no such route ({reply.said})",
        **obshell_reply.details(reply, agent.url),
    )


def _found(what: str, reply: obshell_reply.Reply, agent: obshell_agent.Agent) -> Any:
    """Return the data of a reply; tell what proves absence from what does not."""
    url = agent.url
    if reply.status == 200:
        return reply.data
    if reply.status != 404:
        raise obshell_reply.refusal(f"{what} at {url}", reply, url)
    if obshell_reply.no_route(reply):
        raise _no_such_route(f"{what} at {url}", reply, agent)
    known = obshell_reply.details(reply, url)
    words = str(reply.error.get("message") or "")
    if words.endswith(_ABSENT) or words == "Task not found":
        raise errors.TaskNotFound(
            f"{what}: {url} knows no such {what.partition(' ')[0]} ({reply.said})",
            **known,
        )
    raise errors.Unavailable(f"{what} at {url}: {reply.said}", wait=None, **known)


def observer_is_up(agent: obshell_agent.Agent) -> None:
    """Raise where a cluster task must not be asked for (protocol/obshell.md 12.4).

    seekdb keeps its tasks at the agent: they are there while the database is not.
    """
    status = agent.status()
    if status.get("obState") == OBSERVER_UP or agent.seekdb:
        return
    known: dict[str, Any] = {"server": agent.url, "ob_state": status.get("obState")}
    if (status.get("agent") or {}).get("identity") == "SINGLE":
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
