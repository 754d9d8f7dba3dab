# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operate on obshell tasks: send once, look again after a conflict or a lost answer.

A main task may have parts on other agents that obshell leaves as they are when the
main task is cancelled; they keep their agents locked (protocol/obshell.md 10.2).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Callable

from . import (
    errors,
    messages,
    obshell,
    obshell_id,
    obshell_list,
    obshell_operation,
    obshell_reply,
    task,
)

ROUNDS = 3
TICK = 1.0  # obshell's scheduler moves once a second (3.5)
LOOKS_AFTER_LOSS = 10
PART_SECONDS = 300  # a part that does not come to rest in this time is not awaited


@dataclass
class Operator:
    """Operates through one client; sleep is a parameter, in seconds."""

    client: obshell.ObshellClient
    sleep: Callable[[float], None] = time.sleep

    def operate(
        self, of: task.Task, operation: str, node_id: str | None = None
    ) -> tuple[bool, obshell_operation.Decision]:
        """Do what the operation needs; return whether it was sent, and the decision.

        Raises Refused where it cannot be, or where the server says no.
        """
        decision = obshell_operation.decide(of, operation, node_id)
        for _round in range(ROUNDS):
            if decision.what == obshell_operation.REFUSE:
                raise refused(of, operation, decision.reason)
            if decision.what == obshell_operation.ALREADY:
                return False, decision
            if self._send(of, operation, node_id):
                return True, decision
            of = self.client.fetch(of.id)
            decision = obshell_operation.decide(of, operation, node_id)
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
        if obshell_operation.is_moved(reply.code, words):
            return False
        raise self._said_no(of, operation, reply, url)

    def _look_up(self, of: task.Task, operation: str, lost: errors.OpsError) -> bool:
        """Return whether an operation whose answer was lost has reached the task."""
        for _look in range(LOOKS_AFTER_LOSS):
            self.sleep(TICK)
            try:
                now = self.client.fetch(of.id)
            except errors.OpsError as e:
                if e.transient:
                    continue
                raise
            return obshell_operation.took_effect(operation, of, now)
        lost.message += (
            f"; {messages.named(of)} could not be read since: whether the {operation} "
            "took effect is not known, and it is not sent again"
        )
        raise lost

    def _said_no(
        self, of: task.Task, operation: str, reply: obshell_reply.Reply, url: str
    ) -> errors.OpsError:
        words = str(reply.error.get("message") or "")
        known = obshell_reply.details(reply, url)
        stage = obshell_operation.refusing_stage(words)
        if reply.name.endswith("NotAllowed") or (reply.code == "1010" and stage):
            why = f"its stage '{errors.printable(stage, 120)}' does not allow it"
            if of.state == "FAILED":
                why += _other_ways(of, operation)
            return refused(of, operation, f"{why} ({reply.said})", **known)
        if obshell_reply.is_locked(reply.code, words):
            holder = self._holder(of, words)
            return refused(of, operation, f"{holder} ({reply.said})", **known)
        if obshell_reply.no_route(reply):
            why = "this version of obshell cannot pass a node; 4.3.1 and later can"
            return refused(of, operation, f"{why} ({reply.said})", **known)
        what = f"{operation} {messages.named(of)} at {url}"
        if reply.name == "Expired" and reply.code.startswith("Task."):
            what += f": it has been superseded; {_ANEW}"
        return obshell_reply.refusal(what, reply, url)

    def _holder(self, of: task.Task, words: str) -> str:
        """Say which other task holds the lock: by the text, by lists, by agent."""
        found = obshell_operation.holder(words)
        if found:
            return f"task {found[0]} '{found[1]}' holds the lock"
        scope = "cluster" if obshell_id.is_cluster(of.id) else "agents"
        try:
            tasks = obshell_list.unfinished(self.client, scope, details=False).tasks
            others = [one for one in tasks if one.id != of.id and _collides(one, of)]
            if others:
                return "; ".join(
                    f"{messages.named(one)}, {one.state}, holds the lock"
                    for one in others[:3]
                )
            agents = obshell_list.locked_agents(self.client)
        except errors.OpsError:
            return "another task holds the lock"
        if agents:
            return f"another task holds the lock of {', '.join(agents)}"
        return "another task holds the lock"

    def leave_to_main(self, of: task.Task, operation: str) -> None:
        """Refuse to drive a part while its main task does (12.3.5)."""
        if of.main_task is None or operation == "cancel":
            return
        main = self.client.fetch(of.main_task, details=False)
        if main.state in task.ACTIVE:
            raise refused(
                of,
                operation,
                f"it is a part of {messages.named(main)}, which is {main.state} and "
                "drives it; operate on that one",
            )

    def parts(self, of: task.Task) -> list[task.Task]:
        """Return what runs for a main task on other agents, or still locks them.

        ob/start and ob/stop name their parts. ob/init does not: they are found among
        the last tasks of the agents that work for it, by the name of the node.
        """
        if obshell_id.is_cluster(of.id):
            return []
        found = [self.client.fetch(id) for id in (of.sub_dags or {}).values()]
        if not found:
            helpers = _helpers(of)
            found = [
                one
                for one in (self.client.last_of_agents()[0] if helpers else [])
                if (one.name, obshell_id.owner_of(one.id)) in helpers
            ]
        return [one for one in found if one.id != of.id and _holds(one)]

    def settle(self, part: task.Task, operation: str) -> bool:
        """Cancel a part, and for a rollback wait and roll it back; True if sent.

        The order that works (10.2): each part to its end, then the main task.
        """
        sent = False
        if part.state in task.ACTIVE and part.operator != "ROLLBACK":
            sent, _decision = self.operate(part, "cancel")
        if operation != "rollback":
            return sent
        part = self._at_rest(part)
        if obshell_operation.decide(part, operation).what == obshell_operation.SEND:
            more, _decision = self.operate(part, operation)
            sent = sent or more
            part = self._at_rest(part)
        if (part.state, part.operator) != ("SUCCEED", "ROLLBACK"):
            raise refused(
                part,
                operation,
                f"it ended as {part.state} with the operator {part.operator}; "
                "its main task was left as it is",
            )
        return sent

    def _at_rest(self, part: task.Task) -> task.Task:
        for _look in range(PART_SECONDS):
            part = self.client.fetch(part.id)
            if part.state in task.ENDED:
                return part
            self.sleep(TICK)
        raise refused(
            part,
            "rollback",
            f"it does not come to rest; after {PART_SECONDS} s it is {part.state}",
        )


_ANEW = "submit a new task instead"


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


def _helpers(of: task.Task) -> set[tuple[str, str | None]]:
    """Return node names with the other agents that work in them."""
    own = obshell_id.owner_of(of.id)
    return {
        (node.name, sub.agent)
        for node in of.nodes or ()
        for sub in node.sub_tasks
        if sub.agent and sub.agent != own
    }


def _holds(part: task.Task) -> bool:
    return part.state != "SUCCEED"


def refused(of: task.Task, operation: str, reason: str, **known: Any) -> errors.Refused:
    """Return the error of an operation that was not, or cannot be, carried out."""
    facts = {"task_id": of.id, "state": of.state, "operator": of.operator, **known}
    return errors.Refused(f"{operation} {messages.named(of)}: {reason}", **facts)
