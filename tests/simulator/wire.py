# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A loopback HTTP/1.1 server with faults; knows nothing of obshell or OCP.

`Request`, `Response`, `Seen` and `json_response` are those of `message`.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
import ssl
import struct
import threading
import traceback
from email.utils import formatdate
from typing import Any, Callable, Optional
from urllib.parse import parse_qs

from . import clock as clocks
from . import faults as faulty
from . import message

MAX_HEAD = 1024 * 1024
TLS_HANDSHAKE = b"\x16"
NOT_TLS = (
    b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS "
    b"server.\n"
)
AUTH_HEADERS = ("x-ocs-header", "x-ocs-agent-header", "x-ocs-auth", "authorization")

Request = message.Request
Response = message.Response
Seen = message.Seen
json_response = message.json_response

Handler = Callable[[Request], Response]
ErrorBody = Callable[[int, Optional[int], Optional[str], str], bytes]


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
        error_body: ErrorBody = plain_error,
        log: Callable[[Seen], None] | None = None,
    ) -> None:
        self.handler = handler
        self.clock = clock
        self.error_body = error_body
        self.faults = faulty.Faults(clock, on_change=self._wake)
        self.requests: list[Seen] = []
        self.errors: list[str] = []
        self.skew = 0.0
        self.log = log
        self._ssl = ssl_context
        self._unix_path = unix_path
        self._lock = threading.RLock()
        self._connections: dict[socket.socket, None] = {}
        self._down = False
        self._listener: socket.socket | None = None
        self.stopping = threading.Event()
        self._waker, self._wakee = socket.socketpair()
        self._wakee.setblocking(False)
        # Bound but not listening: keeps the port for this server while it refuses.
        self._holder = None if unix_path else self._bound(port)
        self.port = self._holder.getsockname()[1] if self._holder else 0
        self._open()
        clock.on_advance(self._follow_faults)
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def url(self) -> str:
        return f"{'https' if self._ssl else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def down(self) -> None:
        """Refuse connections and cut those that are open, until `up`."""
        self._down = True
        self._follow_faults()

    def up(self) -> None:
        self._down = False
        self._follow_faults()

    def stop(self) -> None:
        """Close everything; returns when the port is free."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        self.faults.clear()
        self._wake()
        self._acceptor.join(2)
        self._close()
        if self._holder:
            self._holder.close()
        self._waker.close()
        self._wakee.close()

    def cut(self) -> None:
        """Close all connections that are open; new ones are accepted."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            # A shutdown wakes the thread that reads from it; close alone does not.
            _quietly(connection.shutdown, socket.SHUT_RDWR)

    def counts(self) -> dict[str, int]:
        """The number of requests by method."""
        result: dict[str, int] = {}
        for seen in list(self.requests):
            result[seen.method] = result.get(seen.method, 0) + 1
        return result

    def _bound(self, port: int) -> socket.socket:
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
        return bound

    def _open(self) -> None:
        if self._unix_path:
            _quietly(os.unlink, self._unix_path)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(self._unix_path)
        else:
            listener = self._bound(self.port)
        listener.listen(128)
        listener.setblocking(False)
        self._listener = listener

    def _close(self) -> None:
        if self._listener:
            self._listener.close()
            self._listener = None
            if self._unix_path:
                _quietly(os.unlink, self._unix_path)
        self.cut()

    def _follow_faults(self) -> None:
        """Close or reopen the listening socket as the faults of this moment say."""
        with self._lock:
            refused = self._down or self.faults.refusing() or self.stopping.is_set()
            if refused and self._listener:
                self._close()
                self._wake()
            elif not refused and not self._listener:
                self._open()
                self._wake()

    def _wake(self) -> None:
        _quietly(self._waker.send, b"w")
        if threading.current_thread() is not getattr(self, "_acceptor", None):
            self._follow_faults()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            listener = self._listener
            self._select(listener)
            self._follow_faults()
            if listener and listener is self._listener:
                self._accept_one(listener)

    def _select(self, listener: socket.socket | None) -> None:
        """Return when somebody connects or something changes."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._wakee, selectors.EVENT_READ)
            # Another thread may close the listener at any moment (a refusal begins).
            with contextlib.suppress(OSError, ValueError, KeyError):
                if listener:
                    selector.register(listener, selectors.EVENT_READ)
                # A running clock tells nobody when a refusal is over.
                selector.select(None if listener else 0.02)
        _quietly(self._wakee.recv, 4096)

    def _accept_one(self, listener: socket.socket) -> None:
        try:
            connection, _peer = listener.accept()
        except OSError:
            return
        connection.setblocking(True)
        if not self._unix_path:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._connections[connection] = None
        thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
        thread.start()

    def _serve(self, raw: socket.socket) -> None:
        connection: socket.socket = raw
        try:
            if self._ssl:
                if raw.recv(1, socket.MSG_PEEK) != TLS_HANDSHAKE:
                    # What is left unread would turn the close into a reset.
                    raw.recv(65536)
                    raw.sendall(NOT_TLS)
                    return
                connection = self._ssl.wrap_socket(raw, server_side=True)
                with self._lock:
                    del self._connections[raw]
                    self._connections[connection] = None
            reader = connection.makefile("rb")
            while not self.stopping.is_set() and self._serve_one(connection, reader):
                pass
        except OSError:
            pass
        finally:
            with self._lock:
                self._connections.pop(connection, None)
                self._connections.pop(raw, None)
            _quietly(connection.close)

    def _serve_one(self, connection: socket.socket, reader: Any) -> bool:
        """Serve one request; True when the connection may stay open."""
        try:
            request = self._read(connection, reader)
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

    def _answer(self, request: Request) -> Response:
        response = self.handle(request)
        self.saw(request, response)
        return response

    def handle(self, request: Request) -> Response:
        """What the handler says; its own bugs become a 500 that names the simulator."""
        try:
            return self.handler(request)
        except Exception:
            self.errors.append(traceback.format_exc())
            traceback.print_exc()
            return Response(500, [("Content-Type", "text/plain")], b"simulator error")

    def saw(self, request: Request, response: Response | None) -> None:
        """Write one line of the log; None where no answer is given."""
        seen = Seen(
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
        self, request: Request, response: Response, *, keep: bool = True
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

    def _read(self, connection: socket.socket, reader: Any) -> Request | None:
        line = reader.readline(MAX_HEAD)
        if not line:
            return None
        parts = line.decode("latin-1").split()
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise ValueError("malformed request line")
        method, target, version = parts
        headers = self._read_headers(reader)
        if version == "HTTP/1.0":
            headers.setdefault("connection", "close")
        if headers.get("expect", "").lower() == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        path, _mark, query = target.partition("?")
        return Request(
            method=method,
            target=target,
            path=path,
            query=parse_qs(query, keep_blank_values=True),
            headers=headers,
            body=self._read_body(reader, headers),
            over_unix=self._unix_path is not None,
            peer_uid=peer_uid(connection) if self._unix_path else None,
        )

    @staticmethod
    def _read_headers(reader: Any) -> dict[str, str]:
        headers: dict[str, str] = {}
        while True:
            line = reader.readline(MAX_HEAD)
            if line in (b"\r\n", b"\n"):
                return headers
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                raise ValueError("malformed header")
            headers[name.strip().lower()] = value.strip()

    @staticmethod
    def _read_body(reader: Any, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return read_chunks(reader)
        length = int(headers.get("content-length") or 0)
        body: bytes = reader.read(length)
        if len(body) < length:
            raise ValueError("short body")
        return body


def read_chunks(reader: Any) -> bytes:
    body = bytearray()
    while True:
        size = int(reader.readline(MAX_HEAD).split(b";")[0], 16)
        body += reader.read(size)
        reader.readline(MAX_HEAD)
        if size == 0:
            return bytes(body)


def peer_uid(connection: socket.socket) -> int | None:
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return None
    packed = connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i"))
    uid: int = struct.unpack("3i", packed)[1]
    return uid


def _quietly(function: Callable[..., Any], *args: Any) -> None:
    with contextlib.suppress(OSError):
        function(*args)
