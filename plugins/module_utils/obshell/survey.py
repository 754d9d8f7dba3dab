# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a look at a tenant finds: itself, and what an earlier run left behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional, Sequence

from .. import errors
from ..task import task
from . import lists, looking, tenants

DROP = "Drop tenant"
Found = Optional[tenants.Tenant]
Sight = looking.Sight[tenants.Tenant]


@dataclass(frozen=True)
class Scene:
    """What a look finds: the tenant, the last task about it, what is unfinished.

    `last` is None where it is over. Of several that have failed obshell knows only the
    last one still (protocol/obshell.md 12.3.10).
    """

    tenant: tenants.Tenant | None
    last: task.Task | None
    unfinished: Sequence[task.Task]

    @property
    def runs(self) -> bool:
        """Whether the last task is at work."""
        return self.last is not None and self.last.state in task.ACTIVE

    def sight(self, what: str) -> Sight:
        """Return what is to be done with it."""
        left = self.last.id if self.last and what == looking.TAKE_UP else None
        return looking.Sight(what, self.tenant, left, self.unfinished)


@dataclass(frozen=True)
class Survey:
    """Looks at a tenant, whichever state it is to have."""

    asker: looking.Looker
    wish: tenants.Wish

    def locks(self, sight: Sight) -> Sequence[task.Task]:
        """Return what locks the cluster, or this tenant; others lock themselves."""
        about = [one for one in sight.unfinished if self._is_about(one)]
        mine = [
            one for one in about if one.locked is not False and one.id != sight.left
        ]
        return [*looking.of_cluster(sight.unfinished, sight.left), *mine]

    def scene(self) -> Scene:
        """Look; the tenant first, so that what makes a half one is listed behind."""
        self.asker.who()
        self._check_kind()
        tenant = self._find()
        unfinished = self.asker.listed()
        return Scene(tenant, self._last(unfinished), unfinished)

    def _check_kind(self) -> None:
        """Refuse an agent of which no task says which tenant it is about."""
        asked = self.asker.cluster
        for agent in [one for one in asked.cluster.named if one.url in asked.answered]:
            why = "" if agent.seekdb else ", and no task said so before 4.3.1"
            if why and agent.version >= tenants.TOLD_SINCE:
                continue
            raise self.wish.refused(
                f"cannot be looked after through {agent.url}: {agent.kind} does not "
                f"say which tenant a task is about{why}"
            )

    def _find(self) -> tenants.Tenant | None:
        return tenants.find(self.asker.cluster, self.wish.name)

    def _is_about(self, one: task.Task) -> bool:
        scope = one.maintenance or {}
        return scope.get("scope") == "tenant" and scope.get("key") == self.wish.name

    def _last(self, unfinished: Sequence[task.Task]) -> task.Task | None:
        """Return the last task about the tenant, None where it is over.

        One that has failed stays listed for good, so all tasks ever tell whether it
        still is the last.
        """
        last = self._newest(unfinished)
        if last is None or last.state in task.ACTIVE:
            return last
        ever = lists.history_in(self.asker.cluster, None) or ()
        newest = self._newest([last, *ever])
        if newest is None or newest.id == last.id:
            return last
        return None if newest.state == "SUCCEED" else newest

    def _newest(self, tasks: Sequence[task.Task]) -> task.Task | None:
        mine = [one for one in tasks if self._is_about(one)]
        return max(mine, key=lambda one: one.dag_id or 0, default=None)

    def until(self, holds: Callable[[Found], bool]) -> tuple[Found, bool, str]:
        """Look until it holds; return what was seen, whether so, and why not."""
        try:
            return (*self.asker.until(self._find, holds, submitted=True), "")
        except errors.OpsError as e:
            return None, False, f": {e.message}"
