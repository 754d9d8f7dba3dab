# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.tests.unit.simulator.ocp.asking import (
    ask,
    data,
    error,
    listed,
    make,
    turn,
)

SUBMITS = {
    "/api/v2/ob/clusters/1/servers": {"zoneName": "zone1", "servers": [5]},
    "/api/v2/ob/clusters/1/zones": {"name": "zone4", "servers": [5]},
    "/api/v2/ob/clusters/1/upgrade": {"rpmFileName": "oceanbase-4.2.1.rpm"},
    "/api/v2/ob/clusters/1/tenants/createTenant": {"name": "t", "zones": [{}]},
    "/api/v2/ob/clusters/1/restart": None,
}


@pytest.mark.parametrize("path", SUBMITS)
@pytest.mark.parametrize("shape", ["newer", "older"])
def test_a_submit_starts_a_task_and_gives_it_in_either_shape(
    path: str, shape: str
) -> None:
    server = make(submit_shape=shape)
    started = data(ask(server, "POST", path, SUBMITS[path]))
    assert started["status"] == "RUNNING"
    assert ("subtasks" in started, "tasks" in started) == (
        shape == "newer",
        shape == "older",
    )
    assert isinstance(started["creator"], str) == (shape == "newer")
    assert "createTime" not in started
    turn(server, 60)
    assert server.task(started["id"])["status"] == "SUCCESSFUL"


def test_a_submit_without_its_members_is_refused_and_starts_nothing() -> None:
    server = make()
    refused = ask(server, "POST", "/api/v2/ob/clusters/1/zones", {"name": "zone4"})
    assert (refused.status, error(refused)["code"]) == (400, "COM10001")
    assert [sub["field"] for sub in error(refused)["subErrors"]] == ["servers"]
    assert listed(server, "") == []


def test_a_busy_cluster_refuses_a_second_operation() -> None:
    server = make()
    path = "/api/v2/ob/clusters/1/restart"
    data(ask(server, "POST", path))
    assert error(ask(server, "POST", path))["code"] == "OBE11020"
    assert data(ask(server, "POST", "/api/v2/ob/clusters/2/restart"))


def test_hosts_are_added_by_one_task_each() -> None:
    server = make()
    hosts = [{"innerIpAddress": f"198.51.100.{i}"} for i in range(3)]
    body = {"hostBasicDataList": hosts}
    contents = data(ask(server, "POST", "/api/v2/compute/hosts/batchCreate", body))
    assert [task["id"] for task in contents["contents"]] == [1, 2, 3]
    assert listed(server, "hostId=2") == [2]


def test_a_part_of_a_backup_fails_inside_a_successful_answer() -> None:
    server = make()
    server.refuse_backup(1002)
    path = "/api/v2/ob/clusters/1/backup/backupNow"
    given = data(ask(server, "POST", path, {"tenantIds": [1001, 1002]}))
    good, bad = given["backupObjectOpsResultList"]
    assert (good["beSuccessful"], good["taskIdList"]) == (True, [1])
    assert (bad["beSuccessful"], bad["taskIdList"]) == (False, [])
    assert bad["hint"]


def test_other_places_of_ids_and_ids_of_other_things() -> None:
    server = make()
    report = "/api/v2/ob/clusters/1/performance/workload/reports"
    assert data(ask(server, "POST", report))["taskInstanceId"] == 1
    idc = data(ask(server, "POST", "/api/v2/compute/idcs", {"name": "idc1"}))
    assert idc["status"] == "CREATING"
    assert data(ask(server, "DELETE", "/api/v2/ob/clusters/1/tenants/5")) is None
    assert listed(server, "name=Delete") == [2]


def test_a_submit_can_be_told_what_to_start() -> None:
    server = make()
    server.on_submit("add_server", "fail_always", seconds=0.0)
    path = "/api/v2/ob/clusters/1/servers"
    started = data(ask(server, "POST", path, {"zoneName": "z", "servers": [1]}))
    turn(server, 10)
    assert server.task(started["id"])["status"] == "FAILED"
    assert started["clusterId"] == 1


def test_express_creates_a_tenant() -> None:
    server = make(express=True, base_path="/api/v1")
    body = {"name": "t", "zones": [{}], "rootPassword": "x"}
    started = data(ask(server, "POST", "/api/v1/ob/tenants", body))
    assert (started["creator"], started["obTenantId"]) == ("admin", 1002)
    assert server.task(started["id"])["tenantInfo"]["obTenantId"] == 1002
    empty = ask(server, "POST", "/api/v1/ob/tenants", {})
    assert error(empty)["message"] == "{error.ob.tenant.zone.empty}"
