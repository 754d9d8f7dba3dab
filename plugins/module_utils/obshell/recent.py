# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happened lately to the tasks of one cluster, as obshell tells it.

What is unfinished is listed. What began and ended between two looks is no longer: the
last task of each store tells that there was something, and its number how much.
"""

from __future__ import annotations

from typing import Callable, Mapping, Sequence

from .. import errors
from ..task import looked, task
from . import agents, ids, lists
from . import client as obshell

CLUSTER = "cluster"  # the store of the tasks of the cluster; others are agents' own
MOST = 100  # tasks that are asked for one by one, where there is no list of all
# Whose stores are looked at, of the agents that are named; None is the cluster's.
_STORES: dict[str, Callable[[Sequence[agents.Agent]], list[agents.Agent | None]]] = {
    "cluster": lambda named: [None],
    "agent": lambda named: [*named[:1]],
    "agents": lambda named: [*named],
    "all": lambda named: [None, *named],
}


def store_of(one: task.Task) -> tuple[str, int]:
    """Return in which store a task is kept, and its number there."""
    return ids.owner_of(one.id) or CLUSTER, one.dag_id or 0


def look(
    client: obshell.ObshellClient, scope: str, tops: Mapping[str, int]
) -> looked.Looked:
    """Return what is unfinished, and what is newer than `tops`, in short form.

    Each store is looked at by itself: a cluster whose database is down must not hide
    what its agents are doing.
    """
    found = looked.Looked()
    for agent in _STORES[scope](client.cluster.named):
        try:
            _look_at(client, agent, tops, found)
        except errors.OpsError as e:
            found.fail(e)
            if found.refused:
                break
    return found


def _look_at(
    client: obshell.ObshellClient,
    agent: agents.Agent | None,
    tops: Mapping[str, int],
    found: looked.Looked,
) -> None:
    """Add what the cluster, or an agent, tells of its own store."""
    last = client.last_of(agent, details=False)
    tasks = [*lists.unfinished_in(client, agent), *([last] if last else [])]
    store = CLUSTER if agent is None else agent.address
    if last:
        store, number = store_of(last)
        known = tops.get(store, number)
        if number < known:
            found.reset.append(store)  # another cluster stands there now
            known = 0
        between = range(known + 1, number)
        listed = lists.history_in(client, agent) if len(between) > 1 else None
        tasks += [one for one in listed or () if store_of(one)[1] in between]
        if listed is None:
            found.unlisted.update(_ids(last, between[-MOST:]))
    found.stores.append(store)
    found.tasks.update((one.id, one) for one in tasks)


def everything(client: obshell.ObshellClient, scope: str) -> looked.Looked:
    """Return all that is listed; before 4.3.0 what is unfinished and the last ones."""
    found = look(client, scope, {})
    if found.error is not None:
        found.stores.clear()  # it is all looked at anew
        return found
    try:
        listed = lists.history(client, scope, details=False)
        found.tasks = {**{one.id: one for one in listed.tasks}, **found.tasks}
    except errors.OpsError as e:
        if e.details.get("status") or e.transient:
            found.fail(e)
            found.stores.clear()
    return found


def check_tenant(client: obshell.ObshellClient) -> None:
    """Raise Refused where an agent does not tell which tenant a task is about."""
    lists.tell_tenants(client)


def _ids(last: task.Task, numbers: range) -> dict[str, tuple[str, int]]:
    """Return the ids that tasks of the last one's store have, if they are there."""
    store, number = store_of(last)
    head = last.id[: len(last.id) - len(str(number))]
    return {f"{head}{one}": (store, one) for one in numbers}
