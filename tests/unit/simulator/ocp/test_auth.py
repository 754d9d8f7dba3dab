# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access keys, sessions and refusals, after protocol/ocp.md."""

from __future__ import annotations

import base64
import email.utils
import hashlib
import hmac
import json
from typing import Any

import pytest
from ansible_collections.oceanbase.ops.tests.simulator.ocp import auth
from ansible_collections.oceanbase.ops.tests.simulator.ocp import server as ocp
from ansible_collections.oceanbase.ops.tests.unit.simulator.ocp.asking import (
    HOST,
    KEY,
    SECRET,
    TASKS,
    ask,
    basic,
    data,
    error,
    header,
    make,
    request,
    turn,
)


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
