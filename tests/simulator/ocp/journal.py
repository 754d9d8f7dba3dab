# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a subtask's run writes into its log, with the words of the recorded ones."""

from __future__ import annotations

from typing import Iterator

from . import log as logs
from .scenario import Subtask
from .task import Run, Sub, Task

SKIPS = ("SKIP", "ROLLBACK_SKIP")
QUIET = "SYS_SCHEDULED"
"""The type of tasks of which only separators and state lines are kept (3.8)."""


def begin(task: Task, sub: Sub, now: float) -> None:
    """All that the run is going to write; `end` cuts off what does not come to pass."""
    log = sub.log
    log.separator(now + 0.007, sub.operation)
    if task.scenario.type == QUIET:
        return
    runner = "c.o.o.t.engine.runner.JavaSubtaskRunner"
    if sub.operation in SKIPS:
        text = f"Operation is {sub.operation}, do nothing"
        log.record(now + 0.01, runner, text, level="WARN")
        return
    log.record(now + 0.01, runner, _context(task, sub, now))
    if sub.operation != "ROLLBACK":
        for time, line in _work_lines(sub.spec, now + 0.012):
            log.record(time, sub.spec.class_name, line)


def end(task: Task, sub: Sub, run: Run, state: str, now: float) -> None:
    log = sub.log
    log.cut(now)
    if run.timed_out:
        # The state line is not the last one here, nor after a cancel (8.7).
        log.state(now, sub.id, sub.operation, state)
    if task.scenario.type != QUIET:
        _outcome(sub, run, state, now)
    if run.timed_out:
        elapsed = int(now - run.started)
        log.worker(
            now,
            f"Receive timeout callback, id={sub.id}, name={sub.spec.name},"
            f" elapsed={elapsed}, timeout={sub.spec.limit}",
        )
        return
    log.state(now, sub.id, sub.operation, state)
    if sub.operation == "CANCEL":
        log.separator(now, "CANCEL")
        log.record(now, sub.spec.class_name, f"{sub.spec.name}: cancel asked")


def expire(sub: Sub, elapsed: int, now: float) -> None:
    """Nothing worked on it any more, and its time is over."""
    sub.log.state(now, sub.id, sub.operation, "FAILED")
    sub.log.worker(
        now,
        f"Subtask timeout, name={sub.spec.name}, executedSeconds={elapsed},"
        f" timeout={sub.spec.limit}",
    )


def _outcome(sub: Sub, run: Run, state: str, now: float) -> None:
    if state == "FAILED":
        _failure(sub, run, now)
    elif sub.operation not in SKIPS:
        text = f"{sub.spec.name}: done, operation {sub.operation.lower()}"
        sub.log.record(now, sub.spec.class_name, text)


def _context(task: Task, sub: Sub, now: float) -> str:
    verb = {"EXECUTE": "Run"}.get(sub.operation, sub.operation.capitalize())
    started = logs.iso(now, sub.log.zone, digits=9)
    return (
        f"{verb} subtask, id={sub.id}, context=Context{{parallelIdx="
        f"{sub.spec.parallel_index}, stringMap={{prohibit_rollback="
        f"{str(sub.spec.prohibit_rollback).lower()}, task_instance_id={task.id},"
        f" task_operation={sub.operation.lower()}, latest_execution_start_time="
        f"{started}, sub_task_instance_id={sub.id}}}, listMap={{}}}},"
        f" executor={logs.SERVER}"
    )


def _failure(sub: Sub, run: Run, now: float) -> None:
    operation = "EXECUTE" if sub.operation == "CANCEL" else sub.operation
    started = logs.iso(sub.start_time or now, sub.log.zone, digits=9)
    text = (
        "Execute task failed, subtask=SubtaskInstanceOverview{"
        f"id={sub.id}, name={sub.spec.name}, state=FAILED, operation={operation},"
        f" className={sub.spec.class_name}, seriesId={sub.series},"
        f" startTime={started}, endTime=null}}"
    )
    if sub.operation == "CANCEL" or run.timed_out:
        cause = f"java.lang.RuntimeException: {sub.spec.name} interrupted"
    elif operation == "ROLLBACK":
        cause = sub.spec.rollback_cause
    else:
        cause = f"{sub.spec.cause} (operation {operation.lower()})"
    sub.log.trouble(now, text, cause, sub.spec.class_name)


def _work_lines(spec: Subtask, start: float) -> Iterator[tuple[float, str]]:
    """What the work itself writes, spread over its time."""
    steps = min(int(spec.seconds), 60)
    lines = spec.lines or tuple(
        f"{spec.name}: step {step} of {steps}" for step in range(1, steps + 1)
    )
    pause = spec.seconds / max(len(lines), 1)
    for index, line in enumerate(lines):
        yield start + index * pause, line
