# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One cluster: what differs between two looks, as events. Time is passed in."""

from __future__ import annotations

from typing import Any, Mapping, Protocol

from .. import errors
from ..task import changes, looked, task
from ..wait import server
from . import memory, options, teller

BUSY = 1.0  # seconds between looks while a task is at work: servers move once a second
STRETCHED = 60.0  # seconds that an outage stretches a pause to
STILL = 60  # looks at OCP's failed task that is not at rest and does not move
REFUSED = 900.0  # the same after refused credentials: accounts get locked
_INSIDE = ("sub_task_failed", "sub_task_retried")


class Recent(Protocol):
    """What tells what is new at a server: recent.py of each wing."""

    def look(self, client: Any, scope: str, tops: Mapping[str, int]) -> looked.Looked:
        """Return what is unfinished, and what is newer than tops."""

    def everything(self, client: Any, scope: str) -> looked.Looked:
        """Return all that is listed."""

    def store_of(self, one: task.Task) -> tuple[str, int]:
        """Return in which store a task is kept, and its number there."""

    def check_tenant(self, client: Any) -> None:
        """Raise Refused where tenants are not told."""


class Watcher:
    """Looks, compares with what is known, and gives each change once, in order."""

    def __init__(
        self,
        client: server.Server,
        recent: Recent,
        rules: options.Rules,
        telling: teller.Teller,
    ) -> None:
        self._client = client
        self._recent = recent
        self._rules = rules
        self._teller = telling
        self._known = telling.known
        self._bad = 0
        self._found = looked.Looked()

    def look(self) -> None:
        """Look once, and give what is new; whatever the answer is, it is outlived."""
        self._teller.flush()
        self._found = self._looked()
        for store in self._found.reset:
            self._forget(store)
        before = len(self._known["pending"])
        self._compare()
        silent = self._found.error is not None and not self._found.stores
        self._bad = self._bad + 1 if silent else 0
        self._teller.outage(self._found.error, before)
        self._known["marks"] = memory.trimmed(self._known["marks"])
        self._teller.flush()

    def pause(self) -> float:
        """Return the seconds to the next look; longer where nobody answers at all."""
        longest = self._rules.interval
        if self._found.refused:
            return REFUSED
        if not self._bad:
            return min(longest, BUSY) if self._at_work() else longest
        asked = getattr(self._found.error, "wait", None) or 0.0
        stretched = min(STRETCHED, longest * 2.0 ** min(self._bad - 1, 10))
        return max(longest, stretched, min(float(asked), REFUSED))

    def _looked(self) -> looked.Looked:
        recent, client = self._recent, self._client
        scope, tops = self._rules.scope, self._known["tops"]
        try:
            if self._rules.since == "all" and not tops:
                found = recent.everything(client, scope)
            else:
                found = recent.look(client, scope, tops)
            if self._rules.tenant is not None:
                recent.check_tenant(client)
            return found
        except errors.OpsError as e:
            return looked.Looked(error=e)

    def _forget(self, store: str) -> None:
        """Begin a store anew: another cluster stands there now."""
        self._known["tops"][store] = 0
        for mark in self._known["marks"].values():
            if mark["store"] == store:
                _empty(mark)

    def _compare(self) -> None:
        """Tell what is new of each task, in the order of their numbers."""
        heads, stores = self._found.tasks, self._found.stores
        marks, tops = self._known["marks"], self._known["tops"]
        order = [(*self._recent.store_of(one), one.id) for one in heads.values()]
        order += [
            (*place, id)
            for id, place in self._found.unlisted.items()
            if id not in heads and "head" not in marks.get(id, ())
        ]
        order += [
            (mark["store"], mark["number"], id)
            for id, mark in marks.items()
            if id not in heads and mark["store"] in stores and _left_list(mark)
        ]
        highest = dict.fromkeys(stores, 0)
        unread: dict[str, int] = {}
        silent: set[str] = set()
        for store, number, id in sorted(order):
            try:
                if store not in silent and not self._found.refused:
                    self._task(store, number, id, heads.get(id))
                else:
                    unread.setdefault(store, number)
            except errors.TaskNotFound:
                if id in marks:
                    _empty(marks[id])
            except errors.OpsError as e:
                self._found.fail(e)
                unread.setdefault(store, number)
                # One that cannot be read hides no other; a server that is away is
                # not asked for each.
                silent.update([store] if isinstance(e, errors.Unreachable) else [])
            highest[store] = number
        for store in stores:
            top = min(highest[store], unread.get(store, highest[store] + 1) - 1)
            tops[store] = max(tops.get(store, 0), top)

    def _task(self, store: str, number: int, id: str, head: task.Task | None) -> None:
        mark = self._known["marks"].get(id) or {"n": 0}
        known = mark if "head" in mark else None
        if known and head and not self._differs(known, head):
            return
        first = store not in self._known["tops"]
        quiet = first and known is None and not self._to_tell(head)
        if quiet and head is not None and head.state not in task.ACTIVE:
            whole = head
        else:
            whole = self._client.fetch(id)
            if whole.state == "FAILED" and whole.at_rest:
                whole, _missing = self._client.explained(whole, 1)
        if changes.is_other(known, whole):
            known = None
        new = {**changes.mark(known, whole), "store": store, "number": number}
        still = _still(known, new, whole)
        rest = whole.state not in task.ACTIVE and (whole.at_rest or still > STILL)
        new.update(
            n=mark["n"],
            head=_head(head) if head else None,
            rest=rest,
            still=still,
            done=[whole.outcome, whole.end_time] if whole.done and rest else None,
        )
        if not quiet:
            self._teller.changed(known, new, whole)
        # The newest is the last one, for those that are forgotten first.
        self._known["marks"].pop(id, None)
        self._known["marks"][id] = new

    def _differs(self, mark: Mapping[str, Any], head: task.Task) -> bool:
        if mark["head"] != _head(head):
            return True
        inside = any(word in self._rules.changes for word in _INSIDE)
        return not mark["rest"] and (inside or head.server == "ocp")

    def _to_tell(self, head: task.Task | None) -> bool:
        """Tell whether a task that is there at the start is told of."""
        if self._rules.since == "all" or head is None:
            return True
        unfinished = head.state in task.ACTIVE or (
            head.state == "FAILED" and head.locked is not False
        )
        return self._rules.since == "unfinished" and unfinished

    def _at_work(self) -> bool:
        marks = self._known["marks"].values()
        return any(not mark.get("rest", True) for mark in marks)


def _empty(mark: dict[str, Any]) -> None:
    """Leave of a task what its id's next one needs: no number is used twice."""
    kept = {key: mark[key] for key in ("store", "n")}
    mark.clear()
    mark.update(kept)


def _head(one: task.Task) -> list[Any]:
    """Return what shows in a list that something has happened to a task."""
    return [one.state, one.operator, one.stage, one.start_time, one.end_time]


def _left_list(mark: Mapping[str, Any]) -> bool:
    """Tell whether a task that is not listed now may have moved since it was read.

    Was it listed, somebody has passed or mended it; was it at work, it goes on.
    """
    return mark.get("head") is not None or not mark.get("rest", True)


def _still(
    before: Mapping[str, Any] | None, new: Mapping[str, Any], of: task.Task
) -> int:
    """Return for how many looks a task that is not at rest has not moved."""
    if of.at_rest or before is None or any(before[key] != new[key] for key in new):
        return 0
    return int(before["still"]) + 1
