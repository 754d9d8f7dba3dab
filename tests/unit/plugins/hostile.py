# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that lie, break off and pack bombs, on loopback; and modules run at them.

What is wrong with an outcome, whatever a server has said, is told by `faults`.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import json
import os
import random
import re
import socket
import struct
import threading
import time

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.oceanbase.ops.plugins.modules import (
    obshell_api,
    obshell_task_info,
    ocp_api,
    ocp_task_info,
    wait_for_task,
)
from ansible_collections.oceanbase.ops.tests import recordings
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

SEED = os.environ.get("HOSTILE_SEED", "1")
API = "/api/v1"
PASSWORD = "Zw3i &9/q'$%h"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)
DER = KEY.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.PKCS1
)
INFO = {
    **{"identity": "CLUSTER AGENT", "version": "4.5.0.0-1", "security": True},
    **{"type": "obshell", "ip": "127.0.0.1", "port": 2886, "supportedAuth": ["v2"]},
}
STATUS = {"agent": {"identity": "CLUSTER AGENT"}, "obState": 3}
STATUS = {**STATUS, "underMaintenance": False}
MEMBERS = {"contents": [{"ip": f"127.0.0.{n}", "port": 2886} for n in (1, 2)]}
LOCKS = {f"127.0.0.{n}:2886": {"underMaintenance": False} for n in (1, 2)}
AGENT = {
    "/secret": {"public_key": base64.b64encode(DER).decode()},
    **{"/info": INFO, "/status": STATUS, "/ob/agents": MEMBERS},
    "/agents/status": LOCKS,
}
TIMES = {
    "start_time": "2026-11-21T10:19:03.5Z",
    "end_time": "2026-11-21T10:19:04.5Z",
}
MODULES = {
    "obshell_api": obshell_api,
    "obshell_task_info": obshell_task_info,
    "ocp_api": ocp_api,
    "ocp_task_info": ocp_task_info,
    "wait_for_task": wait_for_task,
}


# Answers


def enveloped(data, status=200, **more):
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    head = {"successful": status < 400, "timestamp": stamp, "duration": 1}
    return {**head, "status": status, "traceId": "abc", "data": data, **more}


def http(status, body, *headers):
    body = body.encode() if isinstance(body, str) else body
    kinds = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    lines = [f"HTTP/1.1 {status} X", *kinds, *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def said(data, status=200, **more):
    return http(status, json.dumps(enveloped(data, status, **more)))


def dag(id="11", state="RUNNING", nodes=(), **more):
    head = {"id": id, "dag_id": 1, "name": "T", "stage": 1, "max_stage": 1}
    lock = {"maintenance_type": 2, "maintenance_key": ""}
    rest = {"operator": "RUN", **TIMES, "additional_data": None, "nodes": list(nodes)}
    return {**head, **lock, "state": state, **rest, **more}


def sub_task(number, state, run=1, logs=("boom",)):
    head = {"id": f"1{number}", "task_id": number, "name": f"s{number}"}
    agent = {"execute_agent": {"ip": "10.0.0.1", "port": 2886}}
    rest = {"execute_times": run, "task_logs": list(logs), "additional_data": None}
    return {**head, "state": state, "operator": "RUN", **TIMES, **rest, **agent}


def node(subs, state="RUNNING"):
    head = {"id": "11", "node_id": 1, "name": "n", "state": state, "operator": "RUN"}
    return {**head, **TIMES, "additional_data": None, "sub_tasks": list(subs)}


# A server


class Server:
    """Answers by `script(server, connection, method, path)`; False closes.

    `requests` holds method, path and head of each, `targets` the path with the query.
    """

    def __init__(self, script):
        self.script = script
        self.requests = []
        self.targets = []
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def posts(self):
        return sum(method == "POST" for method, _path, _head in self.requests)

    def close(self):
        self.socket.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection = self.socket.accept()[0]
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                given = (connection,)
                threading.Thread(target=self._serve, args=given, daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError, ValueError), connection:
            lines = connection.makefile("rb")
            connection.settimeout(20)
            while first := lines.readline().decode("latin-1"):
                head = ""
                while (line := lines.readline()) not in (b"\r\n", b""):
                    head += line.decode("latin-1")
                length = re.search(r"(?im)^content-length: *(\d+)", head)
                lines.read(int(length[1]) if length else 0)
                method, target, _version = first.split(" ", 2)
                self.requests.append((method, target.partition("?")[0], head))
                self.targets.append(target)
                path = target.partition("?")[0]
                if self.script(self, connection, method, path) is False:
                    return


def routes(table, otherwise=None):
    """Return a script: bytes by path below /api/v1, an agent's own by the book."""

    def script(server, connection, method, path):
        short = path[len(API) :] if path.startswith(API) else path
        found = table.get((method, short)) or table.get(short)
        if found is None and otherwise:
            found = otherwise(short)
        if found is None and short in AGENT:
            found = said(AGENT[short])
        gone = {"errCode": "Common.NotFound", "message": "404 not found"}
        connection.sendall(found or said(None, 404, error=gone))

    return script


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextlib.contextmanager
def serving(*scripts):
    servers = [Server(script) for script in scripts]
    try:
        yield servers
    finally:
        for one in servers:
            one.close()


# Modules


class Turned:
    """A clock that sleeping turns; one that sleeps without end is a fault."""

    def __init__(self):
        self.ahead, self.naps = 0.0, 0

    def now(self):
        return time.monotonic() + self.ahead

    def sleep(self, seconds):
        self.ahead += max(seconds, 0.0)
        self.naps += 1
        if self.naps > 4000:
            raise AssertionError("it sleeps without end")


class Task:
    """What Ansible gives a module."""

    check_mode = False

    def __init__(self, params):
        self.params = params
        self.warnings = []

    def warn(self, text):
        self.warnings.append(text)


def obshell(*servers, **more):
    urls = [one.url for one in servers]
    given = {"url": urls, "password": PASSWORD, "request_timeout": 2, **more}
    return {"obshell": given}


def ocp(server, **more):
    given = {"url": server.url, "username": "admin", "password": PASSWORD}
    given = {**given, "base_path": API, "request_timeout": 2, **more}
    return {"ocp": given}


def run(name, args, show=None):
    """Return the result of a module and the seconds that it took by its own clock."""
    module, clock = MODULES[name], Turned()
    checked = ArgumentSpecValidator(**module.spec()).validate(args)
    assert not checked.error_messages, checked.error_messages
    task, began = Task(checked.validated_parameters), clock.now()
    waits = name == "wait_for_task"
    shared = {"clock": clock.now, "sleep": clock.sleep, "show": show} if waits else {}
    result = module.CALL.answer(task, **shared)
    result["warnings"] = task.warnings
    return result, clock.now() - began


RAW = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u202e]")


def faults(name, args, *, opens):
    """Run, and yield what is wrong with the outcome whatever the server has said.

    `opens` says whether a gate may open on it.
    """
    result, _seconds = run(name, args)
    json.dumps(result).encode("utf-8")
    if (result.get("error") or {}).get("kind") == "unexpected":
        yield f"unexpected: {result['exception'].strip().splitlines()[-3:]}"
    for text in [str(result.get("msg", "")), *map(str, result["warnings"])]:
        if RAW.search(text):
            yield f"control characters in a message: {text[:200]!r}"
        if len(text) > 3000:
            yield f"a message of {len(text)} characters"
    if name != "wait_for_task" or result.get("failed") or not args.get("task_id"):
        return
    if (result["task"] or {}).get("id") != args["task_id"][0]:
        yield "the task of another id is taken for the one asked for"
    if result["outcome"] in ("succeeded", "passed") and not opens:
        yield "the gate opened"


# Answers of real servers, changed in one place

WRITTEN = {
    "@INF": "1e400",
    "@NAN": "NaN",
    "@DEEP": "[" * 900 + "]" * 900,
    "@BIG": "9" * 4000,
    "@HALF": '"\\ud800"',
}
THINGS = (
    *(None, [], {}, True, 0, -1, 2**63, 1.5, "", "\0", "x" * 20000, *WRITTEN),
    *("\x1b[31mRED\x07\nfake | line\r\u2028\u202e", "{{ 7*7 }}", "²"),
    *("0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
    *("SUCCEED", "FAILED", "RUNNING", "ROLLBACK"),
    *([None], [1], [{}], ["a"], {"a": 1}, {"__ansible_type": "x"}),
)
GONE = object()


def _places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        items = list(enumerate(value))[:2]
    for key, inner in items:
        yield from _places(inner, (*path, key))


def mutants(body, many, seed):
    """Yield paths and the JSON of an answer with something else at that path."""
    every = [
        (path, value)
        for path in _places(body)
        for value in (*THINGS, GONE)
        if path or value is not GONE
    ]
    chosen = random.Random(f"{SEED}{seed}").sample(every, min(many, len(every)))
    for path, value in chosen:
        root = {"": copy.deepcopy(body)}
        inside = root
        for key in ("", *path)[:-1]:
            inside = inside[key]
        if value is GONE:
            del inside[path[-1]]
        else:
            inside[("", *path)[-1]] = value
        text = json.dumps(root[""])
        for name, raw in WRITTEN.items():
            text = text.replace(f'"{name}"', raw)
        yield path, text.encode()


def recorded(name, pattern, fits=lambda data: True):
    """Return the smallest good answer to such a GET that fits."""
    good = [
        one["response"]["body"]
        for one in recordings.load(name)
        if re.search(pattern, one["request"]["path"])
        and one["request"]["method"] == "GET"
        and one["response"]["status"] == 200
        and isinstance(one["response"]["body"], dict)
    ]
    fitting = [body for body in good if body.get("data") and fits(body["data"])]
    return copy.deepcopy(min(fitting, key=lambda body: len(json.dumps(body))))


def opened(sealed):
    """Return what a sealed header says."""
    raw, size = base64.b64decode(sealed), KEY.key_size // 8
    parts = [raw[at : at + size] for at in range(0, len(raw), size)]
    plain = b"".join(KEY.decrypt(part, padding.PKCS1v15()) for part in parts)
    return json.loads(plain)
