# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an obshell agent answered: the inside of its envelope, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from .. import errors, transport


@dataclass(frozen=True)
class Reply:
    """The inside of obshell's envelope."""

    status: int
    data: Any
    error: Mapping[str, Any]
    trace_id: str = ""
    text: str = ""

    @property
    def code(self) -> str:
        """The error's name, or its number before 4.3.1, or an empty string."""
        return str(self.error.get("errCode") or self.error.get("code") or "")

    @property
    def name(self) -> str:
        """The last word of the error's name, as `IncorrectOceanbasePassword`."""
        return self.code.rpartition(".")[2]

    @property
    def said(self) -> str:
        """What the server said, on one line."""
        words = [f"HTTP {self.status}", self.code]
        head = " ".join(word for word in words if word)
        message = self.error.get("message") or self.text
        return f"{head}: {errors.printable(message)}" if message else head


def identity_in(status: Mapping[str, Any]) -> Any:
    """Return the identity that a /status tells; None where it is none that is known."""
    agent = status.get("agent")
    return agent.get("identity") if isinstance(agent, dict) else None


def no_route(reply: Reply) -> bool:
    """Tell whether the agent's version has no such route (1.3, 10.1.8)."""
    if reply.code == "Common.NotFound":
        return True
    words = str(reply.error.get("message") or "")
    return reply.code == "1000" and words.endswith("404 not found")


def panicked(reply: Reply) -> bool:
    """Tell whether a handler died, as some do where there is nothing (1.6, 3.10)."""
    return reply.status == 500 and reply.code in ("Common.Unexpected", "1002")


def is_locked(code: str, words: str) -> bool:
    """Tell whether a maintenance lock is what refuses; numbers before 4.3.1 (10.2)."""
    if "UnderMaintenance" in code:
        return True
    marks = ("under maintenance", "under maintaince", "is not 1")
    return code in ("1000", "1002", "1010") and any(mark in words for mark in marks)


def details(reply: Reply, url: str) -> dict[str, Any]:
    """Return a refusal as data for the result."""
    return {
        "url": url,
        "status": reply.status,
        "code": reply.code or None,
        "server_message": errors.printable(reply.error.get("message") or reply.text),
        "trace_id": reply.trace_id or None,
    }


def refusal(what: str, reply: Reply, server: str) -> errors.OpsError:
    """Return the error for a reply that is not a success.

    A lock of another task is status 500 too, but no outage: who asks for a new task
    is refused (1.7).
    """
    known = details(reply, server)
    locked = is_locked(reply.code, str(reply.error.get("message") or ""))
    if (reply.status >= 500 and not locked) or reply.status == 429:
        return errors.Unavailable(f"{what}: {reply.said}", **known)
    return errors.Refused(f"{what}: {reply.said}", **known)


def failed(what: str, reply: Reply, server: str) -> errors.OpsError:
    """Return the error for a reply to a question that is not a success.

    What a gateway says in the server's place may pass.
    """
    said, known = f"{what}: {reply.said}", details(reply, server)
    foreign = None if reply.error else errors.of_a_gateway(said, known)
    return foreign or refusal(what, reply, server)


def opened(what: str, answer: transport.Answer) -> Reply:
    """Return what is in the envelope; refuse what is not obshell's (1.1)."""
    body = answer.body
    if body is None:
        where = answer.headers.get("location", "")
        text = f"redirected to {where}; not followed" if where else answer.text
        if answer.status == 200 and not what.startswith("HEAD"):
            raise errors.InvalidAnswer(f"{what}: HTTP 200 without a body", status=200)
        return Reply(answer.status, None, {}, text=text)
    if not isinstance(body, dict) or "successful" not in body:
        if answer.status >= 400:
            return Reply(answer.status, None, {}, text=str(body))
        raise errors.InvalidAnswer(
            f"{what}: the answer is not obshell's: {errors.printable(body, 120)}",
            status=answer.status,
        )
    if "server" in body:  # OCP's envelope names its node, obshell's never does
        raise errors.InvalidAnswer(
            f"{what}: HTTP {answer.status}: this is an OCP, not obshell: give its "
            "address as ocp.url, and use the modules of OCP",
            status=answer.status,
        )
    error = body.get("error")
    data = body.get("data")
    if answer.status < 400 and body["successful"] is not True:
        raise errors.InvalidAnswer(
            f"{what}: HTTP {answer.status}, yet not successful: "
            f"{errors.printable(error, 120)}",
            status=answer.status,
        )
    return Reply(
        answer.status,
        data if answer.status < 400 else None,
        error if isinstance(error, dict) else {},
        str(body.get("traceId") or ""),
    )
