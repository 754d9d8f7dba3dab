# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server leaves a cluster: what decides whether it can, is on its way, or is out."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .. import errors, roster
from ..task import task
from . import asked, ids, looking

_NAME = "Cluster scale in"
_SURE = 3  # only behind its second stage is it sure whom a scale-in takes out


class Leaving:
    """State absent: by a scale-in."""

    method, path, done = "POST", "/ob/scale_in", "taken out"

    def __init__(self, asker: asked.Asker) -> None:
        self.asker, self.wish = asker, asker.wish

    def look(self) -> looking.Sight[roster.Server]:
        """Return what is to be done; raise Refused where it cannot be."""
        cluster = self.asker.who()
        if ids.address(cluster.get("ip"), cluster.get("port")) == self.wish.address:
            raise self.wish.refused(
                "cannot take out itself; obshell.url wants another member in front of "
                "it"
            )
        unfinished = self.asker.unfinished(
            _NAME,
            sure=_SURE,
            unsure="A scale-in has stood still for a minute where it does not say yet "
            "which server it takes out.",
        )
        # Who has just been taken out may still be listed for some seconds.
        member, _is_clear = self.asker.until(
            lambda: self.asker.me(self.asker.servers()),
            lambda found: _is_clear_of(found, unfinished),
        )
        identity = member.identity if member else None
        left = _left(member, unfinished)
        if identity not in (None, looking.CLUSTER_AGENT) and left is None:
            raise self.wish.refused(
                f"is {identity} by a task that cannot be found, so it cannot be taken "
                "out"
            )
        if member and identity is None and left is None:
            raise self.wish.refused(
                "has no agent in the cluster, so it cannot be taken out through obshell"
            )
        if member:
            self.wish.check_zone(identity, member.zone)
        what = (
            looking.TAKE_UP if left else looking.SUBMIT if identity else looking.HOLDS
        )
        return looking.Sight(what, member, left, unfinished)

    def locks(self, sight: looking.Sight[roster.Server]) -> Sequence[task.Task]:
        """Return what locks the cluster."""
        return looking.of_cluster(sight.unfinished, sight.left)

    def body(self) -> Mapping[str, Any]:
        """Return the body of the request."""
        return {
            "agent_info": {"ip": self.wish.ip, "port": self.wish.port},
            "force_kill": self.wish.force_kill,
        }

    def verify(self) -> roster.Server | None:
        """Return None when the cluster does not know the server any more."""
        why = ""
        try:
            member, is_out = self.asker.until(
                lambda: self.asker.me(self.asker.servers()),
                lambda found: found is None,
                submitted=True,
            )
            if is_out:
                return member
        except errors.OpsError as e:
            why = f": {e.message}"
        raise errors.WaitError(
            f"The task succeeded, but {self.wish.address} is still in the cluster{why}"
        )

    def outlook(self, member: roster.Server | None) -> dict[str, Any]:
        """Return what a diff will show when it is done."""
        return {"identity": None, "zone": None, "status": None}

    def told(self) -> str | None:
        """Return what is left of a server that was taken out."""
        return (
            f"{self.wish.address} is out of the cluster. Its agent stays SCALING IN "
            "and wants the password of the cluster; it must be wiped before it can be "
            "added to a cluster again."
        )

    def cause(self, failed: task.Facts) -> str | None:
        """Return no cause but those that the task itself tells."""
        return None

    def advice(self, failed: task.Facts) -> str:
        """Return what to do about a task that has failed."""
        return looking.choice("frees the cluster and leaves the server in it")


def _is_clear_of(member: roster.Server | None, tasks: Sequence[task.Task]) -> bool:
    """Tell whether it is sure what a member is; nothing explains a SCALING IN alone."""
    if member is None or member.identity == looking.CLUSTER_AGENT:
        return True
    return _left(member, tasks) is not None


def _left(member: roster.Server | None, tasks: Sequence[task.Task]) -> str | None:
    """Return the scale-in that takes this server out.

    It is told from others by the member's identity, which changes in the second stage;
    one that failed before names the address of its observer in the log.
    """
    if member is None:
        return None
    observer = f"{ids.address(member.ip, member.rpc_port)} " if member.rpc_port else ""
    for one in tasks:
        failure = one.failure() or {}
        logs = "".join(failure.get("logs") or ())
        goes = (one.stage or 0) > 1 and member.identity == "SCALING IN"
        if one.name == _NAME and (goes or (observer and observer in logs)):
            return one.id
    return None
