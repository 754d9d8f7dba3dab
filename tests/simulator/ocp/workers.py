# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workers of OCP's task engine (protocol/ocp.md, 3.6 and 8).

Several workers each look at all subtasks once a second, at different moments of the
second; work itself ends at any time. So a task goes through states that last less than
a second, and which of two workers comes first decides what is seen (8.1).
"""

from __future__ import annotations

import math
from typing import Callable, Iterator, Tuple

from . import journal
from .task import ACTIVE, Run, Sub, Task

# When in each second a worker looks; OVERTAKEN is the retry worker of such a task.
PENDING_WORKER = 0.1
READY_WORKER = 0.35
RETRY_WORKER = 0.5
CANCEL_WORKER = 0.65
STATE_WORKER = 0.8
TIMEOUT_WORKER = 0.9
OVERTAKEN = 0.95

SLOTS = 10
OVERHEAD = 0.06
LATE = 10.0

Event = Tuple[float, Callable[[Task, float], None]]


class Workers:
    """All workers of a server, and when each looks.

    They are off while the server is down and starting: until `since`.
    """

    def __init__(self) -> None:
        self.since = -math.inf

    def next(self, after: float, moment: float) -> float:
        """The first time after `after` at `moment` of a second."""
        after = max(after, self.since)
        if math.isinf(after):
            return math.inf
        time = math.floor(after - moment) + 1 + moment
        return time if time > after + 1e-6 else time + 1

    def advance(self, task: Task, now: float) -> None:
        """Let everything happen that happens until `now`."""
        while True:
            event = min(self._events(task), key=lambda item: item[0], default=None)
            if event is None or event[0] > now:
                task.time = max(task.time, now)
                return
            task.time = event[0]
            event[1](task, event[0])

    def _events(self, task: Task) -> Iterator[Event]:
        if task.status == "RUNNING" and task.runnable and self._free_slots(task) > 0:
            yield self._at(task, PENDING_WORKER), self.start_pending
        if task.by_status.get("READY"):
            yield self._at(task, READY_WORKER), self._run_ready
        if any(sub.retryable for sub in task.with_status("FAILED")):
            moment = OVERTAKEN if task.scenario.overtaken else RETRY_WORKER
            yield self._at(task, moment), self._retry_failed
        if task.by_status.get("CANCELING"):
            yield self._at(task, CANCEL_WORKER), self._interrupt
        if self._verdict(task) is not None:
            yield self._at(task, STATE_WORKER), self._settle
        for sub in task.with_status(*ACTIVE):
            yield self._run_event(task, sub)

    def _at(self, task: Task, moment: float) -> float:
        return self.next(task.time, moment)

    def _run_event(self, task: Task, sub: Sub) -> Event:
        run = sub.run
        if run is None:
            raise AssertionError(f"{sub.spec.name} is active without a run")
        if run.ends is not None:
            return run.ends, lambda task, now: self._end_run(task, sub, now)
        # Nothing works on it: the timeout check finds it, late (8.16).
        late = max(run.started + sub.spec.limit + LATE, task.time)
        time = self.next(late, TIMEOUT_WORKER)
        return time, lambda task, now: self._expire(task, sub, now)

    def _free_slots(self, task: Task) -> int:
        states = ("READY",) + ACTIVE
        return SLOTS - sum(len(task.by_status.get(state, ())) for state in states)

    def start_pending(self, task: Task, now: float) -> None:
        """Start what may be started; a task's first subtasks at once."""
        for sub in list(task.runnable)[: max(self._free_slots(task), 0)]:
            # A late automatic retry may have succeeded after the rollback began.
            if task.operation == "ROLLBACK" and sub.operation != "ROLLBACK":
                sub.operation = "ROLLBACK"
            task.move(sub, "READY", now)

    def _run_ready(self, task: Task, now: float) -> None:
        for sub in task.with_status("READY"):
            self._begin(task, sub, now)

    def _begin(self, task: Task, sub: Sub, now: float) -> None:
        sub.start_time = now if sub.start_time is None else sub.start_time
        sub.finish_time = None
        seconds, succeeds = self._plan(sub)
        timed_out = seconds > sub.spec.limit
        sub.run = Run(
            started=now,
            ends=now + min(seconds, sub.spec.limit) + OVERHEAD,
            succeeds=succeeds and not timed_out,
            timed_out=timed_out,
        )
        task.move(sub, "RUNNING", now)
        journal.begin(task, sub, now)

    @staticmethod
    def _plan(sub: Sub) -> tuple[float, bool]:
        """How long the run that begins takes, and whether it succeeds."""
        if sub.operation in ("SKIP", "ROLLBACK_SKIP"):
            return 0.0, True
        if sub.operation == "ROLLBACK":
            sub.undos += 1
            return sub.spec.rollback_seconds, sub.undos > sub.spec.rollback_failures
        sub.executions += 1
        return sub.spec.seconds, sub.executions > sub.spec.failures

    def _end_run(self, task: Task, sub: Sub, now: float) -> None:
        run = sub.run
        if run is None:
            raise AssertionError(f"{sub.spec.name} ended twice")
        good = "PENDING" if sub.operation.startswith("ROLLBACK") else "SUCCESSFUL"
        state = good if run.succeeds else "FAILED"
        journal.end(task, sub, run, state, now)
        self._finish(task, sub, state, now)

    def _finish(self, task: Task, sub: Sub, state: str, now: float) -> None:
        sub.run = None
        sub.finish_time = now
        task.move(sub, state, now)

    def _expire(self, task: Task, sub: Sub, now: float) -> None:
        run = sub.run
        elapsed = int(now - run.started) if run else 0
        journal.expire(sub, elapsed, now)
        self._finish(task, sub, "FAILED", now)

    def _retry_failed(self, task: Task, now: float) -> None:
        for sub in task.with_status("FAILED"):
            if sub.retryable:
                sub.operation = "RETRY"
                sub.run_time += 1
                # Unlike a retry on demand it drops the end at once (152).
                sub.finish_time = None
                task.move(sub, "READY", now)

    def _interrupt(self, task: Task, now: float) -> None:
        for sub in task.with_status("CANCELING"):
            sub.operation = "CANCEL"
            if sub.run:
                sub.run.succeeds = False
                sub.run.timed_out = False
                if sub.run.ends is not None:
                    sub.run.ends = now + sub.spec.cancel_seconds
            sub.log.cut(now)
            task.move(sub, "RUNNING", now)

    def _verdict(self, task: Task) -> str | None:
        """What the state worker would make of the task; None: leave it."""
        if task.ended or any(task.by_status.get(state) for state in ACTIVE):
            return None
        if any(sub.past_retries for sub in task.with_status("FAILED")):
            return "FAILED"
        end = "PENDING" if task.operation == "ROLLBACK" else "SUCCESSFUL"
        all_there = len(task.by_status.get(end, ())) == len(task.subs)
        return "SUCCESSFUL" if all_there else None

    def _settle(self, task: Task, now: float) -> None:
        verdict = self._verdict(task)
        if verdict:
            task.status = verdict
            task.finish_time = now
            task.note(None, now)

    def abandon(self, task: Task, now: float) -> None:
        """The process that ran the subtasks was killed."""
        for sub in task.with_status(*ACTIVE):
            sub.log.cut(now)
            if sub.run:
                sub.run.ends = None
