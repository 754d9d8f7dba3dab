# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ids of tasks, and where the task of an id is (protocol 3.2)."""

from __future__ import annotations

import re

from . import database, errors, identities
from .call import Call
from .cluster import Cluster
from .store import Store


def parse_id(call: Call, text: str) -> tuple[str, tuple[str, int] | None, int]:
    """First digit, address of a local id, and the number."""
    kind = text[:1]
    if kind == "1":
        if len(text) < 2:
            raise errors.invalid_id(text)
        return kind, None, _number(text, text[1:])
    if kind == "2" or (kind == "4" and _has_obproxy(call)):
        return _local_id(text, 16, ipv6=False)
    if kind == "3" or (kind == "5" and _has_obproxy(call)):
        return _local_id(text, 45, ipv6=True)
    raise errors.invalid_id(text, "invalid generic id")


def _has_obproxy(call: Call) -> bool:
    return call.era.since(4, 2, 6) and not call.agent.seekdb


def _local_id(
    text: str, shortest: int, *, ipv6: bool
) -> tuple[str, tuple[str, int] | None, int]:
    if len(text) <= shortest:
        raise errors.invalid_id(text)
    end = shortest - 5
    if not text[1:end].isdigit():
        old = f"convert id '{text}' to bigInt failed"
        raise errors.invalid_id(text, "convert id to bigInt failed", old=old)
    number = int(text[1:end])
    if (not ipv6 and number >= 1 << 32) or (ipv6 and not 1 << 120 <= number < 1 << 128):
        old = f"convert id '{text}' to ip failed"
        raise errors.invalid_id(text, "convert id to ip failed", old=old)
    if ipv6:
        groups = f"{number:032x}"
        ip = "[" + ":".join(groups[at : at + 4] for at in range(0, 32, 4)) + "]"
    else:
        ip = ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
    port = _number(text, text[end:shortest])
    return text[0], (ip, port), _number(text, text[shortest:])


def _number(text: str, digits: str) -> int:
    if not re.match(r"^[+-]?\d+$", digits) or int(digits) >= 1 << 63:
        why = f'strconv.ParseInt: parsing "{digits}": invalid syntax'
        raise errors.invalid_id(text, why, old=f"parse id failed: {why}")
    return int(digits)


def locate(call: Call, *, asks_others: bool = False) -> tuple[Store, int]:
    """The store of the id in the path, and its number there; may forward."""
    kind, address, number = parse_id(call, call.args[0])
    agent = call.agent
    if kind == "1":
        if agent.seekdb:
            raise errors.task_not_found()
        return _cluster_store(call, asks_others=asks_others), number
    if kind in ("4", "5"):
        raise errors.task_not_found("dag id not match")
    assert address is not None
    if address == (agent.ip, agent.port):
        return agent.store, number
    if agent.seekdb:
        raise errors.Problem("Task.NotFound", 404, "Task not found")
    other = agent.world.agent_at(*address)
    if other is None or not other.alive:
        where = f"{address[0]}:{address[1]}"
        raise errors.refused(call.request.method, where, call.request.target)
    raise errors.Raw(other.service.forwarded(call, call.request))


def _cluster_store(call: Call, *, asks_others: bool) -> Store:
    agent = call.agent
    cluster: Cluster | None = agent.cluster
    problem = database.problem(agent)
    if problem is None:
        assert cluster is not None
        return cluster.store
    scaling_out = agent.identity == identities.SCALING_OUT
    if cluster and agent.era.lists and (scaling_out or asks_others):
        for other in cluster.agents:
            if other is not agent and other.alive and not database.problem(other):
                raise errors.Raw(other.service.forwarded(call, call.request))
        if asks_others and not scaling_out:
            # The agents ask each other without end (12.3.1).
            cluster.storms += 1
    raise errors.as_task_not_found(problem)
