# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which password an agent is shown under which header, and what its refusal means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Mapping

from . import auth, ids, replies

PREFIX = "/api/v1"

_SOCKET = "its unix socket is only for root and for the owner of the observer process"
_REASONS = {
    "Expired": "the header had expired although the clock was measured anew",
    "Invalid": "it cannot read the time in the header",
    "DecryptFailed": "it cannot decrypt the header sealed with the key it just gave",
    "UriMismatch": "it got another path than was signed: does a proxy rewrite it?",
    "AgentPasswordNotInitialized": (
        "obproxy's tasks want the agent's password, and none was set at this agent"
    ),
    "PermissionDenied": _SOCKET,
    "10000": _SOCKET,
}


@dataclass(frozen=True)
class Credentials:
    """Passwords of obshell: of root@sys, the one to come, and of the agent."""

    password: str | None = field(default=None, repr=False)
    next_password: str | None = field(default=None, repr=False)
    agent_password: str | None = field(default=None, repr=False)
    public_key_sha256: tuple[str, ...] = ()


@dataclass
class Login:
    """What one agent is shown; it learns from what the agent refuses (2.7).

    `info` returns what the agent's /info says of it; a target is a request target.
    """

    given: Credentials
    info: Callable[[], Mapping[str, Any]]
    header: str | None = None  # the one that the agent has named
    next_is_right: bool = False

    @property
    def _single(self) -> bool:
        return self.info().get("identity") == "SINGLE"

    def choose(self, target: str) -> tuple[str, str]:
        """Return the header and the password that the agent's identity asks for."""
        given = self.given
        header = auth.PASSWORD_HEADER
        only_agents = given.password is None and given.agent_password is not None
        if wants_agent_password(target):
            header = auth.AGENT_PASSWORD_HEADER
        elif self.header:
            header = self.header
        elif self.info().get("security") and (self._single or only_agents):
            header = auth.AGENT_PASSWORD_HEADER
        if header == auth.AGENT_PASSWORD_HEADER:
            return header, given.agent_password or ""
        if self._single:
            return header, ""
        password = given.next_password if self.next_is_right else given.password
        return header, password or ""

    def lacks_agent_password(self, target: str) -> bool:
        """Tell whether the agent's password is wanted and was not given."""
        if self.given.agent_password is not None:
            return False
        return self.choose(target)[0] == auth.AGENT_PASSWORD_HEADER

    def other_header(self, target: str, reply: replies.Reply) -> bool:
        """Take the header that the agent names, where its password was given."""
        wanted = {
            "WithAgentPassword": (
                auth.AGENT_PASSWORD_HEADER,
                self.given.agent_password,
            ),
            "WithOceanBasePassword": (auth.PASSWORD_HEADER, self.given.password),
        }.get(reply.name)
        if wanted is None or wanted[1] is None or wants_agent_password(target):
            return False
        self.header = wanted[0]
        return True

    def next_password(self, _target: str, _reply: replies.Reply) -> bool:
        """Take the password to come, once."""
        if self.given.next_password is None or self.next_is_right:
            return False
        self.next_is_right = not self._single
        return self.next_is_right

    def wanted(self, target: str, reply: replies.Reply) -> str:
        """Say what an agent that refused wanted, and the option that gives it."""
        if reply.name in _REASONS:
            return _REASONS[reply.name]
        agent = self.choose(target)[0] == auth.AGENT_PASSWORD_HEADER
        if reply.name in ("WithAgentPassword", "IncorrectAgentPassword"):
            agent = True
        elif reply.name in ("WithOceanBasePassword", "IncorrectOceanbasePassword"):
            agent = False
        given = self.given
        option = "obshell.agent_password" if agent else "obshell.password"
        whose = "the agent's password" if agent else "the password of root@sys"
        if (given.agent_password if agent else given.password) is None:
            return f"it wants {whose}; none was given ({option})"
        tried = " nor next_password" if given.next_password and not agent else ""
        text = f"it did not accept {whose} ({option}{tried})"
        if self.info().get("identity") == "MASTER" and not agent:
            text += (
                "; on a MASTER it is empty as long as /obcluster/config has set none"
            )
        return text


def wants_agent_password(target: str) -> bool:
    """Tell whether the route is about obproxy: ids 4 and 5, /obproxy (2.7, 5)."""
    before, _prefix, after = target.partition(PREFIX)
    path = target if before else after
    parts = path.partition("?")[0].strip("/").split("/")
    if parts[0] == "obproxy":
        return True
    return parts[0] == "task" and len(parts) > 2 and ids.is_obproxy(parts[2])
