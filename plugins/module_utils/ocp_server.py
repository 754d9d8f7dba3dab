# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One OCP: how it is asked, its clock, its envelope, and what a refusal means."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Callable, Mapping

from . import errors, ocp_auth, task, transport

# The task does not exist: Express, OCP up to 4.2.1, and newer (protocol/ocp.md 1.3).
ABSENT = ("20000", "4001", "TSK10001")
# These answer without the envelope (1.1).
_BARE = ("/info", "/time", "/status")
_CLOCK_SLACK = 60.0
_DAY = 86400.0
_ROUNDING = 1.0  # a countdown in whole seconds ends up to one second later
_HINT = (
    "; is ocp.base_path right? OCP has /api/v2, OCP Express /api/v1 (it answers a "
    "page for a path that it does not know)"
)
_MAY_NOT_READ = (
    "; this user may not read tasks: its role needs TASK:*:READ, or the Task Center "
    "menu since OCP 4.3.4, which some roles that may start tasks lack"
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


class Server:
    """A conversation as one user; `memory` is what a later one may reuse."""

    def __init__(
        self,
        transport_: transport.Transport,
        credentials: ocp_auth.Credentials,
        base_path: str,
        *,
        memory: Mapping[str, Any] | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.url = transport_.url
        self.base_path = normalised(base_path)
        self._transport = transport_
        self._credentials = ocp_auth.check(credentials)
        self._wall_clock = wall_clock
        self._offset = float((memory or {}).get("clock_offset") or 0.0)

    @property
    def memory(self) -> dict[str, Any]:
        """Plain data without a secret, for a Server of a later run."""
        return {"clock_offset": round(self._offset, 3)}

    def call(self, method: str, target: str, body: Any = None) -> Reply:
        """Return the reply to a request below the base path, whatever its status.

        Raises AuthRefused for a 401, at once: accounts are locked after a few failed
        logins. Only the date of a signature is mended, once, when the server's clock
        explains the refusal.
        """
        target = self.base_path + target
        if self._credentials.signs:
            target = ocp_auth.canonical(target)
        reply = self._exchange(method, target, body)
        if reply.status == 401 and self._clock_explains(reply):
            reply = self._exchange(method, target, body)
        if reply.status != 401:
            return reply
        self._transport.forget_cookies()
        raise errors.AuthRefused(
            f"{method} {self.url}{target.partition('?')[0]}: it did not accept "
            f"{self._credentials.options}; not tried again, since accounts get locked "
            f"({reply.said})",
            **self._details(reply),
        )

    def refusal(
        self, what: str, reply: Reply, *, reading: bool = False
    ) -> errors.OpsError:
        """Return the error for a reply that is no success; `reading`: of tasks."""
        known = self._details(reply)
        said = f"{what}: {self.url}: {reply.said}"
        if reply.code in ABSENT:
            return errors.TaskNotFound(
                f"{what}: {self.url} knows no such task, or it was removed after the "
                f"retention time ({reply.said})",
                **known,
            )
        if reply.status == 429:
            asked = _wait_asked(reply.headers)
            if asked is None:
                return errors.Unavailable(said, **known)
            said += f"; it asks to wait {asked:.0f} s"
            return errors.Unavailable(said, wait=asked + _ROUNDING, **known)
        if reply.status >= 500 or (reply.status == 404 and reading):
            return errors.Unavailable(said, **known)
        if reply.status == 403 and reading:
            return errors.Refused(said + _MAY_NOT_READ, **known)
        if 300 <= reply.status < 400:
            return errors.Refused(said + _HINT, **known)
        return errors.Refused(said, **known)

    def _exchange(self, method: str, target: str, body: Any) -> Reply:
        what = f"{method} {self.url}{target.partition('?')[0]}"
        try:
            answer = self._transport.send(
                method, target, json_body=body, auth=self._auth()
            )
        except errors.InvalidAnswer as e:
            if e.details.get("fatal"):
                raise
            raise errors.InvalidAnswer(e.message + _HINT, **e.details) from e
        return _open(what, answer)

    def _auth(self) -> Any:
        if not self._credentials.signs:
            return ocp_auth.Basic(self._credentials)
        now = self._wall_clock() + self._offset
        return ocp_auth.Signed(self._credentials, now=now)

    def _clock_explains(self, reply: Reply) -> bool:
        """Measure the server's clock (2.3); True if the date of a signature was off."""
        self._transport.forget_cookies()
        if not self._credentials.signs:
            return False
        server_time = self._server_time(reply)
        if server_time is None:
            return False
        before, self._offset = self._offset, server_time - self._wall_clock()
        return abs(self._offset - before) > _CLOCK_SLACK

    def _server_time(self, reply: Reply) -> float | None:
        """Return the time of the open route, else of the refused answer itself."""
        said: list[Any] = []
        # A text that is not JSON, or a failure: the refusal has a time too.
        with contextlib.suppress(errors.OpsError):
            said.append(self._transport.send("GET", f"{self.base_path}/time").body)
        for text in (*said, reply.timestamp):
            at = task.moment(text) if isinstance(text, str) else None
            if at is not None:
                return at
        return _http_date(reply.headers.get("date"))

    def _details(self, reply: Reply) -> dict[str, Any]:
        """Return a refusal as data for the result."""
        return {
            "server": self.url,
            "status": reply.status,
            "code": reply.code or None,
            "server_message": reply.message,
            "trace_id": reply.trace_id or None,
        }


def normalised(base_path: str) -> str:
    """Return where the API begins: one slash in front, none at the end, none doubled.

    Express answers a doubled slash with its login page (protocol/ocp.md 8.10).
    """
    if any(sign in base_path for sign in "?#;\\") or not base_path.isprintable():
        raise errors.InvalidOption(
            "ocp.base_path", "a path such as /api/v2 is expected, without a query"
        )
    parts = [part for part in base_path.strip().split("/") if part]
    return "".join(f"/{part}" for part in parts)


def _open(what: str, answer: transport.Answer) -> Reply:
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
            f"{what}: HTTP {status}: the answer is not OCP's: {shown}{_HINT}",
            status=status,
        )
    error = body.get("error")
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


def _is_json(answer: transport.Answer) -> bool:
    return "json" in str(answer.headers.get("content-type"))


def _wait_asked(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a 429 asks to wait (6), None where it says none."""
    for name in ("RateLimit-Reset", "Retry-After"):
        text = str(headers.get(name) or "").strip()
        if re.match(r"\d+(\.\d+)?$", text) and float(text) <= _DAY:
            return float(text)
    return None


def _http_date(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
