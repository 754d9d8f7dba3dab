# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One OCP: how it is asked, its clock, and what a refusal means."""

from __future__ import annotations

import contextlib
import time
from typing import Any, Callable, Mapping

from .. import errors, transport
from ..task import times
from . import auth, replies

# The task does not exist: Express, OCP up to 4.2.1, and newer (protocol/ocp.md 1.3).
ABSENT = ("20000", "4001", "TSK10001")
_CLOCK_SLACK = 60.0
_CLOCK_NOTED = 300.0  # seconds above which a difference is told
_CLOCK_MOST = 86400.0  # seconds by which its clock is believed to differ
_ROUNDING = 1.0  # a countdown in whole seconds ends up to one second later
_MAY_NOT_READ = (
    "; this user may not read tasks: its role needs TASK:*:READ, or the Task Center "
    "menu since OCP 4.3.4, which some roles that may start tasks lack"
)


class Server:
    """A conversation as one user; `memory` is what a later one may reuse."""

    def __init__(
        self,
        transport_: transport.Transport,
        credentials: auth.Credentials,
        base_path: str,
        *,
        memory: Mapping[str, Any] | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.url = transport_.url
        self.base_path = normalised(base_path)
        self.carrier = transport_
        self._credentials = auth.check(credentials)
        self._wall_clock = wall_clock
        self._offset = float((memory or {}).get("clock_offset") or 0.0)
        self.notes: list[str] = []

    @property
    def memory(self) -> dict[str, Any]:
        """Plain data without a secret, for a Server of a later run."""
        return {"clock_offset": round(self._offset, 3)}

    def close(self) -> None:
        """Leave no connection and no thread behind."""
        self.carrier.close()

    def call(self, method: str, target: str, body: Any = None) -> replies.Reply:
        """Return the reply to a request below the base path, whatever its status.

        Raises AuthRefused for a 401, at once: accounts are locked after a few failed
        logins. Only the date of a signature is mended, once, when the server's clock
        explains the refusal.
        """
        target = self.base_path + target
        if self._credentials.signs:
            target = auth.canonical(target)
        reply = self._exchange(method, target, body)
        if reply.status == 401 and self._clock_explains(reply):
            reply = self._exchange(method, target, body)
        if reply.status != 401:
            return reply
        self.carrier.forget_cookies()
        hint = ""
        if self._credentials.signs and self.base_path.endswith("/api/v1"):
            hint = "; OCP Express has no access keys: give username and password"
        raise errors.AuthRefused(
            f"{method} {self.url}{target.partition('?')[0]}: it did not accept "
            f"{self._credentials.options}; not tried again, since accounts get locked "
            f"({reply.said}){hint}",
            **self._details(reply),
        )

    def refusal(
        self, what: str, reply: replies.Reply, *, reading: bool = False
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
            asked = replies.wait_asked(reply.headers)
            if asked is None:
                return errors.Unavailable(said, **known)
            said += f"; it asks to wait {asked:.0f} s"
            return errors.Unavailable(said, wait=asked + _ROUNDING, **known)
        if reading and not reply.error:
            foreign = errors.of_a_gateway(said + replies.HINT, known)
            if foreign is not None:
                return foreign
        if reply.status >= 500 or (reply.status == 404 and reading):
            return errors.Unavailable(said, **known)
        if reply.status == 403 and reading:
            return errors.Refused(said + _MAY_NOT_READ, **known)
        if 300 <= reply.status < 400:
            return errors.Refused(said + replies.HINT, **known)
        return errors.Refused(said, **known)

    def _exchange(self, method: str, target: str, body: Any) -> replies.Reply:
        what = f"{method} {self.url}{target.partition('?')[0]}"
        try:
            answer = self.carrier.send(
                method, target, json_body=body, auth=self._auth()
            )
        except errors.InvalidAnswer as e:
            if e.details.get("fatal"):
                raise
            raise errors.InvalidAnswer(e.message + replies.HINT, **e.details) from e
        return replies.opened(what, answer)

    def _auth(self) -> Any:
        if not self._credentials.signs:
            return auth.Basic(self._credentials)
        now = self._wall_clock() + self._offset
        return auth.Signed(self._credentials, now=now)

    def _clock_explains(self, reply: replies.Reply) -> bool:
        """Measure the server's clock (2.3); True if the date of a signature was off."""
        self.carrier.forget_cookies()
        if not self._credentials.signs:
            return False
        server_time = self._server_time(reply)
        if server_time is None:
            return False
        before, offset = self._offset, server_time - self._wall_clock()
        if abs(offset) > _CLOCK_NOTED and not self.notes:
            self.notes.append(
                f"the clock of {self.url} is {abs(offset):.0f} s "
                f"{'ahead of' if offset > 0 else 'behind'} this one"
            )
        if abs(offset) > _CLOCK_MOST:
            return False
        self._offset = offset
        return abs(self._offset - before) > _CLOCK_SLACK

    def _server_time(self, reply: replies.Reply) -> float | None:
        """Return the time of the open route, else of the refused answer itself."""
        said: list[Any] = []
        # A text that is not JSON, or a failure: the refusal has a time too.
        with contextlib.suppress(errors.OpsError):
            said.append(self.carrier.send("GET", f"{self.base_path}/time").body)
        for text in (*said, reply.timestamp):
            at = times.moment(text) if isinstance(text, str) else None
            if at is not None:
                return at
        return replies.http_date(reply.headers.get("date"))

    def _details(self, reply: replies.Reply) -> dict[str, Any]:
        """Return a refusal as data for the result."""
        return {
            "url": self.url,
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
