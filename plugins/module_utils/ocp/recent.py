# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happened lately to OCP's tasks, as its list tells it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, Sequence

from .. import errors
from ..task import looked, task
from . import client as ocp
from . import lists

STORE = "ocp"
PAGE = 20  # entries of a quiet look
MOST = 2000  # entries that are looked through


def store_of(one: task.Task) -> tuple[str, int]:
    """Return the only store, and the task's number there."""
    return STORE, int(one.id) if one.id.isdigit() else 0


def look(client: ocp.OcpClient, scope: str, tops: Mapping[str, int]) -> looked.Looked:
    """Return what is at work, and what is newer than `tops`, in short form.

    `scope` says nothing to OCP.
    """
    found = looked.Looked()
    top, size = tops.get(STORE), PAGE
    try:
        newest = _listed(client, size)
        while top and len(newest) >= size and _lowest(newest) > top + 1:
            size *= 10
            if size > MOST:
                break
            newest = _listed(client, size)
        running = client.known(())
    except errors.OpsError as e:
        found.fail(e)
        return found
    found.tasks.update((one.id, one) for one in [*newest, *running])
    found.stores.append(STORE)
    return found


def everything(client: ocp.OcpClient, scope: str) -> looked.Looked:
    """Return all that is listed."""
    found = look(client, scope, {})
    if found.error is None:
        found.tasks.update((one.id, one) for one in _listed(client, MOST))
    return found


def check_tenant(client: ocp.OcpClient) -> None:
    """Accept: each entry names its tenant."""


def _lowest(found: Sequence[task.Task]) -> int:
    return min(store_of(one)[1] for one in found)


def _listed(client: ocp.OcpClient, limit: int) -> list[task.Task]:
    """Return the newest tasks as heads: an entry has no operation (3.2)."""
    odd: list[str] = []
    found, _total = lists.collect(client, lists.Filters(), limit, odd.append)
    if odd:
        raise errors.Unavailable(f"the list of tasks at {client.url}: {odd[0]}")
    bare: dict[str, Any] = {"operator": "", "stage": None, "max_stage": None}
    return [replace(one, nodes=None, **bare) for one in found]
