# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks as one HTML page that needs nothing else. Pure."""

from __future__ import annotations

import html
from typing import Any

from .. import errors
from . import cause, drawn, task, times

ROW = 22  # pixels of a bar's row
WIDE = 1000  # units of a picture's width
MOST = 2000  # sub-tasks of one task in the page; what failed or runs goes first
LINES = 500  # of one log
_STYLE = """
:root{--ink:#1c2733;--soft:#5b6875;--page:#fff;--card:#f6f8fa;--line:#d9dfe5;
  --done:#2e7d4f;--failed:#b02a37;--running:#1f5fb0;--waiting:#8b96a1;
  --undone:#6b4fa0;--skipped:#b7791f}
@media(prefers-color-scheme:dark){:root{--ink:#e4e9ee;--soft:#9aa7b3;--page:#12181f;
  --card:#1b232c;--line:#303b46;--done:#57b881;--failed:#ef7a85;--running:#6fa8ef;
  --waiting:#7d8894;--undone:#a98fdd;--skipped:#dda94c}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1200px;padding:1.2rem;background:var(--page);
  color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.3rem;margin:.2rem 0}
h2{font-size:1.05rem;margin:1.4rem 0 .4rem}
.done{color:var(--done)}
.failed{color:var(--failed)}
.running{color:var(--running)}
.waiting{color:var(--waiting)}
.undone{color:var(--undone)}
.skipped{color:var(--skipped)}
.soft{color:var(--soft)}
header{border-left:6px solid currentColor;padding:.3rem .9rem;
  background:var(--card);border-radius:4px}
header *{color:var(--ink)}
header strong{color:inherit}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
td,th{border-bottom:1px solid var(--line);padding:.3rem .5rem;text-align:left;
  vertical-align:top;overflow-wrap:anywhere}
th{font-weight:600;color:var(--soft)}
td:nth-child(n+3){white-space:nowrap}
pre{margin:.3rem 0;padding:.6rem;background:var(--card);border-radius:4px;
  overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;
  font:12.5px/1.45 ui-monospace,monospace}
svg{width:100%;min-width:640px;height:auto;display:block}
svg text{fill:var(--ink);font:12px system-ui,sans-serif}
svg rect{fill:currentColor}
svg line{stroke:var(--line)}
summary{cursor:pointer}
article+article{border-top:2px solid var(--line);margin-top:2rem;padding-top:1rem}
@media(max-width:600px){body{padding:.7rem}td:nth-child(4),
  th:nth-child(4){display:none}}
@media print{body{max-width:none}header,pre{break-inside:avoid}}
"""


def report(facts: Any, *, title: str = "OceanBase tasks") -> str:
    """Return one HTML page about tasks; it asks for no other resource.

    All text of servers is escaped.
    """
    found = drawn.tasks(facts)
    parts = [_index(found)] if len(found) > 1 else []
    parts += [_article(of, number) for number, of in enumerate(found, 1)]
    head = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    )
    return "\n".join([head, *parts, "</body>", "</html>", ""])


def _text(value: Any, limit: int = 400) -> str:
    return html.escape(errors.printable(value, limit))


def _index(found: list[task.Task]) -> str:
    items = "".join(
        f'<li><a href="#task-{number}" class="{_of(of)}">'
        f"{_text(drawn.head(of))}</a></li>"
        for number, of in enumerate(found, 1)
    )
    return f"<nav><h1>{len(found)} tasks</h1><ol>{items}</ol></nav>"


def _of(of: task.Task) -> str:
    """Return what the task as a whole is, as its nodes are."""
    return {
        "succeeded": drawn.DONE,
        "passed": drawn.SKIPPED,
        "rolled_back": drawn.UNDONE,
        "running": drawn.RUNNING,
        "part": drawn.RUNNING,
    }.get(of.outcome, drawn.FAILED)


def _article(of: task.Task, number: int) -> str:
    return (
        f'<article id="task-{number}">\n{_header(of)}\n<h2>Time</h2>\n'
        f'<div class="scroll">{_bars(of)}</div>\n<h2>Steps</h2>\n{_table(of)}\n'
        f"{_details(of)}</article>"
    )


def _header(of: task.Task) -> str:
    progress = of.progress or {}
    known = [
        ("Outcome", of.outcome.replace("_", " ")),
        ("State", f"{of.state} ({of.operator})"),
        ("Sub-tasks", f"{progress.get('done')} of {progress.get('total')} done"),
        ("Began", of.start_time or "not known"),
        ("Ended", of.end_time or "not yet"),
        ("Took", "not known" if of.duration is None else times.clock(of.duration)),
        ("Locked", {True: "yes", False: "no", None: "not known"}[of.locked]),
    ]
    facts = " &middot; ".join(f"{name}: {_text(text)}" for name, text in known)
    why = f"<p><strong>{_text(of.cause)}</strong></p>" if of.cause else ""
    return (
        f'<header class="{_of(of)}"><h1>{_text(of.name)} '
        f'<span class="soft">{_text(of.id)}</span></h1>{why}<p>{facts}</p></header>'
    )


def _bars(of: task.Task) -> str:
    found, total = drawn.spans(of)
    if not found or total <= 0:
        return '<p class="soft">No times are known.</p>'
    left, height = 260, ROW * (len(found) + 1)
    scale = (WIDE - left - 70) / total
    rows = [f'<line x1="{left}" y1="0" x2="{left}" y2="{height - ROW}"/>']
    for at, span in enumerate(found):
        y = at * ROW
        rows.append(f'<text x="0" y="{y + 15}">{_text(span.node.name, 38)}</text>')
        if span.start is None:
            continue
        end = total if span.end is None else span.end
        x, wide = left + span.start * scale, max(2.0, (end - span.start) * scale)
        took = drawn.took(span.start, span.end) or "runs"
        rows.append(
            f'<g class="{drawn.kind(span.node)}"><rect x="{x:.1f}" y="{y + 4}" '
            f'width="{wide:.1f}" height="{ROW - 8}" rx="2"/></g>'
            f'<text x="{x + wide + 6:.1f}" y="{y + 15}">{took}</text>'
        )
    rows.append(f'<text x="{left}" y="{height - 6}">0:00</text>')
    rows.append(
        f'<text x="{WIDE - 70}" y="{height - 6}" text-anchor="end">'
        f"{times.clock(total)}</text>"
    )
    label = f"{_text(of.name)} over time"
    box = f'viewBox="0 0 {WIDE} {height}" role="img" aria-label="{label}"'
    return "".join([f"<svg {box}>", *rows, "</svg>"])


def _table(of: task.Task) -> str:
    rows = []
    for number, node in enumerate(of.nodes or (), 1):
        seconds = times.duration(node.start_time, node.end_time)
        what = drawn.kind(node)
        done = sum(drawn.kind(sub) == drawn.DONE for sub in node.sub_tasks)
        rows.append(
            f"<tr><td>{number}</td><td>{_text(node.name)}</td>"
            f'<td class="{what}">{what}</td>'
            f"<td>{_text(node.start_time or '')}</td>"
            f"<td>{'' if seconds is None else times.clock(seconds)}</td>"
            f"<td>{done}/{len(node.sub_tasks)}</td></tr>"
        )
    head = "".join(
        f"<th>{name}</th>"
        for name in ("", "Step", "Is", "Began", "Took", "Sub-tasks done")
    )
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _details(of: task.Task) -> str:
    """Return the sub-tasks with a log or a cause; what failed or runs is first."""
    parts = [
        (node, sub)
        for node in of.nodes or ()
        for sub in node.sub_tasks
        if sub.task_logs or drawn.kind(sub) in (drawn.FAILED, drawn.RUNNING)
    ]
    order = {drawn.FAILED: 0, drawn.RUNNING: 1}
    parts.sort(key=lambda pair: order.get(drawn.kind(pair[1]), 2))
    if not parts:
        return ""
    shown = "".join(
        _detail(node, sub, at == 0) for at, (node, sub) in enumerate(parts[:MOST])
    )
    left = len(parts) - MOST
    more = f"<p>{left} more sub-tasks are not shown.</p>" if left > 0 else ""
    return f"<h2>Sub-tasks</h2>\n{shown}{more}\n"


def _detail(node: task.Node, sub: task.SubTask, first: bool) -> str:
    what = drawn.kind(sub)
    where = f" on {sub.followed or sub.agent}" if sub.followed or sub.agent else ""
    name = sub.name if sub.name == node.name else f"{node.name}: {sub.name}"
    tries = f", attempt {sub.execute_times}" if (sub.execute_times or 0) > 1 else ""
    lines = sub.task_logs or []
    why = ""
    if what == drawn.FAILED and lines:
        why = f"<p><strong>{_text(cause.essence(lines[-1]))}</strong></p>"
    kept = "\n".join(_text(line, 2000) for line in lines[-LINES:])
    log = f"<pre>{kept}</pre>" if lines else ""
    opened = " open" if first and what == drawn.FAILED else ""
    return (
        f'<details{opened}><summary class="{what}">{_text(name)}'
        f"{_text(where)}{_text(tries)}: {what}</summary>{why}{log}</details>\n"
    )
