# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's task engine: DAGs that advance in ticks of one second (protocol 3.5).

There are no threads: `advance` is called in the order of time by whoever owns the
clock.
"""

from __future__ import annotations

import math
from typing import Iterator

from .dag import (
    CANCEL,
    FAILED,
    NEVER,
    PENDING,
    READY,
    ROLLBACK,
    RUN,
    RUNNING,
    SUCCEED,
    Dag,
    Node,
    SubTask,
)
from .job import Job
from .scenario import Failed, Step
from .store import Store


def advance(store: Store, now: float) -> None:
    """Do what is due at `now`: the work of sub-tasks, then the tick."""
    store.now = now
    for dag in [d for d in store.dags if d.active]:
        for node in dag.nodes:
            for sub_task in node.sub_tasks:
                if sub_task.work is not None and sub_task.due <= now:
                    _work(store, dag, node, sub_task)
    if store.tick <= now:
        for dag in [d for d in store.dags if d.active]:
            _step(store, dag)
        store.tick = max(store.tick + 1, math.floor(now - store.phase) + store.phase)
        if store.tick <= now:
            store.tick += 1
    store.wake(now)


def _step(store: Store, dag: Dag) -> None:
    if dag.state == READY:
        dag.state, dag.start = RUNNING, store.stamp(store.now)
        if dag.node.state != PENDING:
            # After a node was passed, the next stage begins a tick later.
            return
    turn = {RUN: _forward, ROLLBACK: _back, CANCEL: _stop}
    turn[dag.operator](store, dag)


def _forward(store: Store, dag: Dag) -> None:
    node = dag.node
    if node.state == PENDING:
        _start_node(store, node)
        for sub_task in node.sub_tasks:
            if sub_task.state == FAILED:
                _execute(store, dag, node, sub_task, ROLLBACK)
            elif sub_task.state != SUCCEED:
                _execute(store, dag, node, sub_task, RUN)
        return
    if any(s.state in (READY, RUNNING) for s in node.sub_tasks):
        return
    if any(s.state == FAILED for s in node.sub_tasks):
        _end_node(store, node, FAILED)
        store.end(dag, FAILED)
        return
    undone = [s for s in node.sub_tasks if s.operator == ROLLBACK]
    for sub_task in undone:
        _execute(store, dag, node, sub_task, RUN)
    if undone:
        return
    if node.state == RUNNING:
        _end_node(store, node, SUCCEED)
    if dag.stage == len(dag.nodes):
        store.end(dag, SUCCEED)
    else:
        dag.stage += 1


def _back(store: Store, dag: Dag) -> None:
    node = dag.node
    if node.state == PENDING:
        _start_node(store, node)
        ran = [s for s in node.sub_tasks if s.state != PENDING]
        for sub_task in ran:
            _execute(store, dag, node, sub_task, ROLLBACK)
        if not ran:
            # A node that never ran is undone at once (12.3.11).
            _end_node(store, node, SUCCEED)
        return
    if any(s.state in (READY, RUNNING) for s in node.sub_tasks):
        return
    if any(s.state == FAILED for s in node.sub_tasks):
        _end_node(store, node, FAILED)
        store.end(dag, FAILED)
        return
    if node.state == RUNNING:
        _end_node(store, node, SUCCEED)
    if dag.stage == 1:
        store.end(dag, SUCCEED)
    else:
        dag.stage -= 1


def _stop(store: Store, dag: Dag) -> None:
    node = dag.node
    if node.state == PENDING:
        _start_node(store, node)
        for sub_task in node.sub_tasks:
            if sub_task.state in (READY, RUNNING):
                store.log(sub_task, "sub task cancelled")
                _finish(store, sub_task, FAILED)
        _end_node(store, node, FAILED)
        return
    store.end(dag, FAILED)


def _start_node(store: Store, node: Node) -> None:
    node.state = RUNNING
    node.start = node.end = store.stamp(store.now)


def _end_node(store: Store, node: Node, state: str) -> None:
    node.state, node.end = state, store.stamp(store.now)


def _execute(
    store: Store, dag: Dag, node: Node, sub_task: SubTask, operator: str
) -> None:
    sub_task.state, sub_task.operator = RUNNING, operator
    sub_task.execute_times += 1
    sub_task.start = store.stamp(store.now)
    if operator == RUN:
        sub_task.runs += 1
    job, step = Job(store, dag, node, sub_task), sub_task.step
    custom = step.undo if operator == ROLLBACK else step.work
    sub_task.work = custom(job) if custom else _scripted(job, step)
    _work(store, dag, node, sub_task)


def _work(store: Store, dag: Dag, node: Node, sub_task: SubTask) -> None:
    step, work = sub_task.step, sub_task.work
    assert work is not None
    try:
        sub_task.due = store.now + next(work)
        return
    except Failed as e:
        if str(e):
            store.log(sub_task, f"ERROR: {e}")
        _finish(store, sub_task, FAILED)
        return
    except StopIteration:
        pass
    undoing = sub_task.operator == ROLLBACK
    _finish(store, sub_task, SUCCEED)
    effect = step.undo_effect if undoing else step.effect
    if effect:
        effect(Job(store, dag, node, sub_task))


def _finish(store: Store, sub_task: SubTask, state: str) -> None:
    sub_task.state, sub_task.work, sub_task.due = state, None, NEVER
    sub_task.end = store.stamp(store.now)


def _scripted(job: Job, step: Step) -> Iterator[float]:
    """The life of a sub-task as its Step says: lines spread over its time."""
    lines = step.undo_lines if job.undoing else step.lines
    seconds = step.undo_seconds if job.undoing else step.seconds
    pause = seconds / max(1, len(lines))
    for line in lines:
        job.log(line)
        yield pause
    if not lines:
        yield pause
    if job.undoing and step.undo_error is not None:
        raise Failed(step.undo_error)
    if not job.undoing and job.sub_task.runs in step.fails:
        raise Failed(step.error)
