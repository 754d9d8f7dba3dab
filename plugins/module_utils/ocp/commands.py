# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An operation as a user asks for it: on a task, or on one of its subtasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

from ..task import results, task
from ..wait import attempt
from . import operations, operator

Warn = Callable[[str], None]


@dataclass(frozen=True)
class Command:
    """What is asked for: an operation on a task, or on one of its sub-tasks."""

    task_id: str
    operation: str
    sub_task_id: str | None = None

    def carry_out(
        self, by: operator.Operator, warn: Warn, *, check: bool = False
    ) -> dict[str, Any]:
        """Look, send what is needed, look again; return the result as ocp_task's.

        With `check` nothing is sent. Raises Refused where it cannot be, or where the
        server says no.
        """
        before = by.client.fetch(self.task_id)
        sent, decision = by.operate(
            before, self.operation, self.sub_task_id, check=check
        )
        would = check and decision.what == operations.SEND
        ids = list(decision.sub_task_ids) if would else [one for one in sent if one]
        after = self._seen(by, before, ids, warn) if sent else before
        then = operations.heads(after, ids) if after else {}
        changed = bool(sent or would)
        if changed and after is before:
            then = operations.outlook(before, self.operation, ids)
        return {
            "changed": changed,
            "reason": "" if changed else decision.reason,
            "sub_task_ids": ids,
            **results.full([after] if after else []),
            "task_ids": [] if check else [before.id],
            "attempt": [attempt.of(before)] if sent else [],
            "diff": {"before": operations.heads(before, ids), "after": then},
        }

    def _seen(
        self, by: operator.Operator, before: task.Task, ids: list[str], warn: Warn
    ) -> task.Task | None:
        def shows(after: task.Task) -> bool:
            return operations.took_effect(self.operation, before, after, ids)

        return attempt.shown(by.client, before, shows, sleep=by.sleep, warn=warn)
