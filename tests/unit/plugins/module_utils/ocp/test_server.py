# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    replies as ocp_replies,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    server as ocp_server,
)
from ansible_collections.oceanbase.ops.tests.simulator import tls
from ansible_collections.oceanbase.ops.tests.unit.plugins import ocp_served

ID = "4711"


def refused(kind, server, call=None, **more):
    client = ocp_served.client(server, **more)
    with pytest.raises(kind) as caught:
        call(client) if call else client.fetch(ID)
    assert caught.type is kind
    for secret in (ocp_served.PASSWORD, ocp_served.SECRET):
        assert secret not in str(caught.value.to_result())
    return caught.value


@pytest.mark.parametrize(
    ("given_path", "expected"),
    [
        ("/api/v2", "/api/v2"),
        ("api/v1/", "/api/v1"),
        (" /api//v2// ", "/api/v2"),
        ("/", ""),
    ],
)
def test_a_base_path_is_normalised(given_path, expected):
    assert ocp_server.normalised(given_path) == expected


@pytest.mark.parametrize("given_path", ["/api?x=1", "/api#x", "/api;x", "/a\nb"])
def test_a_base_path_with_more_than_a_path_is_refused(given_path):
    with pytest.raises(errors.InvalidOption, match="ocp.base_path"):
        ocp_server.normalised(given_path)


# Refusals


def test_a_wrong_password_costs_one_login(server):
    e = refused(
        errors.AuthRefused, server, username="admin", password="wrong", access_key=None
    )
    assert server.failed_logins == 1 and len(server.server.requests) == 1
    assert "ocp.username and ocp.password" in e.message
    assert "HTTP 401" in e.message and e.details["status"] == 401


def test_a_wrong_secret_costs_one_login(server):
    keys = {"access_key": ocp_served.KEY, "secret_key": "wrong"}
    e = refused(errors.AuthRefused, server, **keys)
    targets = [seen.target for seen in server.server.requests]
    assert targets == [f"/api/v2/tasks/instances/{ID}", "/api/v2/time"]
    assert "ocp.access_key and ocp.secret_key" in e.message


def test_a_session_does_not_outlive_a_refusal(server):
    id = server.start("chain")
    client = ocp_served.client(server)
    client.fetch(id)
    server.set_password("changed")
    client._server.carrier.forget_cookies()
    for _look in range(2):
        with pytest.raises(errors.AuthRefused):
            client.fetch(id)
    assert server.failed_logins == 2


@pytest.mark.parametrize("skew", [-3600.0, 1000.0, 86000.0])
def test_the_date_of_a_signature_follows_the_servers_clock(server, skew):
    id = server.start("chain")
    server.skew = skew
    client = ocp_served.client(server, **ocp_served.KEYS)
    assert client.fetch(id).id == id
    assert abs(client.memory["clock_offset"] - skew) < 2
    sent = len(server.server.requests)
    client.fetch(id)
    assert (sent, len(server.server.requests)) == (3, 4)


def test_a_remembered_offset_spares_the_measuring(server):
    id = server.start("chain")
    server.skew = 3600
    first = ocp_served.client(server, **ocp_served.KEYS)
    first.fetch(id)
    sent = len(server.server.requests)
    second = ocp_server.Server(
        first._server.carrier,
        first._server._credentials,
        "/api/v2",
        memory=first.memory,
        wall_clock=server.clock.now,
    )
    assert second.call("GET", f"/tasks/instances/{id}").ok
    assert len(server.server.requests) == sent + 1


def test_the_refusal_itself_has_a_time_where_the_open_route_has_none(server):
    id = server.start("chain")
    server.skew = 3600
    server.server.faults.add("status", status=404, path="/time$")
    assert ocp_served.client(server, **ocp_served.KEYS).fetch(id).id == id


def test_a_role_that_may_not_read_tasks_is_told_so(server):
    id = server.start("chain")
    server.permit(reads_tasks=False)
    e = refused(errors.Refused, server, lambda client: client.fetch(id))
    assert "HTTP 403" in e.message and "may not read tasks" in e.message


def test_a_role_that_may_not_operate_gets_the_servers_words(server):
    id = server.start("chain")
    server.permit(runs_tasks=False)
    e = refused(errors.Refused, server, lambda client: client.operate(id, "retry"))
    assert f"retry task {id}" in e.message and "read tasks" not in e.message


@pytest.mark.parametrize(
    ("version", "code"),
    [("4.2.2", "TSK10001"), ("4.2.1", "4001"), ("express", "20000")],
)
def test_an_unknown_task_is_proved_absent(version, code):
    with ocp_served.serving(version=version) as server:
        e = refused(errors.TaskNotFound, server)
    assert e.details["code"] == code and server.url in e.message
    assert f"task {ID}" in e.message and "retention time" in e.message


def test_a_task_that_vanished_is_not_found(server):
    id = server.start("chain")
    client = ocp_served.client(server)
    client.fetch(id)
    server.forget(id)
    with pytest.raises(errors.TaskNotFound):
        client.fetch(id)


@pytest.mark.parametrize("status", [400, 404, 500])
@pytest.mark.parametrize("code", [20000, "20000", 4001, "TSK10001"])
def test_the_code_proves_absence_under_any_status(server, status, code):
    error = {"code": code if isinstance(code, int) else 0, "err_code": code}
    server.server.faults.add("status", status=status, **error)
    refused(errors.TaskNotFound, server)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        ({"code": 20000, "message": "gone"}, errors.TaskNotFound, "20000: gone"),
        ({"code": 4007, "message": "no"}, errors.Refused, "HTTP 200 4007: no"),
        ({"code": 0}, errors.InvalidAnswer, "yet not successful"),
        (None, errors.InvalidAnswer, "yet not successful"),
    ],
)
def test_a_failure_may_come_with_status_200(server, error, kind, said):
    body = json.dumps({"successful": False, "status": 200, "error": error}).encode()
    server.server.faults.add("status", status=200, body=body)
    assert said in refused(kind, server).message


@pytest.mark.parametrize("data", [None, {}, {"id": 4}, []])
def test_a_success_without_a_task_is_no_task(server, data):
    body = json.dumps({"successful": True, "status": 200, "data": data}).encode()
    server.server.faults.add("status", status=200, body=body)
    e = refused(errors.InvalidAnswer, server)
    assert f"task {ID}" in e.message and server.url in e.message


@pytest.mark.parametrize("status", [404, 500, 502, 503])
def test_what_does_not_prove_absence_may_pass(server, status):
    server.server.faults.add("status", status=status)
    e = refused(errors.Unavailable, server)
    assert e.transient and f"HTTP {status}" in e.message


def test_a_state_that_forbids_it_is_the_servers_refusal(server):
    id = server.start("chain")
    e = refused(errors.Refused, server, lambda client: client.operate(id, "rollback"))
    assert e.details["code"].startswith("TSK100")
    assert e.details["status"] and e.details["server_message"] in e.message


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"RateLimit-Reset": "8"}, 8.0),
        ({"Retry-After": "3"}, 3.0),
        ({"RateLimit-Reset": "8", "Retry-After": "3"}, 8.0),
        ({"RateLimit-Reset": "soon"}, None),
        ({"RateLimit-Reset": "1790000000"}, None),
        ({}, None),
    ],
)
def test_a_rate_limit_says_how_long_to_wait(server, headers, wait):
    server.server.faults.add("status", status=429, headers=headers)
    e = refused(errors.Unavailable, server)
    assert e.wait == (None if wait is None else wait + 1)
    assert (wait is None) == ("it asks to wait" not in e.message)
    assert wait is None or f"it asks to wait {wait:.0f} s" in e.message


def test_a_users_limit_is_told_by_the_server(server):
    server.limit(1, 60)
    ocp_served.client(server).fetch(server.start("chain"))
    e = refused(errors.Unavailable, server)
    assert 1 < e.wait <= 61 and f"wait {e.wait - 1:.0f} s" in e.message


# Answers that are not OCP's


def test_another_servers_path_names_the_option(server):
    with ocp_served.serving(express=True) as express:
        client = ocp_served.client(express, base_path="/api/v2")
        with pytest.raises(errors.InvalidAnswer, match="ocp.base_path"):
            client.fetch("1")


@pytest.mark.parametrize("kind", ["html", "truncated", "foreign"])
def test_what_is_not_ocps_is_refused_clearly(server, kind):
    id = server.start("chain")
    server.server.faults.add(kind)
    e = refused(errors.InvalidAnswer, server, lambda client: client.fetch(id))
    assert "HTTP 200" in e.message and "ocp.base_path" in e.message


def test_a_redirect_is_not_followed(server):
    server.server.faults.add("redirect")
    e = refused(errors.InvalidAnswer, server)
    assert "not followed" in e.message and "ocp.base_path" in e.message
    assert len(server.server.requests) == 1


def test_a_gateways_page_may_pass(server):
    server.server.faults.add("html", status=502)
    client = ocp_served.client(server)
    with pytest.raises((errors.Unavailable, errors.InvalidAnswer)):
        client.fetch(ID)


@pytest.mark.parametrize(
    ("code", "said"),
    [(None, ""), (0, ""), ("0", ""), (4007, "4007"), ("TSK10007", "TSK10007")],
)
def test_a_code_is_a_number_or_a_word(code, said):
    assert ocp_replies.Reply(400, None, {"code": code}).code == said


def test_what_the_server_says_stays_on_one_line():
    reply = ocp_replies.Reply(400, None, {"code": 1, "message": "a\nb\x1b[31m"})
    assert reply.said == "HTTP 400 1: a\\nb\\x1b[31m"


# Any call


def test_routes_without_an_envelope_are_understood(server):
    client = ocp_served.client(server)
    assert "buildVersion" in client.call("GET", "/info").data


def test_a_head_has_no_body(server):
    id = server.start("chain")
    reply = ocp_served.client(server).call("HEAD", f"/tasks/instances/{id}")
    assert (reply.status, reply.data) == (200, None)


@pytest.mark.parametrize("keys", [{}, ocp_served.KEYS])
def test_an_authority_of_ones_own_is_trusted_and_no_other(tmp_path, keys):
    authority = tls.make(tmp_path)
    context = tls.server_context(authority)
    with ocp_served.serving(ssl_context=context) as served:
        id = served.start("install")
        served.skew = time.time() - served.clock.now()  # its clock stands still
        trusting = ocp_served.made(served, ca_path=authority.ca, **keys)
        assert trusting.fetch(id).id == id
        with pytest.raises(errors.TlsFailure, match="ca_path"):
            ocp_served.made(served, **keys).fetch(id)
