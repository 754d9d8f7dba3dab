# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small obshell client of the tests' own, and the comparison with recordings."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
from typing import Any

from ansible_collections.oceanbase.ops.tests.simulator import Agent, Cluster, Simulator
from ansible_collections.oceanbase.ops.tests.simulator.obshell import crypto
from cryptography.hazmat.primitives.asymmetric import padding, rsa

PASSWORD = "Root.pw-1"


class Asker:
    """Signs requests to one agent, with any part of the signature replaced."""

    def __init__(self, agent: Agent, password: str = "") -> None:
        self.agent = agent
        self.password = password
        self.connection = http.client.HTTPConnection("127.0.0.1", agent.server.port)

    def plain(self, method: str, path: str, **headers: str) -> tuple[int, Any]:
        """Without signature."""
        return self._send(method, f"/api/v1{path}", None, headers)

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        name: str = "X-OCS-Header",
        headers: dict[str, str] | None = None,
        **replaced: Any,
    ) -> tuple[int, Any]:
        target = f"/api/v1{path}"
        keys = os.urandom(32)
        fields = {
            "auth": self.password,
            "ts": str(int(self.agent.wall()) + 60),
            "uri": target,
            "keys": base64.b64encode(keys).decode(),
            **replaced,
        }
        sealed = {name: seal(self.agent.key, json.dumps(fields).encode())}
        data = None
        if body is not None:
            data = crypto.aes_encrypt(keys, json.dumps(body).encode())
        return self._send(method, target, data, {**sealed, **(headers or {})})

    def _send(
        self, method: str, target: str, data: str | None, headers: dict[str, str]
    ) -> tuple[int, Any]:
        self.connection.request(method, target, data, headers)
        response = self.connection.getresponse()
        raw = response.read()
        try:
            return response.status, json.loads(raw) if raw else None
        except ValueError:
            return response.status, {"__text__": raw.decode()}

    def data(self, path: str) -> Any:
        """The data of a GET that must succeed."""
        status, answer = self("GET", path)
        assert status == 200, answer
        return answer["data"]

    def dag(self, task_id: str, *, details: bool = False) -> Any:
        query = "" if details else "?show_details=false"
        return self.data(f"/task/dag/{task_id}{query}")


def seal(key: crypto.Key, plain: bytes, *, chunk: int = 0) -> str:
    """The header of protocol 2.3."""
    public = rsa.RSAPublicNumbers(crypto.E, key.n).public_key()
    size = chunk or key.size - 11
    blocks = (plain[at : at + size] for at in range(0, len(plain), size))
    sealed = b"".join(public.encrypt(block, padding.PKCS1v15()) for block in blocks)
    return base64.b64encode(sealed).decode()


def verdict(dag: dict[str, Any]) -> str:
    return f"{dag['state']}+{dag['operator']} {dag['stage']}/{dag['max_stage']}"


_VOLATILE = [
    (r'"1970[^"]*"', '"EPOCH"'),
    (r'"0001[^"]*"', '"YEAR ONE"'),
    (r'"\d{4}-\d\d-\d\dT[\d:.]+Z"', '"TIME"'),
    (r'"(duration|pid|startAt)": \d+', r'"\1": 0'),
    (r'"traceId": "[0-9a-f]{16}"', '"traceId": "TRACE"'),
    (r"MI?[GE][JgE][A-Za-z0-9+/=]{90,}", "KEY"),
    (r"(pid is:|process) \d+", r"\1 PID"),
    # Go's maps have no order.
    (r'start cmd: [^"]*', "start cmd"),
    (r"clear dir (/opt/ob\d)/(etc|log)", r"clear dir \1/X"),
]


def normal(answer: Any, port: int) -> str:
    """An answer without what differs from run to run; keys stay in their order."""
    text = json.dumps(answer)
    for pattern, replacement in _VOLATILE:
        text = re.sub(pattern, replacement, text)
    return text.replace(f"{port:05d}", "PORT").replace(str(port), "PORT")


def ask(cluster: Cluster, index: int = 0) -> Asker:
    """An asker of one of its agents, with the cluster's password."""
    return Asker(cluster.agents[index], PASSWORD)


def follow(sim: Simulator, asker: Asker, task_id: str, seconds: float) -> list[str]:
    """The verdicts that a poller sees, each once."""
    seen: list[str] = []
    for _tick in range(int(seconds * 2)):
        now = verdict(asker.dag(task_id))
        if not seen or seen[-1] != now:
            seen.append(now)
        sim.clock.advance(0.5)
    return seen


def error(answer: tuple[int, Any]) -> tuple[int, str]:
    """Status and code."""
    return answer[0], answer[1]["error"]["errCode"]
