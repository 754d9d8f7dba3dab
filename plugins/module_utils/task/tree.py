# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task as a tree of text. Pure."""

from __future__ import annotations

from typing import Any

from .. import errors
from . import cause, drawn, task, times

_MARKS = {
    drawn.DONE: ("\u2714", "+"),
    drawn.FAILED: ("\u2718", "x"),
    drawn.RUNNING: ("\u25b6", ">"),
    drawn.WAITING: ("\u00b7", "."),
    drawn.UNDONE: ("\u21b6", "<"),
    drawn.SKIPPED: ("\u00bb", "-"),
}
_BRANCHES = (("\u251c\u2500 ", "\u2514\u2500 ", "\u2502  "), ("|- ", "`- ", "|  "))
_TELLS = (drawn.FAILED, drawn.RUNNING)
MANY = 20  # sub-tasks of one node that are drawn


def tree(facts: Any, *, ascii: bool = False) -> str:
    """Return tasks as text: a line for each node, and for what failed or runs in it."""
    return "\n\n".join(_tree(of, int(ascii)) for of in drawn.tasks(facts))


def _tree(of: task.Task, style: int) -> str:
    between, last, below = _BRANCHES[style]
    lines = [drawn.head(of)]
    nodes = of.nodes or ()
    for number, node in enumerate(nodes, 1):
        final = number == len(nodes)
        seconds = times.duration(node.start_time, node.end_time)
        took = "" if seconds is None else f"  {times.clock(seconds)}"
        name = errors.printable(node.name, 120)
        lines.append(f"{last if final else between}{_mark(node, style)} {name}{took}")
        inside = _parts(node, style)
        for at, text in enumerate(inside, 1):
            branch = last if at == len(inside) else between
            lines.append(f"{'   ' if final else below}{branch}{text}")
    return "\n".join(lines)


def _mark(part: task.Node | task.SubTask, style: int) -> str:
    return _MARKS[drawn.kind(part)][style]


def _parts(node: task.Node, style: int) -> list[str]:
    telling = [sub for sub in node.sub_tasks if drawn.kind(sub) in _TELLS]
    lines = [f"{_mark(sub, style)} {_part(sub)}" for sub in telling[:MANY]]
    if len(telling) > MANY:
        lines.append(f"and {len(telling) - MANY} more")
    return lines


def _part(sub: task.SubTask) -> str:
    text = sub.name
    if agent := sub.followed or sub.agent:
        text += f" on {agent}"
    if sub.execute_times and sub.execute_times > 1:
        text += f", attempt {sub.execute_times}"
    if sub.task_logs:
        text += f": {cause.essence(sub.task_logs[-1])}"
    return errors.printable(text, 240)
