# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked for of a member of a cluster, and who can be asked about it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Sequence

from .. import arguments, errors, roster
from ..task import times
from . import client as obshell
from . import ids, looking
from . import roster as members

_AS_GIVEN = ("state", "port", "zone", "force_kill", "wait_for_others")


@dataclass(frozen=True)
class Wish:
    """What is asked for; `config` as obshell takes it, texts only."""

    state: str
    ip: str
    port: int
    zone: str | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    agent_password: str | None = field(default=None, repr=False)
    force_kill: bool = False
    wait_for_others: bool = False
    since: float | None = None

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Wish:
        """Return what options ask for; refuse what cannot be asked for."""
        try:
            ip = str(ipaddress.ip_address(params["ip"].strip()))
        except ValueError as e:
            shown = errors.printable(params["ip"], 60)
            reason = f"'{shown}' is no address, as the cluster knows its servers by"
            raise errors.InvalidOption("ip", reason) from e
        if not 0 < params["port"] < 65536:
            raise errors.InvalidOption("port", "a number from 1 to 65535 is expected")
        url = params["url"]
        return cls(
            **{key: params[key] for key in _AS_GIVEN},
            ip=ip,
            url=url and arguments.base_url(url, "url", path=False, unix=True),
            config=_texts(params["config"] or {}),
            agent_password=params["agent_password"],
            since=_since(params.get("since")),
        )

    @property
    def address(self) -> str:
        """Its `ip:port`, by which the cluster knows it."""
        return ids.address(self.ip, self.port)

    @property
    def named(self) -> str:
        """How messages call it."""
        return self.address

    def refused(self, reason: str, **known: Any) -> errors.Refused:
        """Return the error of what cannot be done to it."""
        return errors.Refused(f"{self.address} {reason}", **known)

    def check_zone(self, identity: str | None, zone: str | None) -> None:
        """Refuse a member that is in another zone than it is asked to be in."""
        if self.zone is not None and zone != self.zone:
            raise self.refused(f"is {identity} in {zone} already, not in {self.zone}")


@dataclass
class Asker(looking.Looker):
    """Asks the cluster, and the member's own agent.

    `reach` returns a client of the agent at another address, with what is given for
    the cluster but its addresses.
    """

    wish: Wish
    reach: Callable[[str], obshell.ObshellClient]
    _agent: obshell.ObshellClient | None = None

    @property
    def clients(self) -> list[obshell.ObshellClient]:
        """Whom it asks."""
        return [self.cluster, *([self._agent] if self._agent else [])]

    def agent(self) -> obshell.ObshellClient:
        """Return the client of the member's own agent; nothing is sent."""
        if self._agent is None:
            scheme = self.cluster.cluster.members[0].url.partition(":")[0]
            scheme = scheme if scheme == "https" else "http"
            url = self.wish.url or f"{scheme}://{self.wish.address}"
            if scheme == "https" and not url.startswith("https:"):
                raise errors.InvalidOption(
                    "url",
                    f"{url} is not https, as the cluster is: what is sent there "
                    "could be read",
                )
            self._agent = self.reach(url)
        return self._agent

    def servers(self) -> list[roster.Server]:
        """Return the servers of the cluster, asked with credentials."""
        return members.servers(self.cluster)

    def me(self, servers: Sequence[roster.Server]) -> roster.Server | None:
        """Return the server that is asked about, None where it is no member."""
        wanted = self.wish.address
        return next((s for s in servers if ids.address(s.ip, s.port) == wanted), None)


def _since(text: str | None) -> float | None:
    """Return unix seconds of a time; refuse what is none."""
    at = times.moment(text)
    if text is not None and at is None:
        shown = errors.printable(text, 60)
        reason = f"'{shown}' is no time with its zone, such as 2026-11-27T22:00:00Z"
        raise errors.InvalidOption("since", reason)
    return at


def _texts(config: Mapping[str, Any]) -> dict[str, str]:
    """Return settings as obshell takes them; refuse what is no single value."""
    found = {}
    for key, value in config.items():
        if not isinstance(value, (str, int, float)):
            raise errors.InvalidOption("config", f"{key} has no single value")
        found[str(key)] = str(value).lower() if isinstance(value, bool) else str(value)
    return found
