# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulated OCP does beyond the recordings, after protocol/ocp.md."""

from __future__ import annotations

import base64
import email.utils
import hashlib
import hmac
import json
from typing import Any, Iterator

import pytest
import requests
from ansible_collections.oceanbase.ops.tests.simulator import clock, message, wire
from ansible_collections.oceanbase.ops.tests.simulator.ocp import auth
from ansible_collections.oceanbase.ops.tests.simulator.ocp import log as logs
from ansible_collections.oceanbase.ops.tests.simulator.ocp import server as ocp
from ansible_collections.oceanbase.ops.tests.simulator.ocp.given import SCENARIOS
from ansible_collections.oceanbase.ops.tests.simulator.ocp.scenario import (
    Scenario,
    Subtask,
)
from ansible_collections.oceanbase.ops.tests.unit.simulator.ocp.asking import (
    HOST,
    PASSWORD,
    ask,
    basic,
    request,
    turn,
)

KEY, SECRET = "cqammmxBpfGjFlto", "2fc0c299cc94c6be266f2ceece765d4d"
TASKS = "/api/v2/tasks/instances"


def data(response: message.Response) -> Any:
    assert response.status == 200, response.body
    return json.loads(response.body).get("data")


def error(response: message.Response) -> Any:
    return json.loads(response.body)["error"]


def header(response: message.Response, name: str) -> list[str]:
    pairs = message.header_pairs(response.headers)
    return [value for key, value in pairs if key.lower() == name.lower()]


def make(**options: Any) -> ocp.Ocp:
    given = {"access_key": KEY, "secret_key": SECRET, **options}
    return ocp.Ocp(clock.TurnedClock(), "admin", PASSWORD, **given)


@pytest.fixture(name="served")
def _served() -> Iterator[ocp.Ocp]:
    server = make()
    server.server = wire.Server(
        server.handle, server.clock, error_body=server.error_body
    )
    yield server
    assert server.server.errors == []
    server.server.stop()


# Access keys


def signed(method: str, target: str, body: bytes, **headers: str) -> str:
    return auth.signature(SECRET, request(method, target, body, **headers))


def test_both_published_vectors_are_reproduced() -> None:
    first = signed(
        "POST",
        "/api/v2/compute/idcs",
        b'{"name":"test01","description":"test","regionId":1}',
        content_type="application/json",
        date="Tue, 17 Jan 2023 09:13:57 GMT",
        host=HOST,
        x_ocp_data="A,1",
    )
    second = signed(
        "GET",
        "/api/v2/compute/idcs?size=100",
        b"",
        content_type="application/json;charset=utf-8",
        date="Tue, 17 Jan 2023 04:14:02 GMT",
        host=HOST,
    )
    assert first == "XN8P+O+v3vUabB16ZCooq5wMJoY="
    assert second == "TsQD6HDOuZuJ409m0wdnZPmijlc="


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", f"{TASKS}/100", "DvVDmeL/O4JUbva1hydGn1yHmEk="),
        (
            "GET",
            f"{TASKS}?page=1&size=10&status=FAILED%2CRUNNING",
            "rwuf1GChhbKlxPAdQzfv7iDrD4w=",
        ),
        (
            "GET",
            f"{TASKS}?status=RUNNING&size=10&status=FAILED&page=1&name=",
            "rwuf1GChhbKlxPAdQzfv7iDrD4w=",
        ),
        ("POST", f"{TASKS}/100/retry", "vorNRWYAsgATXgbIjXXqBWyicic="),
    ],
)
def test_derived_vectors(method: str, target: str, expected: str) -> None:
    date = "Tue, 17 Jan 2023 04:14:02 GMT"
    sent = {"content_type": "application/json", "date": date, "host": HOST}
    assert signed(method, target, b"", **sent) == expected


def by_hand(server: ocp.Ocp, target: str, *, late: float = 0.0) -> dict[str, str]:
    """Headers of a GET, signed without the simulator's own function."""
    date = email.utils.formatdate(server.clock.wall() - late, usegmt=True)
    text = "\n".join(["GET", "", "application/json", date, HOST, "", target])
    digest = hmac.new(SECRET.encode(), text.encode(), hashlib.sha1).digest()
    value = f"OCP-ACCESS-KEY-HMACSHA1 {KEY}:{base64.b64encode(digest).decode()}"
    return {"authorization": value, "date": date}


def test_a_signed_request_is_answered_and_makes_no_session() -> None:
    server = make()
    task_id = server.start("chain")
    target = f"{TASKS}/{task_id}"
    assert data(ask(server, "GET", target, **by_hand(server, target)))["id"] == 1
    assert server.sessions_made == server.failed_logins == 0


def test_a_signature_is_refused_when_anything_differs() -> None:
    server = make()
    target = f"{TASKS}/1"
    headers = by_hand(server, target)
    old = by_hand(server, target, late=901)
    other = {**headers, "host": "ocp:8080"}
    for sent in (old, other, {**headers, "content_type": "text/plain"}):
        assert ask(server, "GET", target, **sent).status == 401
    assert ask(server, "GET", f"{TASKS}/2", **headers).status == 401
    assert server.failed_logins == 4


def test_the_servers_own_clock_decides_the_age() -> None:
    server = make()
    server.skew = 1000.0
    headers = by_hand(server, TASKS)
    assert ask(server, "GET", TASKS, **headers).status == 401
    assert ask(server, "GET", TASKS, **by_hand(server, TASKS, late=-990)).status == 200


@pytest.mark.parametrize("options", [{"version": "3.1"}, {"express": True}])
def test_access_keys_are_unknown_to_old_versions_and_express(
    options: dict[str, Any],
) -> None:
    server = make(**options)
    response = ask(server, "GET", TASKS, **by_hand(server, TASKS))
    assert response.status == 401
    assert server.failed_logins == 0


# Sessions and refusals


def test_every_basic_request_makes_a_session_unless_the_cookie_comes_back() -> None:
    server = make()
    first = ask(server, "GET", TASKS)
    cookies = "; ".join(c.split(";")[0] for c in header(first, "Set-Cookie"))
    assert "JSESSIONID" in cookies and "XSRF-TOKEN" in cookies
    assert header(ask(server, "GET", TASKS, cookie=cookies), "Set-Cookie") == []
    assert server.sessions_made == 1
    ask(server, "GET", TASKS)
    assert server.sessions_made == 2


def test_a_session_wins_over_a_wrong_password() -> None:
    server = make()
    cookies = header(ask(server, "GET", TASKS), "Set-Cookie")
    jar = "; ".join(cookie.split(";")[0] for cookie in cookies)
    wrong = basic(password="wrong")
    assert ask(server, "GET", TASKS, cookie=jar, authorization=wrong).status == 200
    assert ask(server, "GET", TASKS, authorization=wrong).status == 401
    assert server.failed_logins == 1


def test_a_session_needs_the_csrf_header_to_change_anything() -> None:
    server = make(express=True, base_path="/api/v1")
    task_id = server.start("fail_once")
    turn(server, 10)
    first = ask(server, "GET", "/api/v1/tasks/instances")
    pairs = [c.split(";")[0].partition("=") for c in header(first, "Set-Cookie")]
    jar = {name: value for name, _equals, value in pairs}
    sent = {
        "cookie": "; ".join(f"{k}={v}" for k, v in jar.items()),
        "authorization": "",
    }
    retry = f"/api/v1/tasks/instances/{task_id}/retry"
    refused = ask(server, "POST", retry, **sent)
    assert (refused.status, header(refused, "Content-Type")) == (
        200,
        ["text/html;charset=UTF-8"],
    )
    token = jar["XSRF-TOKEN"]
    assert data(ask(server, "POST", retry, x_xsrf_token=token, **sent))


def test_five_wrong_passwords_lock_the_account() -> None:
    server = make()
    for _try in range(5):
        wrong = ask(server, "GET", TASKS, authorization=basic(password="wrong"))
        assert wrong.login_failed
    locked = ask(server, "GET", TASKS)
    assert (locked.status, error(locked)["code"]) == (401, "IAM10003")
    turn(server, 1801)
    assert ask(server, "GET", TASKS).status == 200


def test_a_user_may_start_tasks_and_not_read_them() -> None:
    server = make()
    server.add_user("hosts", "pw", reads_tasks=False)
    body = {"hostBasicDataList": [{"innerIpAddress": "198.51.100.1"}]}
    sent = {"authorization": basic("hosts", "pw")}
    path = "/api/v2/compute/hosts/batchCreate"
    started = data(ask(server, "POST", path, body, **sent))["contents"][0]
    refused = ask(server, "GET", f"{TASKS}/{started['id']}", **sent)
    assert (refused.status, error(refused)["code"]) == (403, "IAM11000")


def test_a_limit_is_told_in_headers_and_ends_in_429() -> None:
    server = make()
    server.limit(2, 10)
    first = ask(server, "GET", TASKS)
    assert header(first, "RateLimit-Remaining") == ["1"]
    turn(server, 4)
    ask(server, "GET", TASKS)
    refused = ask(server, "GET", TASKS)
    assert (refused.status, error(refused)["code"]) == (429, 0)
    assert header(refused, "RateLimit-Reset") == ["6"]
    assert json.loads(refused.body)["traceId"] == ""
    turn(server, 6)
    assert ask(server, "GET", TASKS).status == 200


# Versions and languages


@pytest.mark.parametrize(
    ("version", "missing", "state", "no_rollback"),
    [
        ("3.1", 4001, 4007, 4007),
        ("4.2.1", 4001, 4007, 4009),
        ("4.2.2", "TSK10001", "TSK10007", "TSK10009"),
        ("4.3", "TSK10001", "TSK10007", "TSK10009"),
        ("express", 20000, 20003, 20004),
    ],
)
def test_codes_by_version(
    version: str, missing: Any, state: Any, no_rollback: Any
) -> None:
    server = make(version=version)
    task_id = server.start("no_rollback")
    retry = f"{TASKS}/{task_id}/retry"
    assert error(ask(server, "GET", f"{TASKS}/99"))["code"] == missing
    assert error(ask(server, "POST", retry))["code"] == state
    turn(server, 10)
    rollback = f"{TASKS}/{task_id}/rollback"
    assert error(ask(server, "POST", rollback))["code"] == no_rollback


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en-US", "The {0} task does not exist."),
        ("zh-CN", "任务 {0} 不存在"),
        ("en", "TASK_NOT_EXISTS"),
        ("fr", "TASK_NOT_EXISTS"),
    ],
)
def test_texts_by_exact_language(language: str, text: str) -> None:
    response = ask(make(), "GET", f"{TASKS}/99", accept_language=language)
    assert error(response)["message"] == text


def test_ocp_answers_an_unknown_route_with_404_unless_told_otherwise() -> None:
    assert ask(make(), "GET", "/api/v2/tasks/1").status == 404
    page = ask(make(html_for_unknown=True), "POST", f"{TASKS}/1/cancel")
    assert (page.status, page.body[:15]) == (200, b"<!doctype html>")


def test_open_routes() -> None:
    server = make(utc_offset=0)
    time = ask(server, "GET", "/api/v2/time", authorization="")
    assert time.body.startswith(b"2026-01-01T12:00:00.") and time.body.endswith(b"Z")
    assert ask(server, "GET", "/api/status", authorization="").body == b"okay"
    assert ask(server, "GET", "/api/v2/info", authorization="").status == 401
    info = json.loads(ask(server, "GET", "/api/v2/info").body)
    assert info["buildVersion"].startswith("4.2.2-")


# The list


def listed(server: ocp.Ocp, query: str) -> list[int]:
    return [
        task["id"] for task in data(ask(server, "GET", f"{TASKS}?{query}"))["contents"]
    ]


def test_pages_filters_and_order() -> None:
    server = make()
    for _task in range(12):
        server.start("chain", seconds=0.0)
    server.start(
        "add_zone", cluster={"id": 7, "name": "obtest"}, fails="Start observer"
    )
    server.start("sys_scheduled")
    assert len(listed(server, "")) == 10
    assert listed(server, "page=2") == [4, 3, 2, 1]
    assert listed(server, "page=2&size=5&sort=id,asc") == [6, 7, 8, 9, 10]
    assert listed(server, "size=5000")[:2] == [14, 13]
    assert listed(server, "clusterId=7") == listed(server, "cluterName=OBTE") == [13]
    assert listed(server, "clusterName=nothing&size=1") == [14]
    assert listed(server, "name=zone") == [13]
    assert listed(server, "type=SYS_SCHEDULED") == [14]
    turn(server, 60)
    assert listed(server, "status=failed,RUNNING") == [13]
    assert listed(server, "status=") == listed(server, "status=WAITING") == []
    bad = ask(server, "GET", f"{TASKS}?sort=nope,asc")
    assert (bad.status, error(bad)["code"]) == (400, "COM10011")
    entry = data(ask(server, "GET", f"{TASKS}?clusterId=7"))["contents"][0]
    assert "operation" not in entry and "type" not in entry
    assert set(entry["subtasks"][0]) == {
        "id",
        "name",
        "description",
        "status",
        "operation",
    }


# Tasks


def test_ids_beyond_53_bits_are_strings_among_numbers() -> None:
    server = make(first_id=2**53 - 2)
    task_id = server.start("parallel", hosts=4)
    task = server.task(task_id)
    ids = [sub["id"] for sub in task["subtasks"]]
    assert task["id"] == 2**53 - 2
    assert {type(i) for i in ids} == {int, str}
    edges = [up for sub in task["subtasks"] for up in sub["upstreams"]]
    assert set(map(str, edges)) <= set(map(str, ids))


def test_the_order_of_subtasks_changes_between_polls() -> None:
    server = make()
    task_id = server.start("parallel", hosts=5)
    orders = {
        tuple(sub["id"] for sub in server.task(task_id)["subtasks"]) for _i in range(9)
    }
    assert len(orders) > 1


def test_two_fail_in_a_wide_diamond_the_named_one_first() -> None:
    server = make()
    task_id = server.start("wide_diamond")
    turn(server, 30)
    task = server.task(task_id)
    failed = sorted(
        (sub["finishTime"], sub["name"])
        for sub in task["subtasks"]
        if sub["status"] == "FAILED"
    )
    assert len(task["subtasks"]) == 30
    assert [name.rpartition(".")[2] for _time, name in failed] == ["7", "2"]
    assert task["status"] == "FAILED"


def test_ten_subtasks_at_a_time() -> None:
    server = make()
    task_id = server.start("many", subtasks=40, seconds=3.0)
    most = 0
    for _second in range(30):
        turn(server, 1)
        states = [sub["status"] for sub in server.task(task_id)["subtasks"]]
        most = max(most, states.count("RUNNING") + states.count("READY"))
    assert most == 10
    assert server.task(task_id)["status"] == "SUCCESSFUL"


def test_a_task_of_a_day_and_one_of_ten_thousand_subtasks_cost_nothing() -> None:
    server = make()
    day = server.start("slow", seconds=86400.0)
    wide = server.start("many", subtasks=10000)
    turn(server, 90000)
    assert server.task(day)["status"] == server.task(wide)["status"] == "SUCCESSFUL"


def test_a_cancelled_subtask_is_canceling_then_running_then_failed() -> None:
    server = make()
    task_id = server.start("slow")
    turn(server, 5)
    sub = server.task(task_id)["subtasks"][0]
    data(ask(server, "POST", f"{TASKS}/{task_id}/subtasks/{sub['id']}/cancel"))
    turn(server, 20)
    steps = [
        (change.subtask or "task", change.status, change.operation)
        for change in server.history(task_id)[-4:]
    ]
    assert steps == [
        ("Demo install", "CANCELING", "EXECUTE"),
        ("Demo install", "RUNNING", "CANCEL"),
        ("Demo install", "FAILED", "CANCEL"),
        ("task", "FAILED", "EXECUTE"),
    ]


def test_a_subtask_that_may_not_be_skipped() -> None:
    server = make()
    task_id = server.start("chain", seconds=0.0, failures=1, skippable=False)
    turn(server, 10)
    subs = server.task(task_id)["subtasks"]
    failed = next(sub["id"] for sub in subs if sub["status"] == "FAILED")
    refused = ask(server, "POST", f"{TASKS}/{task_id}/subtasks/{failed}/skip")
    assert (refused.status, error(refused)["code"]) == (400, "TSK10010")


def test_the_state_line_is_not_last_after_a_cancel_or_a_timeout() -> None:
    server = make()
    task_id = server.start("timed_out")
    turn(server, 20)
    sub = next(s for s in server.task(task_id)["subtasks"] if s["status"] == "FAILED")
    path = f"{TASKS}/{task_id}/subtasks/{sub['id']}/log"
    log = data(ask(server, "GET", path))["log"]
    assert log.rstrip().endswith("elapsed=3, timeout=3")
    assert "state: FAILED\n2" in log


def test_a_running_subtask_has_written_what_it_has_done_so_far() -> None:
    server = make()
    task_id = server.start("slow", seconds=20.0)
    sub = server.task(task_id)["subtasks"][0]["id"]
    turn(server, 5)
    first = data(ask(server, "GET", f"{TASKS}/{task_id}/subtasks/{sub}/log"))["log"]
    turn(server, 5)
    second = data(ask(server, "GET", f"{TASKS}/{task_id}/subtasks/{sub}/log"))["log"]
    assert second.startswith(first) and len(second) > len(first)
    assert "step 5 of 20" in first and "step 6 of 20" not in first


def test_a_log_is_cut_into_pieces_of_two_kilobytes() -> None:
    server = make()
    text = "ж" * 1500
    scenario = Scenario("Long", (Subtask("Write", lines=(text,)),))
    task_id = server.start(scenario)
    turn(server, 10)
    sub = server.task(task_id)["subtasks"][0]["id"]
    log = data(ask(server, "GET", f"{TASKS}/{task_id}/subtasks/{sub}/log"))["log"]
    assert text not in log
    begin = log.rindex("\n", 0, log.index("ж")) + 1
    first = log[begin : log.index("\n", begin)]
    # The character in the middle of the cut is lost on both sides.
    assert 2046 <= len(first.replace("\ufffd", "").encode()) <= 2048
    glued = log.replace("\n", "").replace("\ufffd", "")
    assert 1498 <= glued.count("ж") <= 1500


@pytest.mark.parametrize(
    ("time", "digits", "text"),
    [
        (1629875371.0, 0, "2021-08-25T15:09:31+08:00"),
        (1629875371.74, 3, "2021-08-25T15:09:31.74+08:00"),
        (1629875394.067, 3, "2021-08-25T15:09:54.067+08:00"),
    ],
)
def test_dates_drop_trailing_zeros(time: float, digits: int, text: str) -> None:
    zone = make().engine.zone
    assert logs.iso(time, zone, digits=digits) == text


def test_a_word_and_edges_that_nobody_knows() -> None:
    server = make()
    task_id = server.start(
        "chain",
        words=[["RUNNING", "ABORTING"]],
        shown_edges=[["Demo finish", "Demo prepare"], [4711, "Demo install"]],
    )
    task = server.task(task_id)
    ups = {sub["name"]: sub["upstreams"] for sub in task["subtasks"]}
    assert task["status"] == "ABORTING"
    assert 4711 in ups["Demo install"] and ups["Demo prepare"]
    turn(server, 60)
    assert server.task(task_id)["status"] == "SUCCESSFUL"


def test_a_task_vanishes_after_its_retention() -> None:
    server = make()
    task_id = server.start("chain", vanishes_after=100.0)
    turn(server, 60)
    assert ask(server, "GET", f"{TASKS}/{task_id}").status == 200
    turn(server, 60)
    assert ask(server, "GET", f"{TASKS}/{task_id}").status == 404
    assert listed(server, "") == []


def test_a_scenario_can_be_given_as_json() -> None:
    server = make()
    subtasks = [{"name": "A"}, {"name": "B", "after": ["A"], "failures": 1}]
    task_id = server.start({"name": "Own", "subtasks": subtasks}, tenant={"name": "t"})
    turn(server, 20)
    task = server.task(task_id)
    assert (task["name"], task["status"], task["tenant"]["name"]) == (
        "Own",
        "FAILED",
        "t",
    )


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_scenario_comes_to_an_end(name: str) -> None:
    server = make()
    task_id = server.start(name)
    turn(server, 2000)
    assert server.task(task_id)["status"] in ("SUCCESSFUL", "FAILED")


# Submits


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


# Over the wire


def test_a_client_over_loopback(served: ocp.Ocp) -> None:
    session = requests.Session()
    session.trust_env = False
    session.auth = ("admin", PASSWORD)
    task_id = served.start("wide_diamond")
    got = session.get(f"{served.url}{TASKS}/{task_id}", timeout=5)
    assert got.json()["data"]["name"] == "Install on all hosts"
    assert got.headers["Content-Encoding"] == "gzip"
    session.get(f"{served.url}{TASKS}", timeout=5)
    assert served.sessions_made == 1
    twice = session.get(f"{served.url}//api/v2/x", timeout=5, allow_redirects=False)
    assert twice.status_code == 302
    assert served.server is not None
    assert [seen.status for seen in served.server.requests] == [200, 200, 302]


def test_a_restart_refuses_connections_for_a_while(served: ocp.Ocp) -> None:
    url = f"{served.url}/api/v2/time"
    served.restart(down=5)
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
    turn(served, 6)
    assert requests.get(url, timeout=5).status_code == 200


def test_an_injected_error_has_the_servers_envelope(served: ocp.Ocp) -> None:
    assert served.server is not None
    served.server.faults.add("status", status=503, count=1, message="starting")
    body = requests.get(f"{served.url}{TASKS}", timeout=5).json()
    assert (body["status"], body["successful"]) == (503, False)
    assert body["error"]["message"] == "starting"
