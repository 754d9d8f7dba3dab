# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The agents of a cluster that are not named in obshell.url, and their tasks."""

from __future__ import annotations

from typing import Mapping

from .. import errors
from ..task import task
from . import agents, endpoints, held, ids, login, mapping, replies

_OF_ALL = "/task/dag/unfinish"


def others(
    client: endpoints.Endpoints, *, details: bool, at_once: bool
) -> tuple[list[task.Task], list[str]]:
    """Return what is unfinished there, and one line for what could not be had.

    The cluster's members list each other, where they can be asked `at_once`; they
    leave out silently who does not answer, which is told here.
    """
    cluster = client.cluster
    asked = [one for one in cluster.named if one.url in cluster.answered]
    # A SINGLE agent knows of no cluster, whatever it answers.
    members = [one for one in asked if one.identity not in ("SINGLE", "")]
    if not members or members[0].seekdb:
        return [], []
    speaker = members[0]
    unnamed, missing = _members(client, speaker)
    if not unnamed:
        return [], missing
    if not at_once or speaker.identity != "CLUSTER AGENT":
        names = ", ".join(unnamed)
        why = f"tasks of {names} are not listed: name them in obshell.url"
        return [], [*missing, why]
    what = f"GET {speaker.url}{login.PREFIX}{_OF_ALL}"
    reply, _agent = cluster.ask(_OF_ALL, [speaker], details=details)
    if reply.status != 200:
        return [], [*missing, replies.refusal(what, reply, speaker.url).message]
    tasks, odd = mapping.listed(what, reply.data)
    found = [one for one in tasks if ids.owner_of(one.id) in unnamed]
    known = {*unnamed, *(agent.address for agent in cluster.named)}
    odd += [
        f"{what}: task {one.id} is of an agent that is not known"
        for one in tasks
        if not ids.is_cluster(one.id) and ids.owner_of(one.id) not in known
    ]
    locked = locks_of_agents(client, speaker)
    owners = {ids.owner_of(one.id) for one in found}
    whys = [_why(speaker.url, where, locked, where in owners) for where in unnamed]
    silent = [
        f"tasks of {where} are not listed: {why}"
        for where, why in zip(unnamed, whys)
        if why
    ]
    return found, [*missing, *odd, *silent]


def _why(
    speaker: str, where: str, locked: Mapping[str, bool | None], listed: bool
) -> str:
    """Return why an agent's tasks may not all be listed; empty where they are."""
    if where not in locked:
        return f"{speaker} gets no answer from there"
    if locked[where] is None:
        return "it does not say whether it is under maintenance"
    if locked[where] and not listed:
        return "it says that it is under maintenance, and none is listed"
    return ""


def _members(
    client: endpoints.Endpoints, speaker: agents.Agent
) -> tuple[list[str], list[str]]:
    """Return the members that are not named, and what is said where that is not known.

    The one that is asked is always among them.
    """
    reply, _agent = client.cluster.ask("/ob/agents", [speaker])
    what = f"GET {speaker.url}{login.PREFIX}/ob/agents"
    if reply.status != 200:
        return [], [replies.refusal(what, reply, speaker.url).message]
    rows = reply.data.get("contents") if isinstance(reply.data, dict) else None
    whole = isinstance(rows, list) and all(
        isinstance(row, dict) and row.get("ip") and row.get("port") for row in rows
    )
    if not rows or not whole:
        shown = errors.printable(reply.data, 120)
        return [], [f"{what}: a list of members was expected, not {shown}"]
    named = {agent.address for agent in client.cluster.named}
    found = [ids.address(row["ip"], row["port"]) for row in rows]
    return [where for where in found if where not in named], []


def locks_of_agents(
    client: endpoints.Endpoints, speaker: agents.Agent
) -> dict[str, bool | None]:
    """Return the agents that answer the speaker, and whether their own lock is held.

    None where that is not said (protocol/obshell.md 11, 12.3.4).
    """
    reply, _agent = client.cluster.ask("/agents/status", [speaker])
    known = reply.data if reply.status == 200 else None
    rows = known.items() if isinstance(known, dict) else ()
    return {
        where: held.of_agent(row) if isinstance(row, dict) else None
        for where, row in rows
    }
