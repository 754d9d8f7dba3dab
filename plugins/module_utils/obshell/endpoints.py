# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's task endpoints: one question each, of one agent or the next."""

from __future__ import annotations

import re
import time
from typing import Any, Callable, Sequence

from .. import errors
from ..task import task
from . import agents, cluster, ids, login, mapping, replies

# Only these words prove that there is no such task (protocol/obshell.md 3.9, 10.4):
# a 404 may as well be a lost database connection.
_ABSENT = ("record not found", "is not under maintenance", "dag id not match")
_LAST = {"cluster": "/task/dag/maintain/ob", "agent": "/task/dag/maintain/agent"}
_CLUSTER_TASK = re.compile(r"/task/(dag|node|sub_task)/1\d")
_LAST_OF_AGENTS = "/task/dag/maintain/agents"


class Endpoints:
    """What the agents of one cluster can be asked for, and told to do.

    Sleep is a parameter, in seconds.
    """

    def __init__(
        self,
        named: Sequence[agents.Agent],
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.cluster = cluster.Cluster(named)
        self._sleep = sleep

    def fetch(self, id: str, *, details: bool = True) -> task.Task:
        """Return the task; details say whether nodes, sub-tasks and logs come too.

        Raises TaskNotFound when the server proves that there is none. A cluster task
        is asked for only where an observer is up: the agents would ask each other
        without end (protocol/obshell.md 12.3.1).
        """
        reply, agent = self._about(f"/task/dag/{id}", id, details=details)
        return mapping.to_task(_found(f"task {id}", reply, agent))

    def node(self, id: str) -> task.Node:
        """Return one node with its sub-tasks; raises as fetch does."""
        reply, agent = self._about(f"/task/node/{id}", id)
        return mapping.to_node(_found(f"node {id}", reply, agent))

    def sub_task(self, id: str) -> tuple[task.SubTask, list[task.Facts]]:
        """Return one sub-task and all lines of its log; raises as fetch does.

        The log has a route of its own since 4.3.0. It answers for ids that do not
        exist too (protocol/obshell.md 10.1.5), so the sub-task is asked for first.
        """
        path = f"/task/sub_task/{id}"
        reply, agent = self._about(path, id)
        found = mapping.to_sub_task(_found(f"sub-task {id}", reply, agent))
        if agent.version < (4, 3):
            return found, mapping.lines(found.task_logs)
        reply, agent = self._about(f"{path}/logs", id)
        logs = _found(f"log of sub-task {id}", reply, agent)
        return found, mapping.to_logs(logs)

    def last(self, scope: str, *, details: bool = True) -> task.Task | None:
        """Return the last maintenance task of the cluster, or of the first agent."""
        return self.last_of(
            None if scope == "cluster" else self.cluster.named[0], details=details
        )

    def last_of(
        self, agent: agents.Agent | None, *, details: bool = True
    ) -> task.Task | None:
        """Return the last maintenance task of an agent, or, of none, the cluster's."""
        scope = "agent" if agent else "cluster"
        reply, by = self.cluster.ask(
            _LAST[scope],
            [agent] if agent else self.cluster.members,
            details=details,
            check=None if agent else cluster.observer_is_up,
        )
        try:
            found = _found(f"last task of the {scope}", reply, by)
        except errors.TaskNotFound:
            return None
        return mapping.to_task(found)

    def last_of_agents(self) -> tuple[list[task.Task], str | None]:
        """Return the last maintenance task of every agent, and what is missing.

        Where the asked agent has none it panics (protocol/obshell.md 3.10) and cannot
        speak for the others; seekdb and 4.2.2 have no such route. Then the agents that
        are named are asked one by one.
        """
        reply, agent = self.cluster.ask(
            _LAST_OF_AGENTS, self.cluster.named, panics=True
        )
        if reply.status == 200:
            return mapping.tasks_in(reply.data), None
        if reply.status != 500 and not replies.no_route(reply):
            what = f"GET {agent.url}{login.PREFIX}{_LAST_OF_AGENTS}"
            raise replies.refusal(what, reply, agent.url)
        why = (
            "has no task of its own and cannot list the other agents' tasks"
            if reply.status == 500
            else "has no route for the tasks of all agents"
        )
        found = []
        for one in self.cluster.named:
            reply, _one = self.cluster.ask(_LAST["agent"], [one])
            try:
                data = _found("last task of the agent", reply, one)
            except errors.TaskNotFound:
                continue
            found.append(mapping.to_task(data))
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
        encrypted: Sequence[str] = (),
    ) -> replies.Reply:
        """Return the reply to any call; goes on to the next agent if nothing was sent.

        Raises Refused or Unavailable for a status that is not expected, with the
        server's words.
        """
        check = cluster.observer_is_up if _CLUSTER_TASK.match(target) else None
        reply, agent = self.cluster.send(
            *(method, target, body, self.cluster.named),
            check=check,
            encrypted=encrypted,
        )
        if reply.status not in expected:
            path = target.partition("?")[0]
            what = f"{method} {agent.url}{login.PREFIX}{path}"
            if replies.no_route(reply):
                raise _no_such_route(what, reply, agent)
            raise replies.refusal(what, reply, agent.url)
        return reply

    def operate(self, kind: str, id: str, operator: str) -> tuple[replies.Reply, str]:
        """Send an operator to a dag or a node; return the reply and who gave it.

        Sent once: raises Unreachable when the answer was lost, so that the caller
        reads the task to see what became of it.
        """
        of_cluster = ids.is_cluster(id)
        reply, agent = self.cluster.send(
            "POST",
            f"/task/{kind}/{id}",
            {"operator": operator},
            self.cluster.members if of_cluster else self.cluster.nearest(id),
            check=cluster.observer_is_up if of_cluster else None,
        )
        return reply, agent.url

    def _about(
        self, path: str, id: str, *, details: bool = True
    ) -> tuple[replies.Reply, agents.Agent]:
        if ids.is_cluster(id):
            return self.cluster.ask(
                path,
                self.cluster.members,
                details=details,
                check=cluster.observer_is_up,
            )
        return self.cluster.ask(path, self.cluster.nearest(id), details=details)


def _no_such_route(
    what: str, reply: replies.Reply, agent: agents.Agent
) -> errors.Refused:
    return errors.Refused(
        f"{what}: {agent.kind} has no such route ({reply.said})",
        **replies.details(reply, agent.url),
    )


def _found(what: str, reply: replies.Reply, agent: agents.Agent) -> Any:
    """Return the data of a reply; tell what proves absence from what does not."""
    url = agent.url
    if reply.status == 200:
        return reply.data
    if reply.status != 404:
        raise replies.refusal(f"{what} at {url}", reply, url)
    if replies.no_route(reply):
        raise _no_such_route(f"{what} at {url}", reply, agent)
    known = replies.details(reply, url)
    words = str(reply.error.get("message") or "")
    if words.endswith(_ABSENT) or words == "Task not found":
        raise errors.TaskNotFound(
            f"{what}: {url} knows no such {what.partition(' ')[0]} ({reply.said})",
            **known,
        )
    raise errors.Unavailable(f"{what} at {url}: {reply.said}", wait=None, **known)
