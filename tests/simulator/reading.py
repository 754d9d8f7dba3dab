# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests as they come in over a connection."""

from __future__ import annotations

import socket
import struct
from typing import BinaryIO
from urllib.parse import parse_qs

from . import message

MAX_HEAD = 1024 * 1024


def request(
    connection: socket.socket, reader: BinaryIO, *, over_unix: bool
) -> message.Request | None:
    """The next request, None at the end; ValueError for what is none."""
    line = reader.readline(MAX_HEAD)
    if not line:
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise ValueError("malformed request line")
    method, target, version = parts
    headers = _headers(reader)
    if version == "HTTP/1.0":
        headers.setdefault("connection", "close")
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    path, _mark, query = target.partition("?")
    return message.Request(
        method=method,
        target=target,
        path=path,
        query=parse_qs(query, keep_blank_values=True),
        headers=headers,
        body=_body(reader, headers),
        over_unix=over_unix,
        peer_uid=_peer_uid(connection) if over_unix else None,
    )


def _headers(reader: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    while True:
        line = reader.readline(MAX_HEAD)
        if line in (b"\r\n", b"\n"):
            return headers
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise ValueError("malformed header")
        headers[name.strip().lower()] = value.strip()


def _body(reader: BinaryIO, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _chunks(reader)
    length = int(headers.get("content-length") or 0)
    body: bytes = reader.read(length)
    if len(body) < length:
        raise ValueError("short body")
    return body


def _chunks(reader: BinaryIO) -> bytes:
    body = bytearray()
    while True:
        size = int(reader.readline(MAX_HEAD).split(b";")[0], 16)
        body += reader.read(size)
        reader.readline(MAX_HEAD)
        if size == 0:
            return bytes(body)


def _peer_uid(connection: socket.socket) -> int | None:
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return None
    packed = connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i"))
    uid: int = struct.unpack("3i", packed)[1]
    return uid
