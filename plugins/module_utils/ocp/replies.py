# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What OCP answered: the inside of its envelope, and what its headers ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Mapping

from .. import errors, transport

# These answer without the envelope (1.1).
_BARE = ("/info", "/time", "/status")
_DAY = 86400.0
HINT = (
    "; is this OCP, and is ocp.base_path right? OCP has /api/v2, OCP Express /api/v1 "
    "(a page is what it answers to a path that it does not know, as obshell does, port "
    "2886, whose modules are others)"
)


@dataclass(frozen=True)
class Reply:
    """The inside of OCP's envelope."""

    status: int
    data: Any
    error: Mapping[str, Any]
    trace_id: str = ""
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    timestamp: Any = None

    @property
    def ok(self) -> bool:
        """True for a success; an error may come with status 200 (1.4)."""
        return self.status < 300 and not self.error

    @property
    def code(self) -> str:
        """The error's code, a number or a word; empty for none and for 0 (1.3)."""
        code = self.error.get("code")
        return "" if code in (None, 0, "0") else errors.printable(code, 40)

    @property
    def message(self) -> str:
        """The server's words, on one line."""
        return errors.printable(self.error.get("message") or self.text)

    @property
    def said(self) -> str:
        """Status, code and words, on one line."""
        head = " ".join(word for word in (f"HTTP {self.status}", self.code) if word)
        return f"{head}: {self.message}" if self.message else head


def opened(what: str, answer: transport.Answer) -> Reply:
    """Return what is in the envelope; refuse what is not OCP's (1.1, 1.4)."""
    status, headers, body = answer.status, answer.headers, answer.body
    if status == 204 or (what.startswith("HEAD ") and _is_json(answer)):
        return Reply(status, None, {}, headers=headers)
    if body is None and status >= 300:
        where = errors.printable(headers.get("location") or "", 200)
        text = f"redirected to {where}; not followed" if where else answer.text
        return Reply(status, None, {}, text=text, headers=headers)
    if not isinstance(body, dict) or "successful" not in body:
        if status >= 400:
            return Reply(status, None, {}, text=str(body), headers=headers)
        if body is not None and what.startswith("GET ") and what.endswith(_BARE):
            return Reply(status, body, {}, headers=headers)
        shown = "nothing" if body is None else errors.printable(body, 120)
        raise errors.InvalidAnswer(
            f"{what}: HTTP {status}: the answer is not OCP's: {shown}{HINT}",
            status=status,
        )
    error = body.get("error")
    if isinstance(error, dict) and "server" not in body and _is_obshells(error):
        raise errors.InvalidAnswer(
            f"{what}: HTTP {status}: this is obshell, not OCP: give its address as "
            "obshell.url, and use the modules of obshell",
            status=status,
        )
    reply = Reply(
        status,
        body.get("data") if status < 300 else None,
        error if isinstance(error, dict) and body["successful"] is not True else {},
        trace_id=str(body.get("traceId") or ""),
        headers=headers,
        timestamp=body.get("timestamp"),
    )
    if status < 300 and body["successful"] is not True and not reply.code:
        raise errors.InvalidAnswer(
            f"{what}: HTTP {status}, yet not successful: "
            f"{errors.printable(error, 120)}",
            status=status,
        )
    return reply


def _is_obshells(error: Mapping[str, Any]) -> bool:
    """Tell by an error that the server is obshell (protocol/obshell.md 1.7)."""
    words = str(error.get("message") or "")
    return "errCode" in error or words.endswith("404 not found")


def _is_json(answer: transport.Answer) -> bool:
    return "json" in str(answer.headers.get("content-type"))


def wait_asked(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a 429 asks to wait (6), None where it says none."""
    for name in ("RateLimit-Reset", "Retry-After"):
        text = str(headers.get(name) or "").strip()
        if re.match(r"\d+(\.\d+)?$", text) and float(text) <= _DAY:
            return float(text)
    return None


def http_date(text: str | None) -> float | None:
    """Return unix seconds of a header Date, None where it is none."""
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
