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

from . import (
    errors,
    obshell,
    obshell_agent,
    obshell_dag,
    obshell_id,
    obshell_reply,
    task,
)

SCOPES = ("cluster", "agent", "agents", "all")
_UNFINISHED = {
    "cluster": "/task/dag/ob/unfinish",
    "agent": "/task/dag/agent/unfinish",
}
_HISTORY = {"cluster": "/task/dags/ob", "agent": "/task/dags/agent"}
_OF_ALL = "/task/dag/unfinish"
_MEMBERS = ("CLUSTER AGENT", "SCALING IN")


@dataclass
class Listed:
    """Tasks, each once, and one line for each list that could not be had."""

    tasks: list[task.Task] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    had: int = 0

    def add(self, tasks: Iterable[task.Task]) -> None:
        known = {one.id for one in self.tasks}
        # seekdb lists every task twice (10.4).
        for one in tasks:
            if one.id not in known:
                known.add(one.id)
                self.tasks.append(one)
        self.had += 1


def unfinished(
    client: obshell.ObshellClient,
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


def history(
    client: obshell.ObshellClient, scope: str, *, details: bool = True
) -> Listed:
    """Return all tasks ever; raises when none of the scope's lists could be had."""
    return _listed(client, _HISTORY, scope, details)


def _listed(
    client: obshell.ObshellClient,
    routes: dict[str, str],
    scope: str,
    details: bool,
    *,
    others: bool = True,
) -> Listed:
    listed = Listed()
    first: errors.OpsError | None = None
    agents = client.agents
    sources: list[tuple[str, Sequence[obshell_agent.Agent]]] = []
    if scope in ("cluster", "all"):
        sources.append(("cluster", client.members))
    if scope == "agent":
        sources.append(("agent", agents[:1]))
    if scope in ("agents", "all"):
        sources += [("agent", [agent]) for agent in agents]
    for kind, asked in sources:
        try:
            listed.add(_read(client, routes[kind], asked, kind, details))
        except errors.AuthRefused as e:
            if not _is_mute(asked, e.details.get("server")):
                raise
            first = first or e
            listed.missing.append(e.message)
        except errors.OpsError as e:
            first = first or e
            listed.missing.append(e.message)
    if not listed.had:
        raise first or AssertionError("there is always an agent to ask")
    if others and scope in ("agents", "all"):
        _add_others(client, listed, details, lists=routes is _UNFINISHED)
    return listed


def _is_mute(agents: Sequence[obshell_agent.Agent], url: Any) -> bool:
    return any(agent.mute for agent in agents if agent.url == url)


def _read(
    client: obshell.ObshellClient,
    path: str,
    agents: Sequence[obshell_agent.Agent],
    kind: str,
    details: bool,
) -> list[task.Task]:
    check = {"cluster": _is_member, "agent": _speaks_for_itself}[kind]
    if "/dags/" in path:
        check = _both(_has_history, check)
    reply, agent = client.ask(path, agents, details=details, check=check)
    if reply.status != 200:
        what = f"GET {agent.url}{obshell_agent.PREFIX}{path}"
        raise obshell_reply.refusal(what, reply, agent.url)
    found = obshell_dag.tasks_in(reply.data)
    # Before 4.3.2 the lists of all tasks are always in full (3.1).
    return found if details else [replace(one, nodes=None) for one in found]


def _both(*checks: Any) -> Any:
    def check(agent: obshell_agent.Agent) -> None:
        for one in checks:
            one(agent)

    return check


def _has_history(agent: obshell_agent.Agent) -> None:
    if () < agent.version < (4, 3):
        raise errors.Refused(
            f"{agent.url} is {agent.kind}: it has no lists of all tasks, which "
            "came with 4.3.0; what is unfinished and the last tasks can be asked for",
            server=agent.url,
        )


def _is_member(agent: obshell_agent.Agent) -> None:
    """Raise where the cluster's list is no answer but an accident (3.10)."""
    identity = (agent.status().get("agent") or {}).get("identity")
    if identity in _MEMBERS or agent.seekdb:
        return
    raise errors.Refused(
        f"{agent.url} is a {identity} agent: it belongs to no cluster, so it has no "
        "cluster's tasks to list",
        server=agent.url,
    )


def _speaks_for_itself(agent: obshell_agent.Agent) -> None:
    """Raise for a FOLLOWER: its master would answer with its own list (2.7)."""
    if agent.identity == "FOLLOWER" and not agent.local:
        raise errors.Refused(
            f"{agent.url} is a FOLLOWER and hands the question on to its master: its "
            "own tasks cannot be listed over the network",
            server=agent.url,
        )


def _add_others(
    client: obshell.ObshellClient, listed: Listed, details: bool, *, lists: bool
) -> None:
    """Add what agents that are not named have; the cluster's members list each other.

    They leave out silently who does not answer, which is told here.
    """
    speaker = next((one for one in client.agents if one.url in client.answered), None)
    if speaker is None or speaker.seekdb:
        return
    named = {agent.address for agent in client.agents}
    others = [where for where in _members(client, speaker) if where not in named]
    if not others:
        return
    if not lists or speaker.identity != "CLUSTER AGENT":
        listed.missing.append(
            f"tasks of {', '.join(others)} are not listed: name them in obshell.url"
        )
        return
    reply, _agent = client.ask(_OF_ALL, [speaker], details=details)
    tasks = obshell_dag.tasks_in(reply.data) if reply.status == 200 else []
    listed.add(one for one in tasks if obshell_id.owner_of(one.id) in others)
    silent = [where for where in others if where not in _alive(client, speaker)]
    if silent:
        listed.missing.append(
            f"tasks of {', '.join(silent)} are not listed: {speaker.url} gets no "
            "answer from there"
        )


def _members(client: obshell.ObshellClient, speaker: obshell_agent.Agent) -> list[str]:
    reply, _agent = client.ask("/ob/agents", [speaker])
    rows = (reply.data or {}).get("contents") if reply.status == 200 else None
    return [_address(row) for row in rows or [] if isinstance(row, dict)]


def _address(row: dict[str, Any]) -> str:
    ip = str(row.get("ip"))
    return f"{f'[{ip}]' if ':' in ip else ip}:{row.get('port')}"


def _alive(
    client: obshell.ObshellClient, speaker: obshell_agent.Agent
) -> dict[str, Any]:
    reply, _agent = client.ask("/agents/status", [speaker])
    known = reply.data if reply.status == 200 else None
    return known if isinstance(known, dict) else {}


def locked_agents(client: obshell.ObshellClient) -> list[str]:
    """Return the agents whose own lock is held (protocol/obshell.md 11, 12.3.4)."""
    reply, _agent = client.ask("/agents/status", client.members)
    known = reply.data if reply.status == 200 else None
    rows = known.items() if isinstance(known, dict) else ()
    return sorted(
        where
        for where, row in rows
        if isinstance(row, dict) and row.get("underMaintenance")
    )


def holders(client: obshell.ObshellClient) -> list[task.Task]:
    """Return what may hold the lock that another task wants, in short form."""
    listed = unfinished(client, "all", details=False, others=False)
    return [one for one in listed.tasks if one.maintenance or one.state in task.ACTIVE]


def at_work(
    client: obshell.ObshellClient,
    scope: str,
    *,
    name: str | None = None,
    tenant: str | None = None,
) -> list[task.Task]:
    """Return what keeps a scope from being quiet, in short form.

    That is what is READY or RUNNING, and what is FAILED and still holds a lock: of an
    agent's own tasks its /status tells (10.4), of a cluster's nothing does.
    Raises Unavailable while a list is missing, for it could hold such a task.
    """
    listed = unfinished(client, scope, details=False)
    if listed.missing:
        raise errors.Unavailable("; ".join(listed.missing), wait=None)
    found = selected(listed.tasks, name=name, tenant=tenant)
    return [one for one in found if one.state != "FAILED" or _locks(client, one)]


def of_these(client: obshell.ObshellClient, ids: Sequence[str]) -> list[task.Task]:
    """Return those of the tasks that a list of what is unfinished holds, in short form.

    One list for the cluster's and one for each named agent's own; a list that cannot
    be had proves nothing, as one that does not hold a task.
    """
    cluster = [id for id in ids if obshell_id.is_cluster(id)]
    scope = "all" if len(cluster) < len(ids) else "cluster"
    scope = scope if cluster else "agents"
    return unfinished(client, scope, details=False, others=False).tasks


def _locks(client: obshell.ObshellClient, failed: task.Task) -> bool:
    owner = obshell_id.owner_of(failed.id)
    for agent in client.agents:
        if owner == agent.address or agent.seekdb:
            return bool(agent.status().get("underMaintenance"))
    return owner is None or owner in locked_agents(client)


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
            stores.setdefault(obshell_id.owner_of(one.id), []).append(one)
    found = []
    for store in stores.values():
        newest = sorted(store, key=lambda one: -(one.dag_id or 0))
        found += newest if limit is None else newest[:limit]
    return found
