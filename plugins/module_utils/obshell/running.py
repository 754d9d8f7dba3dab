# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The observer of a member is up or down: what decides whether it is, and may be."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .. import errors, roster
from ..task import task
from . import asked, cluster, ids, lists, looking

STARTS = "Start observer"
_STATES = {
    "started": ("/ob/start", STARTS, True),
    "stopped": ("/ob/stop", "Stop observer", False),
}
_MAINS = ("Start OB", "Stop OB")
_UNSURE = (
    "a task that starts or stops observers has not begun its parts for a minute, so it "
    "cannot be told whose they are; nothing was submitted: run it again"
)
_BEGUN = 3  # the stage of a main task at which each agent has its part
FRAME = 2  # nodes of a part in which nothing is done to the observer of its agent


class Running:
    """States started and stopped: by ob/start and ob/stop of this server alone.

    Their main task is one of the agent that is asked, and each agent has a part of it,
    which locks that agent (protocol/obshell.md 12.3.5, 12.3.12).
    """

    method = "POST"

    def __init__(self, asker: asked.Asker) -> None:
        self.asker, self.wish = asker, asker.wish
        self.path, self._part, self._up = _STATES[self.wish.state]
        self.done = self.wish.state

    def look(self) -> looking.Sight[roster.Server]:
        """Return what is to be done; raise Refused where it cannot be."""
        self.asker.who()
        servers = self.asker.servers()
        member = self._member(servers)
        self.wish.check_zone(member.identity, member.zone)
        tasks = self._unfinished()
        left = self._left(tasks)
        if left:
            return looking.Sight(looking.TAKE_UP, member, left, tasks)
        if self._is_so(member) and not self._turning(tasks):
            return looking.Sight(looking.HOLDS, member, None, tasks)
        if not self._up:
            self._check_majority(member, servers)
        return looking.Sight(looking.SUBMIT, member, None, tasks)

    def _unfinished(self) -> Sequence[task.Task]:
        """Return what is unfinished at the agents, each part of a main task with it."""
        listed = lists.Listed()

        def look() -> Sequence[task.Task]:
            nonlocal listed
            listed = lists.unfinished(self.asker.cluster, "agents")
            return listed.tasks

        found = self.asker.unfinished(*_MAINS, sure=_BEGUN, unsure=_UNSURE, look=look)
        for text in listed.missing:
            self.asker.warn(text)
        return found

    def locks(self, sight: looking.Sight[roster.Server]) -> Sequence[task.Task]:
        """Return what locks an agent, and for a stop the cluster too.

        A start is what may mend a failed task that holds the cluster's lock. A stop is
        refused where that lock cannot be read whole: what is not seen may be there.
        """
        agents = [one for one in sight.unfinished if _locks_agent(one)]
        if self._up:
            return agents
        return [*agents, *looking.of_cluster(self.asker.listed(), sight.left)]

    def body(self) -> Mapping[str, Any]:
        """Return the body of the request."""
        scope = {"type": "SERVER", "target": [self.wish.address]}
        if self._up:
            return {"scope": scope}
        forced = self.wish.force_kill
        return {"scope": scope, "force": forced, "terminate": not forced}

    def verify(self) -> roster.Server | None:
        """Return the member when its observer is as asked for."""
        why = ""
        try:
            member, is_so = self.asker.until(
                lambda: self._member(self.asker.servers()), self._is_so, submitted=True
            )
            if is_so:
                return member
            why = f" {member.status}" if member.status else " as it was"
        except errors.OpsError as e:
            why = f" not known: {e.message}"
        raise errors.WaitError(
            f"The task succeeded, but the observer of {self.wish.address} is{why}"
        )

    def outlook(self, member: roster.Server | None) -> dict[str, Any]:
        """Return what a diff will show when it is done."""
        known = {"identity": looking.CLUSTER_AGENT, "zone": member and member.zone}
        return {**known, "status": "ACTIVE" if self._up else "INACTIVE"}

    def told(self) -> str | None:
        """Return what is to be said of a member that is as asked for."""
        return None

    def cause(self, failed: task.Facts) -> str | None:
        """Return no cause but those that the task itself tells."""
        return None

    def advice(self, failed: task.Facts) -> str:
        """Return what to do about a task that has failed."""
        return looking.AGAIN

    def _member(self, servers: Sequence[roster.Server]) -> roster.Server:
        member = self.asker.me(servers)
        if member is None:
            raise self.wish.refused("is no member of the cluster")
        if member.identity != looking.CLUSTER_AGENT:
            raise self.wish.refused(
                f"is {member.identity}, so its observer cannot be {self.done}"
            )
        return member

    def _is_so(self, member: roster.Server) -> bool:
        """Tell whether the observer is as asked for.

        Where no observer answers, the cluster tells nothing of any: its agent does.
        """
        up = member.in_service
        if up is None:
            agent = self.asker.agent().cluster.named[0]
            up = agent.status().get("obState") == cluster.OBSERVER_UP
        return up is self._up

    def _parts(self, tasks: Sequence[task.Task]) -> list[task.Task]:
        """Return the parts that start or stop the observer of this very agent."""
        names = [part for _path, part, _up in _STATES.values()]
        mine = [one for one in tasks if ids.owner_of(one.id) == self.wish.address]
        parts = [one for one in mine if one.name in names and one.main_task]
        return [one for one in parts if len(one.nodes or ()) > FRAME]

    def _turning(self, tasks: Sequence[task.Task]) -> bool:
        return any(one.name != self._part for one in self._parts(tasks))

    def _left(self, tasks: Sequence[task.Task]) -> str | None:
        """Return the main task of an earlier run that does the same and is at work.

        One that failed offers nothing and holds nothing: its work is submitted anew.
        """
        for one in self._parts(tasks):
            main = one.main_task
            if main is None or one.name != self._part:
                continue
            if self.asker.cluster.fetch(main, details=False).state in task.ACTIVE:
                return main
        return None

    def _check_majority(
        self, member: roster.Server, servers: Sequence[roster.Server]
    ) -> None:
        """Refuse a stop unless more than half of the zones stay whole.

        A tenant has one replica in a zone, on any of its servers.
        """
        zones: dict[str | None, list[roster.Server]] = {}
        for one in servers:
            zones.setdefault(one.zone, []).append(one)
        whole = [
            zone
            for zone, there in zones.items()
            if zone != member.zone and all(one.in_service for one in there)
        ]
        if 2 * len(whole) > len(zones):
            return
        raise self.wish.refused(
            f"is not stopped, for no majority would stay: besides {member.zone}, "
            f"{len(whole)} of {len(zones)} zones have all their servers ACTIVE, and "
            "more than half are needed"
        )


def _locks_agent(one: task.Task) -> bool:
    if ids.is_cluster(one.id) or ids.is_obproxy(one.id):
        return False
    return one.locked is not False
