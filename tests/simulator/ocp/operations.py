# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What callers ask of OCP's tasks (protocol/ocp.md, 3.9 and 8.5)."""

from __future__ import annotations

from .task import Sub, Task


class Refused(Exception):
    """An operation that the state forbids: kind `state`, `rollback` or `skip`."""

    def __init__(self, kind: str, subject: int, state: str) -> None:
        super().__init__(kind)
        self.kind = kind
        self.subject = subject
        self.state = state


def retry(task: Task, now: float) -> None:
    """Run every failed subtask again."""
    if task.status != "FAILED" or task.operation == "ROLLBACK":
        raise Refused("state", task.id, task.status)
    _revive(task, now, "RETRY")
    for sub in task.with_status("FAILED"):
        sub.operation = "RETRY"
        sub.run_time += 1
        task.move(sub, "READY", now)


def rollback(task: Task, now: float) -> None:
    """Undo, from the failure back to the first subtask."""
    if task.status != "FAILED":
        raise Refused("state", task.id, task.status)
    if task.prohibit_rollback:
        raise Refused("rollback", task.id, task.status)
    _revive(task, now, "ROLLBACK")
    for sub in task.with_status("FAILED"):
        sub.operation = "ROLLBACK"
        task.move(sub, "READY", now)
    for sub in task.with_status("SUCCESSFUL"):
        sub.operation = "ROLLBACK"
        task.note(sub, now)
    for sub in task.subs.values():
        task.refresh(sub)


def retry_subtask(task: Task, sub: Sub, now: float) -> None:
    if sub.status != "FAILED" or sub.operation.startswith("ROLLBACK"):
        raise Refused("state", sub.id, sub.status)
    sub.operation = "RETRY"
    task.move(sub, "READY", now)
    _revive(task, now)


def skip(task: Task, sub: Sub, now: float, *, checked: bool) -> None:
    """Take a failed subtask as done; `checked`: some may not be skipped."""
    if sub.status != "FAILED":
        raise Refused("state", sub.id, sub.status)
    if checked and not sub.spec.skippable:
        raise Refused("skip", sub.id, sub.status)
    undoing = sub.operation.startswith("ROLLBACK")
    sub.operation = "ROLLBACK_SKIP" if undoing else "SKIP"
    task.move(sub, "READY", now)
    _revive(task, now)


def cancel(task: Task, sub: Sub, now: float) -> None:
    if sub.status != "RUNNING":
        raise Refused("state", sub.id, sub.status)
    task.move(sub, "CANCELING", now)


def _revive(task: Task, now: float, operation: str = "") -> None:
    """Back to RUNNING; only instance operations change `operation` (8.5)."""
    task.status = "RUNNING"
    task.operation = operation or task.operation
    task.note(None, now)
