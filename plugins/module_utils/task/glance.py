# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A wait that failed, to be read at one glance: one fact a line. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from .. import errors
from . import cause

MOST = 240  # characters of a line
_WORDS = {
    "rolled_back": "UNDONE",
    "cancelled": "CANCELLED",
    "timeout": "TIMED OUT",
    "stalled": "STALLED",
    "stale_task": "STALE",
}


def lines(result: Mapping[str, Any]) -> list[str]:
    """Return what is known of a failure, by the result of its wait; at most six lines.

    Also of one that was asked for. Empty where the wait had not begun: then the message
    is one line already.
    """
    error = result.get("error") or {}
    if not error or "stats" not in result:
        return []
    heads = result.get("tasks") or []
    head = next((one for one in heads if one["id"] == error.get("task_id")), None)
    said = [
        (_word(error), _what(result, head)),
        ("where", error.get("where")),
        ("why", _why(result, head)),
        ("locked", _locked(result, head)),
        *((key, error.get(key)) for key in ("next", "log")),
    ]
    return [f"{label:<7} {_short(text)}" for label, text in said if text]


def _short(text: str) -> str:
    """Return the text on one line, of a long one its end too: that says why."""
    return cause.cut(errors.printable(text, 4 * MOST), MOST - 8)


def _word(error: Mapping[str, Any]) -> str:
    kind, outcome = str(error.get("kind")), str(error.get("outcome"))
    return _WORDS.get(outcome if kind == "task_failed" else kind, "FAILED")


def _what(result: Mapping[str, Any], head: Mapping[str, Any] | None) -> str:
    if head is None:
        return str(result.get("msg"))
    of = result.get("task") or {}
    text = f"{head['name']} {head['id']}"
    if of.get("duration") is not None:
        text += f" after {of['duration']:.0f} s"
    else:
        text += f", waited for {result['elapsed']:.0f} s"
    progress = of.get("progress")
    if progress and progress["total"]:
        text += f", {progress['done']} of {progress['total']} sub-tasks done"
    others = len(result["tasks"]) - 1
    return text + (f" (one of {others + 1} tasks)" if others else "")


def _why(result: Mapping[str, Any], head: Mapping[str, Any] | None) -> str | None:
    """Return the cause; what ended the wait where the task itself did not."""
    if head is None:
        return None
    if head["state"] == "FAILED" and result["error"]["kind"] == "task_failed":
        return head["cause"] or str(result.get("msg"))
    return str(result.get("msg"))


def _locked(result: Mapping[str, Any], head: Mapping[str, Any] | None) -> str | None:
    """Return what stays locked; None where nothing does, or no lock is known."""
    if head is None or head["state"] != "FAILED" or head["locked"] is False:
        return None
    of = result.get("task") or {}
    lock = of.get("maintenance")
    if head["locked"] is None and not lock:
        return None
    what = f"the {lock['scope']}" if lock else "what it works on"
    if lock and lock.get("key"):
        what = f"{lock['scope']} {lock['key']}"
    may = "" if head["locked"] else "perhaps "
    return f"{may}{what}, until somebody retries, rolls back or passes this task"
