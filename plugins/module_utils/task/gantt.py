# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task as bars over time, of text. Pure."""

from __future__ import annotations

from typing import Any

from .. import errors
from . import drawn, task, times

WIDTH = 100  # columns
_NAME = 32
_BARS = {
    drawn.DONE: ("\u2588", "#"),
    drawn.FAILED: ("\u2593", "x"),
    drawn.RUNNING: ("\u2592", ">"),
    drawn.WAITING: (" ", " "),
    drawn.UNDONE: ("\u2591", "<"),
    drawn.SKIPPED: ("-", "-"),
}


def gantt(facts: Any, *, width: int = WIDTH, ascii: bool = False) -> str:
    """Return tasks as text: a bar for each node, at most `width` columns wide."""
    if not 40 <= width <= 400:
        raise errors.InvalidOption("width", "40 to 400 columns are expected")
    return "\n\n".join(_gantt(of, width, int(ascii)) for of in drawn.tasks(facts))


def _gantt(of: task.Task, width: int, style: int) -> str:
    found, total = drawn.spans(of)
    names = [errors.printable(span.node.name, _NAME - 4) for span in found]
    margin = max([len(name) for name in names], default=0)
    room = width - margin - len(" || ") - len("0:00:00 failed")
    lines = [drawn.head(of)]
    for name, span in zip(names, found):
        drawn_bar = _bar(span, total, room, style)
        what = drawn.kind(span.node)
        took = drawn.took(span.start, span.end)
        note = {drawn.FAILED: "failed", drawn.RUNNING: "runs"}.get(what, "")
        end = " ".join(text for text in (took, note) if text)
        lines.append(f"{name:<{margin}} |{drawn_bar}| {end}".rstrip()[:width])
    scale = f"{'':<{margin}}  0:00{times.clock(total):>{max(room - 4, 6)}}"
    return "\n".join([*lines, scale])


def _bar(span: drawn.Span, total: float, room: int, style: int) -> str:
    if span.start is None or total <= 0:
        return " " * room
    end = total if span.end is None else span.end
    first = min(int(span.start / total * room), room - 1)
    length = max(1, min(round((end - span.start) / total * room), room - first))
    sign = _BARS[drawn.kind(span.node)][style]
    return (" " * first + sign * length).ljust(room)
