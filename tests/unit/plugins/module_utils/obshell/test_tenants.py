# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import tenants
from ansible_collections.oceanbase.ops.tests import recordings
from ansible_collections.oceanbase.ops.tests.simulator import replay
from ansible_collections.oceanbase.ops.tests.unit.plugins.obshell_recorded import (
    agent_facts,
    bare,
    client_of,
)

CLUSTER = "obshell-cluster-4.5.0.0"
UP, DOWN = 70, 867  # obcluster/info of a cluster, and of one whose observers are down
SYS = tenants.Tenant(
    name="sys",
    id=1,
    mode="MYSQL",
    status="NORMAL",
    locality="FULL{1}@zone1",
    primary_zone="zone1",
)


def find(number, name):
    """Return what is found in a recorded answer, of an agent that says it is up."""
    recorded = [bare(one) for one in recordings.load(CLUSTER) if one["n"] == number]
    with replay.Replay([*agent_facts(CLUSTER), *recorded]) as agent:
        client = client_of(agent, password="right")
        try:
            return tenants.find(client, name)
        finally:
            client.close()


def test_a_real_cluster_has_sys_and_no_other():
    assert find(UP, "sys") == SYS and SYS.zones == ["zone1"]
    assert find(UP, "t1") is None


def test_a_real_cluster_that_is_down_proves_nothing():
    with pytest.raises(errors.Unavailable, match="it does not tell all tenants"):
        find(DOWN, "t1")


@pytest.mark.parametrize(
    ("locality", "replicas"),
    [
        ("FULL{1}@zone1", {"zone1": ["FULL"]}),
        ("FULL@z_1, READONLY{2}@z-2.a", {"z_1": ["FULL"], "z-2.a": ["READONLY"]}),
        ("FULL{1}@z1,READONLY{1}@z1", {"z1": ["FULL", "READONLY"]}),
        ("FULL{1},READONLY{1}@z1", None),
        ("FULL{1}@[z1, z2]", None),
        ("", None),
        (None, None),
    ],
)
def test_zones_are_read_of_a_locality_or_are_unknown(locality, replicas):
    tenant = tenants.Tenant("t1", locality=locality)
    assert tenant.replicas == replicas
    assert tenant.zones == (replicas and sorted(replicas))
