# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A member of a cluster: which ways it has to its states, and what is told of it."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from .. import roster
from ..task import task
from ..wait import within
from . import asked, errand, joining, leaving, running

Membership = errand.Errand[roster.Server]
KEY = "member"

_WAYS: dict[str, Callable[[asked.Asker], errand.Way[roster.Server]]] = {
    "present": joining.Joining,
    "absent": leaving.Leaving,
    "started": running.Running,
    "stopped": running.Running,
}
STATES = tuple(_WAYS)


def work(
    asker: asked.Asker,
    submit: Callable[[Mapping[str, Any]], Any],
    waits: within.Waits,
) -> Membership:
    """Return what brings a member to the state that is asked for."""
    way = _WAYS[asker.wish.state](asker)
    return errand.Errand(errand.Kind(KEY, _facts, _shown), way, asker, submit, waits)


def _facts(member: roster.Server | None) -> task.Facts | None:
    if member is None:
        return None
    return {
        "ip": member.ip,
        "port": member.port,
        "zone": member.zone,
        "identity": member.identity,
        "status": member.status,
        "version": member.version,
        "obshell_version": member.obshell_version,
        "sql_port": member.sql_port,
        "rpc_port": member.rpc_port,
    }


def _shown(member: roster.Server | None) -> task.Facts:
    keys = ("identity", "zone", "status")
    return {key: getattr(member, key, None) for key in keys}
