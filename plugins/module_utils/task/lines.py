# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a wait has to tell, as one short line each. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from .. import errors
from . import cause, times, verdict

LENGTH = 240  # AWX cuts what an event says at 1,024 bytes; a reader sooner
WIDTH = 100  # columns that a line without a remark fits in, host included
_PLAIN = ("RUN", "")  # a list may not say what is being done


def line(change: Mapping[str, Any], host: str) -> str:
    """Return one change of a wait as a line, with the host that it is about.

    It fits in WIDTH columns; only what is remarked, as the last line of a log, may
    make it longer.
    """
    known = _parts(change, host)
    if len(" | ".join(known)) > WIDTH:
        known = _parts({**change, "at_work": None}, host)
    remark = _remark(change, LENGTH - len(" | ".join(known)) - 3)
    return errors.printable(" | ".join([*known, remark] if remark else known), LENGTH)


def _parts(change: Mapping[str, Any], host: str) -> list[str]:
    start = [host, _head(change), _percent(change)]
    # What failed inside is the news: how the task itself stands was told before.
    inside = change.get("what") in ("failed", "log")
    end = [] if inside else [_state(change), *_ages(change)]
    room = WIDTH - sum(len(part) + 3 for part in [*start, *end] if part)
    parts = [*start, _stage(change, room), *end]
    return [part for part in parts if part]


def _head(change: Mapping[str, Any]) -> str | None:
    if change.get("task_id") is None:
        return None
    return errors.printable(f"{change.get('name')} {change['task_id']}", 40)


def _is_over(change: Mapping[str, Any]) -> bool:
    return change.get("outcome") not in (None, *verdict.NOT_DONE)


def _percent(change: Mapping[str, Any]) -> str | None:
    known = change.get("percent")
    return None if known is None or _is_over(change) else f"{known} %"


def _stage(change: Mapping[str, Any], room: int) -> str | None:
    """Return the step and its age, if it has one; of a long name the beginning."""
    if change.get("stage") is None:
        return None
    age = change.get("stage_age")
    took = "" if not age or age < 1 or _is_over(change) else f" {times.clock(age)}"
    where = f"{change['stage']}/{change['max_stage']}"
    left = room - len(where) - len(took) - 1
    node = errors.printable(change.get("node") or "", 120)
    if len(node) > left:
        node = errors.printable(node, max(left - 4, 8))
    node = f" {node}" if node else ""
    return f"{where}{node}{took}"


def _state(change: Mapping[str, Any]) -> str | None:
    state, operator = change.get("state"), change.get("operator")
    if state is None or (state == "RUNNING" and operator in _PLAIN):
        return None
    words = [state] if operator in _PLAIN else [state, operator]
    outcome = change.get("outcome")
    if outcome not in ("running", "succeeded", "failed"):
        words.append(f"({outcome})")
    return errors.printable(" ".join(str(word) for word in words), 60)


def _ages(change: Mapping[str, Any]) -> list[str | None]:
    """Return how long, and who is at work; seconds waited where no task is known."""
    if change.get("state") is None:
        return [f"{float(change.get('elapsed') or 0):.0f} s"]
    if _is_over(change):
        took, retries = change.get("duration"), change.get("retries")
        said = [] if took is None else [f"took {times.clock(took)}"]
        # obshell counts the undoing of a sub-task as well.
        if retries and change.get("operator") in _PLAIN:
            said.append(f"{retries} {'retry' if retries == 1 else 'retries'}")
        return [", ".join(said)]
    age, same = change.get("age"), change.get("unchanged")
    return [
        None if age is None else f"task {times.clock(age)}",
        None if same is None else f"unchanged {times.clock(same)}",
        change.get("at_work") and errors.printable(change["at_work"], 60),
    ]


def _remark(change: Mapping[str, Any], room: int) -> str | None:
    what = change.get("what")
    if what == "outage":
        return f"no good answer: {change.get('reason')}"
    if what == "back":
        return f"good answers again, after {float(change['lasted']):.0f} s without"
    if what == "more":
        return f"and {change['number']} more changes, which are not shown"
    if what == "delay":
        return "the wait has not begun yet (option delay)"
    if what == "nothing":
        return "there is nothing to wait for"
    if what == "quiet":
        return "nothing is at work"
    if what == "follows":
        return f"a part of task {change['main_task']}, which is waited for"
    if what == "waiting_for_newer":
        newer = change.get("newer_than")
        known = newer not in (None, "0")
        than = f"a task newer than {newer}" if known else "the first task"
        return f"waiting for {than}; shown is the last one"
    if what == "failed":
        head = f"failed: {_sub_task(change)}"
        return (
            f"{head}: {_why(change, room - len(head) - 2)}" if _said(change) else head
        )
    if what == "log":
        head = f"{_sub_task(change)} > "
        more = f"... {change.get('number')} more lines ..."
        return head + (_why(change, room - len(head)) if _said(change) else more)
    if what == "retried":
        return f"runs again: {_sub_task(change)}"
    return None


def _said(change: Mapping[str, Any]) -> bool:
    return bool(change.get("line"))


def _why(change: Mapping[str, Any], room: int) -> str:
    """Return the words of a log's line, in the room that is left for them."""
    said = errors.printable(cause.essence(change["line"]), 4 * cause.MOST)
    return cause.cut(said, max(room, 40))


def _sub_task(change: Mapping[str, Any]) -> str:
    where = f" on {change['agent']}" if change.get("agent") else ""
    return errors.printable(f"{change.get('sub_task')}{where}", 80)
