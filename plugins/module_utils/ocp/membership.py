# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring hosts into a cluster or out of it: look, submit once, wait, verify."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Sequence

from .. import errors
from ..task import results, task, verdict
from ..wait import within
from . import asked, hosts, submits

LOOK = "OCP's latest tasks (ocp_task_info)"
_DONE, _TOLD = "The task succeeded", "OCP has named no task"


@dataclass
class Membership:
    """Hosts on their way into a cluster or out of it."""

    asker: asked.Asker
    waits: within.Waits
    warn: Callable[[str], None] = lambda text: None
    result: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client, self.wish = self.asker.client, self.asker.wish
        none: dict[str, Any] = {"servers": [], "task_ids": [], **results.shape([])}
        self.result = {"changed": False, "reason": None, **none}

    @property
    def notes(self) -> list[str]:
        """What is to be warned of about OCP itself."""
        return self.client.notes

    def close(self) -> None:
        """Leave no connection and no thread behind."""
        self.client.close()

    def hear(self, warn: Callable[[str], None]) -> None:
        """Give warnings to this function."""
        self.warn = self.waits.warn = warn

    def bring(self, *, check: bool, wait: bool) -> dict[str, Any]:
        """Bring them there and return the result; an error carries what is known.

        With `check` nothing is sent that changes anything, and a task is seen once.
        """
        if self.client.express:
            raise errors.InvalidOption(
                "ocp.base_path", "OCP Express neither adds servers nor takes them out"
            )
        try:
            self._bring(check=check, wait=wait)
        except errors.OpsError as e:
            mine = {key: self.result[key] for key in ("changed", "task_ids")}
            e.result = {**self.result, "servers": self.asker.facts(), **e.result}
            e.result.update(mine)
            raise
        return {**self.result, "servers": self.asker.facts()}

    def _bring(self, *, check: bool, wait: bool) -> None:
        sight = self._free(self.asker.look(), check=check)
        before = sight.shown()
        if sight.holds:
            self.result["reason"] = "member"
        if sight.left:
            sight = self._take_up(sight, sight.left, check=check, wait=wait)
        if sight.todo and (check or not sight.left):
            task_ids = self._submit(sight, check=check)
            if task_ids and wait:
                self._see_to_its_end(task_ids, check=False)
        # Who is told no task to wait for cannot look later either.
        known = _DONE if self.result["task_ids"] else _TOLD
        if (wait or known == _TOLD) and not check and not sight.holds:
            sight = self.asker.shown(tuple(self.wish.hosts), known=known)
        after = self.wish.outlook(sight)
        self.result["diff"] = {"before": before, "after": after}

    def _free(self, sight: hosts.Sight, *, check: bool) -> hosts.Sight:
        """Return what is to be seen when nothing else is at work in the cluster."""
        if sight.others and self.wish.wait_for_others:
            if check:
                return sight
            self._outwait(sight.others)
            sight = self.asker.look()
        if sight.others:
            raise self.asker.locked(sight.others)
        self.wish.check(sight)
        return sight

    def _outwait(self, others: Sequence[task.Task]) -> None:
        """Wait until what others do is over, however it ends: it is theirs."""
        try:
            self.waits.follow([one.id for one in others], outcome=verdict.DONE)
        except errors.OpsError as e:
            e.result["reason"] = "locked"
            raise

    def _take_up(
        self, sight: hosts.Sight, left: task.Task, *, check: bool, wait: bool
    ) -> hosts.Sight:
        """See what was left behind to its end; return what is then to be seen."""
        self._own(left)
        if not wait:
            self._tell([self.client.fetch(left.id)])
            return sight
        self._see_to_its_end([left.id], check=check)
        if check:
            return sight
        self.asker.shown(sight.passing, known=_DONE)
        return self._free(self.asker.look(), check=False)

    def _own(self, left: task.Task) -> list[str]:
        self.result["reason"] = "taken_up"
        self.result["task_ids"] = [*self.result["task_ids"], left.id]
        return [left.id]

    def _submit(self, sight: hosts.Sight, *, check: bool) -> list[str]:
        """Send the request once; return the tasks to wait for."""
        if check:
            self.result["reason"] = self.result["reason"] or "submitted"
            self.result["changed"] = True
            return []
        path = self.wish.path
        try:
            reply = self.client.call("POST", path, self.wish.body(sight.todo))
        except errors.OpsError as e:
            if isinstance(e, errors.Refused) and not isinstance(e, errors.AuthRefused):
                return self._second(e)
            errors.add_doubt(e, LOOK)
            raise
        self.result["reason"] = "submitted"
        self.result["changed"] = True
        with errors.accepted(reply.status):
            found = submits.started(reply.data)
        self.result["task_ids"] = [*self.result["task_ids"], *found]
        submits.check_parts(f"POST {path}", self.client.url, reply.data, found)
        tasks, odd = submits.tasks_in(reply.data)
        self._tell(tasks)
        if not found:
            odd.append(f"OCP names no task of what was submitted; look at {LOOK}")
        for text in odd:
            self.warn(text)
        return found

    def _second(self, refusal: errors.OpsError) -> list[str]:
        """Take up what was submitted first, as by a job that runs twice."""
        refusal.message += "; nothing was submitted"
        try:
            sight = self.asker.look()
        except errors.OpsError:
            raise refusal from None  # what OCP said of the submit must not be hidden
        if sight.holds:
            self.result["reason"] = "member"
            return []
        if sight.left and not sight.todo:
            return self._own(sight.left)
        raise self.asker.locked(sight.others) if sight.others else refusal

    def _tell(self, tasks: Sequence[task.Task]) -> None:
        self._join(results.heads(tasks, self.waits.rules.log_lines))

    def _join(self, known: task.Facts) -> None:
        """Keep what is known of tasks, besides those of before."""
        found = {one["id"]: one for one in [*self.result["tasks"], *known["tasks"]]}
        self.result["tasks"] = list(found.values())
        self.result["task"] = known["task"] if len(found) == 1 else None

    def _see_to_its_end(self, task_ids: Sequence[str], *, check: bool) -> None:
        before = self.result.get("elapsed", 0.0)
        try:
            accepted = verdict.ACCEPTED
            known = self.waits.follow(task_ids, outcome=accepted, check=check)
        except errors.TaskFailed as e:
            e.message = self._failure(e)
            raise
        self._join(known)
        self.result.update({key: known[key] for key in ("outcome", "stats")})
        self.result["elapsed"] = before + known["elapsed"]

    def _failure(self, e: errors.TaskFailed) -> str:
        """Return what is said of hosts whose task did not do its work."""
        what = f"Not {self.wish.way.done}: {self.wish.open(self.asker.servers)}"
        if e.details.get("outcome") == "rolled_back":
            return f"{what}, and what was begun was rolled back. {e.message}"
        return (
            f"{what}. {e.message}. Choose: retry the task with ocp_task, when the "
            "cause is gone, or roll it back; then run this again."
        )
