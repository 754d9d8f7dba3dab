# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One obshell agent: who it is, and requests that it accepts."""

from __future__ import annotations

import functools
import re
import time
from typing import Any, Callable, Mapping
from urllib.parse import urlsplit

from .. import errors, transport
from ..task import times
from . import ids, login, replies, sealing

_OPEN = ("/info", "/status", "/time", "/git-info", "/secret")  # 2.12
_MUTE = (
    "a FOLLOWER of obshell 4.2 cannot be asked over the network; name its master's "
    "address in obshell.url"
)
_KEYS = ("identity", "version", "security", "type", "ip", "port", "supportedAuth")
_LACKING = "it wants the agent's password; none was given (obshell.agent_password)"


def _plain(key: str, said: Any) -> Any:
    """Return what an agent says of itself, None for what is odd."""
    known = {"security": bool, "port": int, "supportedAuth": list}.get(key, str)
    return said if isinstance(said, known) else None


@functools.lru_cache(maxsize=100)
def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version; each request asks for them."""
    parts = version.partition("-")[0].split(".")
    return tuple(int(part) for part in parts if re.match(r"[0-9]{1,9}$", part))


class Agent:
    """A signed conversation with one agent; `memory` is what a later one may reuse."""

    def __init__(
        self,
        transport_: transport.Transport,
        credentials: login.Credentials,
        *,
        memory: Mapping[str, Any] | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self.url = transport_.url
        self.close, self.share = transport_.close, transport_.share
        self.carrier = transport_
        memory = memory or {}
        self._sealing = sealing.Sealing(
            self.url,
            lambda: self.public("/secret").get("public_key"),
            pins=credentials.public_key_sha256,
            memory=memory,
            wall_clock=wall_clock,
        )
        self._login = login.Login(
            credentials,
            lambda: self.info,
            memory.get("header"),
            bool(memory.get("next_password")),
        )
        self.notes, self.encrypted = self._sealing.notes, self._sealing.encrypted
        self._info: dict[str, Any] | None = memory.get("info")
        self.answered_last = bool(memory.get("answered_last"))

    @property
    def memory(self) -> dict[str, Any]:
        """Plain data without a secret, for an Agent of a later run."""
        return {
            **self._sealing.memory,
            "info": self._info,
            "next_password": self._login.next_is_right,
            "header": self._login.header,
            "answered_last": self.answered_last,
        }

    @property
    def info(self) -> dict[str, Any]:
        """Identity, version, security, type, address and ways to sign, as it says."""
        if self._info is None:
            data = self.public("/info")
            self._info = {key: _plain(key, data.get(key)) for key in _KEYS}
        return self._info

    @property
    def identity(self) -> str:
        return str(self.info.get("identity") or "")

    @property
    def version(self) -> tuple[int, ...]:
        return _numbers(str(self.info.get("version") or ""))

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
            return ids.address(self._info["ip"], self._info.get("port"))
        return urlsplit(self.url).netloc

    @property
    def local(self) -> bool:
        """Whether it is asked over its unix socket, which passes nothing on (2.11)."""
        return self.carrier.over_unix

    @property
    def mute(self) -> bool:
        """Whether it answers no task route: a FOLLOWER of 4.2 over TCP (10.1.9)."""
        return not self.local and self.identity == "FOLLOWER" and self.version < (4, 3)

    def prepare(self) -> None:
        """Fetch what signing needs, so that an outage shows before a request is sent.

        What is known already is not asked for again.
        """
        if not self.local:
            self._sealing.key()
            self._info = self.info

    def status(self) -> dict[str, Any]:
        """Return the agent's /status: `obState` 3 says that its observer is up."""
        return self.public("/status")

    def public(self, path: str) -> dict[str, Any]:
        """Return the data of a route that wants no header; a header could spoil it."""
        reply = self._exchange("GET", login.PREFIX + path, None, None)
        if reply.status != 200 or not isinstance(reply.data, dict):
            raise replies.failed(f"GET {self.url}{login.PREFIX}{path}", reply, self.url)
        return reply.data

    def call(self, method: str, target: str, body: Any = None) -> replies.Reply:
        """Return the reply to a sealed request; `target` is below /api/v1.

        A refused one is mended and sent again at most once for each of: a changed
        key or a moved clock, another identity, the other header, the next password
        (design: waiting, 401). Raises AuthRefused when nothing of it helps.
        """
        if method == "GET" and target.partition("?")[0] in _OPEN:
            # Who is only asked who it is need not be trusted with a password.
            return self._exchange(method, login.PREFIX + target, None, None)
        target = login.PREFIX + target
        mends = [
            self._sealing.mend,
            self._fresh_info,
            self._login.other_header,
            self._login.next_password,
        ]
        self._speaks(method, target)
        while True:
            reply = self._exchange(method, target, body, self._seal(target))
            if reply.status != 401:
                return reply
            self.carrier.forget_cookies()
            while mends:
                if mends.pop(0)(target, reply):
                    break
            else:
                why = f"{self._login.wanted(target, reply)} ({reply.said})"
                known = replies.details(reply, self.url)
                raise self._unwanted(method, target, why, **known)

    def _speaks(self, method: str, target: str) -> None:
        """Refuse what no password could open, before anything is sent."""
        if self.mute:
            self._info = None  # it may have become a member since
        if self.mute:
            raise self._unwanted(method, target, _MUTE, url=self.url)
        if login.wants_agent_password(target) and self.seekdb:
            raise errors.Refused(
                f"{self.url} is an agent of seekdb: it has no obproxy, so no ids that "
                "begin with 4 or 5",
                url=self.url,
            )
        if self._lacks_agent_password(target):
            self._info = None
        if self._lacks_agent_password(target):
            raise self._unwanted(method, target, _LACKING, url=self.url)

    def _lacks_agent_password(self, target: str) -> bool:
        # Agents had no password of their own before 4.2.6 (2.7).
        spared = self.local or self.version < (4, 2, 6)
        return not spared and self._login.lacks_agent_password(target)

    def _seal(self, target: str) -> Any:
        """Return what signs the request, None for the unix socket (2.11)."""
        if self.local:
            return None
        header, password = self._login.choose(target)
        scheme = sealing.scheme(self.info.get("supportedAuth"), self.version)
        if scheme is None:
            shown = errors.printable(self.info["supportedAuth"], 120)
            raise errors.InvalidAnswer(
                f"{self.url}: none of its ways to sign is known here: {shown}"
            )
        return self._sealing.seal(scheme, header, password)

    def _fresh_info(self, target: str, _reply: replies.Reply) -> bool:
        before = self._login.choose(target)
        self._info = self._login.header = None
        return self._login.choose(target) != before

    def _exchange(
        self, method: str, target: str, body: Any, auth: Any
    ) -> replies.Reply:
        answer = self.carrier.send(method, target, json_body=body, auth=auth)
        what = f"{method} {self.url}{target.partition('?')[0]}"
        reply = replies.opened(what, answer)
        stamp = isinstance(answer.body, dict) and answer.body.get("timestamp")
        at = times.moment(stamp) if isinstance(stamp, str) else None
        # A panic's envelope carries the time at which the process started (1.6).
        if at is not None and reply.trace_id:
            self._sealing.measure(at)
        return reply

    def _unwanted(
        self, method: str, target: str, why: str, **known: Any
    ) -> errors.AuthRefused:
        what = f"{method} {self.url}{target.partition('?')[0]}"
        return errors.AuthRefused(f"{what}: {why}", **known)
