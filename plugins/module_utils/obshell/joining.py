# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server joins a cluster: what decides whether it can, is on its way, or is there."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .. import errors, roster
from ..task import task
from . import asked, looking

_NAME = "Cluster scale out"
_SURE = 4  # only from this stage on does the agent that is added say so
_SHOWS = 10  # seconds in which the cluster lists who says that it is a member
_TOLD = 3  # above this stage the agent has the password of the cluster
_REFUSALS = {
    "SCALING IN": "it was taken out of a cluster, and must be wiped before it can be "
    "added again",
    "SCALING OUT": "it is on its way into a cluster, by a task that cannot be found",
    looking.CLUSTER_AGENT: "it belongs to another cluster",
}


class Joining:
    """State present: by a scale-out."""

    method, path, done = "POST", "/ob/scale_out", "added"

    def __init__(self, asker: asked.Asker) -> None:
        self.asker, self.wish = asker, asker.wish

    def look(self) -> looking.Sight[roster.Server]:
        """Return what is to be done; raise Refused where it cannot be."""
        cluster = self.asker.who()
        unfinished = self.asker.unfinished(
            _NAME,
            sure=_SURE,
            unsure="A scale-out has stood still for a minute where it does not say yet "
            "which server it adds.",
        )
        member = self.asker.me(self.asker.servers())
        agent = looking.info_of(self.asker.agent())
        identity = str(agent.get("identity") or "")
        if identity == looking.CLUSTER_AGENT:
            member = self._listed()
        left = self._left(identity, member, unfinished)
        if identity == "SINGLE":
            self._check_versions(cluster, agent)
            return looking.Sight(looking.SUBMIT, member, None, unfinished)
        if left is None and not (identity == looking.CLUSTER_AGENT and member):
            why = _REFUSALS.get(
                identity,
                "it is together with other agents, and has to leave them first",
            )
            raise self.wish.refused(f"is {identity}, so it cannot be added: {why}")
        self.wish.check_zone(identity, agent.get("zone"))
        what = looking.HOLDS if left is None else looking.TAKE_UP
        return looking.Sight(what, member, left, unfinished)

    def locks(self, sight: looking.Sight[roster.Server]) -> Sequence[task.Task]:
        """Return what locks the cluster."""
        return looking.of_cluster(sight.unfinished, sight.left)

    def body(self) -> Mapping[str, Any]:
        """Return the body of the request."""
        return {
            "agentInfo": {"ip": self.wish.ip, "port": self.wish.port},
            "zone": self.wish.zone,
            "obConfigs": dict(self.wish.config),
            "targetAgentPassword": self.wish.agent_password or "",
        }

    def verify(self) -> roster.Server | None:
        """Return the member when its agent and the cluster both say that it is one.

        The agent's own task ends some seconds behind the cluster's.
        """
        said = "silent"
        why = ""
        try:
            agent, is_in = self.asker.until(
                lambda: looking.info_of(self.asker.agent()),
                lambda info: info.get("identity") == looking.CLUSTER_AGENT,
                submitted=True,
            )
            said = str(agent.get("identity"))
            if is_in:
                said += " and not in the topology of the cluster"
                member, is_in = self.asker.until(
                    lambda: self.asker.me(self.asker.servers()),
                    self._is_active,
                    submitted=True,
                )
                if is_in:
                    return member
        except errors.OpsError as e:
            why = f": {e.message}"
        raise errors.WaitError(
            f"The task succeeded, but {self.wish.address} is {said}{why}"
        )

    def outlook(self, member: roster.Server | None) -> dict[str, Any]:
        """Return what a diff will show when it is done."""
        return {
            "identity": looking.CLUSTER_AGENT,
            "zone": self.wish.zone,
            "status": "ACTIVE",
        }

    def told(self) -> str | None:
        """Return what is to be said of a member that is as asked for."""
        return None

    def cause(self, failed: task.Facts) -> str | None:
        """Return the cause that the server's own last task has.

        Before 4.3 the cluster's task does not say why, and names no part.
        """
        known = (failed.get("failure") or {}).get("asked_by")
        if known or (failed.get("stage") or 0) <= _TOLD:
            return None
        last = self.asker.agent().last("agent")
        return last.to_dict()["cause"] if last else None

    def advice(self, failed: task.Facts) -> str:
        """Return what to do about a task that has failed."""
        return looking.choice("frees the cluster and the server")

    def _listed(self) -> roster.Server | None:
        """Return the member that an agent says it is; the cluster may lag behind."""
        member, _is_listed = self.asker.until(
            lambda: self.asker.me(self.asker.servers()),
            lambda found: bool(found and found.status),
            looks=_SHOWS,
        )
        return member

    def _is_active(self, member: roster.Server | None) -> bool:
        return bool(member and member.in_service and member.zone == self.wish.zone)

    def _left(
        self, identity: str, member: roster.Server | None, tasks: Sequence[task.Task]
    ) -> str | None:
        """Return the scale-out that the agent is a part of.

        It is asked with the password of the cluster, which it has by then; but only
        where the cluster itself, asked with credentials, says that it is on its way.
        """
        followed = {
            sub.followed
            for one in tasks
            if one.name == _NAME
            for node in one.nodes or ()
            for sub in node.sub_tasks
        }
        if identity != "SCALING OUT" or not (member or self.wish.address in followed):
            return None
        part = self.asker.agent().last("agent")
        return part.main_task if part else None

    def _check_versions(
        self, cluster: Mapping[str, Any], agent: Mapping[str, Any]
    ) -> None:
        wanted, found = _versions(cluster), _versions(agent)
        if wanted != found:
            raise self.wish.refused(
                f"has obshell {found[0]} and OceanBase {found[1] or 'of no version'}; "
                f"the cluster has obshell {wanted[0]} and OceanBase "
                f"{wanted[1] or 'of no version'}"
            )


def _versions(info: Mapping[str, Any]) -> tuple[str, str]:
    """Return the versions; a member says that of OceanBase without the release."""
    observer = str(info.get("obVersion") or "").partition("-")[0]
    return str(info.get("version") or ""), observer
