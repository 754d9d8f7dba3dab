# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task as a diagram for Mermaid, as GitHub and GitLab draw it. Pure."""

from __future__ import annotations

import re
from typing import Any, Callable, Mapping

from .. import errors
from . import drawn, task, times

_GANTT = {
    drawn.DONE: "done, ",
    drawn.FAILED: "crit, ",
    drawn.RUNNING: "active, ",
    drawn.UNDONE: "done, ",
}
_COLOURS = {
    drawn.DONE: "fill:#d7f0dd,stroke:#2e7d4f,color:#10331f",
    drawn.FAILED: "fill:#f8d7da,stroke:#b02a37,color:#58151c",
    drawn.RUNNING: "fill:#d6e6fb,stroke:#1f5fb0,color:#0b2c58",
    drawn.WAITING: "fill:#f1f3f5,stroke:#868e96,color:#343a40",
    drawn.UNDONE: "fill:#e9e4f5,stroke:#6b4fa0,color:#2f1f52",
    drawn.SKIPPED: "fill:#fdf0d0,stroke:#b7791f,color:#4a3007",
}


def mermaid(facts: Any, *, kind: str = "gantt") -> str:
    """Return tasks as the source of diagrams: `gantt`, or `flowchart` with edges."""
    draw: Mapping[str, Callable[[task.Task], str]] = {
        "gantt": _gantt,
        "flowchart": _flowchart,
    }
    if kind not in draw:
        raise errors.InvalidOption("kind", f"one of {', '.join(draw)} is expected")
    return "\n\n".join(draw[kind](of) for of in drawn.tasks(facts))


def _gantt(of: task.Task) -> str:
    """Times are milliseconds: names of months and zones are no matter then.

    A step begins with its number, so that none is a word of Mermaid's own.
    """
    found, total = drawn.spans(of)
    lines = [
        "gantt",
        f"    title {_plain(of.name)} {of.id} {of.state}",
        "    dateFormat x",
        "    axisFormat %H:%M:%S",
        "    section Steps",
    ]
    start = times.moment(of.start_time) or 0.0
    for number, span in enumerate(found, 1):
        if span.start is None:
            continue
        end = total if span.end is None else span.end
        first, last = (int((start + at) * 1000) for at in (span.start, end))
        mark = _GANTT.get(drawn.kind(span.node), "")
        lines.append(
            f"    {number} {_plain(span.node.name)} :{mark}n{number}, {first}, "
            f"{max(last, first + 1)}"
        )
    return "\n".join(lines)


def _flowchart(of: task.Task) -> str:
    ids = {node.id: f"n{number}" for number, node in enumerate(of.nodes or (), 1)}
    lines = ["flowchart TD"]
    for node in of.nodes or ():
        seconds = times.duration(node.start_time, node.end_time)
        took = "" if seconds is None else f" {times.clock(seconds)}"
        text = f"{_quoted(node.name)}{took}"
        lines.append(f'    {ids[node.id]}["{text}"]:::{drawn.kind(node)}')
    for node in of.nodes or ():
        for above in node.upstreams:
            if above in ids:
                lines.append(f"    {ids[above]} --> {ids[node.id]}")
    lines += [f"    classDef {what} {colours}" for what, colours in _COLOURS.items()]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Return a name without the signs that mean something in a line of a gantt."""
    known = re.sub(r"[^\w .()/+-]", " ", errors.printable(text, 80), flags=re.ASCII)
    return " ".join(known.split()) or "unnamed"


def _quoted(text: str) -> str:
    """Return a name for a label in quotes; all that is not plain is an entity."""
    known = errors.printable(text, 80)
    return "".join(c if c.isalnum() or c in " ._-/" else f"#{ord(c)};" for c in known)
