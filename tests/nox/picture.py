# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines that a wait shows, as the picture of a terminal for the README."""

from __future__ import annotations

import html
import re

COLUMNS = 104
_ROW, _COLUMN, _EDGE = 20, 7.83, 16  # pixels
_LABELS = ("where", "why", "locked", "next", "log")
_STYLE = """
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#d7dee6;
  white-space:pre}
.bad{fill:#ff8f8f;font-weight:bold}
.good{fill:#7ddf9f;font-weight:bold}
.label{fill:#8ab8ff}
"""


def wanted(output: str) -> list[str]:
    """The lines of the first task that a play waits for, as they were shown."""
    found = [line for line in output.splitlines() if line.startswith("localhost | ")]
    ends = [at for at, line in enumerate(found) if "| SUCCEED |" in line]
    if not ends:
        raise ValueError("the demo shows no task that succeeds")
    return [_cut(line) for line in found[: ends[0] + 1]]


def svg(lines: list[str]) -> str:
    """A picture of these lines; it needs no other file."""
    wide = round(COLUMNS * _COLUMN + 2 * _EDGE)
    high = len(lines) * _ROW + 2 * _EDGE
    rows = [
        f'<text x="{_EDGE}" y="{_EDGE + (at + 0.7) * _ROW:.0f}">{_marked(line)}</text>'
        for at, line in enumerate(lines)
    ]
    box = f'viewBox="0 0 {wide} {high}" width="{wide}" height="{high}"'
    note = (
        "Live lines of a wait: a scale-out fails, its cause is told, a retry succeeds"
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img">\n'
        f"<title>{note}</title>\n<style>{_STYLE}</style>\n"
        f'<rect width="{wide}" height="{high}" rx="8" fill="#1b232c"/>'
    )
    return "\n".join([head, *rows, "</svg>", ""])


def _cut(line: str) -> str:
    line = line.partition(" | stopping the play")[0]
    return line if len(line) <= COLUMNS else f"{line[: COLUMNS - 4]} ..."


def _marked(line: str) -> str:
    """The line as it stands, with the words marked that the eye looks for."""
    host, sign, rest = line.partition(" | ")
    text = html.escape(rest, quote=False)
    text = re.sub(r"\bFAILED\b", '<tspan class="bad">FAILED</tspan>', text)
    text = re.sub(r"\bSUCCEED\b", '<tspan class="good">SUCCEED</tspan>', text)
    first = text.split(" ", 1)[0]
    if first in _LABELS:
        text = text.replace(first, f'<tspan class="label">{first}</tspan>', 1)
    return f"{host}{sign}{text}"
