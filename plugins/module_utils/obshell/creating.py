# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant is created: what decides whether it can be, is under way, or is there."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .. import errors
from ..task import messages, task
from . import looking, survey, tenants


class Creating:
    """State present: by a creation."""

    method, path, done = "POST", "/tenant", "created"

    def __init__(self, asker: looking.Looker, wish: tenants.Wish) -> None:
        self.survey, self.wish = survey.Survey(asker, wish), wish

    def look(self) -> survey.Sight:
        """Return what is to be done; raise Refused where it cannot be.

        A creation that failed is not submitted anew: it could no longer be rolled
        back then, and what it has made would be left.
        """
        scene = self.survey.scene()
        tenant, last = scene.tenant, scene.last
        if last and last.name == f"Create tenant {self.wish.name}":
            return scene.sight(looking.TAKE_UP)
        if last and last.name == survey.DROP and (scene.runs or tenant is None):
            self._check_drop(last)
            return scene.sight(looking.SUBMIT)
        if tenant is None:
            return scene.sight(looking.SUBMIT)
        if tenant.status != tenants.NORMAL:
            if scene.runs:
                return scene.sight(looking.SUBMIT)
            raise self._refused(tenant, f"is {tenant.status}, by no task at work")
        if where := self.wish.differs(tenant):
            raise self._refused(tenant, f"is {where}; this module moves no replicas")
        return scene.sight(looking.HOLDS)

    def _refused(self, tenant: tenants.Tenant, reason: str) -> errors.Refused:
        """Return the error of a tenant that is there, with what was seen of it."""
        error = self.wish.refused(reason)
        error.result = {tenants.KEY: tenants.facts(tenant)}
        return error

    def _check_drop(self, drop: task.Task) -> None:
        """Refuse to take the place of a drop that has failed half way."""
        if drop.state not in task.ACTIVE:
            raise self.wish.refused(
                f"is half dropped by {messages.named(drop)}, {drop.state} at stage "
                f"{messages.where(drop)}: its resource pools may be left. Retry that "
                "task with obshell_task, when the cause is gone, then run this again",
                unfinished=[drop.id],
            )

    def locks(self, sight: survey.Sight) -> Sequence[task.Task]:
        """Return what locks the cluster, or this tenant; others lock themselves."""
        return self.survey.locks(sight)

    def body(self) -> Mapping[str, Any]:
        """Return the body of the request."""
        given: dict[str, Any] = {"name": self.wish.name, "zone_list": self.wish.zones}
        if self.wish.root_password is not None:
            given["root_password"] = self.wish.root_password
        # With a scenario obshell adds to these two, and panics where they are not.
        return {"variables": {}, "parameters": {}, **self.wish.config, **given}

    def verify(self) -> tenants.Tenant | None:
        """Return the tenant when it is there, NORMAL and where it is asked to be."""
        tenant, is_so, why = self.survey.until(
            lambda one: bool(one and one.status == tenants.NORMAL)
        )
        where = tenant and self.wish.differs(tenant)
        if is_so and not where:
            return tenant
        said = f" {where or tenant.status}" if tenant else " not there"
        raise errors.WaitError(
            f"The task succeeded, but tenant {self.wish.name} is{said}{why}"
        )

    def outlook(self, found: tenants.Tenant | None) -> dict[str, Any]:
        """Return what a diff will show when it is done."""
        zones = sorted(one["name"] for one in self.wish.zones)
        return {"status": tenants.NORMAL, "zones": zones}

    def told(self) -> str | None:
        """Return what is to be said of a tenant that is as asked for."""
        return None

    def cause(self, failed: task.Facts) -> str | None:
        """Return no cause but those that the task itself tells."""
        return None

    def advice(self, failed: task.Facts) -> str:
        """Return what to do about a task that has failed."""
        if failed.get("stage") == 1:
            return looking.choice("removes what it has made")
        return looking.choice("drops the tenant, with all that is in it")
