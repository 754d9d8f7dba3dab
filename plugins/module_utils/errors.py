# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that can go wrong, as one tree.

OpsError
├── Unexpected          a fault of ours, with the traceback
├── InvalidOption       an option was refused before anything was sent
├── MissingLibrary      requests or cryptography is not there
├── Unreachable         no answer: name, connection, time
├── TlsFailure          the secure connection was refused by either side
├── InvalidAnswer       an answer that the server this is meant for does not give
├── Unavailable         the server cannot serve the task now: busy, no observer
├── Refused             the server answered with an error
│   └── AuthRefused     it did not accept the credentials
├── TaskNotFound        proved: no such task at that server
└── WaitError           a wait that did not end as it should
    ├── TaskFailed      the task ended otherwise than accepted
    ├── StaleTask       the last task was over before the wait began
    ├── OtherTask       an answer is about another task than the one asked for
    ├── Stalled         nothing in a task has moved for too long
    └── WaitTimeout     the time was up first
"""

from __future__ import annotations

import contextlib
from typing import Any, Iterator, Mapping, Sequence

# Reasons of Unreachable: the connection was not made, so nothing can have been sent.
_NOT_SENT = ("name", "refused")


MESSAGE = 2400  # characters of a message, whatever servers have said in it


def printable(text: Any, limit: int = 300) -> str:
    """Return the text on one line, control characters escaped, cut at the limit."""
    known = str(text)
    start = known[: limit + 1]
    shown = start
    if not start.isprintable():
        shown = "".join(
            c if c.isprintable() else c.encode("unicode_escape").decode("ascii")
            for c in start
        )
    return shown if len(shown) <= limit else shown[:limit] + " ..."


def line(text: Any) -> str:
    """Return a message as it may leave: nothing in it can begin a line of its own."""
    return printable(text, MESSAGE)


class OpsError(Exception):
    """Any failure of this collection: one line for people, details as data.

    `transient` says that the same question may be answered in a while.
    """

    kind = "error"
    transient = False

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, Any] = details
        self.result: dict[str, Any] = {}

    def __str__(self) -> str:
        return self.message

    def to_result(self) -> dict[str, Any]:
        """Return what fail_json gets: `msg`, `error` (kind and details), the result."""
        known = {
            key: line(value) if isinstance(value, str) else value
            for key, value in self.details.items()
        }
        error = {"kind": self.kind, **known}
        return {**self.result, "msg": line(self.message), "error": error}


# What somebody in the middle says while a server is away: as transient as 502 is.
_GATEWAYS = (408, 425)
# The same, where the server itself has answered before; else the address is wrong.
_FOREIGN = (302, 307, 400, 403, 404, 410)


def of_a_gateway(message: str, details: Mapping[str, Any]) -> OpsError | None:
    """Return the error for an answer to a question that is not the server's own.

    None for a status that says the same whoever it is from. Unavailable passes always,
    InvalidAnswer only where the server has answered before.
    """
    if details["status"] in _GATEWAYS:
        return Unavailable(message, **details)
    if details["status"] in _FOREIGN:
        return InvalidAnswer(message, **details)
    return None


def of_all(failures: Sequence[OpsError]) -> OpsError:
    """Return the error where several servers were asked and each has failed.

    One that may pass decides, an unknown name last; the others are told behind it.
    """
    ranked = sorted(
        failures, key=lambda e: (not e.transient, e.details.get("reason") == "name")
    )
    first = ranked[0]
    others = [e.message for e in ranked[1:] if e.message not in first.message]
    first.message = "; ".join([first.message, *others])
    return first


def may_be_served(error: OpsError) -> bool:
    """Tell whether the server may have begun with what ended in this error.

    `sent` in the details is False where the request itself was never sent; who is told
    to come again later (429) was not served.
    """
    if isinstance(error, Unreachable) and error.reason in _NOT_SENT:
        return False
    return error.details.get("sent", True) and error.details.get("status") != 429


def add_doubt(error: OpsError, look: str) -> None:
    """Say it where a request may have been carried out though it ended in this error.

    `look` says where that is to be seen.
    """
    # A gateway's page has no code: the server itself did not say no.
    foreign = isinstance(error, Unavailable) and not error.details.get("code")
    lost = foreign or isinstance(error, (Unreachable, InvalidAnswer))
    if lost and may_be_served(error):
        error.details["sent"] = True
        error.message += (
            f"; it may have been carried out all the same: look at {look} before it is "
            "sent again"
        )


@contextlib.contextmanager
def accepted(status: int, *, changing: bool = True) -> Iterator[None]:
    """Say of an odd answer to a request that changes something: it was accepted."""
    try:
        yield
    except InvalidAnswer as e:
        if changing and status < 300:
            e.details["sent"] = True
            e.message += f"; the request itself was accepted (HTTP {status})"
        raise


class Unexpected(OpsError):
    """A fault of ours; the result has the traceback."""

    kind = "unexpected"


class InvalidOption(OpsError):
    """An option was refused before anything was sent."""

    kind = "invalid_option"

    def __init__(self, option: str, reason: str) -> None:
        super().__init__(f"{option}: {reason}", option=option)


class MissingLibrary(OpsError):
    """requests or cryptography is not there; `trace` is the failed import's."""

    kind = "missing_library"

    def __init__(self, message: str, trace: str) -> None:
        super().__init__(message)
        self.result = {"exception": trace}


class Unreachable(OpsError):
    """No answer: `reason` is name, refused, reset or timeout."""

    kind = "unreachable"
    transient = True

    def __init__(self, message: str, *, reason: str, **details: Any) -> None:
        super().__init__(message, reason=reason, **details)
        self.reason = reason


class TlsFailure(OpsError):
    """The secure connection was refused by either side."""

    kind = "tls"


class InvalidAnswer(OpsError):
    """An answer that the server this is meant for does not give."""

    kind = "invalid_answer"


class Unavailable(OpsError):
    """The server cannot serve the task now; `wait` is what it asks for in seconds."""

    kind = "unavailable"
    transient = True

    def __init__(
        self, message: str, *, wait: float | None = None, **details: Any
    ) -> None:
        super().__init__(message, **details)
        self.wait = wait


class Refused(OpsError):
    """The server answered with an error; details: status, code, err_code, trace_id."""

    kind = "refused"


class AuthRefused(Refused):
    """The server did not accept the credentials."""

    kind = "auth"


class TaskNotFound(OpsError):
    """Proved: no such task at that server."""

    kind = "task_not_found"


class WaitError(OpsError):
    """A wait that did not end as it should."""

    kind = "wait"


class TaskFailed(WaitError):
    """The task ended otherwise than accepted."""

    kind = "task_failed"


class StaleTask(WaitError):
    """The last task was over before the wait began."""

    kind = "stale_task"


class OtherTask(WaitError):
    """An answer is about another task than the one asked for."""

    kind = "other_task"


class Stalled(WaitError):
    """Nothing in a task has moved for too long."""

    kind = "stalled"


class WaitTimeout(WaitError):
    """The time was up first."""

    kind = "timeout"
