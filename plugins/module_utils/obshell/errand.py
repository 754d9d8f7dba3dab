# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring a thing of a cluster to a state: look, submit once, wait, verify."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Generic, Mapping, Protocol, Sequence, TypeVar

from .. import errors
from ..task import results, task, verdict
from ..wait import within
from . import locks, looking, mapping

LOOK = "what is unfinished (obshell_task_info with unfinished=all)"
_OVER = ("succeeded", "passed", "rolled_back")  # which leave no lock


Found = TypeVar("Found")


class Way(Protocol[Found]):
    """How a thing gets to a state: what is looked at, sent and verified."""

    @property
    def method(self) -> str:
        """The method of the request."""

    @property
    def path(self) -> str:
        """The path of the request."""

    @property
    def done(self) -> str:
        """What the thing is afterwards, in one word."""

    @property
    def wish(self) -> looking.Wish:
        """What is asked for."""

    def look(self) -> looking.Sight[Found]:
        """Return what is to be done; raise Refused where it cannot be."""

    def locks(self, sight: looking.Sight[Found]) -> Sequence[task.Task]:
        """Return which tasks hold a lock that the submit wants."""

    def body(self) -> Mapping[str, Any]:
        """Return the body of the request."""

    def verify(self) -> Found | None:
        """Return the thing when it is as asked for; raise WaitError if it is not."""

    def outlook(self, found: Found | None) -> dict[str, Any]:
        """Return what a diff will show when it is done."""

    def told(self) -> str | None:
        """Return what is to be said of a thing that is as asked for."""

    def cause(self, failed: task.Facts) -> str | None:
        """Return a cause that the failed task itself does not tell."""

    def advice(self, failed: task.Facts) -> str:
        """Return what to do about a task that has failed."""


@dataclass(frozen=True)
class Kind(Generic[Found]):
    """Which kind of thing it is: how a result calls and tells it, and a diff.

    Both functions are given None of a thing that is not there.
    """

    key: str
    facts: Callable[[Found | None], task.Facts | None]
    shown: Callable[[Found | None], task.Facts]


@dataclass
class Errand(Generic[Found]):
    """A thing on its way to a state.

    `submit` returns a client for the one request that changes something, given the
    memory of the one that asks.
    """

    kind: Kind[Found]
    way: Way[Found]
    asker: looking.Looker
    submit: Callable[[Mapping[str, Any]], Any]
    waits: within.Waits
    result: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.asker.deadline = self.waits.deadline
        none: dict[str, Any] = {
            self.kind.key: None,
            "task_ids": [],
            **results.shape([]),
        }
        self.result = {"changed": False, "reason": None, **none}

    @property
    def notes(self) -> list[str]:
        """What is to be warned of about the agents themselves."""
        return [note for client in self.asker.clients for note in client.notes]

    def close(self) -> None:
        """Leave no connection and no thread behind."""
        for client in self.asker.clients:
            client.close()

    def hear(self, warn: Callable[[str], None]) -> None:
        """Give warnings to this function."""
        self.asker.warn = self.waits.warn = warn

    def bring(self, *, check: bool, wait: bool) -> dict[str, Any]:
        """Bring it there and return the result; an error carries what is known of it.

        With `check` nothing is sent that changes anything, and a task is seen once.
        """
        try:
            self._bring(check=check, wait=wait)
        except errors.OpsError as e:
            e.result = {**self.result, **e.result, "changed": self.result["changed"]}
            raise
        return {**self.result, "answered_by": self.asker.cluster.answered}

    def _bring(self, *, check: bool, wait: bool) -> None:
        sight = self._seen(self.way.look())
        before = self.kind.shown(sight.found)
        if sight.what == looking.SUBMIT:
            sight = self._unlocked(sight, check=check)
        if sight.what == looking.SUBMIT:
            sight = self._submit(sight, check=check)
        ids_known = self.result["task_ids"]
        if ids_known and wait:
            self._see_to_its_end(ids_known, check=check)
        elif ids_known and sight.left:
            self._tell([self.asker.cluster.fetch(sight.left)])
        self.result["diff"] = {
            "before": before,
            "after": self._after(sight, waited=wait and self._is_over(check=check)),
        }

    def _is_over(self, *, check: bool) -> bool:
        """Tell whether the work is; in check mode a task of an earlier run may be."""
        return not check or self.result.get("outcome") in verdict.ACCEPTED

    def _unlocked(
        self, sight: looking.Sight[Found], *, check: bool
    ) -> looking.Sight[Found]:
        """Return what a look sees when nothing holds the lock that is wanted."""
        holders = self.way.locks(sight)
        if not holders or not self.way.wish.wait_for_others:
            looking.check_locks(holders)
            return sight
        if check:
            return sight
        try:
            self.waits.follow([one.id for one in holders], outcome=_OVER)
        except errors.OpsError as e:
            if not _holds_nothing(e):
                e.result["reason"] = "locked"
                raise
        sight = self._seen(self.way.look())
        if sight.what == looking.SUBMIT:
            looking.check_locks(self.way.locks(sight))
        return sight

    def _after(self, sight: looking.Sight[Found], *, waited: bool) -> dict[str, Any]:
        """Verify what was waited for; return what it is then, or will be."""
        if sight.what == looking.HOLDS:
            return self.kind.shown(sight.found)
        if not waited:
            return self.way.outlook(sight.found)
        found = self.way.verify()
        self.result[self.kind.key] = self.kind.facts(found)
        if text := self.way.told():
            self.result["msg"] = text
        return self.kind.shown(found)

    def _seen(self, sight: looking.Sight[Found]) -> looking.Sight[Found]:
        """Keep what a look has seen."""
        reasons = {looking.HOLDS: self.kind.key, looking.TAKE_UP: "taken_up"}
        self.result["reason"] = reasons.get(sight.what)
        self.result[self.kind.key] = self.kind.facts(sight.found)
        self.result["task_ids"] = [sight.left] if sight.left else []
        return sight

    def _submit(
        self, sight: looking.Sight[Found], *, check: bool
    ) -> looking.Sight[Found]:
        """Send the request once; look again where somebody else was first."""
        self.result["reason"] = "submitted"
        if check:
            self.result["changed"] = True
            return sight
        client = self.submit(self.asker.cluster.memory)
        try:
            reply = client.call(self.way.method, self.way.path, self.way.body())
        except errors.OpsError as e:
            locks.name_holders(self.asker.cluster, e)
            if isinstance(e, errors.Refused) and not isinstance(e, errors.AuthRefused):
                self.result["reason"] = None
                return self._second(e)
            errors.add_doubt(e, LOOK)
            self._name(e)
            raise
        finally:
            client.close()
        # 204 is obshell's "nothing to do" (protocol/obshell.md 5).
        self.result["changed"] = reply.status != 204
        if reply.status == 204:
            self.result["reason"] = self.kind.key
        with errors.accepted(reply.status):
            tasks = mapping.tasks_in(reply.data)
        self._tell(tasks)
        self.result["task_ids"] = [one.id for one in tasks]
        return sight

    def _second(self, refusal: errors.OpsError) -> looking.Sight[Found]:
        """Take up what was submitted first, as by a job that runs twice."""
        sight = self._seen(self.way.look())
        if sight.what != looking.SUBMIT:
            return sight
        if "unfinished" in refusal.details:
            looking.check_locks(self.way.locks(sight))
            refusal.message += "; nothing was submitted: run it again"
        raise refusal

    def _name(self, refusal: errors.OpsError) -> None:
        """Say whose password was refused: that in the body is the member's own."""
        known = str(refusal.details.get("code"))
        if known.endswith("IncorrectAgentPassword"):
            refusal.message = (
                f"{self.way.wish.named} did not accept the password of its agent "
                f"(agent_password): {refusal.details.get('server_message')}"
            )

    def _tell(self, tasks: Sequence[task.Task]) -> None:
        self.result.update(results.heads(tasks, self.waits.rules.log_lines))

    def _see_to_its_end(self, task_ids: Sequence[str], *, check: bool) -> None:
        try:
            accepted = verdict.ACCEPTED
            told = self.waits.follow(task_ids, outcome=accepted, check=check)
        except errors.TaskFailed as e:
            e.message = self._failure(e)
            raise
        self.result.update(told)

    def _failure(self, e: errors.TaskFailed) -> str:
        """Return what is said of a thing whose task did not do its work."""
        what = f"{self.way.wish.named} was not {self.way.done}"
        if e.details.get("outcome") == "rolled_back":
            return f"{what}, and what was begun was rolled back. {e.message}"
        text = f"{what}. {e.message.rstrip('.')}."
        if cause := self._cause(e):
            text += f" {self.way.wish.named}: {cause}."
        return f"{text} {self.way.advice(e.result.get('task') or {})}"

    def _cause(self, e: errors.TaskFailed) -> str | None:
        try:
            return self.way.cause(e.result.get("task") or {})
        except errors.OpsError:
            return None  # the message of the task itself stands


def _holds_nothing(e: errors.OpsError) -> bool:
    """Tell whether what was waited for failed, and has left no lock all the same."""
    tasks = e.result.get("tasks") if isinstance(e, errors.TaskFailed) else None
    return bool(tasks) and all(one["locked"] is False for one in tasks or ())
