# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Other tasks of a cluster: members, zones and tenants."""

from __future__ import annotations

from typing import Container, Iterator

from . import identities, steps
from .agent import Agent
from .cluster import Cluster
from .job import Job
from .scenario import TENANT, Failed, Scenario

CANNOT_DELETE = (
    "[MySQL.Error]: MySQL error: delete observer {} failed: Error 4656 (HY000): "
    "can not migrate out all units, delete server not allowed"
)
NO_RESOURCES = (
    "[MySQL.Error]: MySQL error: Error 4733 (HY000): zone 'zone1' resource not "
    "enough to hold 1 unit. You can check resource info by views: DBA_OB_UNITS, "
    "GV$OB_UNITS, GV$OB_SERVERS."
)

NO_PARAMETER = "[MySQL.Error]: MySQL error: Error 4012 (HY000): Timeout"
POOL_IN_USE = "[MySQL.Error]: MySQL error: Error 4634 (HY000): resource pool is busy"


def scale_in(
    cluster: Cluster, target: Agent, *, fails: Container[int] = ()
) -> Scenario:
    """Takes an agent out; at the runs in `fails` the server cannot be deleted."""
    server = cluster.server_of(target) or {"svr_port": target.sql_port + 1}
    address = f"{target.ip}:{server['svr_port']}"

    def scaling_in(job: Job) -> None:
        target.identity = identities.SCALING_IN

    def delete_agent(job: Job) -> None:
        _remove_member(cluster, target)

    stages = (
        steps.simple(
            "Delete observer",
            fails=fails,
            error=CANNOT_DELETE.format(address),
            releases_lock=True,
        ),
        steps.simple(
            "Set agent to 'SCALING IN'",
            "change agent identity to 'SCALING IN' success",
            seconds=1.0,
            effect=scaling_in,
        ),
        steps.simple(
            "Wait delete observer success",
            f"observer '{address}' has been deleted successfully",
            seconds=target.delete_seconds,
        ),
        steps.simple("Delete agent", "delete agents success", effect=delete_agent),
        steps.simple(
            "Try to inform to kill observer",
            f"agent {target.address} ob state: 3",
            effect=lambda job: _kill_observer(target),
        ),
    )
    return Scenario("Cluster scale in", stages)


def delete_zone(cluster: Cluster, zone: str) -> Scenario:
    members = [s["agent"] for s in cluster.servers if s["zone"] == zone]

    def scaling_in(job: Job) -> None:
        for agent in members:
            agent.identity = identities.SCALING_IN

    def delete_agents(job: Job) -> None:
        for agent in members:
            _remove_member(cluster, agent)

    def kill_observers(job: Job) -> None:
        for agent in members:
            _kill_observer(agent)

    stages = (
        steps.simple(
            "Set agent to 'SCALING IN'",
            "change agent identity to 'SCALING IN' success",
            seconds=1.0,
            effect=scaling_in,
        ),
        steps.simple(
            f"Stop zone {zone}", f"stop zone {zone}", f"wait for {zone} to be inactive"
        ),
        steps.simple(f"Delete zone {zone}"),
        steps.simple("Delete agent", "delete agents success", effect=delete_agents),
        steps.simple("Try to inform to kill observers", effect=kill_observers),
    )
    return Scenario("Delete zone", stages)


def _remove_member(cluster: Cluster, agent: Agent) -> None:
    cluster.agents = [a for a in cluster.agents if a is not agent]
    cluster.servers = [s for s in cluster.servers if s["agent"] is not agent]
    cluster.refresh()


def _kill_observer(agent: Agent) -> None:
    lines = ("Get observer Pid", f"Kill observer process {agent.pid + 7}")
    stage = steps.simple("Kill observer", *lines, seconds=10.0)
    agent.observer_down()
    agent.store.create(Scenario("Kill observer", (stage,)), agent.world.now)


def create_tenant(
    cluster: Cluster,
    name: str = "t1",
    *,
    locality: str = "FULL{1}@zone1",
    seconds: float = 4.0,
    fails: Container[int] = (),
    fails_at: int = 1,
) -> Scenario:
    """Creates a tenant; at the runs in `fails` it fails at stage `fails_at`."""
    at = {number: fails if number == fails_at else () for number in (1, 2, 3)}
    pool = f"{name}_zone1_{int(cluster.world.now)}"
    created = (
        f"Create resource pool: {{{pool} zone1 u1 1}}",
        f"Create resource pool {pool} success",
        f'Create tenant sql: CREATE TENANT `{name}` resource_pool_list=("{pool}"), '
        'LOCALITY = "FULL@zone1", PRIMARY_ZONE = `RANDOM` SET ob_tcp_invited_nodes = '
        "``, ob_compatibility_mode = `MYSQL`",
    )

    def create(job: Job) -> Iterator[float]:
        for line in created:
            job.log(line)
        yield seconds
        if job.sub_task.runs in at[1]:
            job.log(f"Drop resource pool: {{{pool} zone1 u1 1}}\n")
            raise Failed(NO_RESOURCES)
        job.log("Create tenant success, tenant id: 1002")

    stages = (
        steps.simple(
            "Create tenant",
            work=create,
            undo_lines=(f"Drop tenant {name}", f"Drop resource pool {pool}"),
            effect=lambda job: cluster.tenants.update({name: locality}),
            undo_effect=lambda job: cluster.tenants.pop(name, None),
            can_pass=True,
            releases_lock=True,
        ),
        steps.simple(
            "Set tenant parameter",
            "Set tenant parameter 'map[global_index_auto_split_policy:ALL]' for tenant "
            f"'{name}'",
            fails=at[2],
            error=NO_PARAMETER,
            can_pass=True,
            releases_lock=True,
        ),
        steps.simple(
            "Modify tenant whitelist",
            f"modify tenant '{name}' whitelist to ''",
            fails=at[3],
            error=NO_PARAMETER,
            releases_lock=True,
        ),
    )
    title = f"Create tenant {name}"
    return Scenario(title, stages, maintenance=TENANT, key=name)


def drop_tenant(
    cluster: Cluster,
    name: str,
    *,
    seconds: float = 2.2,
    fails: Container[int] = (),
    fails_at: int = 1,
) -> Scenario:
    """Drops a tenant; at the runs in `fails` it fails at stage `fails_at`."""

    def dropped(job: Job) -> None:
        cluster.tenants.pop(name, None)

    stages = (
        steps.simple(
            "Drop tenant",
            f"Drop tenant {name}",
            f"Resource pool list: [{name}_zone1_1795257836]",
            seconds=seconds,
            fails=fails if fails_at == 1 else (),
            error="[MySQL.Error]: MySQL error: Error 1235 (0A000): drop tenant not "
            "supported",
            effect=dropped,
            can_rollback=False,
            can_pass=True,
            releases_lock=True,
        ),
        steps.simple(
            "Drop resource pools",
            f"Drop resource pool {name}_zone1_1795257836",
            fails=fails if fails_at == 2 else (),
            error=POOL_IN_USE,
            can_pass=True,
            releases_lock=True,
        ),
    )
    return Scenario("Drop tenant", stages, maintenance=TENANT, key=name)


def recycle_tenant(cluster: Cluster, name: str, *, seconds: float = 2.2) -> Scenario:
    """Puts a tenant into the recycle bin; by obshell's source, never recorded."""
    stage = steps.simple(
        "Recycle tenant",
        f"Recycle tenant {name}",
        seconds=seconds,
        effect=lambda job: cluster.tenants.pop(name, None),
        can_rollback=False,
        can_pass=True,
        releases_lock=True,
    )
    return Scenario("Drop tenant", (stage,), maintenance=TENANT, key=name)
