# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One thing to wait for: which task that is, its snapshots, what differs in them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Mapping

from .. import arguments, errors, transport
from ..task import changes, messages, task
from . import attempt, server

SMALL = 256 * 1024  # answers above this size are asked for in short form
# What the short form of a task may leave out, and a list.
_LEFT_OUT = (
    *("nodes", "operator", "stage", "max_stage", "start_time", "additional_data"),
    *("maintenance", "main_task", "sub_dags"),
)
REMEMBERED = 100  # failed sub-tasks that a later wait knows of
MAINS = 3  # a part of a part; nothing that is known goes deeper than one
NONE_BEFORE = "0"  # as newer_than: there was no task before
SETTLE = 60.0  # seconds without a change for an OCP task not at rest (ocp.md 8.1)


@dataclass
class Source:
    """Where snapshots come from: the last task of a scope, a task, a look's list.

    `listed` holds what the last look's list says of each task, in short form.
    """

    server: server.Server
    tally: transport.Tally = field(default_factory=transport.Tally)
    big: bool = False
    listed: dict[str, task.Task] = field(default_factory=dict)

    def fetch(
        self, task_id: str, mark: dict[str, Any] | None, *, full: bool
    ) -> task.Task:
        """Return a snapshot: in full while that is small, else where it tells.

        A listed task that is not over is believed; that one is not listed proves
        nothing.
        """
        listed = self.listed.get(task_id)
        if listed is not None and listed.state not in task.ENDED:
            return listed
        if self.big and mark is not None and not full:
            brief = self.server.fetch(task_id, details=False)
            heads = ("state", "operator", "stage")
            same = all(mark.get(key) == getattr(brief, key) for key in heads)
            if same and brief.state not in task.ENDED:
                return brief
        before = self.tally.bytes
        snapshot = self.server.fetch(task_id)
        self.big = self.tally.bytes - before > SMALL
        return snapshot


@dataclass
class Target:
    """A task known by its id, or the last one of a scope; plain but for the snapshot.

    `newer_than` is an id, NONE_BEFORE, or None where the caller gave no guard.
    """

    task_id: str | None = None
    scope: str | None = None
    newer_than: str | None = None
    name: str | None = None
    main_task: str | None = None
    mains: int = 0  # main tasks that were followed
    attempt: dict[str, Any] | None = None  # the one that an operation has ended
    mark: dict[str, Any] | None = None
    changed_at: float = 0.0
    reached: tuple[float, float] | None = None  # the last time it told, and when
    fresh: bool = False  # was seen before it was done
    done: bool = False
    snapshot: task.Task | None = None

    @property
    def followed(self) -> str:
        """The id of the task that has the verdict; empty while there is none."""
        return self.main_task or self.task_id or ""

    def to_dict(self) -> dict[str, Any]:
        """Return what a later wait must know of it; it looks at each task anew."""
        left = ("snapshot", "done")
        known = {key: value for key, value in vars(self).items() if key not in left}
        if self.mark:
            failed = list(self.mark["failed"].items())[:REMEMBERED]
            known["mark"] = {**self.mark, "failed": dict(failed)}
        return known

    def look(self, source: Source, now: float, *, full: bool) -> list[task.Facts]:
        """Take the next snapshot and return what has changed; StaleTask for an old one.

        A part of another task has no verdict of its own: its main task is followed.
        """
        found = None
        if self.task_id is None:
            found = self._find(source)
            if found is None:
                return []
            self.task_id, self.fresh = found.id, self.newer_than is not None
        snapshot = found or source.fetch(self.followed, self.mark, full=full)
        main = snapshot.main_task
        if main and main not in (self.followed, self.task_id):
            self.mains += 1
            if self.mains > MAINS:
                raise errors.InvalidAnswer(
                    f"task {self.task_id} is a part of a part, and so on: more than "
                    f"{MAINS} main tasks are not followed",
                    fatal=True,
                )
            self.main_task, self.mark = main, None
            head = changes.between(None, snapshot)[0]
            told = {**head, "what": "follows", "main_task": main}
            return [told, *self.look(source, now, full=full)]
        return self._take(snapshot, now)

    def _find(self, source: Source) -> task.Task | None:
        """Return the last task if it is one to wait for, else keep it to be shown."""
        found = source.server.last(self.scope or "")
        if self.newer_than is not None:
            if found is None or not self._is_newer(found):
                self.snapshot = found
                return None
            return found
        if found is None:
            raise errors.StaleTask(
                f"there is no task of the {self.scope} yet; newer_than: '0' waits for "
                "the first one"
            )
        if self.name and found.name != self.name:
            raise errors.StaleTask(
                f"the last task of the {self.scope} is {messages.named(found)}, not "
                f"'{errors.printable(self.name, 120)}'; give newer_than or task_id"
            )
        return found

    def _is_newer(self, found: task.Task) -> bool:
        if int(found.id) <= int(self.newer_than or NONE_BEFORE):
            return False
        return not self.name or found.name == self.name

    def _take(self, answer: task.Task, now: float) -> list[task.Facts]:
        if answer.id != self.followed or changes.is_other(self.mark, answer):
            raise errors.OtherTask(messages.other(self.followed, self.snapshot, answer))
        self.snapshot = snapshot = self._with_what_is_known(answer)
        self._note_time(snapshot, now)
        ages = self.ages(now)
        found = [{**one, **ages} for one in changes.between(self.mark, snapshot)]
        mark = changes.mark(self.mark, snapshot)
        if found or mark != self.mark:
            self.changed_at = now
        self.mark = mark
        self.fresh = self.fresh or not snapshot.done
        if self.scope and not self.fresh:
            raise errors.StaleTask(messages.stale(snapshot, self.scope))
        settled = snapshot.at_rest or now - self.changed_at >= SETTLE
        # An operation shows late; a failure that stays as it was is one all the same.
        old = attempt.is_old(self.attempt, snapshot) and now - self.changed_at < SETTLE
        self.done = snapshot.done and settled and not old
        return found

    def _note_time(self, snapshot: task.Task, now: float) -> None:
        told = changes.reached(snapshot)
        if told is not None and (self.reached is None or told > self.reached[0]):
            self.reached = (told, now)

    def ages(self, now: float) -> task.Facts:
        """Return the age of the task and of its step in seconds, None if not known.

        By the task's own times, and the seconds since it told the last of them.
        """
        if self.reached is None or self.snapshot is None:
            return {"age": None, "stage_age": None}
        age = self.reached[0] + now - self.reached[1]
        begun = changes.begun(self.snapshot)
        return {"age": age, "stage_age": None if begun is None else age - begun}

    def _with_what_is_known(self, answer: task.Task) -> task.Task:
        """Return a brief answer with the details of the last full one.

        What an answer says counts; what it leaves out stays as it was known.
        """
        kept = self.snapshot
        if kept is None or kept.id != answer.id or answer.nodes is not None:
            return answer
        left = {
            name: getattr(kept, name)
            for name in _LEFT_OUT
            if getattr(answer, name) in (None, "")
        }
        if answer.state in task.ENDED:
            left.pop("operator", None)  # how it ended is for the answer itself to say
        return replace(answer, **left)


@dataclass(frozen=True)
class Quiet:
    """A scope in which nothing may be at work; `name` and `tenant` narrow."""

    scope: str
    name: str | None = None
    tenant: str | None = None
    cluster_id: str | None = None
    tenant_id: str | None = None

    @property
    def narrow(self) -> dict[str, str]:
        """Which tasks count, by the options that were given."""
        known = {key: value for key, value in vars(self).items() if key != "scope"}
        return {key: value for key, value in known.items() if value is not None}


_WAYS = ("task_id", "last", "unfinished")
NARROW = ("name", "tenant", "cluster_id", "tenant_id")
_GO_WITH = {
    "attempt": ("task_id",),
    "newer_than": ("last",),
    "name": ("last", "unfinished"),
    "tenant": ("unfinished",),
    "cluster_id": ("unfinished",),
    "tenant_id": ("unfinished",),
}


def _attempts(given: Any) -> dict[str, dict[str, Any]]:
    """Return what is known of attempts, by task; refuse what no operation returned."""
    found: dict[str, dict[str, Any]] = {}
    for one in given or []:
        subs = one.get("sub_tasks")
        if set(one) != {"task_id", "operator", "sub_tasks"} or not isinstance(
            subs, dict
        ):
            raise errors.InvalidOption(
                "attempt", "it is not what obshell_task or ocp_task returned as attempt"
            )
        found[str(one["task_id"])] = {**one, "sub_tasks": dict(subs)}
    return found


def wanted(
    params: Mapping[str, Any], of: server.Server
) -> tuple[list[Target], Quiet | None]:
    """Return what options say to wait for; refuse what does not fit together."""
    ways = [way for way in _WAYS if params[way] is not None]
    if len(ways) != 1:
        given = f"{' and '.join(ways) or 'none'} {'were' if ways else 'was'} given"
        raise errors.InvalidOption(", ".join(_WAYS), f"give one of them; {given}")
    for name, needed in _GO_WITH.items():
        if params[name] is not None and not any(params[way] for way in needed):
            raise errors.InvalidOption(name, f"it goes with {' or '.join(needed)}")
    if params["task_id"] is not None:
        ids = arguments.task_ids(params["task_id"])
        known = _attempts(params["attempt"])
        return [
            Target(task_id=of.checked(id, "task_id"), attempt=known.get(id))
            for id in ids
        ], None
    way = "last" if params["last"] else "unfinished"
    scope = params[way]
    of.check_scope(way, scope)
    if way == "unfinished":
        if params["on_timeout"] == "cancel":
            raise errors.InvalidOption(
                "on_timeout",
                "cancel is for tasks that were named; what is unfinished is somebody's",
            )
        quiet = Quiet(scope, *(params[key] for key in NARROW))
        of.check_narrow(quiet.narrow)
        return [], quiet
    newer_than = params["newer_than"]
    if newer_than is not None and not newer_than.strip():
        raise errors.InvalidOption(
            "newer_than",
            "it is empty, as where the task before it did not run; give newer_than as "
            "obshell_last_task returned it ('0' where there was none)",
        )
    if newer_than not in (None, NONE_BEFORE):
        newer_than = arguments.task_id(newer_than, "newer_than")
        of.checked(newer_than, "newer_than", scope=scope)
    return [Target(scope=scope, newer_than=newer_than, name=params["name"])], None
