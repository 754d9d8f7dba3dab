# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look at targets until they are done: pace, deadline, history, verdict.

All times are seconds since the wait began; clock and sleep are parameters.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Sequence

from . import errors, messages, outages, target, task, transport

GRACE = 1.0  # a look at the deadline itself may still take this long
HISTORY = 200
SUB_TASKS = 1000  # of one task in the result; Ansible keeps it in memory and in logs
MANY = 4  # that many tasks are asked for by one list, fewer each by its id
CANCELLING = 60.0  # a cancelled task is looked at for this long until it is over
_WORST = (
    "succeeded",
    "passed",
    "rolled_back",
    "cancelled",
    "failed",
    "rollback_failed",
    "unknown",
    "part",
    "running",
)


@dataclass(frozen=True)
class Rules:
    """What the caller asked for; seconds, lines, outcomes."""

    timeout: float = 3600.0
    delay: float = 0.0
    sleep: float | None = None
    outcome: Sequence[str] = ("succeeded", "passed")
    max_outage: float = 600.0
    heartbeat: float = 30.0
    log_lines: int = task.LOG_LINES
    until: str = "done"
    on_timeout: str = "fail"


@dataclass
class Wait:
    """A wait that can stop after a slice and go on in another process.

    With `unfinished`, which lists tasks in short form, the targets are what it lists,
    and the wait is for quiet: no matter how they end, unless one still holds a lock.
    `at_work` lists, in short form, tasks of which it is given the ids.
    """

    source: target.Source
    targets: list[target.Target]
    rules: Rules
    unfinished: Callable[[], Sequence[task.Task]] | None = None
    cancel: Callable[[task.Task], Sequence[str]] | None = None
    at_work: Callable[[Sequence[str]], Sequence[task.Task]] | None = None
    deadline: transport.Deadline = field(default_factory=transport.Deadline)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    warnings: list[str] = field(default_factory=list)
    news: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    dropped: int = 0
    polls: int = 0
    timed_out: bool = False

    def __post_init__(self) -> None:
        self._began = self.clock()
        self._costs = 1
        self._due = 0.0
        self._proved = False  # that the last round's list was had
        self._cancelled: list[str] = []
        self._answered: list[str] = []  # in earlier slices
        self.outages = outages.Outages(self.rules.max_outage)

    @property
    def elapsed(self) -> float:
        return self.clock() - self._began

    @property
    def done(self) -> bool:
        proved = self.unfinished is None or self._proved
        return proved and all(one.done for one in self.targets)

    def run(self) -> None:
        """Wait for all targets, or with until=change for the next news.

        Raises TaskFailed, StaleTask, WaitTimeout, and what no waiting mends; each
        carries the result of the wait so far.
        """
        try:
            # A slice may begin when the time is up: it still looks once.
            last = max(self._began + self.rules.timeout, self.clock())
            self.deadline.at = last + GRACE
            if self.elapsed < self.rules.delay:
                self.sleep(self.rules.delay - self.elapsed)
            self._loop()
            if self.done:
                self._judge()
        except errors.OpsError as e:
            e.result = self.result()
            raise

    def look_once(self) -> None:
        """Look without waiting, for check mode; what is not over is no failure."""
        try:
            self.deadline.at = self.clock() + self.rules.timeout + GRACE
            self._look(full=True)
            if self.done:
                self._judge()
        except errors.StaleTask as e:
            self.warnings.append(e.message)
        except errors.OpsError as e:
            e.result = self.result()
            raise

    def result(self) -> dict[str, Any]:
        """Return the facts of the tasks and the wait's own numbers."""
        lines = self.rules.log_lines
        found = [one.snapshot for one in self.targets if one.snapshot and one.task_id]
        facts = [one.small(lines).to_dict(lines) for one in found]
        sub_tasks_dropped = sum(task.cut(one, SUB_TASKS) for one in facts)
        # An old task must not look like the outcome of this wait.
        outcomes = [
            one.snapshot.outcome
            for one in self.targets
            if one.snapshot and one.task_id and (one.fresh or not one.scope)
        ]
        result = {
            "changed": bool(self._cancelled),
            "server": self.source.client.server,
            "tasks": facts,
            "task": facts[0] if len(facts) == 1 else None,
            "outcome": max(outcomes, key=_WORST.index) if outcomes else None,
            "done": self.done,
            "timed_out": self.timed_out,
            "elapsed": round(self.elapsed, 3),
            "polls": self.polls,
            "requests": self.source.tally.requests,
            "bytes": self.source.tally.bytes,
            "changes": self.changes,
            "changes_dropped": self.dropped,
            "sub_tasks_dropped": sub_tasks_dropped,
            "outages": self.outages.to_list(),
            "answered_by": self._answered_by(),
        }
        if self.rules.until == "change":
            result["news"] = self.news
        if self.rules.until == "change" or self.timed_out:
            result["resume"] = self.resume()
        return result

    def resume(self) -> dict[str, Any]:
        """Return what a later run of the same wait must know: plain, no secrets."""
        return {
            "elapsed": round(self.elapsed, 3),
            "targets": [one.to_dict() for one in self.targets],
            "polls": self.polls,
            "requests": self.source.tally.requests,
            "bytes": self.source.tally.bytes,
            "outages": vars(self.outages),
            "changes": self.changes,
            "dropped": self.dropped,
            "big": self.source.big,
            "due": round(self._due, 3),
            "servers": self.source.client.memory,
            "answered_by": self._answered_by(),
        }

    def _answered_by(self) -> list[str]:
        """Return the addresses that answered, in that order; OCP has only one."""
        now = getattr(self.source.client, "answered", [])
        return list(dict.fromkeys([*self._answered, *now]))

    def go_on(self, resume: Mapping[str, Any]) -> None:
        """Take up a wait where `resume` left it; refuse what is no such thing."""
        ids = {one.task_id for one in self.targets if not one.scope}
        try:
            targets = [target.Target(**facts) for facts in resume["targets"]]
            self._began -= float(resume["elapsed"])
            self._due = float(resume["due"])
            self.polls = int(resume["polls"])
            self.source.tally.requests += int(resume["requests"])
            self.source.tally.bytes += int(resume["bytes"])
            self.source.big = bool(resume["big"])
            self.changes = list(resume["changes"])
            self.dropped = int(resume["dropped"])
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

    def _loop(self) -> None:
        next_heartbeat = self.elapsed + self.rules.heartbeat
        in_slices = self.rules.until == "change"
        # What moves at each look must not keep slices coming when the time is up.
        late = self.elapsed >= self.rules.timeout
        while True:
            due = min(self._due, self.rules.timeout)
            pause = (min(due, next_heartbeat) if in_slices else due) - self.elapsed
            if pause > 0:
                self.sleep(pause)
            self._round(full=self.elapsed >= next_heartbeat)
            now = self.elapsed
            self._due = now + self._pace(now)
            if self.done or (in_slices and self.news and not late):
                return
            if now >= self.rules.timeout:
                return self._time_is_up()
            if in_slices and now >= next_heartbeat:
                return self._heartbeat(now)

    def _pace(self, now: float) -> float:
        """Return the seconds to the next look: 5 % of the time waited, 1 to 10 s.

        Servers move once a second; a round of several requests waits that much longer.
        """
        if self.outages.wait:
            return self.outages.wait
        if self.rules.sleep is not None:
            return self.rules.sleep
        pace = min(10.0, max(1.0, 0.05 * now, float(self._costs)))
        # Who is down is not asked more than once a second, however many there are.
        return max(pace, float(self._costs)) if self.outages.current else pace

    def _round(self, *, full: bool) -> None:
        began, requests = self.elapsed, self.source.tally.requests
        try:
            self._look(full=full)
        except errors.OpsError as e:
            self._tell(self.outages.bad(e, began=began, now=self.elapsed))
        else:
            self._tell(self.outages.good(self.elapsed))
        self._costs = self.source.tally.requests - requests

    def _list(self, unfinished: Callable[[], Sequence[task.Task]]) -> None:
        self._proved = False
        self.source.listed = {one.id: one for one in unfinished()}
        known = {one.task_id: one for one in self.targets}
        for listed in self.source.listed.values():
            if listed.id not in known:
                self.targets.append(target.Target(task_id=listed.id))
            elif listed.state not in task.ENDED:
                known[listed.id].done = False  # somebody has revived it
        self._proved = True

    def _list_many(
        self, at_work: Callable[[Sequence[str]], Sequence[task.Task]]
    ) -> None:
        """Let one list speak for many tasks; where it cannot be had, ask for each."""
        ids = [one.followed for one in self.targets if not one.done and one.mark]
        self.source.listed = {}
        if len(ids) < MANY:
            return
        try:
            self.source.listed = {one.id: one for one in at_work(ids)}
        except errors.Refused:
            self.at_work = None

    def _look(self, *, full: bool) -> None:
        self.polls += 1
        if self.unfinished:
            self._list(self.unfinished)
        elif self.at_work:
            self._list_many(self.at_work)
        for one in self.targets:
            if not one.done:
                self._tell(one.look(self.source, self.elapsed, full=full))
                self._warn_of_words(one.snapshot)
        # What was done in an earlier slice is judged as it is now.
        for one in self.targets if self.done else ():
            if one.snapshot is None:
                self._tell(one.look(self.source, self.elapsed, full=True))

    def _warn_of_words(self, snapshot: task.Task | None) -> None:
        if snapshot is not None and snapshot.state not in task.STATES:
            self.warnings.append(
                f"{messages.named(snapshot)} is in the state "
                f"'{errors.printable(snapshot.state, 60)}', which is not known here; "
                "it counts as running"
            )

    def _tell(self, told: Sequence[Mapping[str, Any]]) -> None:
        for change in told:
            stamped = {"elapsed": round(self.elapsed, 1), **change}
            if not self.rules.log_lines:
                stamped.pop("line", None)
            self.news.append(stamped)
            self.changes.append(stamped)
        if len(self.changes) > HISTORY:
            self.dropped += len(self.changes) - HISTORY
            del self.changes[:-HISTORY]

    def _heartbeat(self, now: float) -> None:
        for one in [one for one in self.targets if not one.done][:3]:
            head: dict[str, Any] = {"task_id": None}
            if one.snapshot:
                head = task.changes(None, one.snapshot)[0]
            what = "heartbeat" if one.task_id else "waiting_for_newer"
            told = {**head, "elapsed": round(now, 1), "what": what}
            told["newer_than"] = one.newer_than
            if self.outages.current:
                told.update(what="outage", reason=self.outages.current["reason"])
            self.news.append(told)

    def _time_is_up(self) -> None:
        self.timed_out = True
        if self.rules.on_timeout == "continue":
            return
        notes = self._cancel() if self.rules.on_timeout == "cancel" else []
        if self.done:
            self.timed_out = bool(self._cancelled)
            return
        late = next(one for one in self.targets if not one.done)
        seconds, seen = self.rules.timeout, late.snapshot
        if late.task_id is None:
            text = messages.never_came(late.newer_than, seen, seconds)
        elif seen is None:
            text = messages.never_seen(late.task_id, seconds)
        else:
            age = self.elapsed - late.changed_at
            text = messages.timeout(seen, seconds=seconds, age=age)
        if self.outages.current:
            text += f"; the last look failed: {self.outages.current['reason']}"
        raise errors.WaitTimeout("; ".join([text, *notes]))

    def _cancel(self) -> list[str]:
        """Cancel what is late and wait for its end; return what is to be said of it.

        What runs for it on other agents goes on there: it is named, not touched.
        """
        notes: list[str] = []
        for one in self.targets:
            if one.done or one.snapshot is None or self.cancel is None:
                continue
            try:
                notes += self.cancel(one.snapshot)
            except errors.OpsError as e:
                notes.append(f"it could not be cancelled: {e.message}")
            else:
                self._cancelled.append(one.snapshot.id)
        self.warnings += notes
        until = self.elapsed + CANCELLING
        self.deadline.at = self.clock() + CANCELLING + GRACE
        while self._cancelled and not self.done and self.elapsed < until:
            self.sleep(1.0)
            self._round(full=False)
        return notes

    def _judge(self) -> None:
        """Raise TaskFailed unless each outcome is accepted; warn of what was passed."""
        refused: list[task.Task] = []
        for one in self.targets:
            ended = self._explained(one)
            if self._holds_lock(one) if self.unfinished else not self._accepts(ended):
                refused.append(ended)
            elif ended.outcome == "passed":
                self.warnings.append(messages.passed(ended))
        if refused and self._cancelled:
            raise errors.WaitTimeout(
                messages.cancelled(refused[0], self.rules.timeout, self.warnings)
            )
        if refused:
            raise self._failure(refused)

    def _explained(self, one: target.Target) -> task.Task:
        ended = one.snapshot
        if ended is None:
            raise AssertionError("what is done has a snapshot")
        if ended.state == "FAILED":
            client, lines = self.source.client, self.rules.log_lines
            ended, missing = client.explained(ended, lines)
            one.snapshot = ended
            self.warnings += missing
        return ended

    def _accepts(self, ended: task.Task) -> bool:
        return ended.outcome in self.rules.outcome

    def _holds_lock(self, one: target.Target) -> bool:
        # Only maintenance tasks stay in the list when they failed (obshell.md 3.5).
        listed = self.source.listed.get(one.task_id or "")
        return listed is not None and listed.state == "FAILED"

    def _failure(self, refused: Sequence[task.Task]) -> errors.TaskFailed:
        worst = max(refused, key=lambda one: _WORST.index(one.outcome))
        rules = self.rules
        text = messages.ended(worst, log_lines=rules.log_lines, accepted=rules.outcome)
        others = [f"{one.id} ({one.outcome})" for one in refused if one != worst]
        if others:
            text += f"; also not as accepted: {', '.join(others[:10])}"
        return errors.TaskFailed(text, task_id=worst.id, outcome=worst.outcome)
