# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The DAGs of a cluster or of one agent (protocol 3.2 and 3.5)."""

from __future__ import annotations

import math
import random
from typing import Any, Callable, Iterator

from .dag import (
    CANCEL,
    EPOCH,
    NEVER,
    PASS,
    PENDING,
    READY,
    RETRY,
    ROLLBACK,
    RUN,
    SUCCEED,
    Dag,
    Log,
    Node,
    SubTask,
)
from .locks import Locks
from .scenario import NO_MAINTENANCE, Scenario, Stage, Step


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
        self.locks = Locks()
        self.resumes = -NEVER
        self.now = 0.0
        self.tick = NEVER
        self._nodes = self._sub_tasks = self._logs = 0

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
        self.locks.take(dag)
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
        self.end(dag, SUCCEED)

    def pass_node(self, dag: Dag, node: Node, now: float) -> None:
        self._restart(dag, RUN, now)
        self._pass(node)

    def _restart(self, dag: Dag, operator: str, now: float) -> None:
        self.now = now
        dag.state, dag.operator, dag.finished = READY, operator, False
        dag.start = dag.end = EPOCH
        self.locks.take(dag)
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

    def wake(self, now: float) -> None:
        """Plan the next tick, if there is something to do."""
        if not any(dag.active for dag in self.dags):
            self.tick = NEVER
        elif self.tick == NEVER or self.tick < now:
            # The scheduler ticks at its own seconds, not at those of its clients.
            self.tick = math.floor(now - self.phase) + 1 + self.phase

    def next_event(self) -> float:
        """When `advance` wants to be called."""
        dues = [s.due for s in self._working()]
        first = min([self.tick, *dues])
        return first if first == NEVER else max(first, self.resumes)

    def _working(self) -> Iterator[SubTask]:
        for dag in self.dags:
            if dag.active:
                for node in dag.nodes:
                    yield from (s for s in node.sub_tasks if s.work is not None)

    def hand_over(self, agent: Any) -> None:
        """Another agent executes what is running and is about no agent (12.3.14)."""
        for sub_task in self._working():
            if sub_task.step.agent is None:
                sub_task.agent = agent

    def end(self, dag: Dag, state: str) -> None:
        """The DAG has come to its end; what succeeded holds no lock."""
        dag.state, dag.end = state, self.stamp(self.now)
        locking = dag.scenario.maintenance != NO_MAINTENANCE
        dag.finished = state == SUCCEED or not locking
        if state == SUCCEED or dag.node.stage.releases_lock:
            self.locks.release(dag)

    def log(self, sub_task: SubTask, line: str) -> None:
        self._logs += 1
        time = self.stamp(self.now)
        line = self.worded(line)
        sub_task.logs.append(Log(self._logs, sub_task.execute_times, line, time))


def nanoseconds(moment: float, source: random.Random) -> int:
    """A moment as a local store writes it; a float has only microseconds."""
    return int(moment * 1e6) * 1000 + source.randrange(1000)


def microseconds(moment: float) -> int:
    """A moment as the cluster's database writes it."""
    return int(moment * 1e6) * 1000
