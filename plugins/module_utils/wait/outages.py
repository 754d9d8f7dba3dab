# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which errors a wait outlives, and for how long. Times are seconds waited. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .. import errors

KEPT = 200


@dataclass
class Outages:
    """The budget: it begins anew with each good answer."""

    budget: float
    first: float = 30.0
    contact: bool = False
    current: dict[str, Any] | None = None
    past: list[dict[str, Any]] = field(default_factory=list)
    wait: float | None = None

    def to_list(self) -> list[dict[str, Any]]:
        return [*self.past, self.current] if self.current else list(self.past)

    def bad(
        self, e: errors.OpsError, *, began: float, now: float
    ) -> list[dict[str, Any]]:
        """Return what to tell of an error that may pass; raise it when it may not.

        `began` is when the look began. Before the first good answer an unknown name
        is final, and a server that is not there is soon (`first`).
        """
        reason = getattr(e, "reason", None)
        if not self._may_pass(e) or (reason == "name" and not self.contact):
            raise e
        told: list[dict[str, Any]] = []
        if self.current is None:
            self.current = {"from": round(began, 1), "to": None}
            told = [{"what": "outage", "task_id": None, "reason": e.message}]
        self.current["reason"] = e.message
        self.wait = getattr(e, "wait", None)
        missing = isinstance(e, errors.Unreachable) and not self.contact
        budget = min(self.budget, self.first) if missing else self.budget
        spent = now - float(self.current["from"])
        rest = max(1.0, budget - spent)
        if self.wait is not None and self.wait > rest:
            self.wait = rest  # then it is over anyway
            for one in told:
                one["reason"] = f"{one['reason']}; asked again in {rest:.0f} s"
        if spent >= budget:
            option = "max_outage" if budget == self.budget else "max_first_outage"
            e.message += f"; no good answer for {spent:.0f} s (option {option})"
            raise e
        return told

    def good(self, now: float) -> list[dict[str, Any]]:
        """Return what to tell of an outage that is over, if there was one."""
        self.contact, over = True, self.current
        self.current = self.wait = None
        if over is None:
            return []
        over["to"] = round(now, 1)
        self.past = [*self.past, over][-KEPT:]
        lasted = round(over["to"] - over["from"], 1)
        return [{"what": "back", "task_id": None, "lasted": lasted}]

    def _may_pass(self, e: errors.OpsError) -> bool:
        if isinstance(e, errors.InvalidAnswer):
            # A proxy's page or a cut answer, from a server that has answered before.
            return self.contact and not e.details.get("fatal")
        return e.transient
