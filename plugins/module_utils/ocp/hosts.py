# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts as servers of a cluster: what is asked for, and what is left to do. Pure.

After OCP's documentation, which names these routes, statuses and tasks (5.1).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence

from .. import arguments, errors, roster
from ..task import messages, task

_GONE = "DELETED"  # a server that is listed all the same


@dataclass(frozen=True)
class Way:
    """How hosts get to a state: a route, and what OCP calls what it does meanwhile.

    A server has the status `passing` from the submit on, until it is done or undone.
    """

    route: str
    passing: str
    task: str
    done: str


WAYS = {
    "present": Way("/servers", "CREATING", "add ob ?server", "added"),
    "absent": Way("/servers/batchDelete", "DELETING", "delete ob ?server", "taken out"),
}


@dataclass(frozen=True)
class Sight:
    """What a look has seen of the hosts.

    `servers` are those that the cluster has, `todo` the ids to submit. Of the tasks
    `named` are unfinished and may be about a server that is `passing`, `others` are at
    work besides.
    """

    servers: Sequence[roster.Server]
    passing: tuple[str, ...]
    todo: tuple[int, ...]
    holds: bool
    named: Sequence[task.Task] = ()
    others: Sequence[task.Task] = ()

    @property
    def left(self) -> task.Task | None:
        """The task that an earlier run left behind: the only one that it can be."""
        return self.named[0] if len(self.named) == 1 else None

    @property
    def settled(self) -> bool:
        """False while OCP may be about to show what a task that is over has done."""
        return not self.passing or bool(self.named or self.others)

    def shown(self) -> dict[str, Any]:
        """Return what a diff shows: zone and status of each server by its address."""
        return {
            one.ip: {"zone": one.zone, "status": one.status} for one in self.servers
        }


@dataclass(frozen=True)
class Wish:
    """What is asked for; `hosts` are ids by addresses, None where none was given."""

    state: str
    cluster_id: str
    zone: str | None
    hosts: Mapping[str, int | None]
    task_name: re.Pattern[str] = field(repr=False)
    wait_for_others: bool = False

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Wish:
        """Return what options ask for; refuse what cannot be asked for."""
        return cls(
            state=params["state"],
            cluster_id=arguments.task_id(params["cluster_id"], "cluster_id"),
            zone=params["zone"],
            hosts=_hosts(params["hosts"], needs_id=params["state"] == "present"),
            task_name=_pattern(params["task_name"] or WAYS[params["state"]].task),
            wait_for_others=params["wait_for_others"],
        )

    @property
    def way(self) -> Way:
        """How the hosts get there."""
        return WAYS[self.state]

    @property
    def names(self) -> str:
        """What the hosts are called in messages."""
        return ", ".join(self.hosts)

    @property
    def path(self) -> str:
        """The route of the cluster that is told."""
        return f"/ob/clusters/{self.cluster_id}{self.way.route}"

    def body(self, todo: Sequence[int]) -> dict[str, Any]:
        """Return the body of the request, for hosts by their ids."""
        zone = {"zoneName": self.zone} if self.state == "present" else {}
        return {**zone, "servers": list(todo)}

    def sight(self, listed: Sequence[roster.Server]) -> Sight:
        """Return what the list of a cluster's servers says of the hosts.

        Raises Refused where that is not what was said of them.
        """
        mine = [one for one in listed if one.ip in self.hosts and one.status != _GONE]
        for one in mine:
            self._check(one)
        known = {one.ip: one for one in mine}
        if len(known) < len(mine):
            raise errors.Refused(
                f"OCP lists one of {self.names} twice in cluster {self.cluster_id}: "
                "which server is meant cannot be told"
            )
        if self.state == "present":
            todo = [ip for ip in self.hosts if ip not in known]
            holds = all(ip in known and known[ip].in_service for ip in self.hosts)
        else:
            todo = [ip for ip in known if known[ip].status != self.way.passing]
            holds = not known
        return Sight(
            servers=[known[ip] for ip in self.hosts if ip in known],
            passing=tuple(ip for ip in known if known[ip].status == self.way.passing),
            todo=tuple(self._id(ip, known.get(ip)) for ip in todo),
            holds=holds,
        )

    def check(self, sight: Sight) -> None:
        """Refuse what can neither be submitted nor taken up; nothing is at work."""
        for one in sight.servers:
            self._check_status(one)
        if not sight.passing or sight.left:
            return
        which = f"{', '.join(sight.passing)}: {self.way.passing}"
        if not sight.named:
            raise errors.Refused(
                f"{which} by a task that cannot be found: none that is unfinished is "
                f"named '{self.task_name.pattern}' (task_name)"
            )
        raise errors.Refused(
            f"{which} by one of {', '.join(messages.named(one) for one in sight.named)}"
            ", and OCP does not say which: retry or roll back the others first, with "
            "ocp_task, then run this again",
            unfinished=[one.id for one in sight.named],
        )

    def _check_status(self, one: roster.Server) -> None:
        adding = one.status == WAYS["present"].passing
        if self.state == "absent" and adding:
            raise errors.Refused(
                f"{one.ip} is {one.status}: roll back the task that adds it"
            )
        if self.state == "present" and not (adding or one.in_service):
            raise errors.Refused(
                f"{one.ip} is a server of cluster {self.cluster_id} already, but "
                f"{one.status}, not RUNNING, and no task is at work: start it first"
            )

    def open(self, servers: Sequence[roster.Server]) -> str:
        """Return which hosts are not as asked for, by what is listed of them."""
        if self.state == "absent":
            return ", ".join(one.ip for one in servers)
        done = [one.ip for one in servers if one.in_service]
        return ", ".join(ip for ip in self.hosts if ip not in done)

    def outlook(self, sight: Sight) -> dict[str, Any]:
        """Return what a diff will show when it is done."""
        if sight.holds:
            return sight.shown()
        if self.state == "absent":
            return {}
        return {ip: {"zone": self.zone, "status": "RUNNING"} for ip in self.hosts}

    def _check(self, one: roster.Server) -> None:
        if self.zone is not None and one.zone != self.zone:
            raise errors.Refused(
                f"{one.ip} is {one.status} in {one.zone} already, not in {self.zone}"
            )
        given = self.hosts[one.ip]
        if None not in (given, one.host_id) and given != one.host_id:
            raise errors.Refused(
                f"{one.ip} is host {one.host_id} of OCP, not host {given}"
            )

    def _id(self, ip: str, server: roster.Server | None) -> int:
        """Return the id of a host, as it was given, else as OCP lists its server."""
        id = self.hosts[ip]
        if id is None and server is not None:
            id = server.host_id
        if id is None:
            raise errors.Refused(f"OCP does not say which host {ip} is: give its id")
        return id


def _hosts(given: Sequence[Mapping[str, Any]], *, needs_id: bool) -> dict[str, Any]:
    found: dict[str, int | None] = {}
    for host in given:
        try:
            ip = str(ipaddress.ip_address(host["ip"].strip()))
        except ValueError as e:
            shown = errors.printable(host["ip"], 60)
            reason = f"'{shown}' is no address, as OCP lists servers by"
            raise errors.InvalidOption("hosts", reason) from e
        if host["id"] is None and needs_id:
            raise errors.InvalidOption("hosts", f"{ip} has no id to add it by")
        if host["id"] is not None and host["id"] < 1:
            raise errors.InvalidOption("hosts", f"{host['id']} is no id of a host")
        if ip in found or (host["id"] and host["id"] in found.values()):
            raise errors.InvalidOption("hosts", f"{ip} or its id is there twice")
        found[ip] = host["id"]
    if not found:
        raise errors.InvalidOption("hosts", "give at least one")
    return found


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as e:
        raise errors.InvalidOption("task_name", f"no regular expression: {e}") from e
