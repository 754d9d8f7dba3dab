# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operate on OCP's tasks: send once, look again after a conflict or a lost answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable, Sequence

from .. import errors
from ..task import task
from . import endpoints, operations

LOOKS = 10
LOOKS_AFTER_LOSS = 3
TICK = 1.0  # OCP's engine moves once a second (protocol/ocp.md 4)
# The state does not allow it (1.3): it has changed since the task was read.
CONFLICTS = ("20003", "4007", "TSK10007", "TSK10016", "TSK10017")
_LOST = (errors.Unreachable, errors.Unavailable, errors.InvalidAnswer)


@dataclass
class Operator:
    """Operates through one client; sleep is a parameter, in seconds."""

    client: endpoints.Endpoints
    sleep: Callable[[float], None] = time.sleep

    def operate(
        self,
        of: task.Task,
        operation: str,
        sub_task_id: str | None = None,
        *,
        check: bool = False,
    ) -> tuple[list[str | None], operations.Decision]:
        """Do what the operation needs; return what it was sent to, and the decision.

        That is ids of sub-tasks, or None for the task itself. A cancel goes to each
        sub-task that runs, and to those that begin meanwhile. With `check` nothing is
        sent. Raises Refused where it cannot be, or where the server says no.
        """
        sent: list[str | None] = []
        now = of
        for look in range(LOOKS):
            if look:
                self.sleep(TICK)
                now = self.client.fetch(of.id)
            decision = operations.decide(now, operation, sub_task_id)
            if decision.what == operations.SEND and not check:
                parts = decision.sub_task_ids or (None,)
                new = [one for one in parts if one not in sent]
                sent += self._send(now, operation, new)
                if sent and (operation != "cancel" or sub_task_id):
                    break
            elif decision.what != operations.WAIT:
                break
        would = check and decision.what == operations.SEND
        if not sent and not would and decision.what != operations.ALREADY:
            raise self._refused(operation, now, decision.reason)
        return sent, decision

    def _send(
        self, now: task.Task, operation: str, parts: Sequence[str | None]
    ) -> list[str | None]:
        """Return those that it was sent to; what has moved is decided anew."""
        sent: list[str | None] = []
        for part in parts:
            try:
                self.client.operate(now.id, operation, part)
            except errors.Refused as e:
                if e.details.get("code") not in CONFLICTS:
                    raise
                again = self.client.fetch(now.id)
                decision = operations.decide(again, operation, part)
                if decision.what == operations.SEND:
                    e.message += f"; it is {again.state}, operator {again.operator}"
                    raise
                continue
            except _LOST as e:
                self._look_up(now, operation, part, e)
            sent.append(part)
        return sent

    def _look_up(
        self, before: task.Task, operation: str, part: str | None, lost: errors.OpsError
    ) -> None:
        """Return when an operation whose answer was lost took effect, else raise."""
        if not errors.may_be_served(lost):
            raise lost
        seen = False
        parts = [part] if part else []
        for _look in range(LOOKS_AFTER_LOSS):
            self.sleep(TICK)
            try:
                after = self.client.fetch(before.id)
            except _LOST:
                continue
            except errors.OpsError as e:
                # What cannot be read must not hide what may have been done.
                lost.message += f"; {e.message}"
                break
            seen = True
            if operations.took_effect(operation, before, after, parts):
                return
        lost.details["sent"] = True
        lost.message += (
            "; the task shows no effect, and it is not sent again"
            if seen
            else "; whether it took effect is not known, and it is not sent again"
        )
        raise lost

    def _refused(self, operation: str, now: task.Task, reason: str) -> errors.Refused:
        name = errors.printable(now.name, 120)
        return errors.Refused(
            f"{operation} task {now.id} '{name}' was not sent: "
            f"{errors.printable(reason)}",
            url=self.client.url,
            task_id=now.id,
            state=now.state,
            operator=now.operator,
        )
