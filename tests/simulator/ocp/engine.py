# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task engine of OCP (protocol/ocp.md, 3.6 and 8), moved on when somebody looks.

Several workers each look at all subtasks once a second, at different moments of the
second; work itself ends at any time. So a task goes through states that last less than
a second, and which of two workers comes first decides what is seen (8.1).
"""

from __future__ import annotations

import datetime
import math
import random
from dataclasses import dataclass, field
from typing import Callable, Iterator, Tuple

from .. import clock as clocks
from . import journal, scenarios
from . import log as logs

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
START_DELAY = 60.0
LATE = 10.0

ACTIVE = ("RUNNING", "CANCELING")
Event = Tuple[float, Callable[[float], None]]


class Refused(Exception):
    """An operation that the state forbids: kind `state`, `rollback` or `skip`."""

    def __init__(self, kind: str, subject: int, state: str) -> None:
        super().__init__(kind)
        self.kind = kind
        self.subject = subject
        self.state = state


@dataclass
class Run:
    """An execution that goes on; `ends` None: nothing works on it any more."""

    started: float
    ends: float | None
    succeeds: bool
    timed_out: bool = False


@dataclass(eq=False)
class Sub:
    """A subtask instance; `missing` and `busy` count neighbours (see Task)."""

    spec: scenarios.Subtask
    id: int
    series: int
    log: logs.Log
    ups: list[Sub] = field(default_factory=list)
    downs: list[Sub] = field(default_factory=list)
    status: str = "PENDING"
    operation: str = "EXECUTE"
    run_time: int = 1
    start_time: float | None = None
    finish_time: float | None = None
    executions: int = 0
    undos: int = 0
    run: Run | None = None
    missing: int = 0
    busy: int = 0

    @property
    def retryable(self) -> bool:
        """Whether the engine itself runs it again."""
        forward = self.operation in ("EXECUTE", "RETRY")
        return forward and self.run_time <= self.spec.automatic_retries

    @property
    def past_retries(self) -> bool:
        """What the state worker believes: one less than the retry worker allows.

        This difference makes a task FAILED while its last retry is on its way (8.1).
        """
        return not self.retryable or self.run_time >= self.spec.automatic_retries


@dataclass(frozen=True)
class Change:
    """One step of a task's history; `subtask` is None for the task itself."""

    time: float
    subtask: str | None
    status: str
    operation: str
    run_time: int = 0


class Workers:
    """When the workers look; they are off while the server is down and starting."""

    def __init__(self) -> None:
        self.since = -math.inf

    def next(self, after: float, moment: float) -> float:
        """The first time after `after` at `moment` of a second."""
        after = max(after, self.since)
        if math.isinf(after):
            return math.inf
        time = math.floor(after - moment) + 1 + moment
        return time if time > after + 1e-6 else time + 1


class Task:
    """A task instance.

    `runnable` holds the subtasks that the worker for pending ones may start: forward,
    PENDING without `missing` upstreams; in a rollback, SUCCESSFUL without `busy`
    downstreams (not PENDING).
    """

    def __init__(
        self,
        task_id: int,
        scenario: scenarios.Scenario,
        subs: list[Sub],
        *,
        workers: Workers,
        creator: str,
        now: float,
    ) -> None:
        self.id = task_id
        self.scenario = scenario
        self.creator = creator
        self.status = "RUNNING"
        self.operation = "EXECUTE"
        self.create_time = self.start_time = self.time = now
        self.finish_time: float | None = None
        self.subs = {sub.spec.handle: sub for sub in subs}
        self.history: list[Change] = []
        self._workers = workers
        # Ordered sets: a dict keeps the order in which subtasks came in.
        self._by_status: dict[str, dict[Sub, None]] = {}
        self._runnable: dict[Sub, None] = {}
        for sub in subs:
            self._by_status.setdefault(sub.status, {})[sub] = None
            sub.missing = len(sub.ups)
        for sub in subs:
            self._note(sub, now)
            self._refresh(sub)
        self._note(None, now)
        self._start_pending(now)

    @property
    def prohibit_rollback(self) -> bool:
        """True from the moment a subtask that forbids it runs (3.9, 8.17)."""
        return self.scenario.prohibit_rollback or any(
            sub.spec.prohibit_rollback and sub.start_time is not None
            for sub in self.subs.values()
        )

    @property
    def ended(self) -> bool:
        return self.status != "RUNNING"

    def with_status(self, *states: str) -> list[Sub]:
        return [sub for state in states for sub in self._by_status.get(state, ())]

    def advance(self, now: float) -> None:
        """Let everything happen that happens until `now`."""
        while True:
            event = min(self._events(), key=lambda item: item[0], default=None)
            if event is None or event[0] > now:
                self.time = max(self.time, now)
                return
            self.time = event[0]
            event[1](event[0])

    # What the workers and the runs do, each at its time

    def _events(self) -> Iterator[Event]:
        if self.status == "RUNNING" and self._runnable and self._free_slots() > 0:
            yield self._at(PENDING_WORKER), self._start_pending
        if self._by_status.get("READY"):
            yield self._at(READY_WORKER), self._run_ready
        if any(sub.retryable for sub in self.with_status("FAILED")):
            overtaken = self.scenario.overtaken
            yield self._at(OVERTAKEN if overtaken else RETRY_WORKER), self._retry_failed
        if self._by_status.get("CANCELING"):
            yield self._at(CANCEL_WORKER), self._interrupt
        if self._verdict() is not None:
            yield self._at(STATE_WORKER), self._settle
        for sub in self.with_status(*ACTIVE):
            yield self._run_event(sub)

    def _at(self, moment: float) -> float:
        return self._workers.next(self.time, moment)

    def _run_event(self, sub: Sub) -> Event:
        run = sub.run
        if run is None:
            raise AssertionError(f"{sub.spec.name} is active without a run")
        if run.ends is not None:
            return run.ends, lambda now: self._end_run(sub, now)
        # Nothing works on it: the timeout check finds it, late (8.16).
        late = max(run.started + sub.spec.limit + LATE, self.time)
        time = self._workers.next(late, TIMEOUT_WORKER)
        return time, lambda now: self._expire(sub, now)

    def _free_slots(self) -> int:
        states = ("READY",) + ACTIVE
        return SLOTS - sum(len(self._by_status.get(state, ())) for state in states)

    def _start_pending(self, now: float) -> None:
        for sub in list(self._runnable)[: max(self._free_slots(), 0)]:
            # A late automatic retry may have succeeded after the rollback began.
            if self.operation == "ROLLBACK" and sub.operation != "ROLLBACK":
                sub.operation = "ROLLBACK"
            self._move(sub, "READY", now)

    def _run_ready(self, now: float) -> None:
        for sub in self.with_status("READY"):
            self._begin(sub, now)

    def _begin(self, sub: Sub, now: float) -> None:
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
        self._move(sub, "RUNNING", now)
        journal.begin(self, sub, now)

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

    def _end_run(self, sub: Sub, now: float) -> None:
        run = sub.run
        if run is None:
            raise AssertionError(f"{sub.spec.name} ended twice")
        good = "PENDING" if sub.operation.startswith("ROLLBACK") else "SUCCESSFUL"
        state = good if run.succeeds else "FAILED"
        journal.end(self, sub, run, state, now)
        self._finish(sub, state, now)

    def _finish(self, sub: Sub, state: str, now: float) -> None:
        sub.run = None
        sub.finish_time = now
        self._move(sub, state, now)

    def _expire(self, sub: Sub, now: float) -> None:
        run = sub.run
        elapsed = int(now - run.started) if run else 0
        journal.expire(sub, elapsed, now)
        self._finish(sub, "FAILED", now)

    def _retry_failed(self, now: float) -> None:
        for sub in self.with_status("FAILED"):
            if sub.retryable:
                sub.operation = "RETRY"
                sub.run_time += 1
                # Unlike a retry on demand it drops the end at once (152).
                sub.finish_time = None
                self._move(sub, "READY", now)

    def _interrupt(self, now: float) -> None:
        for sub in self.with_status("CANCELING"):
            sub.operation = "CANCEL"
            if sub.run:
                sub.run.succeeds = False
                sub.run.timed_out = False
                if sub.run.ends is not None:
                    sub.run.ends = now + sub.spec.cancel_seconds
            sub.log.cut(now)
            self._move(sub, "RUNNING", now)

    def _verdict(self) -> str | None:
        """What the state worker would make of the task; None: leave it."""
        if self.ended or any(self._by_status.get(state) for state in ACTIVE):
            return None
        if any(sub.past_retries for sub in self.with_status("FAILED")):
            return "FAILED"
        end = "PENDING" if self.operation == "ROLLBACK" else "SUCCESSFUL"
        all_there = len(self._by_status.get(end, ())) == len(self.subs)
        return "SUCCESSFUL" if all_there else None

    def _settle(self, now: float) -> None:
        verdict = self._verdict()
        if verdict:
            self.status = verdict
            self.finish_time = now
            self._note(None, now)

    # What callers ask for

    def retry(self, now: float) -> None:
        """Run every failed subtask again."""
        if self.status != "FAILED" or self.operation == "ROLLBACK":
            raise Refused("state", self.id, self.status)
        self._revive(now, "RETRY")
        for sub in self.with_status("FAILED"):
            sub.operation = "RETRY"
            sub.run_time += 1
            self._move(sub, "READY", now)

    def rollback(self, now: float) -> None:
        """Undo, from the failure back to the first subtask."""
        if self.status != "FAILED":
            raise Refused("state", self.id, self.status)
        if self.prohibit_rollback:
            raise Refused("rollback", self.id, self.status)
        self._revive(now, "ROLLBACK")
        for sub in self.with_status("FAILED"):
            sub.operation = "ROLLBACK"
            self._move(sub, "READY", now)
        for sub in self.with_status("SUCCESSFUL"):
            sub.operation = "ROLLBACK"
            self._note(sub, now)
        for sub in self.subs.values():
            self._refresh(sub)

    def retry_subtask(self, sub: Sub, now: float) -> None:
        if sub.status != "FAILED" or sub.operation.startswith("ROLLBACK"):
            raise Refused("state", sub.id, sub.status)
        sub.operation = "RETRY"
        self._move(sub, "READY", now)
        self._revive(now)

    def skip(self, sub: Sub, now: float, *, checked: bool) -> None:
        """Take a failed subtask as done; `checked`: some may not be skipped."""
        if sub.status != "FAILED":
            raise Refused("state", sub.id, sub.status)
        if checked and not sub.spec.skippable:
            raise Refused("skip", sub.id, sub.status)
        undoing = sub.operation.startswith("ROLLBACK")
        sub.operation = "ROLLBACK_SKIP" if undoing else "SKIP"
        self._move(sub, "READY", now)
        self._revive(now)

    def cancel(self, sub: Sub, now: float) -> None:
        if sub.status != "RUNNING":
            raise Refused("state", sub.id, sub.status)
        self._move(sub, "CANCELING", now)

    def abandon(self, now: float) -> None:
        """The process that ran the subtasks was killed."""
        for sub in self.with_status(*ACTIVE):
            sub.log.cut(now)
            if sub.run:
                sub.run.ends = None

    def _revive(self, now: float, operation: str = "") -> None:
        """Back to RUNNING; only instance operations change `operation` (8.5)."""
        self.status = "RUNNING"
        self.operation = operation or self.operation
        self._note(None, now)

    # Bookkeeping

    def _move(self, sub: Sub, status: str, now: float) -> None:
        before, sub.status = sub.status, status
        self._by_status.get(before, {}).pop(sub, None)
        self._by_status.setdefault(status, {})[sub] = None
        missing = (before == "SUCCESSFUL") - (status == "SUCCESSFUL")
        busy = (before == "PENDING") - (status == "PENDING")
        for down in sub.downs if missing else ():
            down.missing += missing
            self._refresh(down)
        for up in sub.ups if busy else ():
            up.busy += busy
            self._refresh(up)
        self._refresh(sub)
        self._note(sub, now)

    def _refresh(self, sub: Sub) -> None:
        if self.operation == "ROLLBACK":
            # A subtask that is PENDING already has nothing to undo.
            startable = sub.status == "SUCCESSFUL" and sub.busy == 0
        else:
            startable = sub.status == "PENDING" and sub.missing == 0
        if startable:
            self._runnable[sub] = None
        else:
            self._runnable.pop(sub, None)

    def _note(self, sub: Sub | None, now: float) -> None:
        if sub is None:
            change = Change(now, None, self.status, self.operation)
        else:
            handle = sub.spec.handle
            change = Change(now, handle, sub.status, sub.operation, sub.run_time)
        self.history.append(change)


class Engine:
    """All tasks of a server."""

    def __init__(
        self,
        clock: clocks.Clock,
        *,
        zone: datetime.timezone,
        first_id: int = 1,
        seed: int = 1,
        retention: float | None = None,
    ) -> None:
        self.clock = clock
        self.zone = zone
        self.retention = retention
        self.tasks: dict[int, Task] = {}
        self._workers = Workers()
        self._seed = seed
        self._next_task = first_id
        self._next_sub = first_id
        self._owners: dict[int, Task] = {}
        self._subs: dict[int, Sub] = {}

    def start(self, scenario: scenarios.Scenario, creator: str) -> Task:
        now = self.clock.now()
        task_id, self._next_task = self._next_task, self._next_task + 1
        subs = self._instances(scenario, task_id)
        task = Task(
            task_id, scenario, subs, workers=self._workers, creator=creator, now=now
        )
        self.tasks[task_id] = task
        for sub in subs:
            self._subs[sub.id] = sub
            self._owners[sub.id] = task
        return task

    def find(self, task_id: int) -> Task | None:
        """The task, brought up to now; None when unknown or past its retention."""
        task = self.tasks.get(task_id)
        if task is None:
            return None
        now = self.clock.now()
        task.advance(now)
        kept = task.scenario.vanishes_after
        kept = self.retention if kept is None else kept
        if kept is not None and task.ended and now > (task.finish_time or now) + kept:
            self.forget(task_id)
            return None
        return task

    def all(self) -> list[Task]:
        found = [self.find(task_id) for task_id in list(self.tasks)]
        return [task for task in found if task is not None]

    def find_subtask(self, subtask_id: int) -> tuple[Task, Sub] | None:
        """A subtask and its task; the caller's task id does not matter (8)."""
        owner = self._owners.get(subtask_id)
        if owner is None or self.find(owner.id) is None:
            return None
        return owner, self._subs[subtask_id]

    def forget(self, task_id: int) -> None:
        """Delete the task, as the retention time does."""
        task = self.tasks.pop(task_id)
        for sub in task.subs.values():
            del self._subs[sub.id], self._owners[sub.id]

    def kill(self) -> None:
        """The process dies: running subtasks stay RUNNING, nothing moves (8.16)."""
        now = self.clock.now()
        for task in self.all():
            task.abandon(now)
        self._workers.since = math.inf

    def resume(self, at: float) -> None:
        """The workers begin again at `at`."""
        self._workers.since = at

    def _instances(self, scenario: scenarios.Scenario, task_id: int) -> list[Sub]:
        """Subtask rows; their order of creation says nothing (3.11)."""
        rng = random.Random(f"{self._seed}:{task_id}")
        specs = list(scenario.subtasks)
        rng.shuffle(specs)
        subs: dict[str, Sub] = {}
        for series, spec in enumerate(specs):
            thread = f"pool-manual-subtask-executor{series % 16 + 1},"
            thread += f"{rng.getrandbits(64):016x},{rng.getrandbits(48):012x}"
            log = logs.Log(self.zone, thread)
            subs[spec.handle] = Sub(spec, self._next_sub, series, log)
            self._next_sub += 1
        if len(subs) != len(specs):
            raise ValueError(f"{scenario.name}: two subtasks have the same key")
        for spec in scenario.subtasks:
            for key in spec.after:
                subs[spec.handle].ups.append(subs[key])
                subs[key].downs.append(subs[spec.handle])
        return list(subs.values())
