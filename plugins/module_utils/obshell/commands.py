# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An operation as a user asks for it: on a task, and on its parts on other agents.

A main task may have parts on other agents that obshell leaves as they are when the
main task is cancelled; they keep their agents locked (protocol/obshell.md 10.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Sequence

from .. import errors
from ..task import messages, results, task
from ..wait import attempt
from . import endpoints, ids, operations, operator

WITH_PARTS = ("cancel", "rollback")
PART_SECONDS = 300  # a part that does not come to rest in this time is not awaited

Warn = Callable[[str], None]


@dataclass(frozen=True)
class Command:
    """What is asked for: an operation on a task or on a node, maybe with its parts."""

    task_id: str
    operation: str
    node_id: str | None = None
    with_parts: bool = False

    def carry_out(
        self, by: operator.Operator, warn: Warn, *, check: bool = False
    ) -> dict[str, Any]:
        """Look, send what is needed, look again; return the result as obshell_task's.

        With `check` nothing is sent. Raises Refused where it cannot be, or where the
        server says no.
        """
        before = by.client.fetch(self.task_id)
        decision = operations.decide(before, self.operation, self.node_id)
        if decision.what == operations.REFUSE:
            raise operator.refused(before, self.operation, decision.reason)
        _leave_to_main(by.client, before, self.operation)
        found = parts(by.client, before) if self.operation in WITH_PARTS else []
        if found and not self.with_parts:
            self._tell(before, found, decision, warn)
        todo = found if self.with_parts else []
        after: task.Task | None = before
        if check:
            changed = decision.what == operations.SEND or bool(todo)
        else:
            changed, decision = self._send(by, before, todo)
            after = self._seen(by, before, warn) if changed else before
        sends = changed and decision.what == operations.SEND
        then = operations.heads(after, self.node_id) if after else {}
        if check and sends:
            then = operations.outlook(before, self.operation, self.node_id)
        return {
            "changed": changed,
            "reason": "" if changed else decision.reason,
            "parts": [_short(part) for part in found],
            **results.full([after] if after else []),
            "task_ids": [] if check else [before.id],
            "attempt": [attempt.of(before)] if changed and not check else [],
            "diff": {
                "before": operations.heads(before, self.node_id),
                "after": then,
            },
        }

    def _seen(
        self, by: operator.Operator, before: task.Task, warn: Warn
    ) -> task.Task | None:
        def shows(after: task.Task) -> bool:
            return operations.took_effect(self.operation, before, after)

        return attempt.shown(by.client, before, shows, sleep=by.sleep, warn=warn)

    def _tell(
        self,
        of: task.Task,
        found: Sequence[task.Task],
        decision: operations.Decision,
        warn: Warn,
    ) -> None:
        """Warn of parts that a cancel leaves; refuse a rollback they would break."""
        names = ", ".join(
            f"{part.id} '{part.name}' on {ids.owner_of(part.id)} ({part.state})"
            for part in found
        )
        if self.operation == "cancel":
            warn(
                f"task {of.id} has parts on other agents that go on or keep them "
                f"locked: {names}; sub_tasks: true cancels them too"
            )
        elif decision.what == operations.SEND:
            raise operator.refused(
                of,
                self.operation,
                "it would fail, for its parts keep their agents locked: "
                f"{names}; sub_tasks: true rolls them back first",
            )

    def _send(
        self, by: operator.Operator, of: task.Task, todo: Sequence[task.Task]
    ) -> tuple[bool, operations.Decision]:
        """Return whether anything was sent, and what was decided.

        A cancel goes to the main task first, all else to its parts (10.2).
        """
        if self.operation == "cancel":
            sent, decision = by.operate(of, self.operation)
            settled = [_settle(by, part, self.operation) for part in todo]
        else:
            settled = [_settle(by, part, self.operation) for part in todo]
            sent, decision = by.operate(of, self.operation, self.node_id)
        return sent or any(settled), decision


def cancel(by: operator.Operator, late: task.Task) -> tuple[bool, list[str]]:
    """Cancel a task; return whether that was sent, and what is to be said of its parts.

    They are left alone. That they cannot be read does not undo the cancel.
    """
    sent, _decision = by.operate(late, "cancel")
    try:
        found = parts(by.client, late)
    except errors.OpsError as e:
        return sent, [f"what of it runs on other agents is not known: {e.message}"]
    return sent, [f"{messages.named(one)} goes on on another agent" for one in found]


def parts(client: endpoints.Endpoints, of: task.Task) -> list[task.Task]:
    """Return what runs for a main task on other agents, or still locks them.

    ob/start and ob/stop name their parts. ob/init does not: they are found among
    the last tasks of the agents that work for it, by the name of the node.
    """
    if ids.is_cluster(of.id):
        return []
    found = [client.fetch(id) for id in (of.sub_dags or {}).values()]
    if not found:
        helpers = _helpers(of)
        found = [
            one
            for one in (client.last_of_agents()[0] if helpers else [])
            if (one.name, ids.owner_of(one.id)) in helpers
        ]
    return [one for one in found if one.id != of.id and one.state != "SUCCEED"]


def _helpers(of: task.Task) -> set[tuple[str, str | None]]:
    """Return node names with the other agents that work in them."""
    own = ids.owner_of(of.id)
    return {
        (node.name, sub.agent)
        for node in of.nodes or ()
        for sub in node.sub_tasks
        if sub.agent and sub.agent != own
    }


def _leave_to_main(client: endpoints.Endpoints, of: task.Task, operation: str) -> None:
    """Refuse to drive a part while its main task does (12.3.5)."""
    if of.main_task is None or operation == "cancel":
        return
    main = client.fetch(of.main_task, details=False)
    if main.state in task.ACTIVE:
        raise operator.refused(
            of,
            operation,
            f"it is a part of {messages.named(main)}, which is {main.state} and "
            "drives it; operate on that one",
        )


def _settle(by: operator.Operator, part: task.Task, operation: str) -> bool:
    """Cancel a part, and for a rollback wait and roll it back; True if sent.

    The order that works (10.2): each part to its end, then the main task.
    """
    sent = False
    if part.state in task.ACTIVE and part.operator != "ROLLBACK":
        sent, _decision = by.operate(part, "cancel")
    if operation != "rollback":
        return sent
    part = _at_rest(by, part)
    if operations.decide(part, operation).what == operations.SEND:
        more, _decision = by.operate(part, operation)
        sent = sent or more
        part = _at_rest(by, part)
    if (part.state, part.operator) != ("SUCCEED", "ROLLBACK"):
        raise operator.refused(
            part,
            operation,
            f"it ended as {part.state} with the operator {part.operator}; "
            "its main task was left as it is",
        )
    return sent


def _at_rest(by: operator.Operator, part: task.Task) -> task.Task:
    for _look in range(PART_SECONDS):
        part = by.client.fetch(part.id)
        if part.state in task.ENDED:
            return part
        by.sleep(operator.TICK)
    raise operator.refused(
        part,
        "rollback",
        f"it does not come to rest; after {PART_SECONDS} s it is {part.state}",
    )


def _short(part: task.Task) -> dict[str, Any]:
    known = {key: getattr(part, key) for key in ("id", "name", "state", "operator")}
    return {**known, "agent": ids.owner_of(part.id)}
