# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.modules import ocp_task_info
from ansible_collections.oceanbase.ops.tests.simulator.ocp import (
    scenarios as ocp_scenarios,
)
from ansible_collections.oceanbase.ops.tests.unit.plugins import ocp_served

DEFAULTS = {name: None for name in ocp_task_info.FILTERS}
DEFAULTS.update(task_id=None, limit=100, logs=None, log_lines=200)


def run(server, **params):
    module = ocp_served.create_module(**{**DEFAULTS, **params})
    found = ocp_task_info.run(module, ocp_served.client(server))
    return found, ocp_served.warnings(module)


def logs(facts):
    return {
        sub["name"]: sub["task_logs"]
        for node in facts["nodes"]
        for sub in node["sub_tasks"]
    }


def failed(server):
    id = server.start(ocp_scenarios.fail_always())
    server.clock.advance(20)
    return id


def test_one_task_is_the_task_and_several_are_tasks(server):
    ids = [server.start("chain"), server.start("slow")]
    one, _warnings = run(server, task_id=[ids[0]])
    assert one["task"]["id"] == ids[0] and one["tasks"] == [one["task"]]
    both, _warnings = run(server, task_id=ids[::-1])
    assert both["task"] is None
    assert [facts["id"] for facts in both["tasks"]] == ids[::-1]


def test_an_entry_that_cannot_be_read_is_warned_of_and_hides_no_other(server):
    good = {"id": 7, "name": "Add host", "status": "RUNNING", "subtasks": []}
    data = {"contents": [good, {"id": 8, "name": "odd"}], "page": {"totalElements": 2}}
    body = json.dumps({"successful": True, "status": 200, "data": data})
    server.server.faults.add("status", status=200, body=body)
    found, told = run(server)
    assert [facts["id"] for facts in found["tasks"]] == ["7"]
    assert len(told) == 1 and "cannot be read" in told[0]


def test_no_id_is_no_task_and_no_request(server):
    assert run(server, task_id=[])[0] == {"tasks": [], "task": None, "total": None}
    assert server.server.requests == []


def test_ids_beyond_2_to_the_53_stay_exact():
    with ocp_served.serving(first_id=2**53 - 1) as server:
        ids = [server.start("chain") for _task in range(3)]
        found, _warnings = run(server)
        assert [facts["id"] for facts in found["tasks"]] == ids[::-1]
        one, _warnings = run(server, task_id=[ids[-1]], logs="all")
        assert one["task"]["id"] == ids[-1] == str(2**53 + 1)


def test_the_logs_of_a_failed_task_come_without_being_asked_for(server):
    found, told = run(server, task_id=[failed(server)])
    lines = logs(found["task"])
    assert lines["Demo prepare"] is None and told == []
    assert lines["Demo install"][0].startswith("############{EXECUTE}")
    assert any("\tat " in line for line in lines["Demo install"])
    cause = found["task"]["failure"]
    assert "cannot reach 198.51.100.7" in cause["logs"][-1]


def test_logs_none_reads_no_log(server):
    found, _warnings = run(server, task_id=[failed(server)], logs="none")
    assert found["task"]["failure"]["logs"] == []
    assert len(server.server.requests) == 1


def test_logs_all_reads_those_of_all_that_have_begun(server):
    found, _warnings = run(server, task_id=[failed(server)], logs="all")
    lines = logs(found["task"])
    assert lines["Demo prepare"] and lines["Demo install"]
    assert lines["Demo finish"] is None


def test_what_was_rolled_back_still_has_its_logs(server):
    id = failed(server)
    ocp_served.client(server).operate(id, "rollback")
    server.clock.advance(20)
    found, _warnings = run(server, task_id=[id], logs="all")
    assert found["task"]["outcome"] == "rolled_back"
    runs = [line for line in logs(found["task"])["Demo prepare"] if line[:4] == "####"]
    assert "{EXECUTE}" in runs[0] and "{ROLLBACK}" in runs[1]


def test_a_cut_log_says_so(server):
    found, _warnings = run(server, task_id=[failed(server)], log_lines=2)
    lines = logs(found["task"])["Demo install"]
    assert "earlier lines are left out" in lines[0]
    assert len(lines) == 4
    assert "cannot reach" in found["task"]["failure"]["logs"][-1]


def test_a_log_that_is_missing_is_warned_of(server):
    id = failed(server)
    server.server.faults.add("status", status=500, path=".*/log")
    found, told = run(server, task_id=[id])
    assert found["task"]["outcome"] == "failed"
    assert f"task {id}: the log of subtask" in told[0]


def test_a_list_reads_no_log_unless_asked(server):
    id = failed(server)
    server.start("chain")
    found, _warnings = run(server)
    assert [facts["outcome"] for facts in found["tasks"]] == ["running", "failed"]
    assert found["total"] == 2 and len(server.server.requests) == 1
    found, _warnings = run(server, logs="failed")
    assert logs(found["tasks"][1])["Demo install"]
    assert found["tasks"][1]["id"] == id
    assert found["tasks"][1]["nodes"][1]["upstreams"]


def test_a_rolled_back_entry_of_a_list_is_not_a_success(server):
    id = failed(server)
    ocp_served.client(server).operate(id, "rollback")
    server.clock.advance(20)
    assert run(server)[0]["task"]["outcome"] == "rolled_back"


def test_filters_reach_the_server(server):
    id = failed(server)
    server.start("chain")
    found, _warnings = run(server, state=["FAILED"], limit=1)
    assert [facts["id"] for facts in found["tasks"]] == [id]
    assert found["total"] == 1


def test_express_is_warned_of_what_it_cannot_filter():
    with ocp_served.serving(express=True) as server:
        id = server.start("chain")
        found, told = run(server, cluster_id="7", host_id="2")
        assert found["task"]["id"] == id
        assert "cluster_id, host_id" in told[0]
        with pytest.raises(errors.InvalidOption, match="MANUAL"):
            run(server, type="SCHEDULED")


@pytest.mark.parametrize(
    ("params", "option"),
    [
        ({"task_id": ["x"]}, "task_id"),
        ({"task_id": ["0"]}, "task_id"),
        ({"task_id": ["1", " "]}, "task_id"),
        ({"task_id": ["1"], "state": ["FAILED"]}, "state"),
        ({"limit": 0}, "limit"),
        ({"log_lines": 0}, "log_lines"),
        ({"cluster_id": "trade"}, "cluster_id"),
        ({"tenant_id": "-1"}, "tenant_id"),
    ],
)
def test_bad_options_are_refused_before_anything_is_sent(server, params, option):
    with pytest.raises(errors.InvalidOption) as caught:
        run(server, **params)
    assert caught.value.details["option"] == option
    assert server.server.requests == []


# As Ansible runs it


def test_minimal_arguments(server, capsys):
    id = server.start("chain")
    options = ocp_served.options(server)
    found = ocp_served.run_main(ocp_task_info, capsys, ocp=options, task_id=int(id))
    assert found["task"]["id"] == id and found["changed"] is False


def test_all_arguments(server, capsys):
    options = ocp_served.options(
        server, validate_certs=True, use_proxy=False, request_timeout=5
    )
    found = ocp_served.run_main(
        ocp_task_info,
        capsys,
        ocp=options,
        name="x",
        state=["RUNNING", "FAILED"],
        type="MANUAL",
        cluster="c",
        cluster_id=1,
        tenant="t",
        tenant_id="2",
        host_id=3,
        limit=5,
        logs="all",
        log_lines=3,
        _ansible_check_mode=True,
    )
    assert found["tasks"] == [] and found["task"] is None


def test_credentials_come_from_the_environment(server, capsys, monkeypatch):
    id = server.start("chain")
    server.skew = time.time() - server.clock.now() + 3600  # its clock stands still
    monkeypatch.setenv("OCEANBASE_OCP_URL", server.url)
    monkeypatch.setenv("OCEANBASE_OCP_ACCESS_KEY", ocp_served.KEY)
    monkeypatch.setenv("OCEANBASE_OCP_SECRET_KEY", ocp_served.SECRET)
    monkeypatch.setenv("OCEANBASE_OCP_USERNAME", "")
    found = ocp_served.run_main(ocp_task_info, capsys, task_id=[id])
    assert found["task"]["id"] == id


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"url": None}, "ocp.url"),
        ({"url": "ocp:8080"}, "ocp.url"),
        ({"username": None, "password": None}, "ocp.username"),
        (ocp_served.KEYS, "not both"),
        ({"base_path": "/api?x"}, "ocp.base_path"),
        ({"request_timeout": 0}, "ocp.request_timeout"),
    ],
)
def test_conflicting_arguments(server, capsys, options, said):
    given = {**ocp_served.BASIC, **ocp_served.options(server), **options}
    given = {key: value for key, value in given.items() if value is not None}
    found = ocp_served.run_main(ocp_task_info, capsys, ocp=given, task_id=["1"])
    assert found["failed"] and said in found["msg"]
    assert found["error"]["kind"] == "invalid_option"
    assert server.server.requests == []


def test_a_task_that_does_not_exist_is_a_failure(server, capsys):
    options = ocp_served.options(server)
    found = ocp_served.run_main(ocp_task_info, capsys, ocp=options, task_id=["4711"])
    assert found["failed"] and "4711" in found["msg"] and server.url in found["msg"]
    assert found["error"]["kind"] == "task_not_found"


def test_no_secret_is_in_a_failure(server, capsys):
    options = ocp_served.options(server, username="admin", password="s3cret")
    found = ocp_served.run_main(ocp_task_info, capsys, ocp=options, task_id=["1"])
    shown = {key: found[key] for key in found if not key.startswith("_ansible_")}
    shown.pop("invocation", None)
    assert shown["failed"] and "s3cret" not in str(shown)
    assert server.failed_logins == 1
