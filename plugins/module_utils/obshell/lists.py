# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's lists of tasks: what is unfinished, and all tasks ever, of a scope.

No single route tells the truth (protocol/obshell.md 3.10, 12.3.2): the cluster's list
and each agent's own list are asked, and what could not be had is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Iterable, Sequence

from .. import arguments, errors
from ..task import task
from . import agents, cluster, endpoints, ids, login, mapping, members, replies

SCOPES = ("cluster", "agent", "agents", "all")
_UNFINISHED = {
    "cluster": "/task/dag/ob/unfinish",
    "agent": "/task/dag/agent/unfinish",
}
_HISTORY = {"cluster": "/task/dags/ob", "agent": "/task/dags/agent"}
_MEMBERS = ("CLUSTER AGENT", "SCALING IN")


@dataclass
class Listed:
    """Tasks, each once, and one line for each list that could not be had."""

    tasks: list[task.Task] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    had: int = 0
    never: errors.Refused | None = None  # a list that is missing for good

    def add(self, tasks: Iterable[task.Task]) -> None:
        known = {one.id: at for at, one in enumerate(self.tasks)}
        # seekdb lists every task twice (10.4); what is at work counts.
        for one in tasks:
            at = known.setdefault(one.id, len(self.tasks))
            if at == len(self.tasks):
                self.tasks.append(one)
            elif one.state in task.ACTIVE:
                self.tasks[at] = one
        self.had += 1


def unfinished(
    client: endpoints.Endpoints,
    scope: str,
    *,
    details: bool = True,
    others: bool = True,
) -> Listed:
    """Return what is unfinished: at work, or failed and not mended.

    `others`: of agents that are not named too. Raises when none of the scope's lists
    could be had.
    """
    return _listed(client, _UNFINISHED, scope, details, others=others)


def history(client: endpoints.Endpoints, scope: str, *, details: bool = True) -> Listed:
    """Return all tasks ever; raises when none of the scope's lists could be had."""
    return _listed(client, _HISTORY, scope, details)


def unfinished_in(
    client: endpoints.Endpoints, agent: agents.Agent | None
) -> list[task.Task]:
    """Return what is unfinished of the cluster, or of one agent, in short form.

    For the cluster whoever answered last is asked, and must have told its last task:
    so it is a member. Raises where the list cannot be had whole.
    """
    kind = "agent" if agent else "cluster"
    asked = [agent] if agent else client.cluster.members[:1]
    tasks, odd = _read(client, _UNFINISHED[kind], asked, kind, False, known=True)
    if odd:
        raise errors.Unavailable("; ".join(odd))
    return tasks


def history_in(
    client: endpoints.Endpoints, agent: agents.Agent | None
) -> list[task.Task] | None:
    """Return all tasks ever of the cluster, or of one agent; None before 4.3.0."""
    kind = "agent" if agent else "cluster"
    asked = [agent] if agent else client.cluster.members
    try:
        return _read(client, _HISTORY[kind], asked, kind, False)[0]
    except errors.Refused as e:
        if e.details.get("status"):
            raise
        return None


def _listed(
    client: endpoints.Endpoints,
    routes: dict[str, str],
    scope: str,
    details: bool,
    *,
    others: bool = True,
) -> Listed:
    listed = Listed()
    first: errors.OpsError | None = None
    named = client.cluster.named
    sources: list[tuple[str, Sequence[agents.Agent]]] = []
    if scope in ("cluster", "all"):
        sources.append(("cluster", client.cluster.members))
    if scope == "agent":
        sources.append(("agent", named[:1]))
    if scope in ("agents", "all"):
        sources += [("agent", [agent]) for agent in named]
    for kind, asked in sources:
        try:
            tasks, odd = _read(client, routes[kind], asked, kind, details)
            listed.add(tasks)
            listed.missing += odd
        except errors.AuthRefused as e:
            if not _is_mute(asked, e.details.get("url")):
                raise
            first = first or e
            listed.missing.append(e.message)
        except errors.OpsError as e:
            first = first or e
            listed.missing.append(e.message)
            if isinstance(e, errors.Refused) and not e.details.get("status"):
                listed.never = e
    if not listed.had:
        raise first or AssertionError("there is always an agent to ask")
    if others and scope in ("agents", "all"):
        at_once = routes is _UNFINISHED
        found, missing = members.others(client, details=details, at_once=at_once)
        listed.add(found)
        listed.missing += missing
    return listed


def _is_mute(asked: Sequence[agents.Agent], url: Any) -> bool:
    return any(agent.mute for agent in asked if agent.url == url)


def _read(
    client: endpoints.Endpoints,
    path: str,
    asked: Sequence[agents.Agent],
    kind: str,
    details: bool,
    *,
    known: bool = False,
) -> tuple[list[task.Task], list[str]]:
    """Return the tasks of a list, and what is odd; `known`: it is asked of a member."""
    checks = {"cluster": None if known else _is_member, "agent": _speaks_for_itself}
    check: Any = checks[kind]
    if "/dags/" in path:
        check = _both(_has_history, check)
    reply, agent = client.cluster.ask(path, asked, details=details, check=check)
    if reply.status != 200:
        what = f"GET {agent.url}{login.PREFIX}{path}"
        raise replies.refusal(what, reply, agent.url)
    what = f"GET {agent.url}{login.PREFIX}{path}"
    found, odd = mapping.listed(what, reply.data)
    if kind == "cluster" and reply.data.get("contents") is None:
        cluster.observer_is_up(agent)  # else it has only not been read (12.3.2)
    # Before 4.3.2 the lists of all tasks are always in full (3.1).
    return (found if details else [replace(one, nodes=None) for one in found]), odd


def _both(*checks: Any) -> Any:
    def check(agent: agents.Agent) -> None:
        for one in checks:
            one(agent)

    return check


def _has_history(agent: agents.Agent) -> None:
    if () < agent.version < (4, 3):
        raise errors.Refused(
            f"{agent.url} is {agent.kind}: it has no lists of all tasks, which "
            "came with 4.3.0; what is unfinished and the last tasks can be asked for",
            url=agent.url,
        )


def _is_member(agent: agents.Agent) -> None:
    """Raise where the cluster's list is no answer but an accident (3.10)."""
    identity = replies.identity_in(agent.status())
    if identity in _MEMBERS or agent.seekdb:
        return
    raise errors.Refused(
        f"{agent.url} is a {identity} agent: it belongs to no cluster, so it has no "
        "cluster's tasks to list",
        url=agent.url,
    )


def _speaks_for_itself(agent: agents.Agent) -> None:
    """Raise for a FOLLOWER: its master would answer with its own list (2.7)."""
    if agent.identity == "FOLLOWER" and not agent.local:
        raise errors.Refused(
            f"{agent.url} is a FOLLOWER and hands the question on to its master: its "
            "own tasks cannot be listed over the network",
            url=agent.url,
        )


def find(
    client: endpoints.Endpoints,
    kind: str,
    scope: str,
    *,
    details: bool = True,
    limit: int | None = None,
    **narrow: Any,
) -> tuple[list[task.Task], list[str]]:
    """Return the tasks of a list that match, and what could not be had.

    `kind` is unfinished or history; `narrow` as in `selected`. All tasks ever in full
    would be a large answer for a few of them: those are read one by one, unless their
    details decide which they are.
    """
    arguments.at_least(1, {"limit": limit}, "limit")
    few = kind == "history" and details and limit and not narrow.get("outcome")
    listing = unfinished if kind == "unfinished" else history
    listed = listing(client, scope, details=details and not few)
    if narrow.get("tenant") is not None:
        tell_tenants(client)
    matching = selected(listed.tasks, limit=limit, **narrow)
    if few:
        matching = [client.fetch(one.id) for one in matching]
    return matching, listed.missing


def tell_tenants(client: endpoints.Endpoints) -> None:
    """Raise Refused where an agent that was asked does not tell tenants."""
    for agent in client.cluster.named:
        answered = agent.url in client.cluster.answered
        if answered and agent.version < (4, 3, 1):
            raise errors.Refused(
                f"tenant: {agent.url} is older than obshell 4.3.1, or does not say its "
                "version, and does not tell which tenant a task is about; use name",
                url=agent.url,
            )


def known(client: endpoints.Endpoints, wanted: Sequence[str]) -> list[task.Task]:
    """Return those of the tasks that a list of what is unfinished holds, in short form.

    One list for the cluster's and one for each named agent's own; a list that cannot
    be had proves nothing, as one that does not hold a task.
    """
    cluster = [id for id in wanted if ids.is_cluster(id)]
    scope = "all" if len(cluster) < len(wanted) else "cluster"
    scope = scope if cluster else "agents"
    return unfinished(client, scope, details=False, others=False).tasks


def selected(
    tasks: Iterable[task.Task],
    *,
    name: str | None = None,
    tenant: str | None = None,
    outcome: Sequence[str] = (),
    limit: int | None = None,
) -> list[task.Task]:
    """Return the tasks that match, store by store, the newest of each first; pure.

    A store is the cluster's database or an agent's own; their clocks differ, so their
    tasks are not mixed (12.2), and `limit` counts in each.
    """
    stores: dict[str | None, list[task.Task]] = {}
    for one in tasks:
        key = (one.maintenance or {}).get("key")
        named = name in (None, one.name) and tenant in (None, key)
        if named and (not outcome or one.outcome in outcome):
            stores.setdefault(ids.owner_of(one.id), []).append(one)
    found = []
    for store in stores.values():
        newest = sorted(store, key=lambda one: -(one.dag_id or 0))
        found += newest if limit is None else newest[:limit]
    return found
