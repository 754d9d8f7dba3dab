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
        self._error: errors.OpsError | None = None

    def look(self) -> None:
        """Look once, and give what is new; whatever the answer is, it is outlived."""
        self._teller.flush()
        self._error = None
        found = self._looked()
        self._fail(found.error)
        for store in found.reset:
            self._forget(store)
        before = len(self._known["pending"])
        self._compare(found)
        self._bad = self._bad + 1 if self._error else 0
        self._teller.outage(self._error, before)
        self._known["marks"] = memory.trimmed(self._known["marks"])
        self._teller.flush()

    def pause(self) -> float:
        """Return the seconds to the next look."""
        longest = self._rules.interval
        if self._error is None:
            return min(longest, BUSY) if self._at_work() else longest
        if isinstance(self._error, errors.AuthRefused):
            return REFUSED
        asked = getattr(self._error, "wait", None) or 0.0
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

    def _fail(self, e: errors.OpsError | None) -> None:
        self._error = self._error or e

    def _forget(self, store: str) -> None:
        """Begin a store anew; numbers of events go on, so that none is used twice."""
        self._known["tops"][store] = 0
        for mark in self._known["marks"].values():
            if mark["store"] == store:
                number = mark["n"]
                mark.clear()
                mark.update(store=store, n=number, gone=True)

    def _compare(self, found: looked.Looked) -> None:
        """Tell what is new of each task, in the order of their numbers."""
        marks, tops = self._known["marks"], self._known["tops"]
        heads = dict(found.tasks)
        order = [(*self._recent.store_of(one), one.id) for one in heads.values()]
        for id, mark in list(marks.items()):
            if id not in heads and _left_list(mark) and mark["store"] in found.stores:
                order.append((mark["store"], mark["number"], id))
        unread: dict[str, int] = {}
        highest: dict[str, int] = {}
        for store, number, id in sorted(order):
            try:
                self._task(store, number, id, heads.get(id))
            except errors.TaskNotFound:
                marks[id]["gone"] = True
            except errors.OpsError as e:
                self._fail(e)
                unread[store] = min(number, unread.get(store, number))
            highest[store] = max(number, highest.get(store, 0))
        for store in found.stores:
            top = highest.get(store, 0)
            if store in unread:
                top = min(top, unread[store] - 1)
            tops[store] = max(tops.get(store, 0), top)

    def _task(self, store: str, number: int, id: str, head: task.Task | None) -> None:
        mark = self._known["marks"].get(id)
        if mark is not None and mark.get("gone"):
            mark = {"n": mark["n"], "gone": True}
        first = store not in self._known["tops"]
        if head is not None and mark and not self._differs(mark, head):
            return
        fresh = mark is None or mark.get("gone")
        quiet = first and fresh and not self._to_tell(head)
        if quiet and head is not None and head.state not in task.ACTIVE:
            whole = head
        else:
            whole = self._client.fetch(id)
            if whole.state == "FAILED" and whole.at_rest:
                whole, _missing = self._client.explained(whole, 1)
        before = None if fresh else mark
        if before and changes.is_other(before, whole):
            before = None
        new = {**changes.mark(before, whole), "store": store, "number": number}
        still = _still(before, new, whole)
        rest = whole.state not in task.ACTIVE and (whole.at_rest or still > STILL)
        new.update(
            n=(mark or {}).get("n", 0),
            head=_head(head) if head else None,
            rest=rest,
            still=still,
            done=[whole.outcome, whole.end_time] if whole.done and rest else None,
        )
        self._known["marks"].pop(id, None)
        self._known["marks"][id] = new
        if not quiet:
            self._teller.changed(before, new, whole)

    def _differs(self, mark: Mapping[str, Any], head: task.Task) -> bool:
        if mark.get("gone") or mark["head"] != _head(head):
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
        return any(not mark.get("gone") and not mark["rest"] for mark in marks)


def _head(one: task.Task) -> list[Any]:
    """Return what shows in a list that something has happened to a task."""
    return [one.state, one.operator, one.stage, one.start_time, one.end_time]


def _left_list(mark: Mapping[str, Any]) -> bool:
    """Tell whether a task that is not listed now may have moved since it was read.

    Was it listed, somebody has passed or mended it; was it at work, it goes on.
    """
    return not mark.get("gone") and (mark["head"] is not None or not mark["rest"])


def _still(
    before: Mapping[str, Any] | None, new: Mapping[str, Any], of: task.Task
) -> int:
    """Return for how many looks a task that is not at rest has not moved."""
    if of.at_rest or before is None or any(before[key] != new[key] for key in new):
        return 0
    return int(before["still"]) + 1
