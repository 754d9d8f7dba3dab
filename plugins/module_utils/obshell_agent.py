# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One obshell agent: who it is, its key, its clock, what a refusal means."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Callable, Mapping

from . import errors, obshell_auth, task, transport

PREFIX = "/api/v1"
EXPIRES = 30  # seconds ahead of the agent's clock: captured headers are soon worthless


@dataclass(frozen=True)
class Credentials:
    """Passwords of obshell: of root@sys, the one to come, and of the agent."""

    password: str | None = None
    next_password: str | None = None
    agent_password: str | None = None
    public_key_sha256: tuple[str, ...] = ()


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
    def said(self) -> str:
        """What the server said, on one line."""
        words = [f"HTTP {self.status}", self.code]
        head = " ".join(word for word in words if word)
        message = self.error.get("message") or self.text
        return f"{head}: {errors.printable(message)}" if message else head


class Agent:
    """A signed conversation with one agent; `memory` is what a later one may reuse."""

    def __init__(
        self,
        transport_: transport.Transport,
        credentials: Credentials,
        *,
        memory: Mapping[str, Any] | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.url = transport_.url
        self._transport = transport_
        self._credentials = credentials
        self._wall_clock = wall_clock
        memory = memory or {}
        self._key: obshell_auth.PublicKey | None = None
        if memory.get("key"):
            self._key = self._accept(memory["key"])
        self._offset = float(memory.get("clock_offset") or 0.0)
        self._sealed_with = self._offset
        self._info: dict[str, Any] | None = memory.get("info")
        self._next_is_right = bool(memory.get("next_password"))

    @property
    def memory(self) -> dict[str, Any]:
        """Plain data without a secret, for an Agent of a later run."""
        return {
            "key": self._key.text if self._key else None,
            "clock_offset": round(self._offset, 3),
            "info": self._info,
            "next_password": self._next_is_right,
        }

    @property
    def info(self) -> dict[str, Any]:
        """Identity, version, security, type and address as the agent gave them."""
        if self._info is None:
            data = self.public("/info")
            keys = ("identity", "version", "security", "type", "ip", "port")
            self._info = {key: data.get(key) for key in keys}
        return self._info

    @property
    def identity(self) -> str:
        return str(self.info.get("identity") or "")

    @property
    def version(self) -> tuple[int, ...]:
        numbers = str(self.info.get("version") or "").split("-")[0].split(".")
        return tuple(int(part) for part in numbers if part.isdigit())

    def status(self) -> dict[str, Any]:
        """Return the agent's /status: `obState` 3 says that its observer is up."""
        return self.public("/status")

    def public(self, path: str) -> dict[str, Any]:
        """Return the data of a route that wants no header; a header could spoil it."""
        reply = self._exchange("GET", PREFIX + path, None, None)
        if reply.status != 200 or not isinstance(reply.data, dict):
            raise refusal(f"GET {self.url}{PREFIX}{path}", reply, self.url)
        return reply.data

    def call(self, method: str, target: str, body: Any = None) -> Reply:
        """Return the reply to a sealed request; `target` is below /api/v1.

        A refused one is mended and sent again at most once for each of: a changed
        key, a moved clock, another identity, the next password (design: waiting, 401).
        Raises AuthRefused when nothing of it helps.
        """
        target = PREFIX + target
        mends = [self._fresh_key, self._fresh_info, self._next_password]
        while True:
            reply = self._exchange(method, target, body, self._seal(target))
            if reply.status != 401:
                return reply
            self._transport.forget_cookies()
            while mends:
                if mends.pop(0)(reply):
                    break
            else:
                raise self._auth_refused(method, target, reply)

    def _seal(self, target: str) -> obshell_auth.Sealed:
        header, password = self._login(target)
        key = self._key or self._fetch_key()
        # Every answer measures the clock anew, the one that refuses this header too.
        self._sealed_with = self._offset
        return obshell_auth.Sealed(
            key,
            header=header,
            password=password,
            expires=int(self._wall_clock() + self._offset) + EXPIRES,
        )

    def _login(self, target: str) -> tuple[str, str]:
        """Return the header and the password that the identity asks for (2.7)."""
        given = self._credentials
        if wants_agent_password(target) or (
            self.identity == "SINGLE" and self.info.get("security")
        ):
            return obshell_auth.AGENT_PASSWORD_HEADER, given.agent_password or ""
        if self.identity == "SINGLE":
            return obshell_auth.PASSWORD_HEADER, ""
        password = given.next_password if self._next_is_right else given.password
        return obshell_auth.PASSWORD_HEADER, password or ""

    def _fresh_key(self, _reply: Reply) -> bool:
        """Fetch the key and measure the clock; True when either explains the 401."""
        before = self._key and self._key.text
        moved = self._fetch_key().text != before
        return moved or abs(self._offset - self._sealed_with) > EXPIRES / 2

    def _fresh_info(self, _reply: Reply) -> bool:
        before = self._login("")
        self._info = None
        return self._login("") != before

    def _next_password(self, _reply: Reply) -> bool:
        if self._credentials.next_password is None or self._next_is_right:
            return False
        self._next_is_right = self.identity != "SINGLE"
        return self._next_is_right

    def _fetch_key(self) -> obshell_auth.PublicKey:
        self._key = self._accept(self.public("/secret").get("public_key"))
        return self._key

    def _accept(self, text: Any) -> obshell_auth.PublicKey:
        key = obshell_auth.load_key(text)
        pinned = self._credentials.public_key_sha256
        if pinned and key.sha256 not in pinned:
            raise errors.AuthRefused(
                f"{self.url}: its public key (SHA-256 {key.sha256}) is none of "
                "obshell.public_key_sha256; nothing was sent to it",
                server=self.url,
            )
        return key

    def _exchange(self, method: str, target: str, body: Any, auth: Any) -> Reply:
        answer = self._transport.send(method, target, json_body=body, auth=auth)
        reply = _open(f"{method} {self.url}{target.split('?')[0]}", answer)
        stamp = isinstance(answer.body, dict) and answer.body.get("timestamp")
        at = task.moment(stamp) if isinstance(stamp, str) else None
        # A panic's envelope carries the time at which the process started (1.6).
        if at is not None and reply.trace_id:
            self._offset = at - self._wall_clock()
        return reply

    def _auth_refused(
        self, method: str, target: str, reply: Reply
    ) -> errors.AuthRefused:
        return errors.AuthRefused(
            f"{method} {self.url}{target.split('?')[0]}: {self._wanted(target, reply)}"
            f" ({reply.said})",
            **details(reply, self.url),
        )

    def _wanted(self, target: str, reply: Reply) -> str:
        """Say which password the agent wanted, and where to give it."""
        code = reply.code.rpartition(".")[2]
        if self.identity == "FOLLOWER" and self.version < (4, 3):
            return (
                "a FOLLOWER of obshell 4.2 cannot be asked over the network; "
                "name its master's address in obshell.url"
            )
        if code in ("Expired", "TimestampInvalid"):
            return "the header had expired although the clock was measured anew"
        if code == "DecryptFailed":
            return "it cannot decrypt the header sealed with the key it just gave"
        header, _password = self._login(target)
        agent = header == obshell_auth.AGENT_PASSWORD_HEADER
        if code in ("WithAgentPassword", "IncorrectAgentPassword"):
            agent = True
        elif code in ("WithOceanBasePassword", "IncorrectOceanbasePassword"):
            agent = False
        option = "obshell.agent_password" if agent else "obshell.password"
        whose = "the agent's password" if agent else "the password of root@sys"
        given = self._credentials
        if (given.agent_password if agent else given.password) is None:
            return f"it wants {whose}; none was given ({option})"
        tried = (
            " nor next_password"
            if self._credentials.next_password and not agent
            else ""
        )
        return f"it did not accept {whose} ({option}{tried})"


def wants_agent_password(target: str) -> bool:
    """Tell whether the route is about obproxy: ids 4 and 5, /obproxy (2.7, 5)."""
    path = target[len(PREFIX) :] if target.startswith(PREFIX) else target
    parts = path.split("?")[0].strip("/").split("/")
    if parts[0] == "obproxy":
        return True
    return parts[0] == "task" and len(parts) > 2 and parts[2][:1] in ("4", "5")


def details(reply: Reply, server: str) -> dict[str, Any]:
    """Return a refusal as data for the result."""
    return {
        "server": server,
        "status": reply.status,
        "code": reply.code or None,
        "server_message": errors.printable(reply.error.get("message") or reply.text),
        "trace_id": reply.trace_id or None,
    }


def refusal(what: str, reply: Reply, server: str) -> errors.OpsError:
    """Return the error for a reply that is not a success."""
    known = details(reply, server)
    if reply.status >= 500 or reply.status == 429:
        return errors.Unavailable(f"{what}: {reply.said}", **known)
    return errors.Refused(f"{what}: {reply.said}", **known)


def _open(what: str, answer: transport.Answer) -> Reply:
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
