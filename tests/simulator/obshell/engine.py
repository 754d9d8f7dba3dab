# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's task engine: DAGs that advance in ticks of one second (protocol 3.5).

A `Scenario` is the script of a DAG; a `Store` holds the DAGs of a cluster or of one
agent and drives them. There are no threads: `Store.advance` is called in the order
of time by whoever owns the clock.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from typing import (
    Any,
    Callable,
    Container,
    Iterator,
    Mapping,
)

PENDING, READY, RUNNING = "PENDING", "READY", "RUNNING"
FAILED, SUCCEED = "FAILED", "SUCCEED"
RUN, RETRY, ROLLBACK, CANCEL, PASS = "RUN", "RETRY", "ROLLBACK", "CANCEL", "PASS"
NO_MAINTENANCE, GLOBAL, TENANT = 1, 2, 3

NEVER = math.inf
EPOCH = 0
"""The time of what was reset by an operator (3.7), in nanoseconds."""

Work = Callable[["Job"], Iterator[float]]
Effect = Callable[["Job"], None]
ALWAYS = range(1, 1_000_000)
"""For Step.fails: at every run."""


class Failed(Exception):
    """Ends a sub-task as FAILED; its text becomes the last log line."""


@dataclass(frozen=True)
class Step:
    """The script of one sub-task.

    `fails` holds the numbers of the runs that fail (1 is the first; a retry is the
    next), with `error` as last line. `work` and `undo` replace the script by a
    generator that yields the seconds until it wants to be asked again. `agent` is the
    index of the agent that executes it, None: the one that drives.
    """

    name: str = ""
    seconds: float = 0.02
    lines: tuple[str, ...] = ()
    fails: Container[int] = ()
    error: str = ""
    undo_seconds: float = 0.02
    undo_lines: tuple[str, ...] = ()
    undo_error: str | None = None
    agent: int | None = None
    work: Work | None = None
    undo: Work | None = None
    effect: Effect | None = None
    undo_effect: Effect | None = None


@dataclass(frozen=True)
class Stage:
    """The script of a node, and which operators it allows (3.6).

    `releases_lock` is failure_exit_maintenance: a failure here frees the lock.
    """

    name: str
    steps: tuple[Step, ...] = (Step(),)
    can_retry: bool = True
    can_rollback: bool = True
    can_cancel: bool = True
    can_pass: bool = False
    releases_lock: bool = False


@dataclass(frozen=True)
class Scenario:
    """The scripted life of a DAG.

    `then` holds what somebody else does to it: (seconds after its creation, operator);
    an operator that is refused is tried again every second.
    """

    name: str
    stages: tuple[Stage, ...]
    maintenance: int = GLOBAL
    key: str = ""
    additional_data: Mapping[str, Any] = field(default_factory=dict)
    then: tuple[tuple[float, str], ...] = ()


@dataclass
class Log:
    number: int
    execute_times: int
    content: str
    time: int


@dataclass
class SubTask:
    number: int
    name: str
    step: Step
    agent: Any
    start: int
    end: int
    state: str = PENDING
    operator: str = RUN
    execute_times: int = 0
    runs: int = 0
    logs: list[Log] = field(default_factory=list)
    work: Iterator[float] | None = None
    due: float = NEVER


@dataclass
class Node:
    number: int
    stage: Stage
    start: int
    end: int
    sub_tasks: list[SubTask]
    state: str = PENDING
    operator: str = RUN

    @property
    def name(self) -> str:
        return self.stage.name


@dataclass
class Dag:
    number: int
    scenario: Scenario
    nodes: list[Node]
    start: int
    end: int
    stage: int = 1
    state: str = READY
    operator: str = RUN
    additional_data: dict[str, Any] = field(default_factory=dict)
    finished: bool = False

    @property
    def name(self) -> str:
        return self.scenario.name

    @property
    def node(self) -> Node:
        return self.nodes[self.stage - 1]

    @property
    def active(self) -> bool:
        return self.state in (READY, RUNNING)

    @property
    def main_dag_id(self) -> str | None:
        return self.additional_data.get("main_dag_id")


class Job:
    """What the work of a sub-task sees and does."""

    def __init__(self, store: Store, dag: Dag, node: Node, sub_task: SubTask) -> None:
        self.store = store
        self.dag = dag
        self.node = node
        self.sub_task = sub_task

    @property
    def owner(self) -> Any:
        """The cluster or agent whose store this is."""
        return self.store.owner

    @property
    def undoing(self) -> bool:
        return self.sub_task.operator == ROLLBACK

    @property
    def generic_id(self) -> str:
        return self.store.generic_id(self.dag.number)

    def log(self, line: str) -> None:
        self.store.log(self.sub_task, line)


class Store:
    """The DAGs of a cluster (in its database) or of one agent (in its own).

    `stamp` turns a moment of the clock into the nanoseconds that this store writes,
    `generic_id` a number into an id (3.2), `executor` a step's agent into an agent;
    `in_database` marks a cluster's store; `worded` words a line as its version does.
    """

    def __init__(
        self,
        owner: Any,
        *,
        stamp: Callable[[float], int],
        generic_id: Callable[[int], str],
        executor: Callable[[int | None], Any],
        in_database: bool = False,
        worded: Callable[[str], str] = str,
        phase: float = 0.7,
    ) -> None:
        self.owner = owner
        self.worded = worded
        self.in_database = in_database
        self.stamp = stamp
        self.generic_id = generic_id
        self.executor = executor
        self.phase = phase
        self.dags: list[Dag] = []
        self.lock: Dag | None = None
        self.tenant_locks: dict[str, Dag] = {}
        self.resumes = -NEVER
        self.now = 0.0
        self._tick = NEVER
        self._nodes = self._sub_tasks = self._logs = 0

    def clear(self) -> None:
        """Forget all DAGs, as a new installation does."""
        self.dags, self.lock, self.tenant_locks, self._tick = [], None, {}, NEVER

    def create(
        self, scenario: Scenario, now: float, extra: dict[str, Any] | None = None
    ) -> Dag:
        """A new DAG in READY; the caller has checked the lock."""
        self.now = now
        time = self.stamp(now)
        nodes = [self._node(stage, time) for stage in scenario.stages]
        number = self.dags[-1].number + 1 if self.dags else 1
        dag = Dag(number, scenario, nodes, time, time)
        dag.additional_data = {**scenario.additional_data, **(extra or {})}
        self.dags.append(dag)
        self.take_lock(dag)
        self.wake(now)
        return dag

    def _node(self, stage: Stage, time: int) -> Node:
        self._nodes += 1
        steps = [self._sub_task(step, stage, time) for step in stage.steps]
        return Node(self._nodes, stage, time, time, steps)

    def _sub_task(self, step: Step, stage: Stage, time: int) -> SubTask:
        self._sub_tasks += 1
        name, agent = step.name or stage.name, self.executor(step.agent)
        return SubTask(self._sub_tasks, name, step, agent, time, time)

    def find(self, number: int) -> Dag | None:
        return next((d for d in self.dags if d.number == number), None)

    def find_node(self, number: int) -> tuple[Dag, Node] | None:
        pairs = ((d, n) for d in self.dags for n in d.nodes)
        return next((pair for pair in pairs if pair[1].number == number), None)

    def find_sub_task(self, number: int) -> SubTask | None:
        tasks = (s for d in self.dags for n in d.nodes for s in n.sub_tasks)
        return next((s for s in tasks if s.number == number), None)

    def last_maintenance(self) -> Dag | None:
        """The one with the highest number, whatever its state (3.10)."""
        dags = [d for d in self.dags if d.scenario.maintenance != NO_MAINTENANCE]
        return dags[-1] if dags else None

    def unfinished(self) -> list[Dag]:
        return [d for d in self.dags if not d.finished]

    # Maintenance locks (3.5): kept by a FAILED DAG until it is mended.

    def lock_holder(self, scenario: Scenario) -> Dag | None:
        """Who forbids a new DAG of this kind."""
        if scenario.maintenance == NO_MAINTENANCE:
            return None
        if scenario.maintenance == TENANT:
            return self.tenant_locks.get(scenario.key) or self.lock
        return self.lock

    def take_lock(self, dag: Dag) -> None:
        if dag.scenario.maintenance == GLOBAL:
            self.lock = dag
        elif dag.scenario.maintenance == TENANT:
            self.tenant_locks[dag.scenario.key] = dag

    def release_lock(self, dag: Dag) -> None:
        if self.lock is dag:
            self.lock = None
        if self.tenant_locks.get(dag.scenario.key) is dag:
            del self.tenant_locks[dag.scenario.key]

    def holds_lock(self, dag: Dag) -> bool:
        return self.lock is dag or self.tenant_locks.get(dag.scenario.key) is dag

    # Operators (3.5, 3.6); the caller has checked what is allowed.

    def retry(self, dag: Dag, now: float) -> None:
        self._restart(dag, RUN, now)
        self._reset(dag.node, RETRY)

    def rollback(self, dag: Dag, now: float) -> None:
        self._restart(dag, ROLLBACK, now)
        for node in dag.nodes[: dag.stage]:
            self._reset(node, ROLLBACK)

    def cancel(self, dag: Dag, now: float) -> None:
        self._restart(dag, CANCEL, now)
        self._reset(dag.node, CANCEL)

    def pass_dag(self, dag: Dag, now: float) -> None:
        self.now = now
        for node in dag.nodes:
            if node.state != SUCCEED:
                self._pass(node)
        dag.operator = PASS
        self._end(dag, SUCCEED)

    def pass_node(self, dag: Dag, node: Node, now: float) -> None:
        self._restart(dag, RUN, now)
        self._pass(node)

    def _restart(self, dag: Dag, operator: str, now: float) -> None:
        self.now = now
        dag.state, dag.operator, dag.finished = READY, operator, False
        dag.start = dag.end = EPOCH
        self.take_lock(dag)
        self.wake(now)

    def _reset(self, node: Node, operator: str) -> None:
        node.state, node.operator = PENDING, operator
        node.start = node.end = EPOCH

    def _pass(self, node: Node) -> None:
        node.state, node.operator, node.end = SUCCEED, PASS, self.stamp(self.now)
        for sub_task in node.sub_tasks:
            if sub_task.state != SUCCEED:
                sub_task.state, sub_task.operator = SUCCEED, PASS
                sub_task.end, sub_task.work = node.end, None

    # Time

    def wake(self, now: float) -> None:
        """Plan the next tick, if there is something to do."""
        if not any(dag.active for dag in self.dags):
            self._tick = NEVER
        elif self._tick == NEVER or self._tick < now:
            # The scheduler ticks at its own seconds, not at those of its clients.
            self._tick = math.floor(now - self.phase) + 1 + self.phase

    def next_event(self) -> float:
        """When `advance` wants to be called."""
        dues = [s.due for s in self._working()]
        first = min([self._tick, *dues])
        return first if first == NEVER else max(first, self.resumes)

    def _working(self) -> Iterator[SubTask]:
        for dag in self.dags:
            if dag.active:
                for node in dag.nodes:
                    yield from (s for s in node.sub_tasks if s.work is not None)

    def advance(self, now: float) -> None:
        """Do what is due at `now`: the work of sub-tasks, then the tick."""
        self.now = now
        for dag in [d for d in self.dags if d.active]:
            for node in dag.nodes:
                for sub_task in node.sub_tasks:
                    if sub_task.work is not None and sub_task.due <= now:
                        self._work(dag, node, sub_task)
        if self._tick <= now:
            for dag in [d for d in self.dags if d.active]:
                self._step(dag)
            self._tick = max(self._tick + 1, math.floor(now - self.phase) + self.phase)
            if self._tick <= now:
                self._tick += 1
        self.wake(now)

    def hand_over(self, agent: Any) -> None:
        """Another agent executes what is running (12.3.14)."""
        for sub_task in self._working():
            sub_task.agent = agent

    def _step(self, dag: Dag) -> None:
        if dag.state == READY:
            dag.state, dag.start = RUNNING, self.stamp(self.now)
            if dag.node.state != PENDING:
                # After a node was passed, the next stage begins a tick later.
                return
        turn = {RUN: self._forward, ROLLBACK: self._back, CANCEL: self._stop}
        turn[dag.operator](dag)

    def _forward(self, dag: Dag) -> None:
        node = dag.node
        if node.state == PENDING:
            self._start_node(node)
            for sub_task in node.sub_tasks:
                if sub_task.state == FAILED:
                    self._execute(dag, node, sub_task, ROLLBACK)
                elif sub_task.state != SUCCEED:
                    self._execute(dag, node, sub_task, RUN)
            return
        if any(s.state in (READY, RUNNING) for s in node.sub_tasks):
            return
        if any(s.state == FAILED for s in node.sub_tasks):
            self._end_node(node, FAILED)
            self._end(dag, FAILED)
            return
        undone = [s for s in node.sub_tasks if s.operator == ROLLBACK]
        for sub_task in undone:
            self._execute(dag, node, sub_task, RUN)
        if undone:
            return
        if node.state == RUNNING:
            self._end_node(node, SUCCEED)
        if dag.stage == len(dag.nodes):
            self._end(dag, SUCCEED)
        else:
            dag.stage += 1

    def _back(self, dag: Dag) -> None:
        node = dag.node
        if node.state == PENDING:
            self._start_node(node)
            ran = [s for s in node.sub_tasks if s.state != PENDING]
            for sub_task in ran:
                self._execute(dag, node, sub_task, ROLLBACK)
            if not ran:
                # A node that never ran is undone at once (12.3.11).
                self._end_node(node, SUCCEED)
            return
        if any(s.state in (READY, RUNNING) for s in node.sub_tasks):
            return
        if any(s.state == FAILED for s in node.sub_tasks):
            self._end_node(node, FAILED)
            self._end(dag, FAILED)
            return
        if node.state == RUNNING:
            self._end_node(node, SUCCEED)
        if dag.stage == 1:
            self._end(dag, SUCCEED)
        else:
            dag.stage -= 1

    def _stop(self, dag: Dag) -> None:
        node = dag.node
        if node.state == PENDING:
            self._start_node(node)
            for sub_task in node.sub_tasks:
                if sub_task.state in (READY, RUNNING):
                    self.log(sub_task, "sub task cancelled")
                    self._finish(sub_task, FAILED)
            self._end_node(node, FAILED)
            return
        self._end(dag, FAILED)

    def _start_node(self, node: Node) -> None:
        node.state = RUNNING
        node.start = node.end = self.stamp(self.now)

    def _end_node(self, node: Node, state: str) -> None:
        node.state, node.end = state, self.stamp(self.now)

    def _end(self, dag: Dag, state: str) -> None:
        dag.state, dag.end = state, self.stamp(self.now)
        locking = dag.scenario.maintenance != NO_MAINTENANCE
        dag.finished = state == SUCCEED or not locking
        if state == SUCCEED or dag.node.stage.releases_lock:
            self.release_lock(dag)

    # Sub-tasks

    def _execute(self, dag: Dag, node: Node, sub_task: SubTask, operator: str) -> None:
        sub_task.state, sub_task.operator = RUNNING, operator
        sub_task.execute_times += 1
        sub_task.start = self.stamp(self.now)
        if operator == RUN:
            sub_task.runs += 1
        job, step = Job(self, dag, node, sub_task), sub_task.step
        custom = step.undo if operator == ROLLBACK else step.work
        sub_task.work = custom(job) if custom else _scripted(job, step)
        self._work(dag, node, sub_task)

    def _work(self, dag: Dag, node: Node, sub_task: SubTask) -> None:
        step, work = sub_task.step, sub_task.work
        assert work is not None
        try:
            sub_task.due = self.now + next(work)
            return
        except Failed as e:
            if str(e):
                self.log(sub_task, f"ERROR: {e}")
            self._finish(sub_task, FAILED)
            return
        except StopIteration:
            pass
        undoing = sub_task.operator == ROLLBACK
        self._finish(sub_task, SUCCEED)
        effect = step.undo_effect if undoing else step.effect
        if effect:
            effect(Job(self, dag, node, sub_task))

    def _finish(self, sub_task: SubTask, state: str) -> None:
        sub_task.state, sub_task.work, sub_task.due = state, None, NEVER
        sub_task.end = self.stamp(self.now)

    def log(self, sub_task: SubTask, line: str) -> None:
        self._logs += 1
        time = self.stamp(self.now)
        line = self.worded(line)
        sub_task.logs.append(Log(self._logs, sub_task.execute_times, line, time))


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


def nanoseconds(moment: float, source: random.Random) -> int:
    """A moment as a local store writes it; a float has only microseconds."""
    return int(moment * 1e6) * 1000 + source.randrange(1000)


def microseconds(moment: float) -> int:
    """A moment as the cluster's database writes it."""
    return int(moment * 1e6) * 1000
