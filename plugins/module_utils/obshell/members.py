# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The agents of a cluster that are not named in obshell.url, and their tasks."""

from __future__ import annotations

from typing import Any

from ..task import task
from . import agents, endpoints, ids, mapping

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
    reply, _agent = cluster.ask(_OF_ALL, [speaker], details=details)
    tasks = mapping.tasks_in(reply.data) if reply.status == 200 else []
    found = [one for one in tasks if ids.owner_of(one.id) in unnamed]
    silent = [where for where in unnamed if where not in _alive(client, speaker)]
    if not silent:
        return found, []
    return found, [
        f"tasks of {', '.join(silent)} are not listed: {speaker.url} gets no answer "
        "from there"
    ]


def _members(client: endpoints.Endpoints, speaker: agents.Agent) -> list[str]:
    reply, _agent = client.cluster.ask("/ob/agents", [speaker])
    rows = (reply.data or {}).get("contents") if reply.status == 200 else None
    return [
        ids.address(row.get("ip"), row.get("port"))
        for row in rows or []
        if isinstance(row, dict)
    ]


def _alive(client: endpoints.Endpoints, speaker: agents.Agent) -> dict[str, Any]:
    reply, _agent = client.cluster.ask("/agents/status", [speaker])
    known = reply.data if reply.status == 200 else None
    return known if isinstance(known, dict) else {}
