# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operate on obshell tasks: send once, look again after a conflict or a lost answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Callable

from .. import errors
from ..task import messages, task
from . import endpoints, ids, lists, locks, operations, replies

ROUNDS = 2  # what the server itself calls a conflict did nothing: decided anew once
TICK = 1.0  # obshell's scheduler moves once a second (3.5)
LOOKS_AFTER_LOSS = 10
_ANEW = "submit a new task instead"


@dataclass
class Operator:
    """Operates through one client; sleep is a parameter, in seconds."""

    client: endpoints.Endpoints
    sleep: Callable[[float], None] = time.sleep

    def operate(
        self, of: task.Task, operation: str, node_id: str | None = None
    ) -> tuple[bool, operations.Decision]:
        """Do what the operation needs; return whether it was sent, and the decision.

        Raises Refused where it cannot be, or where the server says no.
        """
        decision = operations.decide(of, operation, node_id)
        for _round in range(ROUNDS):
            if decision.what == operations.REFUSE:
                raise refused(of, operation, decision.reason)
            if decision.what == operations.ALREADY:
                return False, decision
            if self._send(of, operation, node_id):
                return True, decision
            of = self.client.fetch(of.id)
            decision = operations.decide(of, operation, node_id)
        raise refused(of, operation, "it changed each time it was to be sent")

    def _send(self, of: task.Task, operation: str, node_id: str | None) -> bool:
        """Return True when it took effect, False when it is to be decided anew."""
        kind, id = ("dag", of.id) if node_id is None else ("node", node_id)
        try:
            reply, url = self.client.operate(kind, id, operation)
        except (errors.Unreachable, errors.InvalidAnswer) as e:
            if not errors.may_be_served(e):
                raise
            return self._look_up(of, operation, e)
        if reply.status < 300:
            return True
        words = str(reply.error.get("message") or "")
        if operations.is_moved(reply.code, words):
            return False
        raise self._said_no(of, operation, reply, url)

    def _look_up(self, of: task.Task, operation: str, lost: errors.OpsError) -> bool:
        """Return whether an operation whose answer was lost has reached the task."""
        seen = False
        for _look in range(LOOKS_AFTER_LOSS):
            self.sleep(TICK)
            try:
                now = self.client.fetch(of.id)
            except errors.OpsError as e:
                if e.transient or isinstance(e, errors.InvalidAnswer):
                    continue
                # What cannot be read must not hide what may have been done.
                lost.message += f"; {e.message}"
                break
            seen = True
            if operations.took_effect(operation, of, now):
                return True
        lost.details["sent"] = True
        lost.message += (
            f"; {messages.named(of)} shows no effect of the {operation}"
            if seen
            else f"; {messages.named(of)} could not be read since: whether the "
            f"{operation} took effect is not known"
        )
        lost.message += ", and it is not sent again"
        raise lost

    def _said_no(
        self, of: task.Task, operation: str, reply: replies.Reply, url: str
    ) -> errors.OpsError:
        words = str(reply.error.get("message") or "")
        known = replies.details(reply, url)
        stage = operations.refusing_stage(words)
        if reply.name.endswith("NotAllowed") or (reply.code == "1010" and stage):
            why = f"its stage '{errors.printable(stage, 120)}' does not allow it"
            if of.state == "FAILED":
                why += _other_ways(of, operation)
            return refused(of, operation, f"{why} ({reply.said})", **known)
        if replies.is_locked(reply.code, words):
            holder = self._holder(of, words)
            return refused(of, operation, f"{holder} ({reply.said})", **known)
        if replies.no_route(reply):
            why = "this version of obshell cannot pass a node; 4.3.1 and later can"
            return refused(of, operation, f"{why} ({reply.said})", **known)
        what = f"{operation} {messages.named(of)} at {url}"
        if reply.name == "Expired" and reply.code.startswith("Task."):
            what += f": it has been superseded; {_ANEW}"
        return replies.refusal(what, reply, url)

    def _holder(self, of: task.Task, words: str) -> str:
        """Say which other task holds the lock: by the text, by lists, by agent."""
        found = operations.holder(words)
        if found:
            return f"task {found[0]} '{found[1]}' holds the lock"
        scope = "cluster" if ids.is_cluster(of.id) else "agents"
        try:
            tasks = lists.unfinished(self.client, scope, details=False).tasks
            others = [one for one in tasks if one.id != of.id and _collides(one, of)]
            if others:
                return "; ".join(
                    f"{messages.named(one)}, {one.state}, holds the lock"
                    for one in others[:3]
                )
            agents = locks.locked_agents(self.client)
        except errors.OpsError:
            return "another task holds the lock"
        if agents:
            return f"another task holds the lock of {', '.join(agents)}"
        return "another task holds the lock"


def _other_ways(of: task.Task, operation: str) -> str:
    """Say what is left where a stage does not allow it; obshell tells no more."""
    if of.maintenance is None and of.main_task is None:
        # Main tasks of ob/start and ob/stop (12.3.12): they hold no lock.
        return f"; it holds no lock that is known: {_ANEW}"
    rest = [one for one in ("retry", "rollback", "pass") if one != operation]
    text = f"; {' and '.join(rest)} may be allowed"
    if of.maintenance and of.maintenance["scope"] == "agent":
        # As a failed "Join to master" is (10.2).
        return (
            f"{text}; where they are not it offers nothing and keeps its agent locked"
        )
    return f"{text}, else {_ANEW}"


def _collides(other: task.Task, of: task.Task) -> bool:
    """Tell whether the other one may hold what `of` needs; tenants have own locks."""
    if other.maintenance is None or of.maintenance is None:
        return other.state in task.ACTIVE
    if other.maintenance["scope"] == of.maintenance["scope"] == "tenant":
        return bool(other.maintenance["key"] == of.maintenance["key"])
    return True


def refused(of: task.Task, operation: str, reason: str, **known: Any) -> errors.Refused:
    """Return the error of an operation that was not, or cannot be, carried out."""
    facts = {"task_id": of.id, "state": of.state, "operator": of.operator, **known}
    return errors.Refused(f"{operation} {messages.named(of)}: {reason}", **facts)
