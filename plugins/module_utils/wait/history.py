# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a wait has told, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Sequence

from ..task import changes
from . import target

Show = Callable[[Mapping[str, Any]], None]

KEPT = 200
SHOWN = 20  # lines at once; then one a second
NAMED = 3  # tasks in one heartbeat


@dataclass
class History:
    """Changes, each stamped with the seconds waited, and shown when it happens.

    Without `log_lines` a change holds no line of a log.
    """

    elapsed: Callable[[], float]
    log_lines: int
    show: Show | None = None
    changes: list[dict[str, Any]] = field(default_factory=list)
    dropped: int = 0
    shown_at: float = 0.0
    room: float = float(SHOWN)  # lines that may be shown: one more each second
    told_at: float = 0.0
    unseen: int = 0
    log_room: float = float(SHOWN)  # the same for lines of logs, which are no changes
    logged_at: float = 0.0
    unlogged: int = 0

    def tell(self, told: Sequence[Mapping[str, Any]]) -> None:
        """Keep what is told of one look; of all changes the last ones.

        Nobody reads a hundred lines a second: beyond some, one line says how many more.
        """
        now = self.elapsed()
        self.room = min(float(SHOWN), self.room + now - self.told_at)
        self.told_at, room = now, int(self.room)
        for number, change in enumerate(told):
            stamped = {"elapsed": round(self.elapsed(), 1), **change}
            if not self.log_lines:
                stamped.pop("line", None)
            if number < room:
                self._show(stamped)
            self.changes.append(stamped)
        self.room = max(0.0, self.room - len(told))
        self.unseen += max(0, len(told) - room)
        if self.unseen and room:
            self.say("more", number=self.unseen)
            self.unseen = 0
        if len(self.changes) > KEPT:
            self.dropped += len(self.changes) - KEPT
            del self.changes[:-KEPT]

    def log(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Show new lines of logs; of too many the first, and the number of the rest."""
        now = self.elapsed()
        self.log_room = min(float(SHOWN), self.log_room + 2 * (now - self.logged_at))
        self.logged_at = now
        for line in lines:
            if self.log_room < 1:
                self.unlogged += 1
                continue
            self.log_room -= 1
            if self.unlogged:
                self._show({**line, "line": None, "number": self.unlogged})
                self.unlogged = 0
            self._show({"elapsed": round(now, 1), **line})

    def say(self, what: str, **more: Any) -> None:
        """Show what is about no task, and is no change."""
        at = round(self.elapsed(), 1)
        self._show({"elapsed": at, "what": what, "task_id": None, **more})

    def heartbeat(
        self, late: Sequence[target.Target], outage: Mapping[str, Any] | None
    ) -> None:
        """Say where the tasks that are not done stand though nothing has changed."""
        self.shown_at = self.elapsed()
        if not late and outage:
            self.say("outage", reason=outage["reason"])
        for one in late[:NAMED]:
            head: dict[str, Any] = {"task_id": None}
            if one.snapshot:
                now = self.elapsed()
                head = {**changes.between(None, one.snapshot)[0], **one.ages(now)}
                head["unchanged"] = now - one.changed_at
            what = "heartbeat" if one.task_id else "waiting_for_newer"
            told = {**head, "elapsed": round(self.elapsed(), 1), "what": what}
            told["newer_than"] = one.newer_than
            if outage:
                told.update(what="outage", reason=outage["reason"])
            self._show(told)

    def _show(self, told: Mapping[str, Any]) -> None:
        self.shown_at = self.elapsed()
        if self.show:
            self.show(told)
