# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.modules import ocp_api
from ansible_collections.oceanbase.ops.tests.unit.plugins import ocp_served

SERVER = {"zoneName": "zone2", "servers": [12]}
ZONE = {"name": "zone4", "idcName": "idc1", "servers": [13]}
TENANT = {"name": "orders", "mode": "MYSQL", "zones": [{"name": "zone1"}]}
HOSTS = {"hostBasicDataList": [{"innerIpAddress": "10.0.0.4"}] * 2}


def run(server, method, path, body=None, *, check_mode=False, credentials=None, **more):
    params = {"query": None, "task_id_pointer": None, **more}
    module = ocp_served.create_module(
        method=method, path=path, body=body, check_mode=check_mode, **params
    )
    client = ocp_served.client(server, **(credentials or {}))
    return ocp_api.run(module, client)


@pytest.mark.parametrize(
    ("path", "body", "tasks"),
    [
        ("/ob/clusters/1/servers", SERVER, 1),
        ("/ob/clusters/1/zones", ZONE, 1),
        ("/ob/clusters/1/tenants/createTenant", TENANT, 1),
        ("/ob/clusters/1/upgrade", {"rpmFileName": "oceanbase.rpm"}, 1),
        ("/compute/hosts/batchCreate", HOSTS, 2),
    ],
)
@pytest.mark.parametrize("shape", ["newer", "older"])
def test_a_submit_gives_the_tasks_it_started(path, body, tasks, shape):
    with ocp_served.serving(submit_shape=shape) as server:
        found = run(server, "POST", path, body)
        assert found["changed"] and found["status"] == 200
        assert len(found["task_ids"]) == len(found["tasks"]) == tasks
        assert (found["task"] is not None) == (tasks == 1)
        for id, facts in zip(found["task_ids"], found["tasks"]):
            assert server.task(id)["name"] == facts["name"]


def test_a_submit_is_signed_with_an_access_key(server):
    keys = ocp_served.KEYS
    path = "/ob/clusters/1/servers"
    found = run(server, "POST", path, SERVER, credentials=keys)
    assert len(found["task_ids"]) == 1


def test_what_is_created_is_no_task(server):
    found = run(server, "POST", "/compute/idcs", {"name": "idc1"})
    assert found["changed"] and found["task_ids"] == [] and found["data"]["id"]


def test_a_report_has_its_id_elsewhere(server):
    path = "/ob/clusters/1/performance/workload/reports"
    found = run(server, "POST", path, query={"name": "awr"})
    assert found["task_ids"] == [str(found["data"]["taskInstanceId"])]
    assert found["tasks"] == []


def test_a_pointer_of_the_users_wins(server):
    path = "/ob/clusters/1/servers"
    found = run(server, "POST", path, SERVER, task_id_pointer="/id")
    assert found["task_ids"] == [str(found["data"]["id"])]


def test_a_pointer_that_misses_says_that_the_request_was_accepted(server):
    with pytest.raises(errors.InvalidAnswer, match="was accepted"):
        run(server, "POST", "/ob/clusters/1/servers", SERVER, task_id_pointer="/status")


def test_a_batch_with_failed_parts_is_a_failure_that_names_them(server):
    body = {"tenantIds": [1, 2]}
    good = run(server, "POST", "/ob/clusters/1/backup/backupNow", body)
    assert good["task_ids"]
    server.refuse_backup(2)
    with pytest.raises(errors.Refused, match="backup is not configured") as caught:
        run(server, "POST", "/ob/clusters/1/backup/backupNow", body)
    details = caught.value.details
    assert len(details["failed_parts"]) == 1 and details["task_ids"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_check_mode_sends_nothing_that_could_change(server, method):
    found = run(server, method, "/ob/clusters/1/servers", SERVER, check_mode=True)
    assert found["changed"] and found["task_ids"] == [] and found["status"] is None
    assert server.server.requests == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_check_mode_reads(server, method):
    id = server.start("chain")
    found = run(server, method, f"/tasks/instances/{id}", check_mode=True)
    assert found["status"] == 200 and not found["changed"]
    assert found["task_ids"] == ([id] if method == "GET" else [])


def test_a_list_gives_its_tasks(server):
    ids = [server.start("chain"), server.start("chain")]
    query = {"size": 5, "status": ["RUNNING", "FAILED"], "sort": "id,asc"}
    for credentials in ({}, ocp_served.KEYS):
        path = "/tasks/instances"
        found = run(server, "GET", path, query=query, credentials=credentials)
        assert found["task_ids"] == ids and found["data"]["page"]["totalElements"] == 2


def test_status_204_is_nothing_to_wait_for(server):
    server.server.faults.add("status", status=204, body=b"")
    found = run(server, "POST", "/ob/clusters/1/servers", SERVER)
    assert (found["status"], found["changed"], found["task_ids"]) == (204, False, [])


def test_a_second_operation_on_a_busy_cluster_is_refused(server):
    run(server, "POST", "/ob/clusters/1/servers", SERVER)
    with pytest.raises(errors.Refused, match="POST /api/v2/ob/clusters/1/servers"):
        run(server, "POST", "/ob/clusters/1/servers", SERVER)


def answered(server, method, data, **more):
    """Run a call that is answered with this data; return result and warnings."""
    body = json.dumps({"successful": True, "status": 200, "data": data})
    server.server.faults.add("status", count=1, status=200, body=body)
    params = {"query": None, "task_id_pointer": None, "body": None, **more}
    module = ocp_served.create_module(method=method, path="/ob/clusters", **params)
    found = ocp_api.run(module, ocp_served.client(server))
    return found, ocp_served.warnings(module)


RUNNING = {"id": 501, "name": "Add OBServer", "status": "RUNNING", "subtasks": []}


@pytest.mark.parametrize(
    "data, ids, facts",
    [
        ({"taskId": 501}, ["501"], 0),
        ({"taskIds": [501, "502"]}, ["501", "502"], 0),
        ({"taskInstanceIds": [501]}, ["501"], 0),
        ({"task": RUNNING}, ["501"], 1),
        ([RUNNING, {**RUNNING, "id": 502}], ["501", "502"], 2),
    ],
)
def test_the_tasks_of_any_shape_are_waited_for(server, data, ids, facts):
    found, told = answered(server, "POST", data)
    assert (found["task_ids"], len(found["tasks"]), told) == (ids, facts, [])


def test_where_no_id_is_found_in_what_speaks_of_tasks_that_is_warned_of(server):
    found, told = answered(server, "POST", {"taskUuid": "a1"})
    assert found["task_ids"] == [] and found["changed"]
    assert len(told) == 1 and "task_id_pointer" in told[0]


@pytest.mark.parametrize(
    "method, data",
    [("GET", {"taskUuid": "a1"}), ("POST", {"id": 3, "name": "idc1"}), ("POST", None)],
)
def test_what_starts_no_task_is_not_warned_of(server, method, data):
    assert answered(server, method, data)[1] == []


LOST = {
    "no answer": ("close", {}),
    "a gateway's page": ("html", {"status": 502}),
    "half an answer": ("truncated", {}),
}


@pytest.mark.parametrize("kind, options", LOST.values(), ids=LOST)
def test_a_lost_answer_says_that_it_may_have_been_carried_out(server, kind, options):
    server.server.faults.add(kind, count=1, **options)
    with pytest.raises(errors.OpsError, match="may have been carried out") as caught:
        run(server, "POST", "/ob/clusters/1/servers", SERVER)
    assert caught.value.details["sent"] is True
    assert len(server.server.requests) == 1


def test_who_has_to_come_again_later_was_not_served(server):
    server.server.faults.add("status", count=1, status=429)
    with pytest.raises(errors.Unavailable) as caught:
        run(server, "POST", "/ob/clusters/1/servers", SERVER)
    assert "carried out" not in caught.value.message


def test_where_nobody_listens_nothing_was_carried_out(server):
    server.server.faults.add("refuse")
    with pytest.raises(errors.Unreachable, match="connection refused") as caught:
        run(server, "POST", "/ob/clusters/1/servers", SERVER)
    assert "carried out" not in caught.value.message


@pytest.mark.parametrize("kind", [one[0] for one in LOST.values()], ids=LOST)
def test_what_only_reads_leaves_no_doubt(server, kind):
    server.server.faults.add(kind, count=1)
    with pytest.raises(errors.OpsError) as caught:
        run(server, "GET", "/ob/clusters/1")
    assert "carried out" not in caught.value.message


def test_express_starts_tasks_below_api_v1():
    with ocp_served.serving(express=True) as server:
        query = {"ip": "127.0.0.1", "obSvrPort": 2882}
        found = run(server, "POST", "/obagent/restart", query=query)
        assert found["task"]["additional_data"]["creator"] == "admin"


def test_a_route_that_does_not_exist_names_the_base_path():
    express = ocp_served.serving(express=True)
    with express as server, pytest.raises(errors.InvalidAnswer, match="ocp.base_path"):
        run(server, "POST", "/nothing")


@pytest.mark.parametrize(
    ("path", "option"),
    [
        ("ob/clusters", "path"),
        ("//ob", "path"),
        ("/api/v2/ob", "path"),
        ("", "path"),
    ],
)
def test_a_path_that_cannot_be_is_refused(server, path, option):
    with pytest.raises(errors.InvalidOption) as caught:
        run(server, "GET", path)
    assert caught.value.details["option"] == option
    assert server.server.requests == []


def test_a_pointer_that_cannot_be_is_refused_before_anything_is_sent(server):
    with pytest.raises(errors.InvalidOption, match="task_id_pointer"):
        run(server, "POST", "/ob/clusters/1/servers", SERVER, task_id_pointer="id")
    assert server.server.requests == []


# As Ansible runs it


def test_minimal_arguments(server, capsys):
    found = ocp_served.run_main(
        ocp_api, capsys, ocp=ocp_served.options(server), path="/info"
    )
    assert found["changed"] is False and "buildVersion" in found["data"]


def test_all_arguments(server, capsys):
    found = ocp_served.run_main(
        ocp_api,
        capsys,
        ocp=ocp_served.options(server),
        method="POST",
        path="/compute/hosts/batchCreate",
        query={"a": 1},
        body=HOSTS,
        task_id_pointer="/contents/*/id",
    )
    assert found["changed"] and len(found["task_ids"]) == 2


def test_a_refusal_is_a_failure_with_details(server, capsys):
    found = ocp_served.run_main(
        ocp_api,
        capsys,
        ocp=ocp_served.options(server),
        method="POST",
        path="/ob/clusters/1/servers",
        body={},
    )
    assert found["failed"] and found["error"]["kind"] == "refused"
    assert found["error"]["status"] == 400 and found["error"]["code"] == "COM10001"
