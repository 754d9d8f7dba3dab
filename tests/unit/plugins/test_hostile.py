# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever a server or a middle says: no traceback, no open gate, no forged line.

The environment variable HOSTILE_SEED chooses what is tried at random; what is marked
as slow tries more of it.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import json
import os
import random
import re
import time
import zlib

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    commands as obshell_commands,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    connection as obshell_connection,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    operator as obshell_operator,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    commands as ocp_commands,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    connection as ocp_connection,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    operator as ocp_operator,
)
from ansible_collections.oceanbase.ops.tests.unit.plugins import hostile

CLUSTER, EXPRESS = "obshell-cluster-4.5.0.0", "ocp-express-4.2.2"
HOW_MANY = [15, pytest.param(400, marks=pytest.mark.slow)]
SOON = {"timeout": 6, "max_outage": 3, "sleep": 2}


def touched(path):
    return path[-1:] in (("state",), ("operator",), ("status",), ("operation",))


def broken(cases, number, connect):
    """Return what is wrong of answers changed in one place."""
    wrong = []
    for seed, (name, args, route, body, table, opens) in enumerate(cases):
        table = dict(table)
        with hostile.serving(hostile.routes(table)) as (server,):
            for path, content in hostile.mutants(body, number, seed):
                status = body.get("status")
                known = status if isinstance(status, int) else 200
                table[route] = hostile.http(known, content)
                given = {**args, **connect(server)}
                may = opens or touched(path)
                found = hostile.faults(name, given, opens=may)
                wrong += [(fault, name, path) for fault in found]
    return wrong


def obshell_cases():
    tasks = {
        state: hostile.recorded(
            CLUSTER,
            r"/dag/1\d+$",
            lambda data, state=state: data["state"] == state and data["nodes"],
        )
        for state in ("FAILED", "SUCCEED", "RUNNING")
    }
    last = hostile.recorded(CLUSTER, "/maintain/ob$")
    left = hostile.recorded(CLUSTER, "/ob/unfinish$", lambda data: data.get("contents"))
    left["data"]["contents"] = left["data"]["contents"][:2]
    log, part = (
        hostile.recorded(CLUSTER, pattern) for pattern in ("/logs$", r"/sub_task/\d+$")
    )
    at = {state: f"/task/dag/{body['data']['id']}" for state, body in tasks.items()}
    of = {state: {"task_id": [body["data"]["id"]]} for state, body in tasks.items()}
    sub = f"/task/sub_task/{part['data']['id']}"
    table = {at[state]: hostile.said(tasks[state]["data"]) for state in tasks}
    table[sub] = hostile.said(part["data"])
    table[f"{sub}/logs"] = hostile.said(log["data"])
    table["/task/dag/maintain/ob"] = hostile.said(last["data"])
    for short in ("ob/unfinish", "agent/unfinish", "unfinish"):
        table[f"/task/dag/{short}"] = hostile.said(left["data"])
    wait, info = "wait_for_task", "obshell_task_info"
    bad = {"errCode": "Common.Unexpected", "message": "x"}
    listed = "/task/dag/ob/unfinish"
    return [
        (info, of["FAILED"], at["FAILED"], tasks["FAILED"], table, False),
        (wait, {**of["FAILED"], **SOON}, at["FAILED"], tasks["FAILED"], table, False),
        (wait, {**of["SUCCEED"], **SOON}, at["SUCCEED"], tasks["SUCCEED"], table, True),
        (
            *(wait, {**of["RUNNING"], **SOON}, at["RUNNING"], tasks["RUNNING"]),
            *(table, False),
        ),
        (
            *(wait, {"last": "cluster", "newer_than": "11", **SOON}),
            *("/task/dag/maintain/ob", last, table, False),
        ),
        (wait, {"unfinished": "cluster", **SOON}, listed, left, table, False),
        (info, {"unfinished": "all"}, listed, left, table, False),
        (
            *(info, {"sub_task_id": part["data"]["id"]}, f"{sub}/logs", log, table),
            False,
        ),
        (
            *("obshell_api", {"path": at["FAILED"]}, at["FAILED"], tasks["FAILED"]),
            *(table, False),
        ),
        (
            *(info, of["FAILED"], "/info", hostile.enveloped(hostile.INFO)),
            *(table, False),
        ),
        (
            *(wait, {"unfinished": "all", **SOON}, "/status"),
            *(hostile.enveloped(hostile.STATUS), table, False),
        ),
        (
            *(info, {"unfinished": "all"}, "/ob/agents"),
            *(hostile.enveloped(hostile.MEMBERS), table, False),
        ),
        (
            *(info, of["FAILED"], at["FAILED"]),
            *(hostile.enveloped(None, 500, error=bad), table, False),
        ),
    ]


def ocp_cases():
    path = r"/tasks/instances/\d+$"
    failed = hostile.recorded(
        EXPRESS,
        path,
        lambda data: data["status"] == "FAILED"
        and any(sub["status"] == "FAILED" for sub in data["subtasks"]),
    )
    done = hostile.recorded(
        EXPRESS,
        path,
        lambda data: data["status"] == "SUCCESSFUL"
        and data["operation"] == "EXECUTE"
        and data["id"] != failed["data"]["id"],
    )
    many = hostile.recorded(
        EXPRESS, "/tasks/instances$", lambda data: data.get("contents")
    )
    many["data"]["contents"] = many["data"]["contents"][:2]
    log = hostile.recorded(EXPRESS, "/log$")
    at = {id(body): f"/tasks/instances/{body['data']['id']}" for body in (failed, done)}
    table = {at[id(body)]: hostile.said(body["data"]) for body in (failed, done)}
    table["/tasks/instances"] = hostile.said(many["data"])
    for body in (failed, done):
        for sub in body["data"]["subtasks"]:
            where = f"{at[id(body)]}/subtasks/{sub['id']}/log"
            table[where] = hostile.said(log["data"])
    of = {id(body): {"task_id": [str(body["data"]["id"])]} for body in (failed, done)}
    wait, info = "wait_for_task", "ocp_task_info"
    submit = {"path": "/x", "method": "POST", "body": {}}
    begun = hostile.enveloped({"contents": [{"id": 1, "status": "RUNNING"}]})
    return [
        (
            *(info, {**of[id(failed)], "logs": "all"}, at[id(failed)], failed),
            *(table, False),
        ),
        (wait, {**of[id(failed)], **SOON}, at[id(failed)], failed, table, False),
        (wait, {**of[id(done)], **SOON}, at[id(done)], done, table, True),
        (info, {}, "/tasks/instances", many, table, False),
        ("ocp_api", submit, ("POST", "/x"), begun, table, False),
    ]


@pytest.mark.parametrize("number", HOW_MANY)
def test_answers_of_obshell_that_were_changed_do_no_harm(number):
    assert broken(obshell_cases(), number, hostile.obshell) == []


@pytest.mark.parametrize("number", HOW_MANY)
def test_answers_of_ocp_that_were_changed_do_no_harm(number):
    assert broken(ocp_cases(), number, hostile.ocp) == []


# What is on the wire

GOOD = json.dumps(hostile.enveloped(hostile.dag(state="SUCCEED"))).encode()
LENGTH = f"Content-Length: {len(GOOD)}\r\n"


def head(more, status="200 OK"):
    lines = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{more}\r\n"
    return lines.encode()


CHUNKED = head("Transfer-Encoding: chunked\r\n")
ON_THE_WIRE = {
    "garbage": os.urandom(200),
    "nothing": b"",
    "HTTP 0.9": GOOD,
    "a negative chunk": CHUNKED + b"-5\r\n" + GOOD,
    "a chunk of no size": CHUNKED + b"zz\r\n",
    "two lengths": head("Content-Length: 5\r\nContent-Length: 7\r\n") + GOOD,
    "no gzip": head(LENGTH + "Content-Encoding: gzip\r\n") + GOOD,
    "an unknown packing": head(LENGTH + "Content-Encoding: br\r\n") + GOOD,
    "1000 packings": (
        head(LENGTH + "Content-Encoding: " + ", ".join(["gzip"] * 1000) + "\r\n") + GOOD
    ),
    "a long header": head("X: " + "a" * 100000 + "\r\n" + LENGTH) + GOOD,
    "200 headers": head("".join(f"X{n}: a\r\n" for n in range(200)) + LENGTH) + GOOD,
    "UTF-16": head("") + GOOD.decode().encode("utf-16"),
    "no UTF-8": head("") + GOOD.replace(b"T", b"\xff", 1),
    "a byte order mark": head("") + b"\xef\xbb\xbf" + GOOD,
    "brackets without end": head("") + b"[" * 100000,
    "digits without end": head("") + b'{"successful":true,"data":' + b"9" * 5000 + b"}",
    "status 101": head(LENGTH, "101 X"),
    "status 999": head(LENGTH, "999 X") + GOOD,
    "a redirect": head(
        "Location: http://127.0.0.1:1/\x1b\r\nContent-Length: 0\r\n", "307 X"
    ),
}


def by_the_book(over):
    """Return an agent's script, with over(connection) for all that is of tasks."""

    def script(server, connection, method, path):
        short = path[len(hostile.API) :]
        if short in hostile.AGENT:
            return connection.sendall(hostile.said(hostile.AGENT[short]))
        return over(server, connection, method)

    return script


@pytest.mark.parametrize("content", ON_THE_WIRE.values(), ids=ON_THE_WIRE)
def test_what_is_no_answer_is_one_line(content):
    def over(_server, connection, _method):
        connection.sendall(content)
        return False

    with hostile.serving(by_the_book(over)) as (server,):
        args = {"task_id": ["11"], **hostile.obshell(server)}
        assert list(hostile.faults("obshell_task_info", args, opens=True)) == []


def packed(kind, data):
    if kind == "gzip":
        return gzip.compress(data)
    if kind == "deflate":
        return zlib.compress(data)
    return zlib.compress(data)[2:-4]  # as some servers send deflate


@pytest.mark.parametrize("kind", ["gzip", "deflate", "bare deflate"])
def test_one_layer_of_packing_is_read(kind):
    content = packed(kind, GOOD)
    answer = hostile.http(200, content, f"Content-Encoding: {kind.split()[-1]}")
    table = {"/task/dag/11": answer}
    with hostile.serving(hostile.routes(table)) as (server,):
        args = {"task_id": ["11"], **hostile.obshell(server)}
        result, _seconds = hostile.run("obshell_task_info", args)
    assert result["task"]["outcome"] == "succeeded"


@pytest.mark.parametrize("layers, members", [(1, 16), (2, 128)])
def test_a_bomb_is_not_unpacked(layers, members):
    bomb = gzip.compress(bytes(16 * 2**20)) * members
    for _layer in range(layers - 1):
        bomb = gzip.compress(bomb)
    answer = hostile.http(
        200, bomb, "Content-Encoding: " + ", ".join(["gzip"] * layers)
    )
    with hostile.serving(hostile.routes({"/task/dag/11": answer})) as (server,):
        args = {"task_id": ["11"], **hostile.obshell(server, request_timeout=20)}
        result, _seconds = hostile.run("obshell_task_info", args)
    assert result["error"]["kind"] == "invalid_answer"
    assert re.search("larger than 64 MiB|packed as 'gzip, gzip'", result["msg"])


TOO_MUCH = {
    "9 MiB of nothing": b'{"successful":true,"data":[' + b"[]," * 3 * 2**20 + b"[]]}",
    "deep": b'{"successful":true,"data":' + b"[" * 101 + b"]" * 101 + b"}",
}


@pytest.mark.parametrize("content", TOO_MUCH.values(), ids=TOO_MUCH)
def test_what_would_take_all_memory_is_refused_unread(content):
    table = {"/task/dag/11": hostile.http(200, content)}
    with hostile.serving(hostile.routes(table)) as (server,):
        args = {"task_id": ["11"], **hostile.obshell(server, request_timeout=20)}
        result, _seconds = hostile.run("obshell_task_info", args)
    assert re.search("more than 1000000 lists|nested more than 100", result["msg"])


def test_what_a_server_echoes_of_our_own_headers_is_struck_out():
    def over(server, connection, _method):
        sent = server.requests[-1][2].replace('"', "'")
        odd = {"code": 5, "message": sent}
        connection.sendall(hostile.said(None, 400, error=odd))

    with hostile.serving(by_the_book(over)) as (server,):
        args = {"task_id": ["11"], **hostile.obshell(server)}
        result, _seconds = hostile.run("obshell_task_info", args)
        sealed = re.search(r"(?i)x-ocs-header: (\S+)", server.requests[-1][2])[1]
        by_basic = {"task_id": ["11"], **hostile.ocp(server)}
        shown, _seconds = hostile.run("ocp_task_info", by_basic)
        basic = re.search(r"(?i)authorization: (\S+ \S+)", server.requests[-1][2])[1]
    assert "********" in json.dumps(result) and "********" in json.dumps(shown)
    assert sealed not in json.dumps(result)
    assert basic.split()[1] not in json.dumps(shown)


# Keys


def _length(n):
    size = n.to_bytes((n.bit_length() + 7) // 8 or 1, "big")
    return bytes([n]) if n < 128 else bytes([0x80 | len(size)]) + size


def _block(tag, data):
    return bytes([tag]) + _length(len(data)) + data


def _number(n):
    return _block(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def _modulus(bits):
    return random.Random(bits).getrandbits(bits) | 1 << (bits - 1) | 1


def rsa_key(modulus, exponent=65537):
    der = _block(0x30, _number(modulus) + _number(exponent))
    return base64.b64encode(der).decode()


def of_algorithm(*parts):
    names = b"".join(_block(6, bytes(part)) for part in parts)
    der = _block(0x30, _block(0x30, names) + b"\x03\x02\0\1")
    return base64.b64encode(der).decode()


BITS = (8, 64, 80, 88, 89, 96, 128, 512, 1024, 16384, 16385, 32768)
KEYS = {
    **{f"{bits} bits": rsa_key(_modulus(bits)) for bits in BITS},
    **{f"e={e}": rsa_key(_modulus(1024), e) for e in (0, 1, 2, 3, 2**64 + 13)},
    "even": rsa_key(_modulus(1024) - 1),
    "unknown algorithm": of_algorithm((42, 3, 4, 5)),
    "unknown curve": of_algorithm((42, 134, 72, 206, 61, 2, 1), (42, 3, 4, 5)),
    **{"nothing": None, "a number": 5, "a list": ["x"], "no base64": "*"},
    "1 MiB": "A" * 2**20,
    "more behind it": base64.b64encode(hostile.DER + b"x").decode(),
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_an_odd_key_is_refused_in_one_line_and_a_strange_one_never_used(key):
    done = hostile.said(hostile.dag(state="SUCCEED"))
    table = {"/secret": hostile.said({"public_key": key}), "/task/dag/11": done}
    with hostile.serving(hostile.routes(table)) as (server,):
        args = {"task_id": ["11"], **hostile.obshell(server)}
        assert list(hostile.faults("obshell_task_info", args, opens=True)) == []
        server.requests.clear()
        pinned = hostile.obshell(server, public_key_sha256=["0" * 64])
        result, _seconds = hostile.run("obshell_task_info", {**args, **pinned})
        assert result["failed"]
        assert not [path for _m, path, _h in server.requests if "/task/" in path]


# Who stands in between

LOCAL = "22130706433028861"
LEADING = (
    *("1/../../../tenant/t1", "11/../../../ob/stop", "11?a=b", "1%2f..", "11#x"),
    *(f"{LOCAL}/../../../ob/stop", "abc", "", "1" * 5000, 5.5, True, ["11"], {}),
)
MEANT = re.compile(
    rf"{hostile.API}/(secret|info|status|agents/status|ob/agents|task/dag/[0-9a-z/]+)$"
)


@pytest.mark.parametrize("where", ["main_dag_id", "sub_dags"])
@pytest.mark.parametrize("id", LEADING, ids=lambda id: repr(id)[:30])
def test_no_id_of_a_server_leads_a_sealed_request_to_another_route(id, where):
    more = {where: id if where == "main_dag_id" else {"127.0.0.1:2886": id}}
    state = "FAILED" if where == "sub_dags" else "RUNNING"
    told = hostile.said(hostile.dag(LOCAL, state, additional_data=more))
    table = {f"/task/dag/{LOCAL}": told}
    with hostile.serving(hostile.routes(table)) as (server,):
        pin = {"public_key_sha256": [hashlib.sha256(hostile.DER).hexdigest()]}
        given = hostile.obshell(server, **pin)
        soon = {"timeout": 2, "max_outage": 0, "on_timeout": "cancel"}
        args = {"task_id": [LOCAL], **soon, **given}
        assert list(hostile.faults("wait_for_task", args, opens=False)) == []
        client = obshell_connection.client(given["obshell"])
        by = obshell_operator.Operator(client, lambda seconds: None)
        command = obshell_commands.Command(LOCAL, "cancel", None, True)
        with contextlib.suppress(errors.OpsError):
            command.carry_out(by, lambda text: None)
        strange = [path for _m, path, _h in server.requests if not MEANT.match(path)]
    assert strange == []


STAMPS = ("9999-12-31T23:59:59Z", "2099-01-01T00:00:00+08:00", "0001-01-01T00:00:00Z")


@pytest.mark.parametrize("stamp", STAMPS)
def test_no_time_of_a_server_makes_a_header_that_is_good_for_years(stamp):
    done = hostile.said(hostile.dag(state="SUCCEED"))
    table = {
        path: hostile.said(data, timestamp=stamp)
        for path, data in hostile.AGENT.items()
    }
    table["/task/dag/11"] = done
    with hostile.serving(hostile.routes(table)) as (server,):
        args = {"task_id": ["11"], **hostile.obshell(server)}
        result, _seconds = hostile.run("obshell_task_info", args)
        found = re.search(r"(?i)x-ocs-header: (\S+)", server.requests[-1][2])
    ahead = int(hostile.opened(found[1])["ts"]) - time.time()
    assert ahead <= 86400 + 60
    assert [text for text in result["warnings"] if "not believed" in text]


# Once is once

DONE = hostile.said(None)


def refusal(status, **error):
    return hostile.said(None, status, error=error)


ODD_ANSWERS = (
    refusal(500, errCode="Common.Unexpected", message="x"),
    hostile.http(502, "<html>"),
    hostile.http(503, ""),
    refusal(429, message="slow"),
    hostile.http(200, "<html>"),
    hostile.http(200, ""),
    hostile.http(307, "", "Location: /x"),
    hostile.http(308, "", "Location: /x"),
    hostile.http(408, "x"),
    hostile.http(421, "x"),
    hostile.http(425, "x"),
    CHUNKED + b"-5\r\n",
)
EACH = range(len(DONE))
SOME = [*EACH[::60], EACH[-1]]
CUTS = [(at, how) for at in SOME for how in ("reset", "close")]
CUTS += [
    pytest.param(at, how, marks=pytest.mark.slow)
    for at in EACH
    if at not in SOME
    for how in ("reset", "close")
]
INTERRUPTIONS = [
    *CUTS,
    *((number, "answer") for number in range(len(ODD_ANSWERS))),
]


def interrupted(at, how, *, took):
    """Return a script that breaks off where a POST is answered."""

    def over(server, connection, method):
        if method == "POST":
            connection.sendall(ODD_ANSWERS[at] if how == "answer" else DONE[:at])
            if how == "reset":
                hostile.reset(connection)
            return None if how == "answer" and ODD_ANSWERS[at][:9] != CHUNKED else False
        state = "RUNNING" if took and server.posts else "FAILED"
        nodes = [hostile.node([], state)]
        both = {"status": state, "operation": "EXECUTE", "subtasks": []}
        told = hostile.dag(state=state, nodes=nodes)
        is_ocp = "instances" in server.requests[-1][1]
        connection.sendall(hostile.said({**told, **both} if is_ocp else told))
        return None

    return by_the_book(over)


def by_obshell_task(servers):
    client = obshell_connection.client(hostile.obshell(*servers)["obshell"])
    by = obshell_operator.Operator(client, lambda seconds: None)
    command = obshell_commands.Command("11", "retry", None, False)
    return command.carry_out(by, lambda text: None)


def by_ocp_task(servers):
    client = ocp_connection.client(hostile.ocp(servers[0])["ocp"])
    by = ocp_operator.Operator(client, lambda seconds: None)
    return ocp_commands.Command("11", "retry").carry_out(by, lambda text: None)


def by_obshell_api(servers):
    call = {"path": "/ob/stop", "method": "POST", "body": {}}
    return hostile.run("obshell_api", {**call, **hostile.obshell(*servers)})[0]


def by_ocp_api(servers):
    call = {"path": "/x", "method": "POST", "body": {}}
    return hostile.run("ocp_api", {**call, **hostile.ocp(servers[0])})[0]


SENDERS = [by_obshell_task, by_ocp_task, by_obshell_api, by_ocp_api]


@pytest.mark.parametrize("send", SENDERS)
@pytest.mark.parametrize("at, how", INTERRUPTIONS)
@pytest.mark.parametrize("took", [True, False], ids=["taken", "lost"])
def test_a_post_is_sent_once_wherever_it_breaks_off(send, at, how, took):
    scripts = [interrupted(at, how, took=took) for _server in range(2)]
    with hostile.serving(*scripts) as servers:
        try:
            send(servers)
        except errors.OpsError as e:
            assert RAW_FREE.match(e.message)
        assert sum(one.posts for one in servers) == 1


UNREADABLE = {
    "a refused password": refusal(401, code=1, message="no"),
    "a page": hostile.http(404, "<html>"),
    "nothing that is known": refusal(404, code=20000, message="record not found"),
}


@pytest.mark.parametrize("send", [by_obshell_task, by_ocp_task])
@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_since_does_not_hide_that_a_post_may_have_been_served(
    send, answer
):
    def over(server, connection, method):
        if method == "POST":
            return False
        both = {"status": "FAILED", "operation": "EXECUTE", "subtasks": []}
        told = {**hostile.dag(state="FAILED"), **both}
        connection.sendall(answer if server.posts else hostile.said(told))
        return None

    with hostile.serving(by_the_book(over)) as servers:
        with pytest.raises(errors.OpsError, match="not sent again") as caught:
            send(servers)
        assert caught.value.details["sent"] is True
        assert servers[0].posts == 1


RAW_FREE = re.compile(r"[^\x00-\x1f]*\Z")


# Bounds


def counted(make):
    """Return a script whose task is made anew at each look."""
    seen = [0]

    def over(_server, connection, _method):
        seen[0] += 1
        connection.sendall(hostile.said(make(seen[0])))

    return by_the_book(over)


def many(state_of):
    return lambda n: hostile.dag(
        nodes=[hostile.node([hostile.sub_task(i, *state_of(n)) for i in range(300)])]
    )


FLOODS = {
    "failed for ever": many(lambda n: ("FAILED",)),
    "flapping": many(lambda n: ("FAILED" if n % 2 else "RUNNING", n)),
    "growing names": lambda n: hostile.dag(name="N" * 2**20, stage=n, max_stage=99),
    "a new word each time": lambda n: hostile.dag(state=f"W{n}"),
}


@pytest.mark.parametrize("make", FLOODS.values(), ids=FLOODS)
def test_no_flood_reaches_people_or_the_result(make):
    shown = []
    with hostile.serving(counted(make)) as (server,):
        args = {"task_id": ["11"], "timeout": 60, "on_timeout": "continue"}
        given = {**args, **hostile.obshell(server)}
        result, seconds = hostile.run("wait_for_task", given, show=shown.append)
    assert len(shown) * 60 / seconds < 300
    assert len(json.dumps(result["resume"])) < 2**20
    assert len(result["warnings"]) <= 20


def test_a_chain_of_main_tasks_is_not_followed_for_ever():
    def chained(path):
        id = path.rpartition("/")[2]
        if not id.isdigit():
            return None
        more = {"main_dag_id": str(int(id) + 1)}
        return hostile.said(hostile.dag(id, "FAILED", additional_data=more))

    with hostile.serving(hostile.routes({}, chained)) as (server,):
        args = {"task_id": ["1000000"], "timeout": 30, **hostile.obshell(server)}
        result, _seconds = hostile.run("wait_for_task", args)
        assert len(server.requests) < 30
    assert "more than 3 main tasks are not followed" in result["msg"]


@pytest.mark.parametrize("header", ["RateLimit-Reset", "Retry-After"])
def test_a_server_that_wants_a_day_does_not_get_it(header):
    error = json.dumps(
        hostile.enveloped(None, 429, error={"code": 1, "message": "slow"})
    )
    table = {"/tasks/instances/11": hostile.http(429, error, f"{header}: 86400")}
    with hostile.serving(hostile.routes(table)) as (server,):
        more = {"task_id": ["11"], "timeout": 7200, "max_outage": 60}
        result, seconds = hostile.run("wait_for_task", {**more, **hostile.ocp(server)})
    assert seconds < 120
    assert "max_outage" in result["msg"]


ODD_HOSTS = (
    "http://a..b:1",
    f"http://{'a' * 300}:1",
    "http://exa mple:1",
    "http://[x]:1",
)


@pytest.mark.parametrize("url", ODD_HOSTS, ids=lambda url: url[:20])
def test_an_address_that_can_be_none_is_refused_at_once(url):
    args = {"task_id": ["11"], "obshell": {"url": [url], "password": "x"}}
    result, seconds = hostile.run("wait_for_task", args)
    assert result["error"] == {"kind": "invalid_option", "option": "obshell.url"}
    assert seconds < 1


RESUMES = (
    {"elapsed": 1, "servers": [1]},
    {"elapsed": 1, "targets": 5, "servers": 5},
    {"elapsed": 1, "targets": [], "servers": {"http://h": {"clock_offset": "x"}}},
    {"elapsed": "x"},
)


@pytest.mark.parametrize("resume", RESUMES, ids=str)
def test_a_resume_that_is_none_is_refused(resume):
    with hostile.serving(hostile.routes({})) as (server,):
        given = {"task_id": ["11"], "resume": resume, **hostile.obshell(server)}
        result, _seconds = hostile.run("wait_for_task", given)
    assert result["error"] == {"kind": "invalid_option", "option": "resume"}
