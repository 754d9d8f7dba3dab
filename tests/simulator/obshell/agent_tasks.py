# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks of agents without a cluster, up to the one that founds it."""

from __future__ import annotations

from typing import Any, Callable, Container, Iterator

from . import identities, steps
from .agent import Agent
from .cluster import Cluster
from .job import Job
from .scenario import Failed, Scenario, Stage, Step


def join_self(agent: Agent, zone: str) -> Scenario:
    def joined(job: Job) -> None:
        agent.identity, agent.zone = identities.MASTER, zone

    stage = steps.simple("Join self", "set agent identity to master", effect=joined)
    return Scenario("Join self", (stage,))


def join_master(
    agent: Agent, master: Agent, zone: str, *, fails: Container[int] = ()
) -> Scenario:
    """A failed one is a dead end: no operator is allowed (10.2)."""

    def joined(job: Job) -> None:
        agent.identity, agent.zone, agent.master = identities.FOLLOWER, zone, master
        agent.password = master.password

    stages = (
        steps.simple(
            "Join to master",
            "creating token",
            "token created",
            "send join rpc to master",
            f"join to master success, master agent info: {master.address}",
            fails=fails,
            can_retry=False,
            can_rollback=False,
            can_cancel=False,
        ),
        steps.simple("Be follower", "set agent identity to follower", effect=joined),
    )
    return Scenario("Join to master", stages)


def remove_all(agent: Agent) -> Scenario:
    followers = agent.others()
    stages = []
    if followers:
        by_follower = tuple(
            Step(
                agent=at,
                lines=(
                    f"send remove agent request to follower, agent: {f.address}",
                    "send remove agent request succeed, remote dag id: "
                    f"&{{{f.local_id(len(f.store.dags) + 1)}}}",
                ),
                effect=_becomes_single(f),
            )
            for at, f in enumerate(followers, 1)
        )
        stages.append(Stage("Remove follower", by_follower))
    stages.append(
        steps.simple(
            "Remove master",
            "clearing ob config",
            "clearing global config",
            "change agent to single agent",
            "set agent to single agent success",
            effect=lambda job: agent.drop_cluster(),
        )
    )
    return Scenario("Remove all agents", tuple(stages))


def remove_follower(agent: Agent, follower: Agent) -> Scenario:
    address = follower.address
    stages = (
        steps.simple(
            "Remove follower",
            f"send remove agent request to follower, agent: {address}",
            "send remove agent request succeed, remote dag id: "
            f"&{{{follower.local_id(len(follower.store.dags) + 1)}}}",
            effect=_becomes_single(follower),
        ),
        steps.simple(
            f"Remove follower agent {address}",
            f"finding agent {address} info",
            f"get zone '{follower.zone}' agents",
            f"zone '{follower.zone}' has no other follower agent, clearing zone and "
            "observer config",
            f"deleting agent {address}",
            f"remove follower agent {address} success",
        ),
    )
    return Scenario(f"Remove follower agent {address}", stages)


def _becomes_single(agent: Agent) -> Callable[[Job], None]:
    return lambda job: agent.drop_cluster()


def cluster_config(agent: Agent, config: dict[str, Any]) -> Scenario:
    """obcluster/config; a root password is valid as soon as its sub-task ran (2.7)."""

    def configured(job: Job) -> None:
        agent.cluster_config = config
        if config.get("rootPwd") is not None:
            agent.password = config["rootPwd"]

    stage = steps.simple("Update cluster config", effect=configured)
    return Scenario("Update cluster config", (stage,))


def observer_config(agent: Agent, config: dict[str, str]) -> Scenario:
    def configured(job: Job) -> None:
        agent.config.update(config)

    stage = steps.simple("Update observer config", effect=configured)
    return Scenario("Update observer config", (stage,))


def init(
    agent: Agent,
    *,
    found: Callable[[Agent], Cluster],
    start_fails: Container[int] = (),
) -> Scenario:
    """ob/init: 11 stages, 27 s; `found` makes the cluster in "Cluster boostrap"."""
    agents = agent.peers()
    config = agent.cluster_config
    by_agent = tuple(
        Step(
            name="Start observer",
            agent=at,
            work=_init_start(a, config.get("clusterName", "obcluster"), start_fails),
            effect=_observer_state(a, 2),
            undo_lines=("Get observer Pid", "Observer is not running"),
            lines=_init_start_lines(a, config.get("clusterName", "obcluster")),
        )
        for at, a in enumerate(agents)
    )
    sync = (
        "try to connect",
        "connect succeed, dump password",
        "synchronize agent from oceanbase",
        "sync agent data",
    )

    def bootstrap(job: Job) -> Iterator[float]:
        job.log("try to connect to observer")
        yield 0.001
        if agent.ob_state == 0:
            # "Start observer" was passed, not done.
            raise Failed(
                "[OB.Cluster.MysqlPortNotInitialized]: get port failed: MySQL port has "
                "not been initialized"
            )
        job.log(
            f"bootstrap cmd: ALTER SYSTEM BOOTSTRAP ZONE '{agent.zone}' SERVER "
            f"'{agent.ip}:{agent.sql_port + 1}'"
        )
        yield 3.2

    def bootstrapped(job: Job) -> None:
        cluster = found(agent)
        for a in agents:
            a.ob_state = 3
            cluster.add_server(a, a.zone)

    def become_members(job: Job) -> None:
        # The cluster that "Cluster boostrap" made is the newest.
        cluster = agent.world.clusters[-1]
        for a in agents:
            cluster.admit(a)

    stages = (
        steps.simple("Integrate config", *_integrate_lines(agent, agents)),
        steps.simple(
            "Create observer workdir",
            *steps.workdir_lines(agent.home),
            undo_lines=steps.clear_lines(agent.home),
        ),
        Stage("Start observer", by_agent, can_pass=True),
        steps.simple(
            "Cluster boostrap",
            work=bootstrap,
            effect=bootstrapped,
            undo_lines=("clear db Instance",),
        ),
        steps.simple("Migrate table", "try to connect to observer", seconds=0.6),
        steps.simple(
            "Modify password",
            "try to connect to observer",
            "Successfully connected to OceanBase. Try to modify password.",
            "Save root password",
            "Reload oceanbase connection",
            "Reload oceanbase connection successfully",
        ),
        steps.simple("Migrate data", "migrate all agents"),
        steps.simple("Convert follower to cluster agent"),
        steps.simple("Synchronize agent from cluster", *sync),
        steps.simple(
            "Convert master to cluster agent",
            "convert self to cluster agent",
            "sync agent binary",
            "synchronize agent from oceanbase",
            seconds=0.9,
            effect=become_members,
        ),
        steps.simple("Synchronize agent from cluster", *sync),
    )
    return Scenario("Initialize cluster", stages)


def _observer_state(agent: Agent, state: int) -> Callable[[Job], None]:
    def effect(job: Job) -> None:
        agent.ob_state = state

    return effect


def _integrate_lines(agent: Agent, agents: list[Agent]) -> tuple[str, ...]:
    lines = ["get all agents"]
    known = " ".join(
        f"{a.address}:{{{a.ip} {a.port} {a.identity} {a.full_version} linux x86_64 "
        f"{a.zone} 0 0 {a.home} {a.key.public}}}"
        for a in agents
    )
    if agent.era.lists:
        lines.append(f"agents: map[{known}]")
    lines.append("get global config")
    if agent.password is not None:
        lines.append("set root password")
    lines.append("init all zone config")
    for zone in dict.fromkeys(a.zone for a in agents):
        lines += [f"build {zone} zone config", f"merge {zone} zone config"]
    for a in agents:
        lines += [
            f"Integrating {a.address} agent config",
            f"get {a.address} agent config",
            f"merge {a.address} agent config",
            f"fill {a.address} agent config",
        ]
    return (*lines, "setting bootstrap config")


def _init_start(
    agent: Agent, name: str, fails: Container[int]
) -> Callable[[Job], Iterator[float]]:
    def work(job: Job) -> Iterator[float]:
        lines = _init_start_lines(agent, name)
        for line in lines[:4]:
            job.log(line)
        yield 0.002
        if job.sub_task.runs in fails:
            binary = f"{agent.home}/bin/observer"
            raise Failed(
                "[Common.Unexpected]: Unexpected error: /bin/bash: line 1: "
                f"{binary}: No such file or directory\n: exit status 127"
            )
        job.log(lines[4])
        yield 2.0
        for line in lines[5:]:
            job.log(line)

    return work


def _init_start_lines(agent: Agent, name: str) -> tuple[str, ...]:
    home, sql = agent.home, agent.sql_port
    return (
        "start observer",
        "check if first start",
        "generate start cmd",
        f"start cmd: export LD_LIBRARY_PATH='{home}/lib'; {home}/bin/observer  "
        f"-P '{sql + 1}' -n '{name}' -p '{sql}' -c '1' -d '{home}/store' "
        f"-z '{agent.zone}' -I '{agent.ip}'  -o 'memory_limit=6G'",
        "observer health check, retry [1/300]",
        "update self OB port",
        "update OB port in all_agent",
    )
