# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look at targets until they are done: the loop, the deadline, the end.

All times are seconds since the wait began.
"""

from __future__ import annotations

import contextlib
from typing import Sequence

from .. import errors
from ..task import messages, task
from . import ending, record, target

GRACE = 10.0  # a look at the deadline itself may still take this long, or a request
MANY = 4  # that many tasks are asked for by one list, fewer each by its id
NOT_YET = 5.0  # for so long a task that was just submitted may not be found
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
            self._delay()
            self._loop()
            if not self.timed_out or self.done:
                ending.judge(self)
            if self.quiet and self.done:
                self.history.say("quiet")
        except errors.OpsError as e:
            e.result = self.result()
            raise

    def look_once(self) -> None:
        """Look without waiting, for check mode; what is not over is no failure."""
        try:
            self.deadline.at = self.clock() + self.rules.timeout + GRACE
            self._look(full=True)
            if self.done:
                ending.judge(self)
            self.warnings += [
                messages.would_wait(one.newer_than)
                for one in self.targets
                if one.task_id is None
            ]
        except errors.StaleTask as e:
            self.warnings.append(f"{messages.would_wait(None)}: {e.message}")
        except errors.OpsError as e:
            e.result = self.result()
            raise

    def _delay(self) -> None:
        while self.elapsed < self.rules.delay:
            rest = self.rules.delay - self.elapsed
            self.sleep(min(rest, self.rules.heartbeat))
            if rest > self.rules.heartbeat:
                self.history.say("delay")

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
                if self.done or (self.quiet and ending.holding(self)):
                    return
                if now >= self.rules.timeout or ending.stalled(self):
                    return self._time_is_up()
            self._beat(now=due > beat)

    def _beat(self, *, now: bool = False) -> None:
        silent = self.elapsed - self.history.shown_at
        if now or silent >= self.rules.heartbeat:
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
            # A submit may be ahead of the replica that is asked.
            early = self.elapsed - self.rules.delay < NOT_YET and not self._all_seen()
            if not (early and isinstance(e, errors.TaskNotFound)):
                self._outlive(e, began)
        else:
            self.history.tell(self.outages.good(self.elapsed))
        self._costs = self.tally.requests - requests

    def _outlive(self, e: errors.OpsError, began: float) -> None:
        try:
            self.history.tell(self.outages.bad(e, began=began, now=self.elapsed))
        except errors.OpsError:
            e.message = "; ".join([e.message, *ending.last_seen(self)])
            raise

    def _all_seen(self) -> bool:
        return all(one.mark for one in self.targets)

    def _list_busy(self, quiet: target.Quiet) -> None:
        """Let what keeps the scope busy be the targets."""
        busy = self.server.busy(quiet.scope, **quiet.narrow)
        self.source.listed = {one.id: one for one in busy}
        known = {one.task_id: one for one in self.targets}
        for listed in self.source.listed.values():
            if listed.id not in known:
                self.targets.append(target.Target(task_id=listed.id))
            elif listed.state not in task.ENDED:
                known[listed.id].done = False  # somebody has revived it

    def _list_many(self) -> None:
        """Let one list speak for many tasks; where it cannot be had, ask for each."""
        ids = [one.followed for one in self.targets if not one.done and one.mark]
        self.source.listed = {}
        if len(ids) < MANY or not self._may_list:
            return
        try:
            self.source.listed = {one.id: one for one in self.server.known(ids)}
        except errors.OpsError as e:
            # It only spares requests: each task can be asked for by its id.
            self._may_list = e.transient

    def _look(self, *, full: bool) -> None:
        """Look at all that is not done, and when all is, at each in this one look."""
        self.whole = False
        self.polls += 1
        if self.quiet:
            self._list_busy(self.quiet)
        else:
            self._list_many()
        late = [one for one in self.targets if not one.done]
        self._look_at(late, full=full)
        seen = {id(one) for one in late}
        if not self.quiet and all(one.done for one in self.targets):
            rest = [one for one in self.targets if id(one) not in seen]
            self._look_at(rest, full=full)
        self.whole = True

    def _look_at(self, targets: Sequence[target.Target], *, full: bool) -> None:
        told: list[task.Facts] = []
        try:
            for one in targets:
                told += one.look(self.source, self.elapsed, full=full)
                if one.snapshot and one.snapshot.state not in task.STATES:
                    self.warnings.append(messages.unknown_state(one.snapshot))
        finally:
            self.history.tell(told)
        for one in targets if self.followed else []:
            if self.followed and one.snapshot:
                self.history.log(self.followed.news(one.snapshot, self.server))

    def _time_is_up(self) -> None:
        self.timed_out = True
        if self.rules.on_timeout == "continue":
            return
        notes = self._cancel() if self.rules.on_timeout == "cancel" else []
        if self.done:
            self.timed_out = bool(self.cancelled)
            return
        # What was seen to fail may have been mended since.
        with contextlib.suppress(errors.OpsError):
            self._look_at(ending.refused(self), full=True)
        raise ending.too_late(self, notes)

    def _cancel(self) -> list[str]:
        """Cancel what is late and wait for its end; return what is to be said of it.

        What runs for it on other agents goes on there: it is named, not touched.
        """
        notes: list[str] = []
        stopping: list[target.Target] = []
        until = self.elapsed + CANCELLING
        self.deadline.at = self.clock() + CANCELLING + GRACE
        for one in self.targets:
            if one.done or one.snapshot is None:
                continue
            try:
                sent, said = self.server.cancel(one.snapshot)
            except errors.OpsError as e:
                notes.append(f"it could not be cancelled: {e.message}")
                continue
            notes += said
            stopping.append(one)
            if sent:
                self.cancelled.append(one.snapshot.id)
        self.warnings += notes
        while stopping and not self.done and self.elapsed < until:
            self.sleep(1.0)
            self._round(full=False)
            self._beat()
        return notes
