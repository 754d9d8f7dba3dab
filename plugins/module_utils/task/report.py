# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks as one HTML page that needs nothing else. Pure."""

from __future__ import annotations

import html
import re
from typing import Any

from .. import errors
from . import cause, drawn, task, times

ROW = 34  # pixels of a step: its name, and its bar below
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
  vertical-align:top;white-space:nowrap}
th{font-weight:600;color:var(--soft)}
td:nth-child(2){white-space:normal;overflow-wrap:anywhere}
h1,p,summary{overflow-wrap:anywhere}
header span{white-space:nowrap}
pre{margin:.3rem 0;padding:.6rem;background:var(--card);border-radius:4px;
  overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;
  font:12.5px/1.45 ui-monospace,monospace}
svg{width:100%;display:block}
svg text{fill:var(--ink);font:13px system-ui,sans-serif}
svg .soft{fill:var(--soft);font-size:11px}
svg rect{fill:currentColor}
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


def _time(text: str | None) -> str:
    """Return a time without the parts of its seconds, which nobody reads."""
    return re.sub(r"\.\d+", "", text or "").replace("T", " ")


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
        f"{_bars(of)}\n<h2>Steps</h2>\n{_table(of)}\n"
        f"{_details(of)}</article>"
    )


def _header(of: task.Task) -> str:
    progress = of.progress or {}
    known = [
        ("Outcome", of.outcome.replace("_", " ")),
        ("State", f"{of.state} ({of.operator})"),
        ("Sub-tasks", f"{progress.get('done')} of {progress.get('total')} done"),
        ("Began", _time(of.start_time) or "not known"),
        ("Ended", _time(of.end_time) or ("not known" if of.done else "not yet")),
        ("Took", "not known" if of.duration is None else times.clock(of.duration)),
        ("Locked", {True: "yes", False: "no", None: "not known"}[of.locked]),
    ]
    facts = " &middot; ".join(
        f"<span>{name}: {_text(text)}</span>" for name, text in known
    )
    why = f"<p><strong>{_text(of.cause)}</strong></p>" if of.cause else ""
    return (
        f'<header class="{_of(of)}"><h1>{_text(of.name)} '
        f'<span class="soft">{_text(of.id)}</span></h1>{why}<p>{facts}</p></header>'
    )


def _bars(of: task.Task) -> str:
    found, total = drawn.spans(of)
    if not found or total <= 0:
        return '<p class="soft">No times are known.</p>'
    height = ROW * len(found) + 20
    rows = []
    for at, span in enumerate(found):
        y = at * ROW
        rows.append(f'<text x="0" y="{y + 14}">{_text(span.node.name, 60)}</text>')
        if span.start is None:
            continue
        end = total if span.end is None else span.end
        # Shares of the width, whatever that is; the least can still be seen.
        x = min(100 * span.start / total, 99.5)
        wide = max(0.5, 100 * (end - span.start) / total)
        took = drawn.took(span.start, span.end) or "runs"
        rows.append(
            f'<g class="{drawn.kind(span.node)}"><rect x="{x:.2f}%" y="{y + 19}" '
            f'width="{min(wide, 100 - x):.2f}%" height="8" rx="2"/></g>'
            f'<text x="100%" y="{y + 14}" text-anchor="end">{took}</text>'
        )
    rows.append(f'<text class="soft" x="0" y="{height - 4}">0:00</text>')
    rows.append(
        f'<text class="soft" x="100%" y="{height - 4}" text-anchor="end">'
        f"{times.clock(total)}</text>"
    )
    label = f"{_text(of.name)} over time"
    return "".join(
        [f'<svg height="{height}" role="img" aria-label="{label}">', *rows, "</svg>"]
    )


def _table(of: task.Task) -> str:
    rows = []
    for number, node in enumerate(of.nodes or (), 1):
        seconds = times.duration(node.start_time, node.end_time)
        what = drawn.kind(node)
        done = sum(drawn.kind(sub) == drawn.DONE for sub in node.sub_tasks)
        rows.append(
            f"<tr><td>{number}</td><td>{_text(node.name)}</td>"
            f'<td class="{what}">{what}</td>'
            f"<td>{_text(_time(node.start_time))}</td>"
            f"<td>{'' if seconds is None else times.clock(seconds)}</td>"
            f"<td>{done}/{len(node.sub_tasks)}</td></tr>"
        )
    head = "".join(
        f"<th>{name}</th>" for name in ("", "Step", "Is", "Began", "Took", "Done")
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
    log = f"<pre>{kept}</pre>" if lines else '<p class="soft">No log is known.</p>'
    opened = " open" if first and what == drawn.FAILED else ""
    return (
        f'<details{opened}><summary class="{what}">{_text(name)}'
        f"{_text(where)}{_text(tries)}: {what}</summary>{why}{log}</details>\n"
    )
