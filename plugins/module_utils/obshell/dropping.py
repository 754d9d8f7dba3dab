# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant is dropped: what decides whether that is needed, under way, or done."""

from __future__ import annotations

from typing import Any, Mapping, Sequence
from urllib.parse import quote

from .. import errors
from ..task import messages, task
from . import looking, survey, tenants

_RECYCLE = "Recycle tenant"


class Dropping:
    """State absent: by a drop, which may leave it in the recycle bin."""

    method, done = "DELETE", "dropped"

    def __init__(self, asker: looking.Looker, wish: tenants.Wish) -> None:
        self.survey, self.wish = survey.Survey(asker, wish), wish

    @property
    def path(self) -> str:
        """The path of the request."""
        return f"/tenant/{quote(self.wish.name, safe='')}"

    def look(self) -> survey.Sight:
        """Return what is to be done.

        A drop that failed before it has dropped anything is submitted anew. One that
        runs, and is for good where the recycle bin is asked for, is a lock.
        """
        scene = self.survey.scene()
        last, gone = scene.last, scene.tenant is None
        drop = last if last and last.name == survey.DROP else None
        if drop and (self._is_mine(drop) if scene.runs else gone):
            return scene.sight(looking.TAKE_UP)
        if scene.runs or not gone:
            return scene.sight(looking.SUBMIT)
        if last:
            self.survey.asker.warn(
                f"{self.wish.named} is not there, but {messages.named(last)} is "
                f"{last.state} at stage {messages.where(last)}: roll it back with "
                "obshell_task, which removes what it has made"
            )
        return scene.sight(looking.HOLDS)

    def _is_mine(self, drop: task.Task) -> bool:
        """Tell whether a drop leaves the tenant where it is asked for.

        The recycle bin is a task of one node, of that name.
        """
        names = [node.name for node in drop.nodes or ()]
        return (_RECYCLE in names) is self.wish.need_recycle

    def locks(self, sight: survey.Sight) -> Sequence[task.Task]:
        """Return what locks the cluster, or this tenant; others lock themselves."""
        return self.survey.locks(sight)

    def body(self) -> Mapping[str, Any]:
        """Return the body of the request."""
        return {"need_recycle": self.wish.need_recycle}

    def verify(self) -> tenants.Tenant | None:
        """Return None when the cluster does not know the tenant any more."""
        tenant, is_out, why = self.survey.until(lambda one: one is None)
        if is_out:
            return tenant
        raise errors.WaitError(
            f"The task succeeded, but tenant {self.wish.name} is still there{why}"
        )

    def outlook(self, found: tenants.Tenant | None) -> dict[str, Any]:
        """Return what a diff will show when it is done."""
        return tenants.shown(None)

    def told(self) -> str | None:
        """Return where a tenant is that was not dropped for good."""
        if not self.wish.need_recycle:
            return None
        return (
            f"{self.wish.named} is in the recycle bin, and keeps its resources there."
        )

    def cause(self, failed: task.Facts) -> str | None:
        """Return no cause but those that the task itself tells."""
        return None

    def advice(self, failed: task.Facts) -> str:
        """Return what to do about a task that has failed."""
        if failed.get("stage") == 1:
            return looking.AGAIN
        return (
            "Retry the task with obshell_task, when the cause is gone: the tenant is "
            "dropped, but its resource pools may be left."
        )
