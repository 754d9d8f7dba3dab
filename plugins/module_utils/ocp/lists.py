# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of OCP's tasks: filters of the server, filters of ours, and its pages."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any, Callable, Iterator, Mapping

from .. import arguments, errors
from ..task import task
from . import endpoints, mapping

PAGE = 100
WHOLE = 2000  # entries of a page, the most that OCP gives (8.13)
MOST_PAGES = 50  # of one list; a server may say that there are more, for ever
_WORDS = {state: word for word, state in mapping.STATES.items()}


@dataclass(frozen=True)
class Filters:
    """What to list; names match a part of the name, ids are OCP's own."""

    name: str | None = None
    states: tuple[str, ...] = ()
    type: str | None = None
    cluster: str | None = None
    cluster_id: str | None = None
    tenant: str | None = None
    tenant_id: str | None = None
    host_id: str | None = None

    def query(self, *, express: bool) -> dict[str, Any]:
        """Return the parameters that the server understands (protocol/ocp.md 3.2).

        An empty status would list nothing (8.13), so what is not asked for is not
        sent. The cluster's name goes in both spellings: which one OCP reads is not
        known. A tenant's name means something to it only within a cluster.
        """
        states = ",".join(_WORDS[state] for state in self.states)
        if express:
            return _given({"keyword": self.name, "status": states})
        named = {
            "name": self.name,
            "status": states,
            "type": self.type,
            "clusterName": self.cluster,
            "cluterName": self.cluster,
            "clusterId": self.cluster_id,
            "tenantName": self.tenant if self.cluster_id else None,
            "tenantId": self.tenant_id,
            "hostId": self.host_id,
        }
        return _given(named)

    def ours(self, *, express: bool) -> Filters:
        """Return the filters that the server does not apply and an entry can show."""
        if express:
            return Filters(
                cluster=self.cluster,
                cluster_id=self.cluster_id,
                tenant=self.tenant,
                tenant_id=self.tenant_id,
            )
        return Filters(tenant=None if self.cluster_id else self.tenant)

    def unknown(self, *, express: bool) -> list[str]:
        """Return the options that Express ignores and its entries do not show.

        It has one cluster, so what is listed for a cluster is of that one, if any.
        """
        if not express:
            return []
        named = {
            "cluster": self.cluster,
            "cluster_id": self.cluster_id,
            "host_id": self.host_id,
        }
        return sorted(_given(named))

    def accept(self, entry: task.Task) -> bool:
        """Tell whether an entry matches; one that names no cluster may be of any."""
        known = entry.additional_data or {}
        cluster, tenant = known.get("cluster"), known.get("tenant") or {}
        matches = (
            not cluster or _part(self.cluster, cluster.get("name")),
            not cluster or self.cluster_id in (None, cluster.get("id")),
            _part(self.tenant, tenant.get("name")),
            self.tenant_id in (None, tenant.get("id")),
        )
        return all(matches)


def filters(given: Mapping[str, Any]) -> Filters:
    """Return the filters of options; refuse an id that can be none."""
    ids = {
        name: arguments.task_id(given[name], name)
        for name in ("cluster_id", "tenant_id", "host_id")
        if given[name]
    }
    texts = {name: given[name] for name in ("name", "type", "cluster", "tenant")}
    states = tuple(dict.fromkeys(given["state"] or ()))
    return Filters(states=states, **ids, **texts)


def cautions(client: endpoints.Endpoints, asked: Filters) -> list[str]:
    """Return what to warn of; refuse a type that OCP Express never lists."""
    if client.express and asked.type not in (None, "MANUAL"):
        raise errors.InvalidOption("type", "OCP Express lists MANUAL tasks only")
    ignored = asked.unknown(express=client.express)
    if not ignored:
        return []
    return [
        f"OCP Express cannot filter by {', '.join(ignored)}, and what it lists "
        "does not tell; all its tasks that match the other filters are returned"
    ]


def collect(
    client: endpoints.Endpoints,
    asked: Filters,
    limit: int,
    warn: Callable[[str], None] = lambda text: None,
) -> tuple[list[task.Task], int | None]:
    """Return at most `limit` tasks, the newest first, and the server's own count.

    What cannot be read is warned of.
    """
    ours = asked.ours(express=client.express)
    size = PAGE if ours != Filters() else min(limit, PAGE)
    found: dict[str, task.Task] = {}
    total = None
    for page in _pages(client, asked.query(express=client.express), size):
        total = page.total
        for text in page.odd:
            warn(text)
        # A task that is submitted meanwhile moves the others on to the next page.
        found.update((one.id, one) for one in page.tasks if ours.accept(one))
        if len(found) >= limit:
            break
    return list(found.values())[:limit], total


def busy(
    client: endpoints.Endpoints,
    *,
    name: str | None = None,
    cluster_id: str | None = None,
    tenant_id: str | None = None,
) -> list[task.Task]:
    """Return what is at work, in short form; what has failed where it is not at rest.

    A task counts where the list does not say that it is of another cluster or tenant.
    Raises Unavailable where a list cannot be read whole: it proves nothing (8.1, 8.13).
    """

    def counts(one: task.Task) -> bool:
        if name not in (None, one.name) or (one.state == "FAILED" and one.at_rest):
            return False
        known = (("cluster", cluster_id), ("tenant", tenant_id))
        return all(_may_be_of(one, key, id) for key, id in known)

    # What has failed may be much, and matters only where nothing runs.
    for state in ("RUNNING", "FAILED"):
        asked = Filters(states=(state,), cluster_id=cluster_id, tenant_id=tenant_id)
        found = [one for one in _whole(client, asked) if counts(one)]
        if found:
            break
    return [
        replace(one, nodes=None, operator="", stage=None, max_stage=None)
        for one in found
    ]


def unfinished(client: endpoints.Endpoints, *, cluster_id: str) -> list[task.Task]:
    """Return what of a cluster runs or has failed, as the list tells it, newest first.

    Raises as `busy` does.
    """
    found: dict[str, task.Task] = {}
    # What fails between both looks is in the second.
    for state in ("RUNNING", "FAILED"):
        asked = Filters(states=(state,), cluster_id=cluster_id)
        found.update((one.id, one) for one in _whole(client, asked))
    mine = [one for one in found.values() if _may_be_of(one, "cluster", cluster_id)]
    return sorted(mine, key=lambda one: int(one.id), reverse=True)


def _whole(client: endpoints.Endpoints, asked: Filters) -> list[task.Task]:
    found: dict[str, task.Task] = {}
    total, why = None, ""
    pages = _pages(client, asked.query(express=client.express), WHOLE)
    for page in itertools.islice(pages, MOST_PAGES):
        found.update((one.id, one) for one in page.tasks)
        total, why = page.total, why or "".join(page.odd[:1])
    if total is not None and len(found) < total:
        why = why or f"it counts {total} tasks and gives {len(found)}"
    if why:
        raise errors.Unavailable(f"the list of tasks at {client.url}: {why}")
    return list(found.values())


def _may_be_of(one: task.Task, key: str, id: str | None) -> bool:
    known = ((one.additional_data or {}).get(key) or {}).get("id")
    return id is None or known is None or known == id


def _pages(
    client: endpoints.Endpoints, query: dict[str, Any], size: int
) -> Iterator[mapping.Page]:
    """Yield the pages until the last; a server that repeats itself is not believed."""
    seen: set[str] = set()
    number = 1
    while True:
        page = client.page(query, number, size)
        yield page
        ids = {one.id for one in page.tasks}
        if ids <= seen or number >= (page.pages or number + 1):
            return
        if page.pages is None and len(page.tasks) < size:
            return
        seen |= ids
        number += 1


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def _part(wanted: str | None, name: str | None) -> bool:
    return wanted is None or wanted.lower() in (name or "").lower()
