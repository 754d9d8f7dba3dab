# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task instance of OCP, its subtasks, and what was seen of them (3.6 and 8).

What moves it is elsewhere: `workers` as time passes, `operations` when callers ask.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from . import log as logs
from .scenario import Scenario, Subtask

ACTIVE = ("RUNNING", "CANCELING")


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

    spec: Subtask
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


class Task:
    """A task instance.

    `runnable` holds the subtasks that the worker for pending ones may start: forward,
    PENDING without `missing` upstreams; in a rollback, SUCCESSFUL without `busy`
    downstreams (not PENDING).
    """

    def __init__(
        self,
        task_id: int,
        scenario: Scenario,
        subs: list[Sub],
        *,
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
        # Ordered sets: a dict keeps the order in which subtasks came in.
        self.by_status: dict[str, dict[Sub, None]] = {}
        self.runnable: dict[Sub, None] = {}
        for sub in subs:
            self.by_status.setdefault(sub.status, {})[sub] = None
            sub.missing = len(sub.ups)
        for sub in subs:
            self.note(sub, now)
            self.refresh(sub)
        self.note(None, now)

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
        return [sub for state in states for sub in self.by_status.get(state, ())]

    def move(self, sub: Sub, status: str, now: float) -> None:
        before, sub.status = sub.status, status
        self.by_status.get(before, {}).pop(sub, None)
        self.by_status.setdefault(status, {})[sub] = None
        missing = (before == "SUCCESSFUL") - (status == "SUCCESSFUL")
        busy = (before == "PENDING") - (status == "PENDING")
        for down in sub.downs if missing else ():
            down.missing += missing
            self.refresh(down)
        for up in sub.ups if busy else ():
            up.busy += busy
            self.refresh(up)
        self.refresh(sub)
        self.note(sub, now)

    def refresh(self, sub: Sub) -> None:
        if self.operation == "ROLLBACK":
            # A subtask that is PENDING already has nothing to undo.
            startable = sub.status == "SUCCESSFUL" and sub.busy == 0
        else:
            startable = sub.status == "PENDING" and sub.missing == 0
        if startable:
            self.runnable[sub] = None
        else:
            self.runnable.pop(sub, None)

    def note(self, sub: Sub | None, now: float) -> None:
        if sub is None:
            change = Change(now, None, self.status, self.operation)
        else:
            handle = sub.spec.handle
            change = Change(now, handle, sub.status, sub.operation, sub.run_time)
        self.history.append(change)
