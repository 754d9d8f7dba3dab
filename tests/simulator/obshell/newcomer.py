# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The agent that joins a cluster: its side of a scale-out, and its own DAG for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Container, Iterator

from . import identities, steps
from .agent import Agent
from .cluster import Cluster
from .dag import ROLLBACK, Dag
from .job import Job
from .scenario import Failed, Scenario, Stage


@dataclass
class Newcomer:
    """It starts its observer at the runs that `start_fails` does not name (1, 2, ...).

    `main` is the DAG of the cluster, once that has begun.
    """

    agent: Agent
    cluster: Cluster
    zone: str
    start_fails: Container[int] = ()
    hangs: bool = False
    main: Dag | None = None

    def enter(self, job: Job) -> None:
        self.agent.identity, self.agent.zone = identities.SCALING_OUT, self.zone
        self.agent.cluster = self.cluster
        self.agent.password = self.cluster.password

    def leave(self, job: Job) -> None:
        self.agent.drop_cluster()

    def started(self, job: Job) -> None:
        self.agent.ob_state = 3

    def start_observer(self, job: Job) -> Iterator[float]:
        first = job.sub_task.runs == 1
        job.log("start observer")
        job.log("check if first start")
        if not first:
            job.log("not first start, skip require check")
        job.log("generate start cmd")
        job.log(f"start cmd: {self._command(first)}")
        while self.hangs:
            yield 2.0
            job.log("observer health check, retry [1/300]")
        yield 0.02
        if job.sub_task.runs in self.start_fails:
            raise Failed(steps.CANNOT_START)
        job.log("observer health check, retry [1/300]")
        yield 2.0
        job.log("update self OB port")
        job.log("update OB port in all_agent")

    def _command(self, first: bool) -> str:
        home, config = self.agent.home, self.agent.config
        rest = {k: v for k, v in config.items() if k not in ("mysql_port", "rpc_port")}
        sql = config.get("mysql_port", str(self.agent.sql_port))
        rpc = config.get("rpc_port", str(self.agent.sql_port + 1))
        where = f"-d '{home}/store' " if first else ""
        address = f"-I '{self.agent.ip}' " if first else ""
        options = ",".join(f"{k}={v}" for k, v in rest.items())
        return (
            f"export LD_LIBRARY_PATH='{home}/lib'; {home}/bin/observer  "
            f"-n '{self.cluster.name}' -c '1' {where}-z '{self.zone}' {address}"
            f"-p '{sql}' -P '{rpc}'" + (f"  -o '{options}'" if options else "")
        )

    def watch(self, job: Job) -> Iterator[float]:
        job.log("Watch cluster scale out dag")
        main = self.main
        assert main is not None
        while main.stage < len(main.nodes):
            yield 1.5
            if main.operator == ROLLBACK:
                raise Failed(
                    "[Common.Unexpected]: cluster scale out dag is rolled back"
                )

    def scale_out(self) -> Scenario:
        """The DAG of the agent that joins; it stops twice and is revived (12.3.5)."""
        home = self.agent.home
        stages: list[Stage] = [
            steps.simple(
                "Be scaling agent",
                "set agent identity to follower",
                effect=self.enter,
                undo_lines=("try rollback coordinate dag successfully",),
                undo_effect=self.leave,
            ),
            steps.preparations(),
            steps.simple(
                "Create observer workdir",
                *steps.workdir_lines(home),
                undo_lines=steps.clear_lines(home),
            ),
            steps.preparations(),
            steps.simple(
                "Start observer",
                work=self.start_observer,
                effect=self.started,
                undo_lines=("Get observer Pid", "Observer is not running"),
            ),
            steps.simple("Watch cluster scale_out dag", work=self.watch, seconds=0),
            steps.simple(
                "Sync from observer",
                "get ocs instance failed: Agent is not holding OceanBase, "
                "try to connect",
                "dump password",
                effect=lambda job: self.cluster.admit(self.agent),
            ),
        ]
        fixed = tuple(replace(stage, can_cancel=False) for stage in stages)
        return Scenario("Local scale out", fixed)
