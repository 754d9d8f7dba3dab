# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A loopback HTTP/1.1 server with faults; knows nothing of obshell or OCP."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import traceback
from email.utils import formatdate
from typing import BinaryIO, Callable

from . import clock as clocks
from . import faults, faulty, listener, message, reading

AUTH_HEADERS = ("x-ocs-header", "x-ocs-agent-header", "x-ocs-auth", "authorization")

Handler = Callable[[message.Request], message.Response]


def plain_error(
    status: int, code: int | None, err_code: str | None, message: str
) -> bytes:
    """The body of an injected error where the server has no envelope of its own."""
    error = {"code": code, "errCode": err_code, "message": message}
    return json.dumps({"error": error}).encode()


class Server:
    """Serves `handler` on 127.0.0.1 (or on a unix socket) from daemon threads."""

    def __init__(
        self,
        handler: Handler,
        clock: clocks.Clock,
        *,
        port: int = 0,
        unix_path: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        error_body: faulty.ErrorBody = plain_error,
        log: Callable[[message.Seen], None] | None = None,
    ) -> None:
        self.handler = handler
        self.clock = clock
        self.error_body = error_body
        self.requests: list[message.Seen] = []
        self.errors: list[str] = []
        self.skew = 0.0
        self.log = log
        self.stopping = threading.Event()
        self._down = False
        self._scheme = "https" if ssl_context else "http"
        self._over_unix = unix_path is not None
        self.faults = faults.Faults(clock, on_change=self._wake)
        self._listener = listener.Listener(
            self._serve,
            refuses=lambda: self._down or self.faults.refusing(),
            stopping=self.stopping,
            port=port,
            unix_path=unix_path,
            ssl_context=ssl_context,
        )
        self.port = self._listener.port
        clock.on_advance(self._listener.follow)
        self._listener.start()

    def _wake(self) -> None:
        self._listener.wake()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def down(self) -> None:
        """Refuse connections and cut those that are open, until `up`."""
        self._down = True
        self._listener.follow()

    def up(self) -> None:
        self._down = False
        self._listener.follow()

    def stop(self) -> None:
        """Close everything; returns when the port is free."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        self.faults.clear()
        self._listener.stop()

    def counts(self) -> dict[str, int]:
        """The number of requests by method."""
        result: dict[str, int] = {}
        for seen in list(self.requests):
            result[seen.method] = result.get(seen.method, 0) + 1
        return result

    def _serve(self, connection: socket.socket) -> None:
        reader = connection.makefile("rb")
        while not self.stopping.is_set() and self._serve_one(connection, reader):
            pass

    def _serve_one(self, connection: socket.socket, reader: BinaryIO) -> bool:
        """Serve one request; True when the connection may stay open."""
        try:
            request = reading.request(connection, reader, over_unix=self._over_unix)
        except ValueError as e:
            text = f"400 Bad Request: {e}".encode()
            connection.sendall(
                message.head(400, [("Connection", "close")], len(text)) + text
            )
            return False
        if request is None or self.stopping.is_set():
            return False
        fault = self.faults.take(request.target)
        keep = request.headers.get("connection", "").lower() != "close"
        if fault is None:
            response = self._answer(request)
            connection.sendall(self.encode(request, response, keep=keep))
            return keep
        return faulty.serve(self, fault, request, connection) and keep

    def _answer(self, request: message.Request) -> message.Response:
        response = self.handle(request)
        self.saw(request, response)
        return response

    def handle(self, request: message.Request) -> message.Response:
        """What the handler says; its own bugs become a 500 that names the simulator."""
        try:
            return self.handler(request)
        except Exception:
            self.errors.append(traceback.format_exc())
            traceback.print_exc()
            return message.Response(
                500, [("Content-Type", "text/plain")], b"simulator error"
            )

    def saw(self, request: message.Request, response: message.Response | None) -> None:
        """Write one line of the log; None where no answer is given."""
        seen = message.Seen(
            time=self.clock.now(),
            method=request.method,
            target=request.target,
            status=response.status if response else 0,
            err_code=response.err_code if response else "",
            signed=any(name in request.headers for name in AUTH_HEADERS),
            login_failed=response.login_failed if response else False,
        )
        self.requests.append(seen)
        if self.log:
            self.log(seen)

    def encode(
        self, request: message.Request, response: message.Response, *, keep: bool = True
    ) -> bytes:
        """The bytes of an answer."""
        pairs = message.header_pairs(response.headers)
        pairs.append(("Date", formatdate(self.clock.wall() + self.skew, usegmt=True)))
        if not keep:
            pairs.append(("Connection", "close"))
        body = b"" if request.method == "HEAD" else response.body
        if response.status in (204, 304):
            return message.head(response.status, pairs, None)
        if response.chunked:
            pairs.append(("Transfer-Encoding", "chunked"))
            return message.head(response.status, pairs, None) + message.chunks(body)
        return message.head(response.status, pairs, len(response.body)) + body
