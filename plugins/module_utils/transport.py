# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One server's HTTP: requests and answers, time limits, JSON in and out."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence
from urllib.parse import quote

from . import adapters, alarms, arguments, errors, exchange, unpacking

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "Accept-Language": "en-US",
    "Content-Type": "application/json",
    "User-Agent": "oceanbase.ops",
}
# What a path or a query may hold as it is; all else is percent-encoded by us, so that
# the bytes that are signed are the bytes on the request line (protocol/obshell.md 2.5).
_PATH_SAFE = "/%:@!$&'()*+,;=-._~"
_QUERY_SAFE = "/?%:@!$&'()*+,;=-._~"


@dataclass(frozen=True)
class Answer:
    """What a server said: `body` is decoded JSON; `text` the start of what is not."""

    status: int
    headers: Mapping[str, str]
    body: Any = None
    text: str = ""
    size: int = 0


@dataclass
class Deadline:
    """Seconds on a monotonic clock that no request outlives; None is no limit.

    With an alarm requests are sent by the thread that asks for them.
    """

    at: float | None = None
    clock: Callable[[], float] = time.monotonic
    alarm: alarms.Alarm | None = None

    def limit(self, seconds: float, *, shared: int = 1) -> float:
        """Return the seconds that a request may take, of the rest that some share."""
        if self.at is None:
            return seconds
        return min(seconds, (self.at - self.clock()) / shared)


@dataclass
class Tally:
    """What was sent and received."""

    requests: int = 0
    bytes: int = 0


# What is said of a server that refuses the first connection.
_HINTS = {
    "obshell": "; is obshell running there? Its port is 2886",
    "ocp": "; is OCP running there? Its port is 8080",
}


def target(path: str, query: Mapping[str, Any] | None = None) -> str:
    """Return the request target, encoded once, of a path and query values.

    The path may hold a query of its own.
    """
    path, mark, given = path.partition("?")
    encoded = quote(path, safe=_PATH_SAFE) + mark + quote(given, safe=_QUERY_SAFE)
    pairs: list[str] = []
    for key, value in (query or {}).items():
        for item in value if isinstance(value, (list, tuple)) else [value]:
            text = str(item).lower() if isinstance(item, bool) else str(item)
            pairs.append(f"{quote(str(key), safe='')}={quote(text, safe='')}")
    joint = "&" if mark else "?"
    return encoded + (joint + "&".join(pairs) if pairs else "")


class Transport:
    """Requests to one base URL over one kept-alive connection."""

    def __init__(
        self,
        url: str,
        connection: arguments.Connection,
        *,
        deadline: Deadline | None = None,
        tally: Tally | None = None,
    ) -> None:
        self.url = url
        self.connection = connection
        self.deadline = deadline or Deadline()
        self.tally = tally or Tally()
        self._line: exchange.Line | None = None
        self._shared = 1
        self._answered = False
        self._cut = False

    @property
    def over_unix(self) -> bool:
        """Whether the server is reached over a socket of this host."""
        return self.url.startswith(arguments.UNIX)

    def send(
        self,
        method: str,
        target: str,
        *,
        json_body: Any = None,
        auth: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer to one request, whatever its status.

        `target` is the request target below the base URL. Raises Unreachable,
        TlsFailure, and InvalidAnswer for a body that is too large, or that is not
        JSON though the status says that all is well.
        """
        seconds = self.deadline.limit(
            self.connection.request_timeout, shared=self._shared
        )
        what = f"{method} {self.url}{target.partition('?')[0]}"
        if self.connection.use_proxy:
            what += " (use_proxy is on)"
        if seconds <= 0:
            raise errors.Unreachable(
                f"{what}: no time left", reason="timeout", url=self.url
            )
        self.tally.requests += 1
        self._line = line = self._line or exchange.Line(self.url, self.deadline.alarm)
        if self._cut:
            line.cut()
        request = {
            "method": method,
            "url": (adapters.LOCAL if self.over_unix else self.url) + target,
            "data": None if json_body is None else json.dumps(json_body).encode(),
            "headers": {**_HEADERS, **(headers or {})},
        }
        try:
            status, got, content = line.send(
                what, request, auth, self.connection, seconds
            )
        except errors.OpsError as e:
            self.close()  # a given up exchange may still hold its connection
            e.details.setdefault("url", self.url)
            if e.details.get("reason") == "refused" and not self._answered:
                e.message += _HINTS.get(self.connection.server, "")
            raise
        self._answered = True
        self.tally.bytes += len(content)
        return _answer(what, status, got, content)

    def share(self, number: int) -> None:
        """Leave time to others: it is one of so many that may be asked."""
        self._shared = number

    def forget_cookies(self) -> None:
        """Empty the cookie jar: a valid cookie would hide a wrong password."""
        if self._line is not None:
            self._line.forget_cookies()

    def cut(self) -> None:
        """End, from another thread, what a request in flight is at: it fails."""
        self._cut = True
        if self._line is not None:
            self._line.cut()

    def close(self) -> None:
        """Leave no connection and no thread behind; a later request opens anew."""
        if self._line is not None:
            self._line.close()
            self._line = None


def notes(carriers: Sequence[Transport], option: str) -> list[str]:
    """Return what a user is to be warned of about the way to one server's addresses."""
    secure = [one for one in carriers if one.url.startswith("https:")]
    found = []
    if secure and not secure[0].connection.validate_certs:
        found.append(
            f"{option}.validate_certs is false: whoever stands in between can answer "
            "in the server's place"
        )
    if secure and any(one.url.startswith("http:") for one in carriers):
        found.append(
            f"{option}.url mixes https with http: what is sent to the latter is not "
            "encrypted"
        )
    return found


def _answer(
    what: str, status: int, headers: Mapping[str, str], content: bytearray
) -> Answer:
    size = len(content)
    if not content:
        return Answer(status, headers)
    try:
        return Answer(status, headers, unpacking.decoded(content), size=size)
    except unpacking.Odd as e:
        raise errors.InvalidAnswer(f"{what}: HTTP {status}: {e}", status=status) from e
    except ValueError:
        start = errors.printable(content[:120].decode("utf-8", "replace"), 120)
    kind = errors.printable(headers.get("content-type", "no type"), 60)
    if status < 300:
        raise errors.InvalidAnswer(
            f"{what}: HTTP {status}: the answer is not JSON ({kind}): {start}",
            status=status,
        )
    return Answer(status, headers, text=f"({kind}) {start}", size=size)
