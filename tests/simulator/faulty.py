# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers as a fault spoils them; what each kind does is in `faults`."""

from __future__ import annotations

import json
import socket
import struct
import threading
from typing import Callable, Optional, Protocol

from . import faults, message

GIB = 1024**3
BLOCK = b"a" * 65536

ErrorBody = Callable[[int, Optional[int], Optional[str], str], bytes]


class Server(Protocol):
    """What has to be known of the server that answers."""

    faults: faults.Faults
    stopping: threading.Event
    error_body: ErrorBody

    def handle(self, request: message.Request) -> message.Response:
        """The true answer."""

    def saw(self, request: message.Request, response: message.Response | None) -> None:
        """Write one line of the log; None where no answer is given."""

    def encode(self, request: message.Request, response: message.Response) -> bytes:
        """The bytes of an answer."""


def serve(
    server: Server,
    fault: faults.Fault,
    request: message.Request,
    connection: socket.socket,
) -> bool:
    """Answer a request as the fault says; True when the connection may stay open."""
    if fault.kind in ("reset", "close"):
        return _lose(server, fault, request, connection)
    if fault.kind == "hang":
        return _hang(server, fault, request, connection)
    if fault.kind in ("trickle", "trickle_body"):
        return _trickle(server, fault, request, connection)
    if fault.kind == "truncated":
        return _truncate(server, fault, request, connection)
    return _replace(server, fault, request, connection)


def _lose(
    server: Server,
    fault: faults.Fault,
    request: message.Request,
    connection: socket.socket,
) -> bool:
    if fault.option("handled", False):
        server.handle(request)
    server.saw(request, None)
    if fault.kind == "reset":
        # Linger of zero seconds makes close() send RST instead of FIN.
        linger = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    return False


def _hang(
    server: Server,
    fault: faults.Fault,
    request: message.Request,
    connection: socket.socket,
) -> bool:
    while server.faults.active(fault) and not server.stopping.is_set():
        fault.over.wait(0.02)
    if server.stopping.is_set():
        server.saw(request, None)
        return False
    response = server.handle(request)
    server.saw(request, response)
    connection.sendall(server.encode(request, response))
    return True


def _trickle(
    server: Server,
    fault: faults.Fault,
    request: message.Request,
    connection: socket.socket,
) -> bool:
    response = server.handle(request)
    server.saw(request, response)
    data = server.encode(request, response)
    at_once = data.index(b"\r\n\r\n") + 4 if fault.kind == "trickle_body" else 0
    connection.sendall(data[:at_once])
    for at in range(at_once, len(data)):
        connection.sendall(data[at : at + 1])
        if server.stopping.wait(fault.option("interval", 0.2)):
            return False
    return True


def _truncate(
    server: Server,
    fault: faults.Fault,
    request: message.Request,
    connection: socket.socket,
) -> bool:
    whole = server.handle(request)
    body = whole.body[: len(whole.body) // 2]
    pairs = message.header_pairs(whole.headers)
    cut = fault.option("form", "cut") == "cut"
    length = len(body) if cut else len(whole.body)
    server.saw(request, whole)
    connection.sendall(message.head(whole.status, pairs, length) + body)
    return bool(cut)


def _replace(
    server: Server,
    fault: faults.Fault,
    request: message.Request,
    connection: socket.socket,
) -> bool:
    if fault.option("handled", False):
        server.handle(request)
    if fault.kind == "huge":
        return _huge(server, fault, request, connection)
    response = {
        "status": _error,
        "html": _html,
        "foreign": _foreign,
        "redirect": _redirect,
    }[fault.kind](server, fault)
    assert isinstance(response, message.Response)
    server.saw(request, response)
    connection.sendall(server.encode(request, response))
    return True


def _error(server: Server, fault: faults.Fault) -> message.Response:
    status = fault.option("status", 500)
    code, err_code = fault.option("code", None), fault.option("err_code", None)
    text = fault.option("message", "injected error")
    body = fault.option("body", None)
    if body is None:
        body = server.error_body(status, code, err_code, text)
    pairs = [("Content-Type", "application/json")]
    pairs += message.header_pairs(fault.option("headers", {}))
    data = body.encode() if isinstance(body, str) else body
    return message.Response(status, pairs, data, err_code=err_code or "")


def _html(server: Server, fault: faults.Fault) -> message.Response:
    pairs = [("Content-Type", "text/html; charset=utf-8")]
    page = b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>"
    return message.Response(fault.option("status", 200), pairs, page)


def _foreign(server: Server, fault: faults.Fault) -> message.Response:
    payload = fault.option("payload", {"hello": 1})
    body = json.dumps(payload).encode()
    return message.Response(200, [("Content-Type", "application/json")], body)


def _redirect(server: Server, fault: faults.Fault) -> message.Response:
    pairs = [("Location", fault.option("location", "/login"))]
    return message.Response(fault.option("status", 302), pairs)


def _huge(
    server: Server,
    fault: faults.Fault,
    request: message.Request,
    connection: socket.socket,
) -> bool:
    pairs = [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")]
    server.saw(request, message.Response(200))
    connection.sendall(message.head(200, pairs, None) + b'9\r\n{"data":"\r\n')
    chunk = b"%x\r\n%s\r\n" % (len(BLOCK), BLOCK)
    for _block in range(fault.option("limit", GIB) // len(BLOCK)):
        if server.stopping.is_set():
            return False
        connection.sendall(chunk)
    connection.sendall(b"0\r\n\r\n")
    return True
