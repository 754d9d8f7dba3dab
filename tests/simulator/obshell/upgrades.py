# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Upgrades of obshell and of OceanBase, and the checks before them.

No real server was seen to do one: the names and the order of the stages, what may be
done to them, and that the checks lock nothing, come from obshell's source (5.1).
How long they take and what their logs and failures say is made up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Iterator, NamedTuple

from . import steps
from .agent import Agent
from .cluster import Cluster
from .job import Job
from .scenario import NO_MAINTENANCE, Failed, Scenario, Stage, Step

RESTART = 6.0
"""Seconds for which the port of an agent is closed: at least 5 (4.3)."""
REINSTALL = 4.0
NO_SPACE = "[Common.Unexpected]: Unexpected error: write {}: no space left on device"


class Package(NamedTuple):
    """A package as an upgrade names it: `release` is a number and a distribution."""

    version: str
    release: str

    @property
    def number(self) -> str:
        return self.release.partition(".")[0]

    @property
    def name(self) -> str:
        return f"{self.version}-{self.release}"


def check_agent(cluster: Cluster, package: Package) -> Scenario:
    return _check("Upgrade check obshell", package, _unpacked(cluster))


def check_ob(cluster: Cluster, package: Package) -> Scenario:
    stages = [_python(cluster), *_unpacked(cluster)]
    return _check("Upgrade check OB", package, stages)


def _check(name: str, package: Package, stages: list[Stage]) -> Scenario:
    title = f"{name} {package.name}"
    return Scenario(title, (*stages, _removed()), maintenance=NO_MAINTENANCE)


def upgrade_agent(cluster: Cluster, package: Package) -> Scenario:
    stages = [*_new_agents(cluster, package), _removed()]
    return Scenario(f"Upgrade obshell {package.name}", tuple(stages))


def upgrade_ob(
    cluster: Cluster, package: Package, *, rolling: bool, freeze: bool
) -> Scenario:
    """The package brings an obshell, here the one of before: agents restart too."""
    stages = [
        _python(cluster),
        *_new_agents(cluster, None),
        _fixed("Backup parameters", "Starting backup of parameters.", can_cancel=True),
        _fixed("Execute upgrade checker script"),
    ]
    process = _rolling if rolling else _stopping
    stages += process(cluster, package, freeze)
    stages += [
        _fixed("Execute upgrade post script"),
        _fixed("Restore parameters"),
        _removed(),
    ]
    mode = "rolling" if rolling else "stop service"
    return Scenario(f"OB {mode} upgrade {package.name}", tuple(stages))


def _rolling(cluster: Cluster, package: Package, freeze: bool) -> Iterator[Stage]:
    yield _fixed("Execute upgrade pre script")
    for zone in cluster.zones:
        yield _fixed("Execute upgrade health checker script")
        yield _fixed(f"Stop {zone}", f"stop zone {zone}")
        if freeze:
            yield _fixed("Minor freeze before stop server")
        yield _reinstalled(cluster, package, zone)
        yield _fixed("Execute upgrade zone health checker script")
        yield _fixed(f"Start {zone}", f"start zone {zone}")


def _stopping(cluster: Cluster, package: Package, freeze: bool) -> Iterator[Stage]:
    if freeze:
        yield _fixed("Minor freeze before stop server")
    yield _fixed("Execute upgrade pre script")
    yield _fixed("Execute upgrade health checker script")
    yield _reinstalled(cluster, package, "")
    yield _fixed("Execute upgrade health checker script")


def _fixed(name: str, *lines: str, can_cancel: bool = False) -> Stage:
    """A stage of OceanBase's part, of which none can be undone."""
    return steps.simple(name, *lines, can_rollback=False, can_cancel=can_cancel)


def _removed() -> Stage:
    name = "Remove upgrade check task dir"
    lines = ("remove upgrade check dir",)
    return steps.simple(name, *lines, can_rollback=False, can_pass=True)


def _on_each(
    cluster: Cluster, name: str, step: Callable[[Agent], Step], **options: bool
) -> Stage:
    made = [replace(step(a), agent=at) for at, a in enumerate(cluster.agents)]
    return Stage(name, tuple(made), **{"can_pass": True, **options})


def _python(cluster: Cluster) -> Stage:
    return _on_each(cluster, "Check the python environment", lambda agent: Step())


def _unpacked(cluster: Cluster) -> list[Stage]:
    def unpack(agent: Agent) -> Step:
        return Step(
            lines=("Unpack and check all packages",),
            fails=agent.unpack_fails,
            error=NO_SPACE.format(f"{agent.home}/upgrade"),
        )

    def in_folder(agent: Agent) -> Step:
        return Step(lines=(f"Upgrade dir is {agent.home}/upgrade",))

    return [
        _on_each(cluster, "Create upgrade dir", in_folder),
        _on_each(cluster, "Download all required packages", lambda agent: Step()),
        _on_each(cluster, "Check all required packages", lambda agent: Step()),
        _on_each(cluster, "Unpack all required packages", unpack),
    ]


def _new_agents(cluster: Cluster, package: Package | None) -> list[Stage]:
    def backup(agent: Agent) -> Step:
        return Step(
            fails=agent.backup_fails, error=NO_SPACE.format(f"{agent.home}/backup")
        )

    def restart(agent: Agent) -> Step:
        def work(job: Job) -> Iterator[float]:
            job.log("restart agent")
            agent.restart(RESTART)
            if package:
                back = agent.world.now + RESTART
                agent.world.at(
                    back, lambda: agent.become(package.version, package.number)
                )
            yield RESTART + 0.5
            job.log(f"current obshell version is {agent.full_version}")

        return Step(work=work)

    return [
        *_unpacked(cluster),
        _on_each(cluster, "Backup for upgrade", backup),
        _on_each(cluster, "Install new obshell", lambda agent: Step()),
        _on_each(
            cluster, "Restart obshell", restart, can_rollback=False, can_pass=False
        ),
        _on_each(
            cluster,
            "Upgrade post table maintain",
            lambda agent: Step(),
            can_rollback=False,
            can_pass=False,
        ),
    ]


def _reinstalled(cluster: Cluster, package: Package, zone: str) -> Stage:
    """The observers of a zone, or without one all of them, are stopped and replaced."""

    def reinstall(agent: Agent) -> Step:
        def work(job: Job) -> Iterator[float]:
            job.log("stop ob")
            agent.observer_down()
            job.log("reinstall ob")
            server = cluster.server_of(agent)
            assert server is not None
            server["build"] = f"{package.version}_{package.number}"
            job.log("start ob")
            if job.sub_task.runs in agent.start_fails:
                yield REINSTALL
                raise Failed(steps.CANNOT_START)
            # Where all are down, nobody drives this task on.
            agent.world.at(agent.world.now + REINSTALL, agent.observer_up)
            yield REINSTALL + 0.5
            job.log("reinstall and restart ob success")

        return Step(work=work)

    made = tuple(
        replace(reinstall(agent), agent=at)
        for at, agent in enumerate(cluster.agents)
        if zone in ("", agent.zone)
    )
    name = "Reinstall and restart observer"
    return Stage(name, made, can_rollback=False, can_cancel=False)
