# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a wait is for, what it has seen and done so far, and how it tells that."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Sequence

from .. import errors, transport
from ..task import results, verdict
from . import followed, history, outages, target
from . import rules as wait_rules
from . import server as face

SUB_TASKS = 1000  # of one task in the result; Ansible keeps it in memory and in logs


_MEMORY: dict[str, Any] = {
    "key": str,
    "clock_offset": (int, float),
    "info": dict,
    "next_password": bool,
    "header": str,
    "answered_last": bool,
}


@dataclass(frozen=True)
class Resume:
    """What a wait left for a later one; `servers` is the memory of its client."""

    elapsed: float = 0.0
    targets: Sequence[target.Target] = ()
    servers: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> Resume:
        """Return what an option holds; refuse what no wait has returned."""
        if given is None:
            return cls()
        try:
            servers = dict(given["servers"])
            if not (_is_memory(servers) or all(map(_is_memory, servers.values()))):
                raise TypeError("no memory of a client")
            targets = [target.Target(**facts) for facts in given["targets"]]
            return cls(float(given["elapsed"]), targets, servers)
        except (KeyError, TypeError, ValueError) as e:
            raise errors.InvalidOption(
                "resume", "it is not what wait_for_task returned as resume"
            ) from e


def _is_memory(found: Any) -> bool:
    return isinstance(found, dict) and all(
        key in _MEMORY and (value is None or isinstance(value, _MEMORY[key]))
        for key, value in found.items()
    )


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
    show: history.Show | None = None
    logs: bool = False  # that lines of logs are shown too
    earlier: Resume = field(default_factory=Resume)
    warnings: list[str] = field(default_factory=list)
    polls: int = 0
    timed_out: bool = False

    def __post_init__(self) -> None:
        self._began = self.clock()
        self._due = 0.0
        self._costs = 1  # requests of the last look
        self.whole = False  # that the last look saw all that it had to
        self._may_list = True  # that one list is to speak for many
        self.cancelled: list[str] = []
        self.accepted: errors.TaskFailed | None = None  # a failure that was asked for
        self._go_on()
        self.followed = followed.Logs() if self.logs and self.show else None
        self.source = target.Source(self.server, self.tally)
        self.outages = outages.Outages(
            self.rules.max_outage, self.rules.max_first_outage
        )
        self.history = history.History(
            lambda: self.elapsed, self.rules.log_lines, self.show
        )

    @property
    def notes(self) -> list[str]:
        """What is to be warned of about the server itself."""
        return self.server.notes

    def close(self) -> None:
        """Leave no connection and no thread behind."""
        self.server.close()

    @property
    def elapsed(self) -> float:
        """Seconds since the wait began, those of the wait that it takes up included."""
        return self.clock() - self._began

    @property
    def done(self) -> bool:
        """Whether all targets are, as one whole look has seen them."""
        return self.whole and all(one.done for one in self.targets)

    def result(self) -> dict[str, Any]:
        """Return the facts of the tasks and the wait's own numbers."""
        lines = self.rules.log_lines
        found = [one.snapshot for one in self.targets if one.snapshot and one.task_id]
        outages = self.outages.to_list()
        # An old task must not look like the outcome of this wait.
        outcomes = [
            one.snapshot.outcome
            for one in self.targets
            if one.snapshot and one.task_id and (one.fresh or not one.scope)
        ]
        result = {
            **(self.accepted.to_result() if self.accepted else {}),
            "changed": bool(self.cancelled),
            "server": self.server.server,
            **results.heads(found, lines),
            "outcome": verdict.worst(outcomes),
            "done": self.done,
            "timed_out": self.timed_out,
            "elapsed": round(self.elapsed, 3),
            "stats": {
                "polls": self.polls,
                "requests": self.tally.requests,
                "bytes": self.tally.bytes,
                "changes": len(self.history.changes) + self.history.dropped,
                "outages": len(outages),
            },
        }
        if self.rules.details:
            facts = [results.small(one, lines).to_dict(lines) for one in found]
            dropped = sum(results.cut(one, SUB_TASKS) for one in facts)
            result["stats"]["sub_tasks_dropped"] = dropped
            result.update(results.shape(facts))
            result.update(changes=self.history.changes, outages=outages)
            result["answered_by"] = self.server.answered
        if self.timed_out and self.rules.on_timeout == "continue":
            result["resume"] = self.resume()
        return result

    def resume(self) -> dict[str, Any]:
        """Return what a later wait must know to go on: plain, without a secret."""
        return {
            "elapsed": round(self.elapsed, 3),
            "targets": [one.to_dict() for one in self.targets],
            "servers": self.server.memory,
        }

    def _go_on(self) -> None:
        """Take up the earlier wait; refuse that of other tasks."""
        if not self.earlier.targets:
            return
        ids = {one.task_id for one in self.targets if not one.scope}
        if ids and ids != {one.task_id for one in self.earlier.targets}:
            raise errors.InvalidOption("resume", "it is of a wait for other tasks")
        self._began -= self.earlier.elapsed
        self.targets = list(self.earlier.targets)
