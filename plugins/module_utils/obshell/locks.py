# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who holds the locks of a cluster and of its agents, and what keeps them busy."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Sequence

from .. import errors
from ..task import messages, task
from . import endpoints, held, ids, lists, members, replies


def locked_agents(client: endpoints.Endpoints) -> list[str]:
    """Return the agents whose own lock is held, or may be."""
    locked = members.locks_of_agents(client, client.cluster.members[0])
    return sorted(where for where, held in locked.items() if held is not False)


def holders(client: endpoints.Endpoints) -> list[task.Task]:
    """Return what may hold the lock that another task wants, in short form."""
    listed = lists.unfinished(client, "all", details=False, others=False)
    return [one for one in listed.tasks if _may_hold(one)]


def name_holders(client: endpoints.Endpoints, refusal: errors.OpsError) -> None:
    """Add to a refusal which tasks may hold the lock; the server names no id."""
    known = refusal.details
    code, words = str(known.get("code")), str(known.get("server_message"))
    if not replies.is_locked(code, words):
        return
    with contextlib.suppress(errors.OpsError):
        found = holders(client)
        names = [f"{messages.named(one)}, {one.state}" for one in found]
        refusal.message += f"; unfinished: {'; '.join(names[:3])}" if names else ""
        known["unfinished"] = [one.id for one in found]


def busy(
    client: endpoints.Endpoints,
    scope: str,
    *,
    name: str | None = None,
    tenant: str | None = None,
) -> list[task.Task]:
    """Return what keeps a scope from being quiet, in short form.

    That is what is READY or RUNNING, and what is FAILED and holds its lock, or may.
    Raises Unavailable while a list is missing, or an agent says that it is under
    maintenance and none is listed: there could be such a task. Raises Refused where
    asking again would not help.
    """
    try:
        listed = lists.unfinished(client, scope, details=False)
    except errors.InvalidAnswer as e:
        raise errors.Unavailable(e.message, **e.details) from e
    if listed.never:
        raise listed.never
    if tenant is not None:
        lists.tell_tenants(client)
    missing = listed.missing or _unexplained(client, scope, listed.tasks)
    if missing:
        raise errors.Unavailable("; ".join(missing), wait=None)
    found = lists.selected(listed.tasks, name=name, tenant=tenant)
    told = [_told(client, one) for one in found]
    return [one for one in told if one.state != "FAILED" or one.locked is not False]


def _unexplained(
    client: endpoints.Endpoints, scope: str, listed: Sequence[task.Task]
) -> list[str]:
    """Return what is said of named agents that are under maintenance by no task."""
    named = client.cluster.named
    asked = {"cluster": [], "agent": named[:1]}.get(scope, named)
    owners = {ids.owner_of(one.id) for one in listed if _may_hold(one)}
    found = []
    for agent in asked:
        if agent.address in owners or agent.seekdb:
            continue
        locked = held.of_agent(agent.status())
        if locked is None:
            found.append(f"{agent.url} does not say whether it is under maintenance")
        elif locked:
            found.append(
                f"{agent.url} says that it is under maintenance, and lists no task"
            )
    return found


def _may_hold(one: task.Task) -> bool:
    return one.locked is not False or one.state in task.ACTIVE


def told(client: endpoints.Endpoints, tasks: Sequence[task.Task]) -> list[task.Task]:
    """Return the tasks with what is known of the locks of agents that were asked.

    What cannot be had stays as it was known.
    """
    found = []
    for one in tasks:
        with contextlib.suppress(errors.OpsError):
            one = _told(client, one, asked=client.cluster.answered)
        found.append(one)
    return found


def _told(
    client: endpoints.Endpoints, one: task.Task, *, asked: Sequence[str] | None = None
) -> task.Task:
    """Return a failed task of an agent with what that says of its lock (10.4)."""
    if one.state != "FAILED" or ids.is_cluster(one.id) or one.locked is False:
        return one
    owner = ids.owner_of(one.id)
    for agent in client.cluster.named:
        if owner == agent.address or agent.seekdb:
            if asked is not None and agent.url not in asked:
                return one
            return _with(one, held.of_agent(agent.status()))
    if asked is not None:
        return one
    locks = members.locks_of_agents(client, client.cluster.members[0])
    return _with(one, locks.get(owner or ""))


def _with(one: task.Task, locked: bool | None) -> task.Task:
    return one if locked is None else replace(one, locked=locked)
