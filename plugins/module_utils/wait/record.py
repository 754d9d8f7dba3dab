# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a wait is for, what it has seen and done so far, and how it tells that."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping

from .. import errors, transport
from ..task import results, verdict
from . import history, outages, target
from . import rules as wait_rules
from . import server as face

SUB_TASKS = 1000  # of one task in the result; Ansible keeps it in memory and in logs


@dataclass
class Record:
    """A wait as it stands; clock and sleep are parameters, in seconds.

    With `quiet` the targets are what keeps that scope from being quiet, and the wait
    is for quiet: no matter how they end, unless one still holds a lock.
    """

    server: face.Server
    targets: list[target.Target]
    rules: wait_rules.Rules
    quiet: target.Quiet | None = None
    tally: transport.Tally = field(default_factory=transport.Tally)
    deadline: transport.Deadline = field(default_factory=transport.Deadline)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    warnings: list[str] = field(default_factory=list)
    polls: int = 0
    timed_out: bool = False

    def __post_init__(self) -> None:
        self._began = self.clock()
        self._due = 0.0
        self._costs = 1  # requests of the last look
        self._proved = False  # that the last look's list was had
        self._may_list = True  # that one list is to speak for many
        self._cancelled: list[str] = []
        self._answered: list[str] = []  # in earlier slices
        self.source = target.Source(self.server, self.tally)
        self.outages = outages.Outages(self.rules.max_outage)
        self.history = history.History(lambda: self.elapsed, self.rules.log_lines)

    @property
    def elapsed(self) -> float:
        """Seconds since the wait began, earlier slices included."""
        return self.clock() - self._began

    @property
    def done(self) -> bool:
        """Whether all targets are, and for quiet that this is known."""
        proved = self.quiet is None or self._proved
        return proved and all(one.done for one in self.targets)

    def result(self) -> dict[str, Any]:
        """Return the facts of the tasks and the wait's own numbers."""
        lines = self.rules.log_lines
        found = [one.snapshot for one in self.targets if one.snapshot and one.task_id]
        facts = [results.small(one, lines).to_dict(lines) for one in found]
        sub_tasks_dropped = sum(results.cut(one, SUB_TASKS) for one in facts)
        # An old task must not look like the outcome of this wait.
        outcomes = [
            one.snapshot.outcome
            for one in self.targets
            if one.snapshot and one.task_id and (one.fresh or not one.scope)
        ]
        result = {
            "changed": bool(self._cancelled),
            "server": self.server.server,
            **results.shape(facts),
            "outcome": verdict.worst(outcomes),
            "done": self.done,
            "timed_out": self.timed_out,
            "elapsed": round(self.elapsed, 3),
            "polls": self.polls,
            "requests": self.tally.requests,
            "bytes": self.tally.bytes,
            "changes": self.history.changes,
            "changes_dropped": self.history.dropped,
            "sub_tasks_dropped": sub_tasks_dropped,
            "outages": self.outages.to_list(),
            "answered_by": self._answered_by(),
        }
        if self.rules.until == "change":
            result["news"] = self.history.news
        if self.rules.until == "change" or self.timed_out:
            result["resume"] = self.resume()
        return result

    def resume(self) -> dict[str, Any]:
        """Return what a later run of the same wait must know: plain, no secrets."""
        return {
            "elapsed": round(self.elapsed, 3),
            "targets": [one.to_dict() for one in self.targets],
            "polls": self.polls,
            "requests": self.tally.requests,
            "bytes": self.tally.bytes,
            "outages": vars(self.outages),
            "changes": self.history.changes,
            "dropped": self.history.dropped,
            "big": self.source.big,
            "due": round(self._due, 3),
            "servers": self.server.memory,
            "answered_by": self._answered_by(),
        }

    def go_on(self, resume: Mapping[str, Any]) -> None:
        """Take up a wait where `resume` left it; refuse what is no such thing."""
        ids = {one.task_id for one in self.targets if not one.scope}
        try:
            targets = [target.Target(**facts) for facts in resume["targets"]]
            self._began -= float(resume["elapsed"])
            self._due = float(resume["due"])
            self.polls = int(resume["polls"])
            self.tally.requests += int(resume["requests"])
            self.tally.bytes += int(resume["bytes"])
            self.source.big = bool(resume["big"])
            self.history.changes = list(resume["changes"])
            self.history.dropped = int(resume["dropped"])
            past = {**resume["outages"], "budget": self.rules.max_outage}
            self.outages = outages.Outages(**past)
            self._answered = [str(url) for url in resume["answered_by"]]
        except (KeyError, TypeError, ValueError) as e:
            raise errors.InvalidOption(
                "resume", "it is not what wait_for_task returned as resume"
            ) from e
        if ids and ids != {one.task_id for one in targets}:
            raise errors.InvalidOption("resume", "it is of a wait for other tasks")
        self.targets = targets

    def _answered_by(self) -> list[str]:
        """Return the addresses that answered, in that order."""
        return list(dict.fromkeys([*self._answered, *self.server.answered]))
