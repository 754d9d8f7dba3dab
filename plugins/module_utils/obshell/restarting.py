# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The observer of a member is stopped and started again, or was since a moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Callable, Mapping, Union

from .. import errors, roster
from ..task import task, times
from ..wait import within
from . import asked, lists, looking, membership, running

STATE = "restarted"
STATES = (*membership.STATES, STATE)
_JOINED = ("task_ids", "tasks")


@dataclass
class Restart:
    """A member whose stop and whose start are brought about, one behind the other.

    Both have the same waits. What an earlier run has begun is gone on with: a member
    that is down is only started.
    """

    asker: asked.Asker
    stop: membership.Membership
    start: membership.Membership

    def __post_init__(self) -> None:
        self.waits = self.start.waits
        self.result = self.start.result

    @property
    def notes(self) -> list[str]:
        """What is to be warned of about the agents themselves."""
        return self.start.notes

    def close(self) -> None:
        """Leave no connection and no thread behind."""
        self.stop.close()
        self.start.close()

    def hear(self, warn: Callable[[str], None]) -> None:
        """Give warnings to this function."""
        self.stop.hear(warn)
        self.start.hear(warn)

    def bring(self, *, check: bool, wait: bool) -> dict[str, Any]:
        """Restart it and return the result; an error carries what is known of it."""
        if not wait:
            raise errors.InvalidOption(
                "wait", "a restart waits for the stop before it starts, so it is true"
            )
        try:
            sight = self.start.way.look()
            is_done = sight.what == looking.TAKE_UP or self._is_done(sight.found)
        except errors.OpsError as e:
            e.result = {**self.result, **e.result}
            raise
        if is_done:
            return self.start.bring(check=check, wait=True)
        stopped = self.stop.bring(check=check, wait=True)
        if check and stopped["reason"] != membership.KEY:
            after = self.start.way.outlook(sight.found)
            return {**stopped, "changed": True, "diff": _diff(stopped, after)}
        try:
            started = self.start.bring(check=check, wait=True)
        except errors.OpsError as e:
            address = self.asker.wish.address
            e.message += f" The observer of {address} was stopped before."
            # That the stop succeeded is no outcome of a restart that did not.
            known = {key: stopped[key] for key in (*_JOINED, "changed", "reason")}
            e.result = _joined(known, e.result)
            raise
        joined = _joined(stopped, started)
        return {**joined, "diff": _diff(stopped, started["diff"]["after"])}

    def _is_done(self, member: roster.Server | None) -> bool:
        """Tell whether obshell has started its observer since the moment.

        The tasks of its own agent tell, by the clock of that host.
        """
        wish = self.asker.wish
        if wish.since is None or member is None or not member.in_service:
            return False
        agent = self.asker.agent()
        tasks = lists.history_in(agent, agent.cluster.named[0])
        if tasks is None:
            raise wish.refused(
                "has an obshell older than 4.3.0, which does not tell when it has "
                "started its observer: leave since out"
            )
        return any(_started(one) >= wish.since for one in tasks)


Work = Union[membership.Membership, Restart]


def work(
    asker: asked.Asker,
    submit: Callable[[Mapping[str, Any]], Any],
    waits: within.Waits,
) -> Work:
    """Return what brings a member to the state that is asked for."""

    def to(state: str) -> membership.Membership:
        wish = replace(asker.wish, state=state)
        return membership.work(replace(asker, wish=wish), submit, waits)

    if asker.wish.state == STATE:
        return Restart(asker, to("stopped"), to("started"))
    return membership.work(asker, submit, waits)


def _started(one: task.Task) -> float:
    """Return when a task began to start an observer; minus infinity if it did not.

    It is a part, of which each agent has one: a frame alone where it is about another.
    One that has failed is passed where it stands.
    """
    stages = one.max_stage or 0
    did = one.name == running.STARTS and one.state == "SUCCEED"
    if not did or stages <= running.FRAME or one.stage != stages:
        return float("-inf")
    at = times.moment(one.start_time)
    return float("-inf") if at is None else at


def _diff(stopped: task.Facts, after: task.Facts) -> task.Facts:
    return {"before": stopped["diff"]["before"], "after": after}


def _joined(stopped: task.Facts, started: task.Facts) -> task.Facts:
    """Return the result of both: their tasks, and whether either has changed it."""
    both = {key: [*stopped[key], *started.get(key, ())] for key in _JOINED}
    task_ = both["tasks"][0] if len(both["tasks"]) == 1 else None
    joined = {**stopped, **started, **both, "task": task_}
    joined["changed"] = bool(stopped["changed"] or started.get("changed"))
    reasons = {stopped["reason"], started.get("reason")}
    known = [one for one in ("locked", "submitted", "taken_up") if one in reasons]
    joined["reason"] = (known or [membership.KEY])[0]
    if stopped.get("elapsed") is not None and started.get("elapsed") is not None:
        joined["elapsed"] = stopped["elapsed"] + started["elapsed"]
    return joined
