# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks of the product, with the names of their steps."""

from __future__ import annotations

from typing import Any

from .scenario import ALWAYS, Cluster, Scenario, Subtask, Tenant, in_a_row


def product(
    name: str,
    *steps: str,
    seconds: float = 2.0,
    fails: str = "",
    failures: int = ALWAYS,
    **fields: Any,
) -> Scenario:
    """A chain of steps with the names that OCP gives them."""
    return Scenario(
        name,
        in_a_row(
            *(
                Subtask(
                    step,
                    seconds=seconds,
                    timeout=max(600, int(seconds) * 2),
                    failures=failures if step == fails else 0,
                    class_name="com.oceanbase.ocp.obops.internal.Step",
                )
                for step in steps
            )
        ),
        **fields,
    )


def reinstall_agent(seconds: float = 2.0, fails: str = "") -> Scenario:
    """The sample of the vendor's documentation (recordings/vendor-docs, 5)."""
    return product(
        "Reinstall OCP agent",
        "Prepare reinstalling OCP agent",
        "Uninstall ocp agent",
        "Install ocp agent",
        "Finish reinstalling OCP agent",
        seconds=seconds,
        fails=fails,
    )


def restart_agent(seconds: float = 0.0, fails: str = "") -> Scenario:
    """The product task of recordings 190 to 198."""
    return product(
        "Restart OB agent",
        "Prepare restart OB agent",
        "Restart OB agent",
        "Finish OB agent operation",
        seconds=seconds,
        fails=fails,
    )


def add_server(
    seconds: float = 2.0, fails: str = "", failures: int = ALWAYS
) -> Scenario:
    """The name is that of the vendor's page (protocol/ocp.md, 5.1)."""
    return product(
        "Add OB server",
        "Prepare add observer",
        "Install observer",
        "Start observer",
        "Add observer to cluster",
        "Finish add observer",
        seconds=seconds,
        fails=fails,
        failures=failures,
        cluster=Cluster(),
    )


def remove_server(
    seconds: float = 2.0, fails: str = "", failures: int = ALWAYS
) -> Scenario:
    """The vendor's page has these steps, and more (protocol/ocp.md, 5.1)."""
    return product(
        "Delete OB server",
        "Prepare delete observer",
        "Delete observer",
        "Wait observer delete",
        "Stop ocp agent service",
        "Clean observer host",
        "Delete observer meta info",
        seconds=seconds,
        fails=fails,
        failures=failures,
        cluster=Cluster(),
    )


def add_zone(seconds: float = 2.0, fails: str = "") -> Scenario:
    return product(
        "Add zone",
        "Prepare add zone",
        "Install observer",
        "Start observer",
        "Add zone to cluster",
        "Finish add zone",
        seconds=seconds,
        fails=fails,
        cluster=Cluster(),
    )


def upgrade(seconds: float = 3.0, fails: str = "") -> Scenario:
    return product(
        "Upgrade OB cluster",
        "Check before upgrade",
        "Upgrade check script",
        "Upgrade zone1",
        "Upgrade zone2",
        "Upgrade zone3",
        "Upgrade post script",
        "Finish upgrade",
        seconds=seconds,
        fails=fails,
        cluster=Cluster(),
    )


def create_tenant(seconds: float = 1.0, fails: str = "") -> Scenario:
    return product(
        "Create tenant",
        "Prepare tenant",
        "Create resource pool",
        "Create tenant",
        "Finish create tenant",
        seconds=seconds,
        fails=fails,
        cluster=Cluster(),
        tenant=Tenant(),
    )


def restart_cluster(seconds: float = 2.0, fails: str = "") -> Scenario:
    return product(
        "Restart OB cluster",
        "Prepare restart",
        "Stop observers",
        "Start observers",
        "Finish restart",
        seconds=seconds,
        fails=fails,
        cluster=Cluster(),
    )


def add_host(seconds: float = 2.0, fails: str = "") -> Scenario:
    return product(
        "Add host",
        "Prepare host",
        "Install ocp agent",
        "Collect host information",
        "Finish add host",
        seconds=seconds,
        fails=fails,
        host_id=1,
    )


def backup(seconds: float = 2.0, fails: str = "") -> Scenario:
    return product(
        "Backup now",
        "Prepare backup",
        "Start backup",
        "Wait backup finish",
        seconds=seconds,
        fails=fails,
        cluster=Cluster(),
        tenant=Tenant(),
    )
