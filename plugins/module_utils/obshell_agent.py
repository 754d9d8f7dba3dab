# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One obshell agent: who it is, its key, its clock, what a refusal means."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping
from urllib.parse import urlsplit

from . import errors, obshell_auth, obshell_id, obshell_reply, task, transport

PREFIX = "/api/v1"
_OPEN = ("/info", "/status", "/time", "/git-info", "/secret")  # 2.12
EXPIRES = 30  # seconds ahead of the agent's clock: captured headers are soon worthless

_MUTE = (
    "a FOLLOWER of obshell 4.2 cannot be asked over the network; name its master's "
    "address in obshell.url"
)
_REASONS = {
    "Expired": "the header had expired although the clock was measured anew",
    "Invalid": "it cannot read the time in the header",
    "DecryptFailed": "it cannot decrypt the header sealed with the key it just gave",
    "UriMismatch": "it got another path than was signed: does a proxy rewrite it?",
    "AgentPasswordNotInitialized": (
        "obproxy's tasks want the agent's password, and none was set at this agent"
    ),
    "PermissionDenied": (
        "its unix socket is only for root and for the owner of the observer process"
    ),
    "10000": (
        "its unix socket is only for root and for the owner of the observer process"
    ),
}


@dataclass(frozen=True)
class Credentials:
    """Passwords of obshell: of root@sys, the one to come, and of the agent."""

    password: str | None = field(default=None, repr=False)
    next_password: str | None = field(default=None, repr=False)
    agent_password: str | None = field(default=None, repr=False)
    public_key_sha256: tuple[str, ...] = ()


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
        self._sealed_at = self._offset
        self._info: dict[str, Any] | None = memory.get("info")
        self._next_is_right = bool(memory.get("next_password"))
        self._header: str | None = memory.get("header")
        self.answered_last = bool(memory.get("answered_last"))

    @property
    def memory(self) -> dict[str, Any]:
        """Plain data without a secret, for an Agent of a later run."""
        return {
            "key": self._key.text if self._key else None,
            "clock_offset": round(self._offset, 3),
            "info": self._info,
            "next_password": self._next_is_right,
            "header": self._header,
            "answered_last": self.answered_last,
        }

    @property
    def info(self) -> dict[str, Any]:
        """Identity, version, security, type, address and ways to sign, as it says."""
        if self._info is None:
            data = self.public("/info")
            keys = ("identity", "version", "security", "type", "ip", "port")
            self._info = {key: data.get(key) for key in (*keys, "supportedAuth")}
        return self._info

    @property
    def identity(self) -> str:
        return str(self.info.get("identity") or "")

    @property
    def version(self) -> tuple[int, ...]:
        numbers = str(self.info.get("version") or "").partition("-")[0].split(".")
        return tuple(int(part) for part in numbers if part.isdigit())

    @property
    def seekdb(self) -> bool:
        return self.info.get("type") == "seekdb"

    @property
    def kind(self) -> str:
        """What it is, for people: `obshell 4.5.0.0`, or that of seekdb."""
        numbers = ".".join(str(number) for number in self.version)
        words = ("obshell", numbers, "for seekdb" if self.seekdb else "")
        return " ".join(word for word in words if word)

    @property
    def address(self) -> str:
        """Its `ip:port` as far as known without asking."""
        if self._info and self._info.get("ip"):
            ip = str(self._info["ip"])
            return f"{f'[{ip}]' if ':' in ip else ip}:{self._info.get('port')}"
        return urlsplit(self.url).netloc

    @property
    def local(self) -> bool:
        """Whether it is asked over its unix socket, which passes nothing on (2.11)."""
        return self._transport.over_unix

    @property
    def mute(self) -> bool:
        """Whether it answers no task route: a FOLLOWER of 4.2 over TCP (10.1.9)."""
        return not self.local and self.identity == "FOLLOWER" and self.version < (4, 3)

    def prepare(self) -> None:
        """Fetch what signing needs, so that an outage shows before a request is sent.

        What is known already is not asked for again.
        """
        if not self.local:
            self._key = self._key or self._fetch_key()
            self._info = self.info

    def status(self) -> dict[str, Any]:
        """Return the agent's /status: `obState` 3 says that its observer is up."""
        return self.public("/status")

    def public(self, path: str) -> dict[str, Any]:
        """Return the data of a route that wants no header; a header could spoil it."""
        reply = self._exchange("GET", PREFIX + path, None, None)
        if reply.status != 200 or not isinstance(reply.data, dict):
            what = f"GET {self.url}{PREFIX}{path}"
            raise obshell_reply.refusal(what, reply, self.url)
        return reply.data

    def call(self, method: str, target: str, body: Any = None) -> obshell_reply.Reply:
        """Return the reply to a sealed request; `target` is below /api/v1.

        A refused one is mended and sent again at most once for each of: a changed
        key or a moved clock, another identity, the other header, the next password
        (design: waiting, 401). Raises AuthRefused when nothing of it helps.
        """
        if method == "GET" and target.partition("?")[0] in _OPEN:
            # Who is only asked who it is need not be trusted with a password.
            return self._exchange(method, PREFIX + target, None, None)
        target = PREFIX + target
        mends = [
            self._fresh_key,
            self._fresh_info,
            self._other_header,
            self._next_password,
        ]
        self._speaks(method, target)
        while True:
            reply = self._exchange(method, target, body, self._seal(target))
            if reply.status != 401:
                return reply
            self._transport.forget_cookies()
            while mends:
                if mends.pop(0)(target, reply):
                    break
            else:
                raise self._auth_refused(method, target, reply)

    def _speaks(self, method: str, target: str) -> None:
        """Refuse what no password could open, before anything is sent."""
        if self.mute:
            self._info = None  # it may have become a member since
        if self.mute:
            raise errors.AuthRefused(
                f"{method} {self.url}{target.partition('?')[0]}: {_MUTE}",
                server=self.url,
            )
        if wants_agent_password(target) and self.seekdb:
            raise errors.Refused(
                f"{self.url} is an agent of seekdb: it has no obproxy, so no ids that "
                "begin with 4 or 5",
                server=self.url,
            )
        if self._lacks_agent_password(target):
            self._info = None
        if self._lacks_agent_password(target):
            raise errors.AuthRefused(
                f"{method} {self.url}{target.partition('?')[0]}: it wants the agent's "
                "password; none was given (obshell.agent_password)",
                server=self.url,
            )

    def _lacks_agent_password(self, target: str) -> bool:
        if self.local or self._credentials.agent_password is not None:
            return False
        # Agents had no password of their own before 4.2.6 (2.7).
        header = obshell_auth.AGENT_PASSWORD_HEADER
        return self.version >= (4, 2, 6) and self._login(target)[0] == header

    def _seal(self, target: str) -> Any:
        """Return what signs the request, None for the unix socket (2.11)."""
        if self.local:
            return None
        header, password = self._login(target)
        key = self._key or self._fetch_key()
        self._sealed_at = self._offset
        expires = int(self._wall_clock() + self._offset) + EXPIRES
        if self._scheme() == "v1":
            return obshell_auth.SealedV1(key, password=password, expires=expires)
        return obshell_auth.Sealed(
            key, header=header, password=password, expires=expires
        )

    def _scheme(self) -> str:
        """Return v1 or v2 as /info says; before 4.2.4 its version tells (4.1)."""
        supported = self.info.get("supportedAuth")
        if not supported:
            return "v1" if () < self.version < (4, 2, 3) else "v2"
        for scheme in ("v2", "v1"):
            if scheme in supported:
                return scheme
        raise errors.InvalidAnswer(
            f"{self.url}: none of its ways to sign is known here: "
            f"{errors.printable(supported, 120)}"
        )

    def _login(self, target: str) -> tuple[str, str]:
        """Return the header and the password that the identity asks for (2.7)."""
        given = self._credentials
        header = obshell_auth.PASSWORD_HEADER
        only_agents = given.password is None and given.agent_password is not None
        if wants_agent_password(target):
            header = obshell_auth.AGENT_PASSWORD_HEADER
        elif self._header:
            header = self._header
        elif self.info.get("security") and (self.identity == "SINGLE" or only_agents):
            header = obshell_auth.AGENT_PASSWORD_HEADER
        if header == obshell_auth.AGENT_PASSWORD_HEADER:
            return header, given.agent_password or ""
        if self.identity == "SINGLE":
            return header, ""
        password = given.next_password if self._next_is_right else given.password
        return header, password or ""

    def _fresh_key(self, _target: str, reply: obshell_reply.Reply) -> bool:
        """Fetch the key and measure the clock; True when either explains the 401."""
        before, measured = self._key and self._key.text, self._offset
        changed = self._fetch_key().text != before
        # Who refused may be the master of a FOLLOWER: the clock that is ahead counts.
        self._offset = max(self._offset, measured)
        if reply.name.startswith("Incorrect"):
            return changed
        return changed or self._offset - self._sealed_at > EXPIRES / 2

    def _fresh_info(self, target: str, _reply: obshell_reply.Reply) -> bool:
        before, self._info, self._header = self._login(target), None, None
        return self._login(target) != before

    def _other_header(self, target: str, reply: obshell_reply.Reply) -> bool:
        """Take the header that the agent names, where its password was given (2.7)."""
        given = self._credentials
        wanted = {
            "WithAgentPassword": (
                obshell_auth.AGENT_PASSWORD_HEADER,
                given.agent_password,
            ),
            "WithOceanBasePassword": (obshell_auth.PASSWORD_HEADER, given.password),
        }.get(reply.name)
        if wanted is None or wanted[1] is None or wants_agent_password(target):
            return False
        self._header = wanted[0]
        return True

    def _next_password(self, _target: str, _reply: obshell_reply.Reply) -> bool:
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

    def _exchange(
        self, method: str, target: str, body: Any, auth: Any
    ) -> obshell_reply.Reply:
        answer = self._transport.send(method, target, json_body=body, auth=auth)
        what = f"{method} {self.url}{target.partition('?')[0]}"
        reply = obshell_reply.opened(what, answer)
        stamp = isinstance(answer.body, dict) and answer.body.get("timestamp")
        at = task.moment(stamp) if isinstance(stamp, str) else None
        # A panic's envelope carries the time at which the process started (1.6).
        if at is not None and reply.trace_id:
            self._offset = at - self._wall_clock()
        return reply

    def _auth_refused(
        self, method: str, target: str, reply: obshell_reply.Reply
    ) -> errors.AuthRefused:
        wanted = self._wanted(target, reply)
        return errors.AuthRefused(
            f"{method} {self.url}{target.partition('?')[0]}: {wanted} ({reply.said})",
            **obshell_reply.details(reply, self.url),
        )

    def _wanted(self, target: str, reply: obshell_reply.Reply) -> str:
        """Say what the agent wanted, and the option that gives it."""
        if reply.name in _REASONS:
            return _REASONS[reply.name]
        given = self._credentials
        agent = self._login(target)[0] == obshell_auth.AGENT_PASSWORD_HEADER
        if reply.name in ("WithAgentPassword", "IncorrectAgentPassword"):
            agent = True
        elif reply.name in ("WithOceanBasePassword", "IncorrectOceanbasePassword"):
            agent = False
        option = "obshell.agent_password" if agent else "obshell.password"
        whose = "the agent's password" if agent else "the password of root@sys"
        if (given.agent_password if agent else given.password) is None:
            return f"it wants {whose}; none was given ({option})"
        tried = " nor next_password" if given.next_password and not agent else ""
        text = f"it did not accept {whose} ({option}{tried})"
        if self.identity == "MASTER" and not agent:
            text += ", which is empty until /obcluster/config has set it"
        return text


def wants_agent_password(target: str) -> bool:
    """Tell whether the route is about obproxy: ids 4 and 5, /obproxy (2.7, 5)."""
    before, _prefix, after = target.partition(PREFIX)
    path = target if before else after
    parts = path.partition("?")[0].strip("/").split("/")
    if parts[0] == "obproxy":
        return True
    return parts[0] == "task" and len(parts) > 2 and obshell_id.is_obproxy(parts[2])
