# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The agents of a cluster that are not named in obshell.url, and their tasks."""

from __future__ import annotations

from ..task import task
from . import agents, endpoints, ids, login, mapping, replies

_OF_ALL = "/task/dag/unfinish"


def others(
    client: endpoints.Endpoints, *, details: bool, at_once: bool
) -> tuple[list[task.Task], list[str]]:
    """Return what is unfinished there, and one line for what could not be had.

    The cluster's members list each other, where they can be asked `at_once`; they
    leave out silently who does not answer, which is told here.
    """
    cluster = client.cluster
    speaker = next((one for one in cluster.named if one.url in cluster.answered), None)
    if speaker is None or speaker.seekdb:
        return [], []
    named = {agent.address for agent in cluster.named}
    unnamed = [where for where in _members(client, speaker) if where not in named]
    if not unnamed:
        return [], []
    if not at_once or speaker.identity != "CLUSTER AGENT":
        names = ", ".join(unnamed)
        return [], [f"tasks of {names} are not listed: name them in obshell.url"]
    reply, agent = cluster.ask(_OF_ALL, [speaker], details=details)
    what = f"GET {agent.url}{login.PREFIX}{_OF_ALL}"
    if reply.status != 200:
        return [], [replies.refusal(what, reply, agent.url).message]
    tasks, missing = mapping.listed(what, reply.data)
    found = [one for one in tasks if ids.owner_of(one.id) in unnamed]
    owners = {ids.owner_of(one.id) for one in found}
    alive = _alive(client, speaker)
    for where in unnamed:
        if where not in alive:
            why = f"{speaker.url} gets no answer from there"
        elif where not in owners and alive[where]:
            why = "it says that it is under maintenance, and none is listed"
        else:
            continue
        missing.append(f"tasks of {where} are not listed: {why}")
    return found, missing


def _members(client: endpoints.Endpoints, speaker: agents.Agent) -> list[str]:
    reply, _agent = client.cluster.ask("/ob/agents", [speaker])
    rows = (reply.data or {}).get("contents") if reply.status == 200 else None
    return [
        ids.address(row.get("ip"), row.get("port"))
        for row in rows or []
        if isinstance(row, dict)
    ]


def _alive(client: endpoints.Endpoints, speaker: agents.Agent) -> dict[str, bool]:
    """Return who answers the speaker, and whether it is under maintenance."""
    reply, _agent = client.cluster.ask("/agents/status", [speaker])
    known = reply.data if reply.status == 200 else None
    rows = known.items() if isinstance(known, dict) else ()
    return {
        where: bool(isinstance(row, dict) and row.get("underMaintenance"))
        for where, row in rows
    }
