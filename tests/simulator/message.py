# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests, answers and their bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Mapping, Sequence, Tuple, Union

HeaderPairs = Union[Mapping[str, str], Sequence[Tuple[str, str]]]


@dataclass(frozen=True)
class Request:
    """A request; `target` is the raw request target, header names are in lower case."""

    method: str
    target: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    over_unix: bool = False
    peer_uid: int | None = None


@dataclass(frozen=True)
class Response:
    """An answer; `err_code` and `login_failed` are only for the server's log."""

    status: int
    headers: HeaderPairs = ()
    body: bytes = b""
    chunked: bool = False
    err_code: str = ""
    login_failed: bool = False


@dataclass(frozen=True)
class Seen:
    """A request that was served; status 0 where no answer was given."""

    time: float
    method: str
    target: str
    status: int
    err_code: str
    signed: bool
    login_failed: bool


def json_response(
    payload: Any,
    *,
    status: int = 200,
    headers: HeaderPairs = (),
    chunked: bool = False,
    err_code: str = "",
    login_failed: bool = False,
) -> Response:
    """An answer with compact JSON, as both servers write it."""
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    pairs = [("Content-Type", "application/json")]
    return Response(
        status=status,
        headers=pairs + header_pairs(headers),
        body=text.encode("utf-8"),
        chunked=chunked,
        err_code=err_code,
        login_failed=login_failed,
    )


def header_pairs(headers: HeaderPairs) -> list[tuple[str, str]]:
    if isinstance(headers, Mapping):
        return list(headers.items())
    return list(headers)


def head(status: int, pairs: list[tuple[str, str]], length: int | None) -> bytes:
    """Status line and headers; `length` None writes no Content-Length."""
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = "Unknown"
    if length is not None and not any(n.lower() == "content-length" for n, _v in pairs):
        pairs = pairs + [("Content-Length", str(length))]
    lines = [f"HTTP/1.1 {status} {reason}"] + [f"{n}: {v}" for n, v in pairs]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunks(body: bytes, size: int = 4096) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"
