# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between two snapshots of a task. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from . import task, times

MOST = 10_000  # failed sub-tasks that are remembered


def between(before: Mapping[str, Any] | None, after: task.Task) -> list[task.Facts]:
    """Return what differs between a mark and a later snapshot, in order of weight.

    Each change holds `what` (seen, state, stage, failed, retried) and the head of the
    task; failed and retried name the sub-task, failed with its last line.
    """
    head = {
        "task_id": after.id,
        "name": after.name,
        "state": after.state,
        "operator": after.operator,
        "stage": after.stage,
        "max_stage": after.max_stage,
        "node": after.node_name,
        "outcome": after.outcome,
    }
    if before is None:
        return [{"what": "seen", **head}, *_sub_task_changes({}, after, head)]
    found = []
    if any(before.get(key) != head[key] for key in ("state", "operator")):
        found.append({"what": "state", **head})
    elif before.get("stage") != after.stage:
        found.append({"what": "stage", **head})
    return found + _sub_task_changes(before.get("failed") or {}, after, head)


def identity(of: task.Task, before: Sequence[Any] = (None, None)) -> list[Any]:
    """Return what never changes in the life of a task, as far as it is known."""
    known = (of.name or None, of.dag_id)
    return [old if new is None else new for new, old in zip(known, before)]


def is_other(before: Mapping[str, Any] | None, of: task.Task) -> bool:
    """Tell whether a snapshot is of another task than the mark.

    The start moves with each operation on a task of obshell's, but never back.
    """
    if not before:
        return False
    pairs = zip(before.get("identity") or (), identity(of))
    if any(None not in pair and pair[0] != pair[1] for pair in pairs):
        return True
    was, now = times.moment(before.get("start")), times.moment(of.start_time)
    return was is not None and now is not None and now < was


def mark(before: Mapping[str, Any] | None, of: task.Task) -> task.Facts:
    """Return what `changes` must know of a snapshot: small, plain data."""
    failed = {sub.id: sub.execute_times for _node, sub in _failed(of)}
    if of.nodes is None and before:
        failed = dict(before.get("failed") or {})
    return {
        "identity": identity(of, (before or {}).get("identity") or (None, None)),
        "start": of.start_time or (before or {}).get("start"),
        "state": of.state,
        "operator": of.operator,
        "stage": of.stage,
        "failed": dict(list(failed.items())[:MOST]),
        "logs": _log_lines(of, before),
    }


def _log_lines(of: task.Task, before: Mapping[str, Any] | None) -> int:
    """Return how many lines have been logged, as far as known: a new one is a move."""
    known = [sub.task_logs or () for node in of.nodes or () for sub in node.sub_tasks]
    return max(sum(map(len, known)), (before or {}).get("logs") or 0)


def _failed(of: task.Task) -> list[tuple[task.Node, task.SubTask]]:
    return [
        (node, sub)
        for node in of.nodes or ()
        for sub in node.sub_tasks
        if sub.state == "FAILED"
    ]


def _sub_task_changes(
    failed: Mapping[str, Any], after: task.Task, head: task.Facts
) -> list[task.Facts]:
    found = []
    for node in after.nodes or ():
        for sub in node.sub_tasks:
            known = sub.id in failed and failed[sub.id] == sub.execute_times
            what = {"FAILED": "failed", "RUNNING": "retried"}.get(sub.state)
            if (what == "failed" and not known) or (
                what == "retried" and sub.id in failed
            ):
                line = sub.task_logs[-1] if what == "failed" and sub.task_logs else None
                part = {"sub_task": sub.name, "agent": sub.agent, "line": line}
                found.append({**head, "what": what, "node": node.name, **part})
    return found
