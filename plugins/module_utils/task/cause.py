# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a line of a log says without what stands around it. Pure."""

from __future__ import annotations

import re
from typing import Sequence

MOST = 240  # characters of a cause
# What a main task of obshell's says when parts of it have failed on their agents.
_OF_PARTS = re.compile(r"Sub DAG of agents: \[[^\]]*\] failed")
_SEEN = 4096  # characters of a line that are looked at; its end tells
# What stands before the words: a record's head, a level, a code, who followed whom.
_AROUND = re.compile(
    r"\s*(?:"
    r"\d{4}-\d\d-\d\d[ T][\d:.,]+\S*\s+[A-Z]+\s+\d*\s*(?:---)?\s*\[[^\]]*\]\s*\S+\s*: "
    r"|(?:ERROR|WARN|WARNING|FATAL)\s*:"
    r"|\[\w+(?:\.\w+)+\]:"
    r"|Unexpected error:"
    r"|MySQL error:"
    r"|dag \d+ [^:]{0,120}? failed:"
    r"|\[[^\]]{1,120}\](?=\s+ERROR:)"
    r"|Caused by:"
    r"|[a-z]\w*(?:\.\w+)+(?:Exception|Error|Throwable):"
    r")\s*"
)


def essence(line: str) -> str:
    """Return the words of a log's line on one line, at most MOST characters."""
    text = line[-_SEEN:].strip()
    while found := _AROUND.match(text):
        at = found.end()
        if not text[at:]:
            break
        text = text[at:]
    text = re.sub(r"\s*[\r\n]+\s*:", ":", text)
    text = re.sub(r"\s*[\r\n]+\s*", " / ", text).strip()
    return cut(text, MOST)


def only_checked(logs: Sequence[Sequence[str] | None]) -> bool:
    """Tell whether what failed says only that parts of its task had failed."""
    return bool(logs) and all(lines and _OF_PARTS.search(lines[-1]) for lines in logs)


def cut(text: str, most: int) -> str:
    """Return the text, of a longer one its beginning and more of its end.

    Servers wrap an error in others: who it was about stands first, and why last.
    """
    if len(text) <= most:
        return text
    start = most // 4
    return f"{text[:start]} ... {text[start + 5 - most:]}"
