# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a simulated OCP without a wire."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs

from ansible_collections.oceanbase.ops.tests.simulator import clock, message
from ansible_collections.oceanbase.ops.tests.simulator.ocp import server as ocp

PASSWORD = "aaAA11__"
HOST = "ocp.alibaba.net:8080"
KEY, SECRET = "cqammmxBpfGjFlto", "2fc0c299cc94c6be266f2ceece765d4d"
TASKS = "/api/v2/tasks/instances"


def basic(user: str = "admin", password: str = PASSWORD) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def request(
    method: str, target: str, body: bytes = b"", **headers: str
) -> message.Request:
    """Header names are written with underscores; one of which the value is a dash is
    not sent."""
    path, _mark, query = target.partition("?")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {name: value for name, value in named.items() if value != "-"}
    parsed = parse_qs(query, keep_blank_values=True)
    return message.Request(method, target, path, parsed, sent, body)


def ask(
    server: ocp.Ocp, method: str, target: str, body: Any = None, **headers: str
) -> message.Response:
    """As admin, with JSON, unless `headers` say otherwise."""
    raw = b"" if body is None else json.dumps(body).encode()
    sent = {"authorization": basic(), "host": HOST, "content_type": "application/json"}
    return server.handle(request(method, target, raw, **{**sent, **headers}))


def turn(server: ocp.Ocp, seconds: float) -> None:
    server.clock.advance(seconds)  # type: ignore[attr-defined]


def data(response: message.Response) -> Any:
    """The data of an answer that must be good."""
    assert response.status == 200, response.body
    return json.loads(response.body).get("data")


def error(response: message.Response) -> Any:
    return json.loads(response.body)["error"]


def header(response: message.Response, name: str) -> list[str]:
    pairs = message.header_pairs(response.headers)
    return [value for key, value in pairs if key.lower() == name.lower()]


def make(**options: Any) -> ocp.Ocp:
    """An OCP on a turned clock, with an access key."""
    given = {"access_key": KEY, "secret_key": SECRET, **options}
    return ocp.Ocp(clock.TurnedClock(), "admin", PASSWORD, **given)


def listed(server: ocp.Ocp, query: str) -> list[int]:
    """The ids in the list of tasks."""
    return [
        task["id"] for task in data(ask(server, "GET", f"{TASKS}?{query}"))["contents"]
    ]
