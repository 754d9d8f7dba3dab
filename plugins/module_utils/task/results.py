# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks in the result of a module: under which keys, and how large. Pure."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Sequence

from .. import errors
from . import task

FAILURE = 900  # characters of a failure as JSON
LINE = 240  # of a line of a log the last ones are kept
NAME = 120
_HEAD = (
    *("id", "name", "state", "operator", "outcome", "locked", "start_time"),
    *("end_time", "cause"),
)


def shape(facts: Sequence[task.Facts]) -> task.Facts:
    """Return the keys that every module returns: `tasks`, and `task`, the only one."""
    return {"tasks": list(facts), "task": facts[0] if len(facts) == 1 else None}


def full(tasks: Sequence[task.Task]) -> task.Facts:
    """Return the facts of tasks, in full, under the keys of `shape`."""
    return shape([one.to_dict() for one in tasks])


def heads(tasks: Sequence[task.Task], log_lines: int) -> task.Facts:
    """Return tasks under the keys of `shape`, each thing once, however large they are.

    `tasks` are heads, and the only one is whole but for its nodes.
    """
    facts = [_bare(one, log_lines) for one in tasks]
    found = [{key: one[key] for key in _HEAD} for one in facts]
    return {**shape(facts), "tasks": found}


def _bare(of: task.Task, log_lines: int) -> task.Facts:
    facts = of.to_dict(log_lines)
    failure = facts["failure"]
    name = errors.printable(of.name, LINE)
    found = {"name": name, "nodes": None, "failure": failure and compact(failure)}
    return {**facts, **found}


def compact(failure: task.Facts) -> task.Facts:
    """Return a failure of at most FAILURE characters; `omitted` causes are counted.

    The first cause is whole as far as it fits: its last lines, then further causes.
    """
    first, *others = (_cause(one) for one in (failure, *failure["also"]))
    also: list[task.Facts] = []
    lines, first["logs"] = first["logs"], []
    found = {**first, "also": also, "omitted": len(others)}
    while lines and _size(found) + _size(lines[-1]) < FAILURE:
        first["logs"].insert(0, lines.pop())
    for other in others:
        if _size(found) + _size(other) > FAILURE:
            break
        also.append(other)
        found["omitted"] -= 1
    return found


def _cause(cause: task.Facts) -> task.Facts:
    """Return a cause whose names and lines are of a readable length."""
    known = {key: value for key, value in cause.items() if key != "also"}
    for key, value in known.items():
        if isinstance(value, str) and len(value) > NAME:
            known[key] = f"{value[:NAME]} ..."
    lines = [
        line if len(line) <= LINE else f"... {line[-LINE:]}" for line in known["logs"]
    ]
    return {**known, "logs": lines}


def _size(facts: Any) -> int:
    return len(json.dumps(facts))


def small(of: task.Task, log_lines: int) -> task.Task:
    """Return the task with the last lines of failed sub-tasks and no others."""
    if of.nodes is None:
        return of
    nodes = tuple(
        replace(node, sub_tasks=tuple(_small(sub, log_lines) for sub in node.sub_tasks))
        for node in of.nodes
    )
    return replace(of, nodes=nodes)


def _small(sub_task: task.SubTask, log_lines: int) -> task.SubTask:
    lines = sub_task.task_logs
    if sub_task.state != "FAILED" or not lines or not log_lines:
        return replace(sub_task, task_logs=None)
    return replace(sub_task, task_logs=lines[-log_lines:])


def cut(facts: task.Facts, most: int) -> int:
    """Leave sub-tasks out of facts that hold more than `most`; return how many.

    Those go that did their work or have not begun; what is derived stays true.
    """
    nodes = facts["nodes"] or []
    total = sum(len(node["sub_tasks"]) for node in nodes)
    if total <= most:
        return 0
    room = most
    for node in nodes:
        node["sub_tasks"] = [sub for sub in node["sub_tasks"] if _tells(sub)][:room]
        room -= len(node["sub_tasks"])
    return total - (most - room)


def _tells(sub_task: task.Facts) -> bool:
    plain = sub_task["state"] in ("SUCCEED", "READY", "PENDING")
    return not plain or sub_task["operator"] in task.SKIPPING
