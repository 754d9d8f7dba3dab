# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a wait has to tell, as one short line each. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from .. import errors
from . import cause

LENGTH = 240  # AWX cuts what an event says at 1,024 bytes; a reader sooner


def line(change: Mapping[str, Any]) -> str:
    """Return one change of wait_for_task's `news` as a line without the host."""
    parts = [_head(change), _stage(change), _state(change), _seconds(change)]
    parts.append(_remark(change))
    return errors.printable(" | ".join(part for part in parts if part), LENGTH)


def lines(news: list[Mapping[str, Any]], host: str) -> list[str]:
    """Return the lines of one slice, each with the host it is about."""
    return [f"{errors.printable(host, 80)} | {line(change)}" for change in news]


def _head(change: Mapping[str, Any]) -> str | None:
    if change.get("task_id") is None:
        return None
    return errors.printable(f"{change.get('name')} {change['task_id']}", 100)


def _stage(change: Mapping[str, Any]) -> str | None:
    if change.get("stage") is None:
        return None
    node = f" {change['node']}" if change.get("node") else ""
    return errors.printable(f"{change['stage']}/{change['max_stage']}{node}", 80)


def _state(change: Mapping[str, Any]) -> str | None:
    state, operator = change.get("state"), change.get("operator")
    if state is None:
        return None
    words = [state] if operator == "RUN" else [state, operator]
    outcome = change.get("outcome")
    if outcome not in ("running", "succeeded", "failed"):
        words.append(f"({outcome})")
    return " ".join(str(word) for word in words)


def _seconds(change: Mapping[str, Any]) -> str:
    return f"{float(change.get('elapsed') or 0):.0f} s"


def _remark(change: Mapping[str, Any]) -> str | None:
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
        said = f": {cause.essence(change['line'])}" if change.get("line") else ""
        return f"failed: {_sub_task(change)}{said}"
    if what == "retried":
        return f"runs again: {_sub_task(change)}"
    return None


def _sub_task(change: Mapping[str, Any]) -> str:
    where = f" on {change['agent']}" if change.get("agent") else ""
    return errors.printable(f"{change.get('sub_task')}{where}", 80)
