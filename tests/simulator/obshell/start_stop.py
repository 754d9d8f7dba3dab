# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ob/start and ob/stop: a main DAG on the asked agent, a sub DAG on every agent."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Container, Iterator

from . import steps
from .agent import Agent
from .dag import FAILED, SUCCEED, Dag
from .job import Job
from .scenario import ALWAYS, NO_MAINTENANCE, Failed, Scenario, Stage, Step, Work

REMOTE_POLL = 3.0


def start_ob(
    agent: Agent,
    targets: list[Agent],
    *,
    whole_zones: bool = False,
    fails: Container[str] = (),
) -> Scenario:
    """ob/start; `fails` holds the addresses of agents whose observer cannot start."""
    main = _Main(agent, targets, "Start observer", fails)
    stages = [
        main.inform("Inform all agents to start observer"),
        main.ready(),
        main.advance(),
        main.wait(),
    ]
    if whole_zones:
        stages.append(steps.simple("Start Zone", "start zone"))
    stages.append(main.end())
    return _main_scenario("Start OB", stages)


def stop_ob(
    agent: Agent,
    targets: list[Agent],
    *,
    force: bool = False,
) -> Scenario:
    """ob/stop: by killing observers (force) or by SQL."""
    main = _Main(agent, targets, "Stop observer", (), force=force)
    stages = [
        main.inform("Inform all agents to prepare to stop observer"),
        main.ready(),
        main.advance(),
        main.wait(),
    ]
    if not force:
        lines = [f"{target.zone} stopped" for target in targets]
        stages.append(steps.simple("Execute stop sql", "Stop Zone", *lines))
    stages.append(main.end())
    return _main_scenario("Stop OB", stages)


def _main_scenario(name: str, stages: list[Stage]) -> Scenario:
    # A main DAG that FAILED offers nothing and locks nothing (12.3.12).
    fixed = tuple(replace(s, can_retry=False, can_rollback=False) for s in stages)
    return Scenario(name, fixed, maintenance=NO_MAINTENANCE)


class _Main:
    """The main DAG of ob/start or ob/stop and its sub DAGs."""

    def __init__(
        self,
        agent: Agent,
        targets: list[Agent],
        sub_name: str,
        fails: Container[str],
        *,
        force: bool = False,
    ) -> None:
        self.agent = agent
        self.agents = agent.peers()
        self.targets = targets
        self.sub_name = sub_name
        self.fails = fails
        self.force = force
        self.subs: dict[str, Dag] = {}

    def _steps(self, work: Callable[[Agent], Work]) -> tuple[Step, ...]:
        return tuple(Step(agent=i, work=work(a)) for i, a in enumerate(self.agents))

    def inform(self, name: str) -> Stage:
        return Stage(name, self._steps(self._inform))

    def _inform(self, other: Agent) -> Work:
        def work(job: Job) -> Iterator[float]:
            job.log(f"Inform {other.address} to create the task")
            yield 0.002
            if other.store.locks.whole is not None:
                holder = other.store.locks.whole
                holder_id = other.store.generic_id(holder.number)
                raise Failed(
                    f"[Agent.UnderMaintenanceDag]: {other.address} is under "
                    f"maintenance by DAG [{holder_id}:{holder.name}]"
                )
            extra = {"main_dag_id": job.generic_id}
            scenario = self._sub_scenario(other)
            sub = other.store.create(scenario, self.agent.world.now, extra)
            self.subs[other.address] = sub
            sub_id = other.store.generic_id(sub.number)
            sub_dags = job.dag.additional_data.setdefault("sub_dags", {})
            sub_dags[other.address] = sub_id
            # Go writes maps sorted by key.
            job.dag.additional_data["sub_dags"] = dict(sorted(sub_dags.items()))
            job.log(f"create task {sub_id} successfully")

        return self._forgiving(work)

    @staticmethod
    def _forgiving(work: Work) -> Work:
        """Not informed is no failure yet: the next stage looks (12.3.12)."""

        def wrapped(job: Job) -> Iterator[float]:
            try:
                yield from work(job)
            except Failed as e:
                job.log(f"ERROR: {e}")

        return wrapped

    def ready(self) -> Stage:
        def work(job: Job) -> Iterator[float]:
            yield 0.02
            missing = [a.address for a in self.agents if a.address not in self.subs]
            if missing:
                self._end_all(job)
                raise Failed(
                    "[Task.SubDag.NotAllCreated]: check sub dag created failed: Sub "
                    f"DAG of agents: [{' '.join(missing)}] not created, main DAG failed"
                )
            job.log("All agents have created the tasks successfully")
            job.log("Check if all agents can be advanced")
            for agent in self.agents:
                while self.subs[agent.address].state != FAILED:
                    yield 1.0
                job.log(f"{agent.address} is ready")

        return Stage("Make sure all agents are ready", (Step(work=work),))

    def advance(self) -> Stage:
        def work(job: Job) -> Iterator[float]:
            for agent in self.agents:
                yield 0.005
                agent.store.retry(self.subs[agent.address], self.agent.world.now)
                job.log(f"advance {agent.address} to execute the task")

        return Stage("Advance agents to execute the task", (Step(work=work),))

    def wait(self) -> Stage:
        name = "Wait for all agents to execute tasks successfully"
        return Stage(name, self._steps(self._wait))

    def _wait(self, other: Agent) -> Work:
        def work(job: Job) -> Iterator[float]:
            job.log("Wait for task to succeed")
            sub = self.subs[other.address]
            while sub.state != FAILED:
                yield 1.0 if other is self.agent else REMOTE_POLL
            for node in sub.nodes:
                for log in node.sub_tasks[0].logs:
                    job.log(f"{node.name}: {log.content}")
            word = "succeed" if self._good(sub) else "failed"
            job.log(f"{other.store.generic_id(sub.number)} {word}")

        return work

    @staticmethod
    def _good(sub: Dag) -> bool:
        """FAILED in the last stage is how a sub DAG waits to be passed."""
        return sub.stage == len(sub.nodes)

    def end(self) -> Stage:
        def work(job: Job) -> Iterator[float]:
            yield 0.02
            bad = [a for a, sub in self.subs.items() if not self._good(sub)]
            if bad:
                for address in bad:
                    job.log(
                        "ERROR: [Common.Unexpected]: Unexpected error: agent "
                        f"{address} not succeed"
                    )
                self._end_all(job)
                raise Failed(
                    "[Task.SubDag.NotAllSucceed]: check sub dag succeed failed: Sub "
                    f"DAG of agents: [{' '.join(bad)}] failed, main DAG failed"
                )
            job.log("Check the final result: SUCCEED!")
            job.log("End all tasks")
            self._end_all(job)

        return Stage("Inform all agents to end the task", (Step(work=work),))

    def _end_all(self, job: Job) -> None:
        for agent in self.agents:
            sub = self.subs.get(agent.address)
            if sub is not None and sub.state != SUCCEED:
                agent.store.pass_dag(sub, self.agent.world.now)
                job.log(f"{agent.address} end the task")

    def _sub_scenario(self, agent: Agent) -> Scenario:
        stages = [steps.preparations()]
        if agent in self.targets and self.sub_name == "Start observer":
            stages += _start_stages(agent, agent.address in self.fails)
        elif agent in self.targets and self.force:
            stages.append(_kill_stage(agent))
        stages.append(
            steps.simple("Wait for task to end", work=_wait_for_end, can_pass=True)
        )
        passable = tuple(replace(stage, can_pass=True) for stage in stages)
        return Scenario(self.sub_name, passable)


def _wait_for_end(job: Job) -> Iterator[float]:
    yield 0.001
    job.log("wait operator to advance")
    raise Failed


def _start_stages(agent: Agent, fails: bool) -> list[Stage]:
    home = agent.home
    lines = [
        "start observer",
        "check if first start",
        "not first start, skip require check",
        "generate start cmd",
        f"start cmd: export LD_LIBRARY_PATH='{home}/lib'; {home}/bin/observer   ",
    ]
    if not fails:
        lines += ["update self OB port", "update OB port in all_agent"]
    return [
        steps.simple(
            "Check ob process and config",
            "check if first start",
            "check observer process config",
        ),
        steps.simple(
            "Start observer",
            *lines,
            fails=ALWAYS if fails else (),
            error=steps.CANNOT_START,
            effect=lambda job: agent.observer_up(),
        ),
        steps.simple("Execute start observer sql", "exec start server sql"),
    ]


def _kill_stage(agent: Agent) -> Stage:
    return steps.simple(
        "Stop observer",
        "Get observer Pid",
        f"Kill observer process {agent.pid + 7}",
        "Check observer process",
        "Successfully killed the observer process",
        seconds=5.0,
        effect=lambda job: agent.observer_down(),
    )
