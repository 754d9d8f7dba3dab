# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An operation on a task begins a new attempt: what the old one looked like."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Protocol

from .. import errors
from ..task import task

LOOKS = 10
TICK = 1.0  # both servers move once a second


class Reader(Protocol):
    """Whoever can read a task."""

    def fetch(self, id: str, *, details: bool = True) -> task.Task:
        """Return a task."""


def of(before: task.Task) -> task.Facts:
    """Return what a later wait must know of the attempt that an operation ends."""
    failed = {
        sub.id: sub.execute_times
        for node in before.nodes or ()
        for sub in node.sub_tasks
        if sub.state == "FAILED"
    }
    return {"task_id": before.id, "operator": before.operator, "sub_tasks": failed}


def is_old(known: Mapping[str, Any] | None, now: task.Task) -> bool:
    """Tell whether a snapshot still shows the failure from before the operation."""
    if known is None or now.state != "FAILED" or not known["sub_tasks"]:
        return False
    return known == {**of(now), "task_id": known["task_id"]}


def shown(
    client: Reader,
    before: task.Task,
    shows: Callable[[task.Task], bool],
    *,
    sleep: Callable[[float], None],
    warn: Callable[[str], None],
) -> task.Task | None:
    """Return the task when an operation shows at it, after ten looks at the latest.

    None, with a warning, where it could not be read.
    """
    seen: task.Task | None = None
    why = ""
    for look in range(LOOKS):
        if look:
            sleep(TICK)
        try:
            seen = client.fetch(before.id)
        except errors.OpsError as e:
            why = e.message
            if not e.transient and not isinstance(e, errors.InvalidAnswer):
                break
            continue
        if shows(seen):
            return seen
    if seen is None:
        warn(f"the task could not be read after the operation: {why}")
    return seen
