# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks of an OCP, moved on when somebody looks."""

from __future__ import annotations

import datetime
import math
import random

from .. import clock as clocks
from . import log as logs
from . import workers
from .scenario import Scenario
from .task import Sub, Task

START_DELAY = 60.0
"""Seconds after a start of the server until its workers begin."""


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
        self._workers = workers.Workers()
        self._seed = seed
        self._next_task = first_id
        self._next_sub = first_id
        self._owners: dict[int, Task] = {}
        self._subs: dict[int, Sub] = {}

    def start(self, scenario: Scenario, creator: str) -> Task:
        now = self.clock.now()
        task_id, self._next_task = self._next_task, self._next_task + 1
        subs = self._instances(scenario, task_id)
        task = Task(task_id, scenario, subs, creator=creator, now=now)
        self._workers.start_pending(task, now)
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
        self._workers.advance(task, now)
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
            self._workers.abandon(task, now)
        self._workers.since = math.inf

    def resume(self, at: float) -> None:
        """The workers begin again at `at`."""
        self._workers.since = at

    def _instances(self, scenario: Scenario, task_id: int) -> list[Sub]:
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
