# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OCP's envelope, its errors and what it sends that is no envelope."""

from __future__ import annotations

import datetime
import gzip
import json
import random
from typing import Any

from .. import clock as clocks
from .. import message
from . import log as logs
from . import render
from .errors import Failure

GZIP_FROM = 2048
HTML = "text/html;charset=UTF-8"
NO_CACHE = ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate")


class Answers:
    """Writes the answers of one server (protocol/ocp.md, 1 and 8)."""

    def __init__(
        self,
        clock: clocks.Clock,
        *,
        version: str,
        zone: datetime.timezone,
        rng: random.Random,
    ) -> None:
        self.clock = clock
        self.version = version
        self.zone = zone
        self.skew = 0.0
        self._rng = rng

    def success(self, request: message.Request, data: Any = None) -> message.Response:
        envelope = self.envelope(200, {"data": data}, trace=self._trace(request))
        return self.reply(request, envelope)

    def failure(self, request: message.Request, e: Failure) -> message.Response:
        code = e.code(self.version)
        error = {
            "code": code,
            "message": e.text(request.headers.get("accept-language", "")),
            "debugMessage": e.debug or None,
            **e.extra,
        }
        if request.headers.get("x-returnstacktrace") == "true":
            error["stackTrace"] = ["com.oceanbase.ocp.core.exception.OcpException"]
        untraced = e.status in (401, 429)
        trace = "" if untraced else self._trace(request)
        envelope = self.envelope(e.status, {"error": error}, trace=trace)
        headers: list[tuple[str, str]] = []
        if e.status in (400, 500):
            # Observed on these alone (8.19).
            headers.append(("Connection", "close"))
        json_type = "application/json;charset=UTF-8" if e.status == 401 else None
        response = self.reply(request, envelope, status=e.status, json_type=json_type)
        return with_headers(
            response, headers, err_code=str(code), login_failed=e.login_failed
        )

    def envelope(
        self, status: int, content: dict[str, Any], *, trace: str
    ) -> dict[str, Any]:
        envelope = {
            **content,
            "duration": self._rng.randint(1, 20) if trace else 0,
            "server": logs.SERVER,
            "status": status,
            "successful": status < 400,
            "timestamp": self.timestamp(),
            "traceId": trace,
        }
        return dict(render.sorted_keys(envelope))

    def reply(
        self,
        request: message.Request,
        payload: Any,
        *,
        status: int = 200,
        json_type: str | None = None,
    ) -> message.Response:
        body = dump(payload)
        headers = [("Content-Type", json_type or "application/json")]
        packed = len(body) >= GZIP_FROM and "gzip" in request.headers.get(
            "accept-encoding", ""
        )
        if packed:
            body = gzip.compress(body, 1)
            headers.append(("Content-Encoding", "gzip"))
        if json_type is None:
            headers.append(("Vary", "accept-encoding"))
        chunked = json_type is None and request.method != "HEAD"
        return message.Response(status, headers, body, chunked=chunked)

    def _trace(self, request: message.Request) -> str:
        given = request.headers.get("x-trace-id")
        return given or f"{self._rng.getrandbits(64):016x}"

    def timestamp(self) -> str:
        now = self.clock.wall() + self.skew
        # A clock that stands on a whole second would hide the fraction.
        noise = self._rng.randint(0, 999) / 1_000_000
        return logs.iso(now + noise, self.zone, digits=9)


def dump(payload: Any) -> bytes:
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def with_headers(
    response: message.Response,
    headers: list[tuple[str, str]],
    *,
    err_code: str = "",
    login_failed: bool = False,
) -> message.Response:
    pairs = message.header_pairs(response.headers) + headers
    return message.Response(
        response.status,
        pairs,
        response.body,
        response.chunked,
        err_code or response.err_code,
        login_failed or response.login_failed,
    )


def html() -> message.Response:
    page = b"<!doctype html><html><head><title>OCP</title></head><body></body></html>"
    return message.Response(200, [("Content-Type", HTML)], page)


def plain(text: str) -> message.Response:
    return message.Response(200, [("Content-Type", "text/plain")], text.encode())


def takes_json(request: message.Request) -> bool:
    accept = request.headers.get("accept", "*/*")
    ranges = [part.split(";")[0].strip() for part in accept.split(",")]
    return any(r in ("*/*", "application/*", "application/json") for r in ranges)
