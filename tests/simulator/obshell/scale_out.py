# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scale out: a DAG of the cluster and one of the new agent wait for each other."""

from __future__ import annotations

import uuid
from typing import Any, Callable, Container, Iterator

from . import newcomer
from .agent import Agent
from .cluster import Cluster
from .dag import FAILED, RETRY, ROLLBACK, SUCCEED, Dag, Node
from .job import Job
from .scenario import Failed, Scenario, Stage, Step
from .store import Store

REMOTE_POLL = 3.0
"""Seconds between two looks of one agent at another's task."""
REMOTE_POLLS = 30


def scale_out(
    cluster: Cluster,
    target: Agent,
    *,
    zone: str = "",
    config: dict[str, str] | None = None,
    start_fails: Container[int] = (),
    hangs: bool = False,
) -> Scenario:
    """11 stages into a new zone, 9 into one that exists; "Wait remote start finish"
    fails at the runs of the target's observer that `start_fails` names (1, 2, ...)."""
    target.config = dict(config or {})
    zone = zone or f"zone{len(cluster.zones) + 1}"
    link = Link(newcomer.Newcomer(target, cluster, zone, start_fails, hangs))
    new_zone = zone not in cluster.zones
    stages = [
        _part("Integrate server config"),
        _part("Create local scale out dag", work=link.create, undo=link.undo),
        _part("Wait scale out ready", work=link.wait_ready, undo=link.undo),
        _part(
            "Wait remote deploy finish",
            work=link.remote(2, "Create observer workdir"),
            undo=link.undo,
        ),
        _part(
            "Wait remote start finish",
            work=link.remote(4, "Start observer"),
            undo=link.undo,
        ),
        _part("Prev check for scale_out", lines=("PrevCheckTask execute",)),
    ]
    if new_zone:
        stages += [
            _part("Add new zone for scale_out", lines=("AddZoneTask execute",)),
            _part("Start new zone for scale_out", lines=("StartZoneTask execute",)),
        ]
    stages += [
        _part(
            "Add server for scale_out",
            lines=("AddServerTask execute",),
            effect=lambda job: cluster.add_server(target, zone),
        ),
        _part("Add agent for scale_out", effect=link.add_agent),
        _part(
            "Check cluster scale_out whether finished",
            lines=("FinishTask execute",),
            seconds=2.05,
        ),
    ]
    return Scenario("Cluster scale out", tuple(stages))


def _part(name: str, **options: Any) -> Stage:
    # Nothing of a scale-out can be cancelled or passed (12.3.7, 12.3.8).
    return Stage(name, (Step(**options),), can_cancel=False)


class Link:
    """What ties the cluster's DAG to the DAG of the agent that joins."""

    def __init__(self, joins: newcomer.Newcomer) -> None:
        self.joins = joins
        self.cluster, self.target = joins.cluster, joins.agent
        self.local: Dag | None = None

    @property
    def store(self) -> Store:
        return self.target.store

    @property
    def now(self) -> float:
        return self.cluster.world.now

    def create(self, job: Job) -> Iterator[float]:
        yield 0.05
        self._reach()
        self.joins.main = job.dag
        scenario = self.joins.scale_out()
        seed = f"{self.cluster.name}-{job.dag.number}"
        extra = {
            "main_dag_id": job.generic_id,
            "scaleOutUUID": str(uuid.uuid5(uuid.NAMESPACE_OID, seed)),
        }
        self.local = self.store.create(scenario, self.now, extra)
        local_id = self.store.generic_id(self.local.number)
        job.log(f"create local scale out dag success, genericID:{local_id}")

    def wait_ready(self, job: Job) -> Iterator[float]:
        assert self.local is not None
        while self.local.nodes[0].sub_tasks[0].state != SUCCEED:
            yield 1.0
            self._reach()
        yield 0.02
        job.log("local scale out dag task Be scaling agent is succeed")

    def remote(self, stage: int, name: str) -> Callable[[Job], Iterator[float]]:
        """Let the target go on from `stage`, and wait for the task after it."""

        def work(job: Job) -> Iterator[float]:
            local = self.local
            assert local is not None
            node = local.nodes[stage]
            if job.sub_task.runs == 1:
                while not (local.state == FAILED and local.stage == stage):
                    yield 0.5
                self._reach()
                self.store.retry(local, self.now)
                yield 0.9
                job.log(f"retry stage: {stage} successfully")
            for _poll in range(REMOTE_POLLS):
                yield REMOTE_POLL
                self._reach()
                done = node.state == SUCCEED
                failed = local.state == FAILED and local.stage == stage + 1
                if done or (failed and self._tells):
                    for log in node.sub_tasks[0].logs:
                        job.log(f"task {name}: {log.content}")
                if failed:
                    raise Failed(self._failure(name, node))
                if done:
                    return
            raise Failed(
                f"[OB.Cluster.AsyncOperationTimeout]: Wait for task {name} timeout"
            )

        return work

    @property
    def _tells(self) -> bool:
        """Whether the cluster's task says why; 4.2.3 does not (12.3.22)."""
        return self.cluster.agents[0].era.lists

    def _failure(self, name: str, node: Node) -> str:
        assert self.local is not None
        if not self._tells:
            return "remote start observer task failed"
        last = node.sub_tasks[0].logs[-1].content
        return (
            "[Common.Unexpected]: Unexpected error: dag "
            f"{self.store.generic_id(self.local.number)} Local scale out failed: "
            f"[{name}] {last}"
        )

    def undo(self, job: Job) -> Iterator[float]:
        """Before a retry: retry the target's DAG; for a rollback: roll it back."""
        local = self.local
        if job.node.operator == RETRY:
            if local and local.state == FAILED:
                self._reach()
                self.store.retry(local, self.now)
            yield 0.5
            return
        while local and local.active and local.operator != ROLLBACK:
            yield 1.0
        if local and local.state == FAILED:
            self._reach()
            self.store.rollback(local, self.now)
        yield 0.1
        if job.node.name != "Wait remote start finish" or local:
            job.log("try rollback coordinate dag successfully")

    def _reach(self) -> None:
        if not self.target.alive:
            agent = self.target.address
            raise Failed(
                "[Agent.RPC.RequestFailed]: Request to "
                f"{agent} failed: dial tcp {agent}: connect: connection refused"
            )

    def add_agent(self, job: Job) -> None:
        if self.target not in self.cluster.agents:
            self.cluster.agents.append(self.target)
