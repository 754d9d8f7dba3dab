# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task as it is drawn: its facts read again, and what pictures share. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from .. import errors
from . import task, times

# What a node or a sub-task is, by state and operator: how it is marked.
DONE, FAILED, RUNNING, WAITING = "done", "failed", "running", "waiting"
UNDONE, SKIPPED = "undone", "skipped"
_NEEDED = ("id", "name", "state", "operator", "server")
_WAYS = (
    "details: true of wait_for_task gives them, as obshell_task_info and ocp_task_info "
    "do"
)


def tasks(given: Any) -> list[task.Task]:
    """Return the tasks of facts, or of a list of them.

    Raises InvalidOption for what is none, or has no nodes to draw.
    """
    facts = given if isinstance(given, (list, tuple)) else [given]
    return [_task(one) for one in facts]


def _task(facts: Any) -> task.Task:
    if not isinstance(facts, Mapping) or any(key not in facts for key in _NEEDED):
        shown = errors.printable(type(facts).__name__, 40)
        raise errors.InvalidOption(
            "facts", f"the facts of a task are expected, as modules return; not {shown}"
        )
    if facts.get("nodes") is None:
        raise errors.InvalidOption(
            "facts",
            f"those of task {errors.printable(facts['id'], 60)} have no nodes: {_WAYS}",
        )
    try:
        return task.Task.from_dict(facts)
    except (TypeError, KeyError, AttributeError) as e:
        raise errors.InvalidOption(
            "facts", f"their nodes cannot be read: {errors.printable(e, 120)}"
        ) from e


def kind(part: task.Node | task.SubTask) -> str:
    """Return what a node or a sub-task is, one of the words above."""
    if part.operator in task.SKIPPING:
        return SKIPPED
    if part.state == "SUCCEED":
        return UNDONE if part.operator in task.UNDOING else DONE
    if part.state == "FAILED":
        return FAILED
    return RUNNING if part.state in ("RUNNING", "CANCELING") else WAITING


@dataclass(frozen=True)
class Span:
    """A node in time: seconds from the beginning of the task, end None while open."""

    node: task.Node
    start: float | None
    end: float | None


def spans(of: task.Task) -> tuple[list[Span], float]:
    """Return the nodes in time, and the seconds that the picture spans.

    A node without times of its own has those of its sub-tasks. What still runs ends
    where the last time that is known does.
    """
    known = [(node, *_moments(node)) for node in of.nodes or ()]
    first = [times.moment(of.start_time), *(start for _node, start, _end in known)]
    starts = [at for at in first if at is not None]
    begun = min(starts, default=0.0)
    ends = [at for _node, _start, at in known if at is not None]
    total = max([*starts, *ends], default=begun) - begun
    found = [
        Span(node, None if a is None else a - begun, None if b is None else b - begun)
        for node, a, b in known
    ]
    return found, total


def _moments(node: task.Node) -> tuple[float | None, float | None]:
    parts: Sequence[task.Node | task.SubTask] = (node, *node.sub_tasks)
    starts = [times.moment(part.start_time) for part in parts]
    ends = [times.moment(part.end_time) for part in parts]
    known_starts = [at for at in starts if at is not None]
    known_ends = [at for at in ends if at is not None]
    over = node.state in task.ENDED
    return min(known_starts, default=None), (
        max(known_ends, default=None) if over else None
    )


def took(start: float | None, end: float | None) -> str:
    """Return how long something took, as people read it; empty where not known."""
    return "" if start is None or end is None else times.clock(end - start)


def head(of: task.Task) -> str:
    """Return a task in a line: name, id, how it stands, how long, how much."""
    parts = [f"{errors.printable(of.name, 120)} {of.id}", of.state]
    if of.operator != "RUN":
        parts.append(of.operator)
    if of.outcome not in ("running", "succeeded", "failed"):
        parts.append(f"({of.outcome})")
    if of.duration is not None:
        parts.append(times.clock(of.duration))
    progress = of.progress or {}
    if progress.get("total"):
        parts.append(f"{progress['done']}/{progress['total']} sub-tasks")
    return errors.printable("  ".join(parts), 200)
