# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be told of one cluster, until it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Mapping

from .. import errors
from ..task import changes, task
from . import events, memory, options

_WORDS = {
    "seen": "task_seen",
    "state": "task_state",
    "stage": "task_stage",
    "failed": "sub_task_failed",
    "retried": "sub_task_retried",
}


@dataclass(frozen=True)
class Source:
    """Of what cluster events are, and what must not be in them."""

    name: str
    api: str
    url: str
    secrets: frozenset[str]


class Teller:
    """Makes events, and gives each until it was taken; the first ones first."""

    def __init__(
        self,
        source: Source,
        rules: options.Rules,
        kept: memory.Memory,
        *,
        give: Callable[[dict[str, Any]], None],
        now: Callable[[], str],
    ) -> None:
        self._source = source
        self._rules = rules
        self._kept = kept
        self._give = give
        self._now = now
        self.known = kept.of(source.name)

    def flush(self) -> None:
        """Give what is pending; each is written down before, and struck after."""
        pending = self.known["pending"]
        self._keep()
        while pending:
            self._give({"oceanbase": pending[0]})
            del pending[0]
            self._keep()

    def _keep(self) -> None:
        self._kept.keep(self._source.name, self.known)

    def changed(
        self, before: Mapping[str, Any] | None, mark: dict[str, Any], of: task.Task
    ) -> None:
        """Tell what differs between what was known of a task and what is."""
        words = [_WORDS[one["what"]] for one in changes.between(before, of)]
        if mark["done"] and mark["done"] != (before or {}).get("done"):
            words.append("task_done")
        for what in words:
            if not self._wanted(what, of):
                continue
            mark["n"] += 1
            id = f"{self._source.name}/{of.id}/{mark['n']}"
            self._add(what, id, task=events.facts(of, self._source.secrets))

    def _wanted(self, what: str, of: task.Task) -> bool:
        rules = self._rules
        if what not in rules.changes or rules.name not in (None, of.name):
            return False
        if what == "task_done" and rules.outcome and of.outcome not in rules.outcome:
            return False
        return rules.tenant is None or rules.tenant == _tenant(of)

    def outage(self, error: errors.OpsError | None, at: int) -> None:
        """Tell that an outage began, or, before what was seen after it, is over."""
        known, now = self.known["outage"], self._now()
        if error is not None and known is None:
            self.known["outages"] += 1
            told = events.outage(error, now, self._source.secrets)
            self.known["outage"] = told
            self._add_outage("outage", told)
        elif error is None and known is not None:
            self.known["outage"] = None
            self._add_outage("outage_over", {**known, "to": now}, at)

    def _add_outage(
        self, what: str, told: Mapping[str, Any], at: int | None = None
    ) -> None:
        if what not in self._rules.changes:
            return
        id = f"{self._source.name}/{what}/{self.known['outages']}"
        self._add(what, id, at, outage=told)

    def _add(self, what: str, id: str, at: int | None = None, **more: Any) -> None:
        one = events.event(
            what,
            id=id,
            time=self._now(),
            cluster=self._source.name,
            api=self._source.api,
            url=self._source.url,
            **more,
        )
        pending = self.known["pending"]
        pending.insert(len(pending) if at is None else at, one)


def _tenant(of: task.Task) -> str | None:
    if of.server == "ocp":
        known = (of.additional_data or {}).get("tenant") or {}
        return known.get("name")
    return (of.maintenance or {}).get("key")
