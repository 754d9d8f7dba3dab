# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers from recordings: what a real server said, poll by poll.

    with Replay(recordings.load("obshell-cluster-4.5.0.0")[99:197], agent=1) as replay:
        ...                 # replay.url

Each (method, path, query) has its recorded answers in their order, the last of them
repeated; among those recorded with several passwords the one that is sent decides.
With `strict` the requests must come as recorded, with `elapsed` the moment decides
which answer is given, not how often was asked. Nothing is made up but the key: a
real key's private half is not known, so /secret shows one of this server's own, of the
same size, and signatures are checked with it (the password and the time are not).
"""

from __future__ import annotations

import base64
import threading
from typing import Any, Callable, Iterable
from urllib.parse import parse_qsl, urlencode

from . import clock as clocks
from . import message, wire
from .obshell import auth, auth_errors, crypto, errors, facts
from .obshell.era import Era

SIGNED = ("x-ocs-header", "x-ocs-agent-header")


class Replay:
    """Serves recorded exchanges of one server.

    `agent` chooses one of several recorded agents; `elapsed` tells the milliseconds
    since the submit; `key_bits` is for recordings without /secret. `unknown` collects
    requests that were not recorded; they get 404.
    """

    def __init__(
        self,
        exchanges: Iterable[dict[str, Any]],
        *,
        agent: int | None = None,
        strict: bool = False,
        elapsed: Callable[[], float] | None = None,
        key_bits: int = 1024,
        clock: clocks.Clock | None = None,
    ) -> None:
        chosen = [e for e in exchanges if _is_of(e, agent)]
        self.strict = strict
        self.elapsed = elapsed
        self.unknown: list[str] = []
        self.served: list[int] = []
        self.key = crypto.make_key(_recorded_bits(chosen) or key_bits, 1)
        self.era = Era.of("4.5.0.0" if self.key.bits == 1024 else "4.3.0.0")
        self._queue = chosen
        self._by_key: dict[Any, list[dict[str, Any]]] = {}
        for exchange in chosen:
            self._by_key.setdefault(_key_of(exchange), []).append(exchange)
        self._at: dict[Any, int] = {}
        self._lock = threading.Lock()
        # What an agent's decryption asks of an agent.
        self.seekdb = False
        self.server = wire.Server(self.handle, clock or clocks.RealClock())

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def port(self) -> int:
        return self.server.port

    def wall(self) -> float:
        return self.server.clock.wall()

    def __enter__(self) -> Replay:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self.server.stop()
        if self.server.errors:
            raise AssertionError("the replay failed:\n" + "\n".join(self.server.errors))

    def handle(self, request: message.Request) -> message.Response:
        with self._lock:
            try:
                password = self._open(request)
            except errors.Problem as e:
                return _envelope(e, self.era)
            exchange = self._next(request, password)
            if exchange is None:
                self.unknown.append(f"{request.method} {request.target}")
                return _envelope(errors.no_route(self.era), self.era)
            if "n" in exchange:
                self.served.append(exchange["n"])
            return self._answer(exchange["response"])

    def _open(self, request: message.Request) -> str | None:
        """The password of a signed request, None where it is not signed."""
        if not any(name in request.headers for name in SIGNED):
            return None
        header = auth.open_header(self, request)  # type: ignore[arg-type]
        assert header is not None
        if header.uri != request.target:
            raise auth_errors.uri_mismatch()
        auth.open_body(request, header)
        return header.auth

    def _next(
        self, request: message.Request, password: str | None
    ) -> dict[str, Any] | None:
        key = _key(request.method, request.path, parse_pairs(request.target))
        if self.strict:
            return self._in_sequence(key)
        candidates = self._by_key.get(key, [])
        exact = [e for e in candidates if _password(e) == password]
        chosen = exact if password is not None and exact else candidates
        if not chosen:
            return self._own_secret(request.path)
        if self.elapsed is not None:
            return _newest(chosen, self.elapsed())
        place = (key, password if exact else None)
        at = self._at.get(place, 0)
        self._at[place] = at + 1
        return chosen[min(at, len(chosen) - 1)]

    def _in_sequence(self, key: Any) -> dict[str, Any] | None:
        if not self._queue or _key_of(self._queue[0]) != key:
            return self._own_secret(key[1])
        return self._queue.pop(0)

    def _own_secret(self, path: str) -> dict[str, Any] | None:
        """A recording that begins in the middle lacks the key."""
        if path != "/api/v1/secret":
            return None
        data = {"ip": "127.0.0.1", "port": self.port, "public_key": self.key.public}
        body = {
            "successful": True,
            "timestamp": facts.rfc3339(int(self.wall() * 1e6) * 1000),
            "duration": 0,
            "status": 200,
            "traceId": "0" * 16,
            "data": data,
        }
        headers = {"content-type": "application/json"}
        return {"response": {"status": 200, "headers": headers, "body": body}}

    def _answer(self, recorded: dict[str, Any]) -> message.Response:
        body, headers = recorded["body"], recorded.get("headers") or {}
        pairs = []
        for name, value in headers.items():
            if name == "set-cookie":
                cookies = (str(cookie).partition("=")[0] for cookie in value)
                pairs += [
                    ("Set-Cookie", f"{name}=replayed; Path=/") for name in cookies
                ]
            elif name not in ("content-length", "transfer-encoding"):
                pairs.append((name.title(), str(value)))
        return message.Response(
            recorded["status"],
            pairs,
            self._body(body),
            chunked=headers.get("transfer-encoding") == "chunked",
            err_code=_err_code(body),
        )

    def _body(self, body: Any) -> bytes:
        if body is None:
            return b""
        if isinstance(body, dict) and "__text__" in body:
            return str(body["__text__"]).encode()
        if isinstance(body, dict) and _public_key(body):
            body = {**body, "data": {**body["data"], "public_key": self.key.public}}
        return facts.encode(body)


def _newest(exchanges: list[dict[str, Any]], elapsed: float) -> dict[str, Any]:
    """What was last answered by then, or first of all."""
    past = [e for e in exchanges if e.get("since_submit_ms", 0) <= elapsed]
    return past[-1] if past else exchanges[0]


def _is_of(exchange: dict[str, Any], agent: int | None) -> bool:
    request = exchange["request"]
    if request.get("transport", "tcp") != "tcp":
        return False
    return agent is None or request.get("agent", agent) == agent


def _recorded_bits(exchanges: list[dict[str, Any]]) -> int:
    for exchange in exchanges:
        text = _public_key(exchange["response"]["body"])
        if text:
            # The DER of a 512-bit key has 74 bytes, of 1024 bits 140 (obshell.md 2.4).
            return 512 if len(base64.b64decode(text)) < 100 else 1024
    return 0


def _public_key(body: Any) -> str:
    data = body.get("data") if isinstance(body, dict) else None
    return str(data.get("public_key") or "") if isinstance(data, dict) else ""


def _key(method: str, path: str, pairs: Iterable[tuple[str, str]]) -> Any:
    return method, path, tuple(sorted(pairs))


def _key_of(exchange: dict[str, Any]) -> Any:
    request = exchange["request"]
    query = request.get("query") or ""
    if isinstance(query, dict):
        query = urlencode(query, doseq=True)
    return _key(request["method"], request["path"], parse_pairs(f"?{query}"))


def parse_pairs(target: str) -> list[tuple[str, str]]:
    return parse_qsl(target.partition("?")[2], keep_blank_values=True)


def _password(exchange: dict[str, Any]) -> str | None:
    signed_with = exchange["request"].get("auth") or {}
    return signed_with.get("password")


def _err_code(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return ""
    return str(error.get("errCode") or error.get("code") or "")


def _envelope(problem: errors.Problem, era: Era) -> message.Response:
    status = problem.status_in(era)
    payload = {"successful": False, "status": status, "error": problem.to_dict(era)}
    return message.json_response(payload, status=status, err_code=problem.err_code)
