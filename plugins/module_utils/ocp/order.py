# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of a task's nodes: the server's own changes between answers. Pure."""

from __future__ import annotations

import heapq
from typing import Sequence

from ..task import task, times


def ordered(nodes: Sequence[task.Node]) -> tuple[task.Node, ...]:
    """Return the nodes in topological order of their upstreams, none lost.

    Ties: start time, then id. Unknown upstreams count as done; a cycle is entered at
    its first node by the same rule (protocol/ocp.md 3.11).
    """
    ids = {node.id for node in nodes}
    rank = sorted(range(len(nodes)), key=lambda at: _rank(nodes[at]))
    waits: list[set[str]] = [set() for _at in nodes]
    blocked: dict[str, list[int]] = {}
    for place, at in enumerate(rank):
        waits[place] = (set(nodes[at].upstreams) & ids) - {nodes[at].id}
        for upstream in waits[place]:
            blocked.setdefault(upstream, []).append(place)
    ready = [place for place, upstreams in enumerate(waits) if not upstreams]
    taken: dict[int, None] = {}
    entries = iter(range(len(nodes)))
    while len(taken) < len(nodes):
        place = heapq.heappop(ready) if ready else next(entries)
        if place in taken:
            continue
        taken[place] = None
        done = nodes[rank[place]].id
        for other in blocked.get(done, ()):
            waits[other].discard(done)
            if not waits[other]:
                heapq.heappush(ready, other)
    return tuple(nodes[rank[place]] for place in taken)


def _rank(node: task.Node) -> tuple[float, int, str]:
    at = times.moment(node.start_time)
    return (float("inf") if at is None else at, len(node.id), node.id)
