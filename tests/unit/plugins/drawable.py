# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts to draw: of all that was recorded, and of names that mean more elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Iterator

from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    mapping as obshell_mapping,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    mapping as ocp_mapping,
)
from ansible_collections.oceanbase.ops.tests import recordings
from ansible_collections.oceanbase.ops.tests.unit.plugins import scripted

ODD = "</script><img src=x onerror=alert(1)>\"'&;:#,\n\x1b[31m\u202e`{{ 7*7 }}"
# Words and signs of Mermaid's own, where the name of a step stands.
NAMES = [
    *(ODD, "end", "section 1", "click here", "a : b, c", 'say "so"', "%% no", "---"),
    *("graph TD", "subgraph x", "done, crit", "[x](y)", "扩容 集群", "", "  ", "#35;"),
]


def recorded(name: str) -> Iterator[dict[str, Any]]:
    """Yield the facts of the recorded tasks that have nodes, one of each shape."""
    seen = set()
    for exchange in recordings.load(name):
        body = exchange["response"]["body"]
        data = body.get("data") if isinstance(body, dict) else None
        if not isinstance(data, dict):
            continue
        if "dag_id" in data and data.get("nodes"):
            task = obshell_mapping.to_task(data)
        elif "subtasks" in data and "status" in data:
            task = ocp_mapping.to_task(data)
        else:
            continue
        shape = (task.name, task.state, task.operator, task.stage)
        if shape not in seen:
            seen.add(shape)
            yield task.to_dict()


def named(name: str) -> dict[str, Any]:
    """Return the facts of a failed task in which everything has this name."""
    sub = replace(scripted.SUB, name=name, state="FAILED", task_logs=[name])
    node = replace(scripted.NODE, name=name, state="FAILED", sub_tasks=(sub,))
    timed = {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-01T00:00:40Z"}
    nodes = (
        replace(node, **timed),
        replace(node, id="2", node_id="2", upstreams=(node.id,), **timed),
    )
    return scripted.at("FAILED", name=name, nodes=nodes, **timed).to_dict()
