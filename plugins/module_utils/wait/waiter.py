# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look at targets until they are done: the loop, the deadline, the end.

All times are seconds since the wait began.
"""

from __future__ import annotations

from typing import Sequence

from .. import errors
from ..task import messages, task, verdict
from . import record, target

GRACE = 1.0  # a look at the deadline itself may still take this long
MANY = 4  # that many tasks are asked for by one list, fewer each by its id
CANCELLING = 60.0  # a cancelled task is looked at for this long until it is over


class Wait(record.Record):
    """A wait in motion: it looks until all targets are done, or the time is up."""

    def run(self) -> None:
        """Wait for all targets.

        Raises TaskFailed, StaleTask, WaitTimeout, and what no waiting mends; each
        carries the result of the wait so far.
        """
        try:
            # A wait may be taken up when its time is up: it still looks once.
            last = max(self._began + self.rules.timeout, self.clock())
            self.deadline.at = last + GRACE
            if self.elapsed < self.rules.delay:
                self.sleep(self.rules.delay - self.elapsed)
            self._loop()
            if self.done:
                self._judge()
        except errors.OpsError as e:
            e.result = self.result()
            raise

    def look_once(self) -> None:
        """Look without waiting, for check mode; what is not over is no failure."""
        try:
            self.deadline.at = self.clock() + self.rules.timeout + GRACE
            self._look(full=True)
            if self.done:
                self._judge()
        except errors.StaleTask as e:
            self.warnings.append(e.message)
        except errors.OpsError as e:
            e.result = self.result()
            raise

    def _loop(self) -> None:
        self.history.shown_at = self.elapsed
        while True:
            beat = self.history.shown_at + self.rules.heartbeat
            due = min(self._due, self.rules.timeout)
            pause = min(due, beat) - self.elapsed
            if pause > 0:
                self.sleep(pause)
            # A server may have asked to be left alone for longer than a heartbeat.
            if due <= beat:
                self._round(full=self.elapsed >= beat)
                now = self.elapsed
                self._due = now + self._pause(now)
                if self.done:
                    return
                if now >= self.rules.timeout:
                    return self._time_is_up()
            silent = self.elapsed - self.history.shown_at
            if due > beat or silent >= self.rules.heartbeat:
                late = [one for one in self.targets if not one.done]
                self.history.heartbeat(late, self.outages.current)

    def _pause(self, now: float) -> float:
        if self.outages.wait:
            return self.outages.wait
        outage = self.outages.current is not None
        return self.rules.pace(now, self._costs, outage=outage)

    def _round(self, *, full: bool) -> None:
        began, requests = self.elapsed, self.tally.requests
        try:
            self._look(full=full)
        except errors.OpsError as e:
            self.history.tell(self.outages.bad(e, began=began, now=self.elapsed))
        else:
            self.history.tell(self.outages.good(self.elapsed))
        self._costs = self.tally.requests - requests

    def _list_busy(self, quiet: target.Quiet) -> None:
        """Let what keeps the scope busy be the targets."""
        self._proved = False
        busy = self.server.busy(quiet.scope, name=quiet.name, tenant=quiet.tenant)
        self.source.listed = {one.id: one for one in busy}
        known = {one.task_id: one for one in self.targets}
        for listed in self.source.listed.values():
            if listed.id not in known:
                self.targets.append(target.Target(task_id=listed.id))
            elif listed.state not in task.ENDED:
                known[listed.id].done = False  # somebody has revived it
        self._proved = True

    def _list_many(self) -> None:
        """Let one list speak for many tasks; where it cannot be had, ask for each."""
        ids = [one.followed for one in self.targets if not one.done and one.mark]
        self.source.listed = {}
        if len(ids) < MANY or not self._may_list:
            return
        try:
            self.source.listed = {one.id: one for one in self.server.known(ids)}
        except errors.Refused:
            self._may_list = False

    def _look(self, *, full: bool) -> None:
        self.polls += 1
        if self.quiet:
            self._list_busy(self.quiet)
        else:
            self._list_many()
        for one in self.targets:
            if not one.done:
                self.history.tell(one.look(self.source, self.elapsed, full=full))
                if one.snapshot and one.snapshot.state not in task.STATES:
                    self.warnings.append(messages.unknown_state(one.snapshot))

    def _time_is_up(self) -> None:
        self.timed_out = True
        if self.rules.on_timeout == "continue":
            return
        notes = self._cancel() if self.rules.on_timeout == "cancel" else []
        if self.done:
            self.timed_out = bool(self._cancelled)
            return
        late = next(one for one in self.targets if not one.done)
        seconds, seen = self.rules.timeout, late.snapshot
        if late.task_id is None:
            text = messages.never_came(late.newer_than, seen, seconds)
        elif seen is None:
            text = messages.never_seen(late.task_id, seconds)
        else:
            age = self.elapsed - late.changed_at
            text = messages.timeout(seen, seconds=seconds, age=age)
        if self.outages.current:
            text += f"; the last look failed: {self.outages.current['reason']}"
        raise errors.WaitTimeout("; ".join([text, *notes]))

    def _cancel(self) -> list[str]:
        """Cancel what is late and wait for its end; return what is to be said of it.

        What runs for it on other agents goes on there: it is named, not touched.
        """
        notes: list[str] = []
        until = self.elapsed + CANCELLING
        self.deadline.at = self.clock() + CANCELLING + GRACE
        for one in self.targets:
            if one.done or one.snapshot is None:
                continue
            try:
                notes += self.server.cancel(one.snapshot)
            except errors.OpsError as e:
                notes.append(f"it could not be cancelled: {e.message}")
            else:
                self._cancelled.append(one.snapshot.id)
        self.warnings += notes
        while self._cancelled and not self.done and self.elapsed < until:
            self.sleep(1.0)
            self._round(full=False)
        return notes

    def _judge(self) -> None:
        """Raise TaskFailed unless each outcome is accepted; warn of what was passed."""
        refused: list[task.Task] = []
        for one in self.targets:
            ended = self._explained(one)
            accepted = ended.outcome in self.rules.outcome
            if self._holds_lock(one) if self.quiet else not accepted:
                refused.append(ended)
            elif ended.outcome == "passed":
                self.warnings.append(messages.passed(ended))
        if refused and self._cancelled:
            raise errors.WaitTimeout(
                messages.cancelled(refused[0], self.rules.timeout, self.warnings)
            )
        if refused:
            raise self._failure(refused)

    def _explained(self, one: target.Target) -> task.Task:
        ended = one.snapshot
        if ended is None:
            raise AssertionError("what is done has a snapshot")
        if ended.state == "FAILED":
            ended, missing = self.server.explained(ended, self.rules.log_lines)
            one.snapshot = ended
            self.warnings += missing
        return ended

    def _holds_lock(self, one: target.Target) -> bool:
        # Only maintenance tasks stay in the list when they failed (obshell.md 3.5).
        listed = self.source.listed.get(one.task_id or "")
        return listed is not None and listed.state == "FAILED"

    def _failure(self, refused: Sequence[task.Task]) -> errors.TaskFailed:
        decides = verdict.worst(one.outcome for one in refused)
        worst = next(one for one in refused if one.outcome == decides)
        text = messages.ended(
            worst, log_lines=self.rules.log_lines, accepted=self.rules.outcome
        )
        others = [f"{one.id} ({one.outcome})" for one in refused if one != worst]
        if others:
            text += f"; also not as accepted: {', '.join(others[:10])}"
        return errors.TaskFailed(text, task_id=worst.id, outcome=worst.outcome)
