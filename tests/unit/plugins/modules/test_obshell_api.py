# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    connection as obshell_connection,
)
from ansible_collections.oceanbase.ops.plugins.modules import obshell_api
from ansible_collections.oceanbase.ops.tests.unit.plugins import hostile

NOTHING = {"tasks": [], "task": None, "task_ids": []}


def params(path, method="GET", *, query=None, body=None):
    known = {"path": path, "method": method, "query": query, "body": body}
    return {**known, "status_code": [200, 204], "encrypted_fields": []}


@pytest.fixture
def client(connection):
    return obshell_connection.client(connection)


@pytest.fixture
def scale_out(sim):
    """Return the arguments that add a server of its own to the cluster."""
    single = sim.single()
    return {
        "path": "/ob/scale_out",
        "method": "POST",
        "body": {
            "agentInfo": {"ip": single.ip, "port": single.port},
            "zone": "zone3",
            "obConfigs": {},
        },
    }


def test_minimal_arguments_get_an_answer(connection, run_main):
    result = run_main(obshell_api, {"obshell": connection, "path": "/ob/info"})
    assert result["changed"] is False
    assert result["status"] == 200
    assert len(result["data"]["agent_info"]) == 2
    assert {key: result[key] for key in NOTHING} == NOTHING


def test_all_arguments_go_into_the_request(connection, cluster, run_main, sent):
    task_id = cluster.start("long")
    args = {
        "obshell": connection,
        "path": "/task/dag/unfinish",
        "method": "GET",
        "query": {"show_details": True},
        "body": {},
    }
    result = run_main(obshell_api, args)
    assert "GET /api/v1/task/dag/unfinish?show_details=true" in sent()
    assert result["task_ids"] == [task_id]
    assert result["task"]["nodes"] is not None


def test_an_unfinished_task_in_a_list_has_the_facts_of_any_task(
    connection, cluster, run_main
):
    task_id = cluster.start("long")
    args = {"obshell": connection, "path": f"/task/dag/{task_id}"}
    result = run_main(obshell_api, args)
    assert result["task"]["outcome"] == "running"
    assert result["tasks"] == [result["task"]]


def test_a_submit_is_sealed_and_returns_the_task_to_wait_for(
    connection, scale_out, run_main, sent
):
    result = run_main(obshell_api, {"obshell": connection, **scale_out})
    assert result["changed"] is True
    assert result["task"]["name"] == "Cluster scale out"
    assert result["task_ids"] == [result["task"]["id"]]
    assert sent().count("POST /api/v1/ob/scale_out") == 1


def test_check_mode_sends_no_submit(connection, scale_out, run_main, sent):
    args = {"obshell": connection, **scale_out}
    result = run_main(obshell_api, args, check_mode=True)
    assert result["changed"] is True
    assert (result["status"], result["data"]) == (None, None)
    assert {key: result[key] for key in NOTHING} == NOTHING
    assert sent() == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_check_mode_sends_nothing_that_could_change(
    method, client, create_module, sent
):
    module = create_module(params("/ob/stop", method), check_mode=True)
    assert obshell_api.run(module, client)["changed"] is True
    assert sent() == []


def test_check_mode_still_reads(client, create_module, sent):
    module = create_module(params("/ob/info"), check_mode=True)
    result = obshell_api.run(module, client)
    assert (result["changed"], result["status"]) == (False, 200)
    assert "GET /api/v1/ob/info" in sent()


def test_head_is_sent_in_check_mode_too(client, create_module, sent):
    module = create_module(params("/ob/info", "HEAD"), check_mode=True)
    with pytest.raises(errors.Refused, match="HTTP 404"):  # obshell has no such route
        obshell_api.run(module, client)
    assert "HEAD /api/v1/ob/info" in sent()


def test_nothing_to_do_is_neither_a_change_nor_a_task(client, create_module):
    gone = {"agent_info": {"ip": "127.0.0.1", "port": 1}}
    module = create_module(params("/ob/scale_in", "POST", body=gone))
    result = obshell_api.run(module, client)
    answer = {"status": 204, "data": None, "server_message": None}
    answered_by = {"answered_by": client.answered}
    assert result == {"changed": False, **answer, **answered_by, **NOTHING}


def test_what_the_server_refuses_is_said_in_its_words(
    connection, cluster, scale_out, run_main
):
    member = cluster.agents[1]
    scale_out["body"]["agentInfo"]["port"] = member.port
    result = run_main(obshell_api, {"obshell": connection, **scale_out})
    assert result["failed"] is True
    assert "POST" in result["msg"] and "/ob/scale_out: HTTP 4" in result["msg"]
    assert f"127.0.0.1:{member.port}" in result["msg"]
    assert result["error"]["kind"] == "refused"
    assert "\n" not in result["msg"]


def test_a_submit_goes_to_the_next_agent_only_when_nothing_was_sent(
    connection, cluster, scale_out, run_main, sent
):
    cluster.agents[0].stop()
    result = run_main(obshell_api, {"obshell": connection, **scale_out})
    assert result["changed"] is True
    assert sent().count("POST /api/v1/ob/scale_out") == 1


def test_a_submit_whose_answer_is_lost_is_not_sent_again(
    connection, cluster, scale_out, run_main, sent
):
    faults = cluster.agents[0].server.faults
    faults.add("close", path="scale_out", handled=True)
    result = run_main(obshell_api, {"obshell": connection, **scale_out})
    assert result["failed"] is True
    assert result["error"]["kind"] == "unreachable"
    assert result["error"]["sent"] is True
    assert "it may have been carried out all the same" in result["msg"]
    assert sent().count("POST /api/v1/ob/scale_out") == 1


@pytest.mark.parametrize("fault", ["reset", "truncated", "html"])
@pytest.mark.parametrize("path, doubt", [("scale_out", True), ("secret", False)])
def test_only_what_was_sent_may_have_been_carried_out(
    fault, path, doubt, connection, cluster, scale_out, run_main, sent
):
    options = {"status": 502} if fault == "html" else {}
    for agent in cluster.agents:
        agent.server.faults.add(fault, path=path, **options)
    result = run_main(obshell_api, {"obshell": connection, **scale_out})
    assert result["failed"] is True
    assert result["error"]["sent"] is doubt
    assert ("it may have been carried out" in result["msg"]) is doubt
    assert sent().count("POST /api/v1/ob/scale_out") == doubt


def test_what_only_reads_leaves_no_doubt(connection, cluster, run_main):
    for agent in cluster.agents:
        agent.server.faults.add("reset", path="ob/info")
    result = run_main(obshell_api, {"obshell": connection, "path": "/ob/info"})
    assert result["failed"] is True
    assert "carried out" not in result["msg"]


@pytest.mark.parametrize(
    "path",
    ["ob/info", "//ob/info", "/api/v1/ob/info", "http://127.0.0.1/ob/info", ""],
)
def test_a_path_that_is_no_route_is_refused(path, connection, refused):
    refused(obshell_api, {"obshell": connection, "path": path}, "path")


BAD = {
    "no path": ({"path": None}, "path"),
    "an unknown method": ({"method": "FETCH"}, "method"),
    "a body that is no object": ({"body": "[1]"}, "body"),
    "a query that is no object": ({"query": [1]}, "query"),
    "an unknown option": ({"url": "http://127.0.0.1:1"}, "url"),
    "no address": ({"obshell": {"url": []}}, "obshell.url"),
    "no scheme": ({"obshell": {"url": "127.0.0.1:1"}}, "obshell.url"),
    "an empty address": ({"obshell": {"url": ""}}, "obshell.url"),
}


@pytest.mark.parametrize("given, option", BAD.values(), ids=BAD)
def test_bad_input_is_refused_and_named(given, option, connection, refused):
    args = {"obshell": connection, "path": "/ob/info", **given}
    refused(obshell_api, args, option)


def test_a_key_without_its_certificate_conflicts(connection, refused):
    connection["client_key"] = __file__
    args = {"obshell": connection, "path": "/ob/info"}
    refused(obshell_api, args, "obshell.client_key", "client_cert")


def test_a_status_that_is_expected_is_no_failure(connection, run_main):
    args = {"obshell": connection, "path": "/nothing", "status_code": [200, 404]}
    result = run_main(obshell_api, args)
    assert (result["status"], result["data"], result["changed"]) == (404, None, False)
    assert "Common.NotFound" in result["server_message"]


def test_a_good_status_that_is_not_expected_is_a_failure(connection, run_main):
    args = {"obshell": connection, "path": "/ob/info", "status_code": [404]}
    assert "HTTP 200" in run_main(obshell_api, args)["msg"]


@pytest.mark.parametrize("version", ["4.2.3.0", "4.3.0.0", "4.5.0.0"])
def test_a_lock_is_a_refusal_and_names_the_task_to_wait_for(
    version, sim, scale_out, run_main
):
    cluster = sim.cluster(version=version)
    task_id = cluster.start("long")
    server = {"url": cluster.agents[0].url}
    result = run_main(obshell_api, {"obshell": server, **scale_out})
    assert result["error"]["kind"] == "refused"
    assert result["error"]["unfinished"] == [task_id]
    words = f"; unfinished: task {task_id} 'Long task', RUNNING"
    assert words in result["msg"].replace("READY", "RUNNING")


def test_a_lock_is_a_refusal_although_nobody_says_whose_it_is(
    connection, cluster, scale_out, run_main
):
    cluster.start("long")
    for agent in cluster.agents:
        agent.server.faults.add("status", path="unfinish", status=500)
    result = run_main(obshell_api, {"obshell": connection, **scale_out})
    assert result["error"]["kind"] == "refused"
    assert "under maintenance by DAG" in result["msg"]


def test_a_body_of_8_mib_arrives(connection, scale_out, run_main):
    big = {f"key{number}": "v" * 1024 for number in range(8 * 1024)}
    args = {"obshell": connection, **scale_out}
    args["body"] = {**scale_out["body"], "obConfigs": big}
    assert run_main(obshell_api, args)["task"]["name"] == "Cluster scale out"


# Every operation that starts a task, with what its body must have (protocol, 5).
OPERATIONS = {
    "POST /agent/join": {"agentInfo"},
    "POST /agent/remove": {"ip", "port"},
    "POST /agent/upgrade": {"version", "release"},
    "POST /agent/upgrade/check": {"version", "release"},
    "PUT /obcluster/config": {"clusterId", "clusterName"},
    "PUT /observer/config": {"observerConfig", "scope"},
    "POST /ob/init": set(),
    "POST /ob/start": {"scope"},
    "POST /ob/stop": {"scope"},
    "POST /ob/zone/zone1/stop": set(),
    "POST /ob/scale_out": {"agentInfo", "zone", "obConfigs"},
    "POST /ob/scale_in": {"agent_info"},
    "DELETE /zone/zone3": set(),
    "POST /ob/upgrade/check": {"version", "release"},
    "POST /ob/upgrade": {"version", "release", "mode"},
    "POST /tenant": {"name", "zone_list"},
    "DELETE /tenant/t1": set(),
    "POST /tenant/t1/replicas": {"zone_list"},
    "DELETE /tenant/t1/replicas": {"zones"},
    "PATCH /tenant/t1/replicas": {"zone_list"},
    "PUT /tenant/t1/primary-zone": {"primary_zone"},
    "POST /obcluster/backup/config": set(),
    "PATCH /tenant/t1/backup/config": set(),
    "POST /obcluster/backup": set(),
    "POST /tenant/t1/backup": set(),
    "POST /tenant/restore": {"data_backup_uri", "restore_tenant_name", "zone_list"},
    "DELETE /tenant/t2/restore": set(),
    "DELETE /recyclebin/tenant/t1": set(),
    "POST /obcluster/inspection": {"scenario"},
    "POST /obproxy": {"home_path"},
    "POST /obproxy/start": set(),
    "POST /obproxy/stop": set(),
    "POST /obproxy/upgrade": {"version", "release"},
    "DELETE /obproxy": set(),
    "POST /seekdb/start": set(),
    "POST /seekdb/stop": set(),
    "POST /seekdb/restart": set(),
    "POST /seekdb/standby/switchover": {"peer_host", "peer_obshell_port"},
    "POST /seekdb/standby/activate": set(),
}


def examples():
    """Return the options of each example that starts a task, by method and path."""
    yaml = pytest.importorskip("yaml")
    given = [
        task["oceanbase.ops.obshell_api"]
        for task in yaml.safe_load(obshell_api.EXAMPLES)
        if "oceanbase.ops.obshell_api" in task
    ]
    calls = {f"{one.get('method', 'GET')} {one['path']}": one for one in given}
    return {call: one for call, one in calls.items() if call[:3] != "GET"}


def test_each_operation_that_starts_a_task_has_an_example():
    assert set(examples()) == set(OPERATIONS)


@pytest.mark.parametrize("call", OPERATIONS)
def test_each_example_has_what_its_operation_needs(call, connection, run_main):
    given = examples()[call]
    assert OPERATIONS[call] <= set(given.get("body") or {})
    given["obshell"] = connection
    assert run_main(obshell_api, given, check_mode=True)["changed"] is True


@pytest.mark.parametrize("call", OPERATIONS)
def test_no_example_is_refused_for_its_form(call, connection, sim, run_main):
    given = examples()[call]
    agent = sim.seekdb() if "seekdb" in call else None
    given["obshell"] = {"url": agent.url} if agent else dict(connection)
    given["obshell"]["agent_password"] = "Agent.pw-1"
    result = run_main(obshell_api, given)
    # The simulator lacks some of the routes, and that is all that it may say then.
    assert not re.search("BindJson|IllegalArgument|1001", result.get("msg", ""))


def test_an_odd_answer_does_not_hide_that_the_request_was_accepted():
    odd = {"id": "11/../x", "dag_id": 1, "state": "RUNNING", "operator": "RUN"}
    table = {("POST", "/ob/stop"): hostile.said(odd)}
    with hostile.serving(hostile.routes(table)) as (server,):
        call = {"path": "/ob/stop", "method": "POST", "body": {}}
        result, _seconds = hostile.run(
            "obshell_api", {**call, **hostile.obshell(server)}
        )
    assert result["error"]["sent"] is True
    assert result["msg"].endswith("; the request itself was accepted (HTTP 200)")


@pytest.mark.parametrize("version", ["4.2.3.0", "4.5.0.0"])
def test_a_value_of_the_body_can_be_encrypted_once_more(version, sim, run_main):
    master = sim.group(version=version)
    body = {
        "clusterId": 1,
        "clusterName": "c",
        "rootPwd": "new Pw-1 äöü, a long one" * 4,
    }
    args = {
        "obshell": {"url": [master.url], "password": ""},
        "path": "/obcluster/config",
        "method": "PUT",
        "body": body,
    }
    plain = run_main(obshell_api, args)
    assert bool(plain.get("failed")) is (version == "4.2.3.0")
    if plain.get("failed"):
        assert "illegal base64 data" in plain["msg"]
        done = run_main(obshell_api, {**args, "encrypted_fields": ["rootPwd"]})
        assert done["task_ids"]
    sim.clock.advance(30)
    last = {"path": "/task/dag/maintain/agent"}
    for password, accepted in ((body["rootPwd"], True), ("another", False)):
        given = {"url": [master.url], "password": password}
        asked = run_main(obshell_api, {"obshell": given, **last})
        assert ("failed" not in asked) is accepted


@pytest.mark.parametrize("body", [None, {}, {"rootPwd": None}, {"rootPwd": 1}], ids=str)
def test_a_field_that_holds_no_text_cannot_be_encrypted(body, connection, refused):
    args = {"obshell": connection, "path": "/x", "method": "PUT", "body": body}
    refused(obshell_api, {**args, "encrypted_fields": ["rootPwd"]}, "encrypted_fields")
