# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of a member of a cluster, what a look sees of it, what locks it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Sequence, TypeVar

from .. import arguments, errors, roster
from ..task import messages, task, times
from . import client as obshell
from . import ids, lists
from . import roster as members

LOOKS, TICK = 60, 1.0  # what is about to show is looked for so often, seconds apart
CLUSTER_AGENT = "CLUSTER AGENT"
HOLDS, SUBMIT, TAKE_UP = "holds", "submit", "take_up"

_AS_GIVEN = ("state", "port", "zone", "force_kill", "wait_for_others")

Seen = TypeVar("Seen")


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

    def refused(self, reason: str, **known: Any) -> errors.Refused:
        """Return the error of what cannot be done to it."""
        return errors.Refused(f"{self.address} {reason}", **known)

    def check_zone(self, identity: str | None, zone: str | None) -> None:
        """Refuse a member that is in another zone than it is asked to be in."""
        if self.zone is not None and zone != self.zone:
            raise self.refused(f"is {identity} in {zone} already, not in {self.zone}")


@dataclass
class Asker:
    """Asks the cluster, and the member's own agent; sleep is a parameter, in seconds.

    `reach` returns a client of the agent at another address, with what is given for
    the cluster but its addresses.
    """

    wish: Wish
    cluster: obshell.ObshellClient
    reach: Callable[[str], obshell.ObshellClient]
    sleep: Callable[[float], None]
    warn: Callable[[str], None] = lambda text: None
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

    def who(self) -> Mapping[str, Any]:
        """Return the /info of the agent of the cluster that answers; it must be one."""
        info = info_of(self.cluster)
        if info.get("identity") != CLUSTER_AGENT:
            raise errors.Refused(
                f"{self.cluster.answered[0]} is {info.get('identity')}, not an agent "
                "of a cluster; obshell.url wants members"
            )
        return info

    def servers(self) -> list[roster.Server]:
        """Return the servers of the cluster, asked with credentials."""
        return members.servers(self.cluster)

    def me(self, servers: Sequence[roster.Server]) -> roster.Server | None:
        """Return the server that is asked about, None where it is no member."""
        wanted = self.wish.address
        return next((s for s in servers if ids.address(s.ip, s.port) == wanted), None)

    def listed(self) -> list[task.Task]:
        """Return what is unfinished of the cluster, by a list that is whole."""
        found = lists.unfinished(self.cluster, "cluster")
        if found.missing:
            raise errors.Unavailable("; ".join(found.missing))
        return found.tasks

    def unfinished(
        self,
        *names: str,
        sure: int,
        unsure: str,
        look: Callable[[], Sequence[task.Task]] | None = None,
    ) -> Sequence[task.Task]:
        """Return what is unfinished, by default of the cluster, sure whom it is about.

        Tasks of these names that run tell that only from the stage `sure` on; `unsure`
        is what is said where one stands still before.
        """

        def settled(found: Sequence[task.Task]) -> bool:
            return not any(_is_early(one, names, sure) for one in found)

        found, is_settled = self.until(look or self.listed, settled)
        if not is_settled:
            raise errors.Unavailable(unsure)
        return found

    def until(
        self,
        look: Callable[[], Seen],
        holds: Callable[[Seen], bool],
        *,
        looks: int = LOOKS,
        submitted: bool = False,
    ) -> tuple[Seen, bool]:
        """Look until it holds, at most a minute; return what was seen and whether so.

        Outages are outlived for as long, but not by the first look of one who has not
        `submitted` anything yet: that fails at once, as any query does. So does what no
        asking again mends.
        """
        failed: errors.OpsError | None = None
        seen: list[Seen] = []
        for number in range(looks):
            if number:
                self.sleep(TICK)
            try:
                seen, failed = [look()], None
            except errors.OpsError as e:
                if not e.transient or not (seen or submitted):
                    raise
                failed = e
                continue
            if holds(seen[0]):
                return seen[0], True
        if failed is not None:
            raise failed
        return seen[0], False


@dataclass(frozen=True)
class Sight:
    """What a look has seen: what is to be done, the member, and what is unfinished.

    `left` is the task that an earlier run of the same request left behind.
    """

    what: str
    member: roster.Server | None = None
    left: str | None = None
    unfinished: Sequence[task.Task] = ()


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


def info_of(client: obshell.ObshellClient) -> Mapping[str, Any]:
    """Return the /info of the first agent that answers, which wants no password."""
    data = client.call("GET", "/info").data
    return data if isinstance(data, dict) else {}


def check_locks(holders: Sequence[task.Task]) -> None:
    """Raise Refused, with their ids as `unfinished`, where any task holds the lock."""
    if not holders:
        return
    error = errors.Refused(
        " ".join(_lock(one) for one in holders),
        unfinished=[one.id for one in holders],
    )
    error.result = {"reason": "locked"}
    raise error


def of_cluster(tasks: Sequence[task.Task], left: str | None) -> list[task.Task]:
    """Return what locks the cluster, or may, besides the task that was left behind.

    obshell before 4.3.1 does not say what a task locks.
    """
    return [one for one in tasks if one.id != left and _locks_cluster(one)]


def _locks_cluster(one: task.Task) -> bool:
    if one.locked is False or not ids.is_cluster(one.id):
        return False
    return one.maintenance is None or one.maintenance["scope"] == "cluster"


def _is_early(one: task.Task, names: Sequence[str], sure: int) -> bool:
    runs = one.outcome == "running" and one.operator == "RUN"
    return one.name in names and runs and (one.stage or 0) < sure


def _lock(one: task.Task) -> str:
    whose = "The cluster" if ids.is_cluster(one.id) else ids.owner_of(one.id)
    advice = (
        "Recover it first, as the role task_recover does."
        if one.done
        else "Try again when it is over, or set wait_for_others to true."
    )
    begun = (
        f", begun at {one.start_time} by the clock of the database"
        if one.start_time
        else ""
    )
    return errors.line(
        f"{whose} is locked by {messages.named(one)}, {one.state} at stage "
        f"{messages.where(one)}{begun}. {advice}"
    )
