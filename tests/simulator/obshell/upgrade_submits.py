# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's routes that upgrade it and OceanBase, and check whether they could (5).

Each returns the new DAG. Every package is taken to be there. What is said of a release
that is none, and of too few zones for a rolling upgrade, was recorded, and no more.
"""

from __future__ import annotations

import re
from typing import Any, Dict

from . import errors, params, upgrades
from .call import Call, body_of, route
from .cluster import Cluster
from .cluster_submits import of_cluster
from .starting import started
from .upgrades import Package

Json = Dict[str, Any]
MODES = ("ROLLING", "STOPSERVICE")


def check_agent(call: Call) -> Json:
    cluster, package = _for_agents(call)
    return started(call, cluster.store, upgrades.check_agent(cluster, package))


def upgrade_agent(call: Call) -> Json:
    cluster, package = _for_agents(call)
    return started(call, cluster.store, upgrades.upgrade_agent(cluster, package))


def check_ob(call: Call) -> Json:
    values = _values(call, "UpgradeCheckParam")
    cluster = of_cluster(call, data=True)
    cluster.asked_for = values
    package = _package(values, cluster.build, "OB.Upgrade.ToLowerVersion")
    return started(call, cluster.store, upgrades.check_ob(cluster, package))


def upgrade_ob(call: Call) -> Json:
    values = _values(call, "ObUpgradeParam", "Mode")
    cluster = of_cluster(call, data=True)
    cluster.asked_for = values
    _all_up(cluster, observers=True)
    mode = str(values["mode"]).upper()
    if mode not in MODES:
        words = f"Upgrade mode {mode} is not supported"
        raise errors.Problem("OB.Upgrade.Mode.NotSupported", 400, words).with_data()
    if mode == "ROLLING" and len(cluster.zones) < 3:
        raise errors.Problem(
            "OB.Upgrade.UnableToRollingUpgrade",
            400,
            "Rolling upgrade requires at least 3 zones (or 2 zones for shared storage "
            "mode)",
        ).with_data()
    package = _package(values, cluster.build, "OB.Upgrade.ToLowerVersion")
    scenario = upgrades.upgrade_ob(
        cluster,
        package,
        rolling=mode == "ROLLING",
        freeze=bool(values.get("freeze_server")),
    )
    return started(call, cluster.store, scenario)


def _for_agents(call: Call) -> tuple[Cluster, Package]:
    values = _values(call, "UpgradeCheckParam")
    cluster = of_cluster(call, data=True)
    cluster.asked_for = values
    _all_up(cluster)
    current = call.agent.full_version
    return cluster, _package(values, current, "Agent.Upgrade.ToLowerVersion")


def _values(call: Call, struct: str, *more: str) -> Json:
    values = body_of(call)
    params.check(*params.lacks(values, struct, "Version", "Release", *more))
    return values


def _all_up(cluster: Cluster, *, observers: bool = False) -> None:
    down = [a.address for a in cluster.agents if not a.alive]
    if down:
        words = f"Agent {','.join(down)} is unavailable"
        raise errors.Problem("Agent.Unavailable", 500, words).with_data()
    down = [a.address for a in cluster.agents if observers and a.ob_state != 3]
    if down:
        words = f"Observer {','.join(down)} is unavailable"
        raise errors.Problem("OB.Server.Unavailable", 500, words).with_data()


def _package(values: Json, current: str, lower: str) -> Package:
    package = Package(str(values["version"]), str(values["release"]))
    if "." not in package.release:
        words = f"Release format {package.release} is illegal"
        raise errors.Problem("Package.ReleaseFormat.Invalid", 400, words).with_data()
    target = f"{package.version}-{package.number}"
    if _numbers(target) <= _numbers(current):
        words = (
            f"Cannot upgrade to {target}, which is not above the current version "
            f"{current.replace('_', '-')}"
        )
        raise errors.Problem(lower, 400, words).with_data()
    return package


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


_OB = "ob"
ROUTES = [
    route("POST", "/agent/upgrade/check", check_agent, flavours=_OB),
    route("POST", "/agent/upgrade", upgrade_agent, flavours=_OB),
    route("POST", "/ob/upgrade/check", check_ob, flavours=_OB),
    route("POST", "/ob/upgrade", upgrade_ob, flavours=_OB),
]
