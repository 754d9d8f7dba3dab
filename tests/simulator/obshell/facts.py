# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's JSON: DAGs, nodes, sub-tasks and their times (protocol 3.3, 3.7, 3.8).

The order of keys and the difference between null, [] and {} are those of recordings/.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

from .dag import FAILED, RUNNING, SUCCEED, Dag, Node, SubTask
from .era import Era
from .store import Store

YEAR_ONE = "0001-01-01T00:00:00Z"
"""Go's zero time: what the answer that created a cluster DAG says (12.2)."""
_START = datetime(1970, 1, 1, tzinfo=timezone.utc)


def rfc3339(nanoseconds: int) -> str:
    """RFC3339Nano as Go writes it: up to nine digits, without trailing zeros."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    moment = _START + timedelta(seconds=seconds)
    digits = f".{fraction:09d}".rstrip("0") if fraction else ""
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + digits + "Z"


def dag(
    store: Store,
    item: Dag,
    era: Era,
    *,
    details: bool,
    created: bool = False,
) -> dict[str, Any]:
    """A DagDetailDTO; `created` is the answer of the POST that made it."""
    zero = created and store.in_database
    facts = {
        "id": store.generic_id(item.number),
        "dag_id": item.number,
        "name": item.name,
        "stage": item.stage,
        "max_stage": len(item.nodes),
    }
    if era.strings:
        facts["maintenance_type"] = item.scenario.maintenance
        facts["maintenance_key"] = item.scenario.key
    facts.update(
        state=item.state,
        operator=item.operator,
        start_time=YEAR_ONE if zero else rfc3339(item.start),
        end_time=YEAR_ONE if zero else rfc3339(item.end),
        additional_data=_additional_data(item) if details else None,
        nodes=[node(store, n) for n in item.nodes] if details else None,
    )
    return facts


def _additional_data(item: Dag) -> Any:
    if len(item.nodes) == 1:
        return dict(item.additional_data) or None
    return dict(item.additional_data)


def node(store: Store, item: Node) -> dict[str, Any]:
    """A NodeDetailDTO."""
    return {
        "id": store.generic_id(item.number),
        "node_id": item.number,
        "name": item.name,
        "state": item.state,
        "operator": item.operator,
        "start_time": rfc3339(item.start),
        "end_time": rfc3339(item.end),
        "additional_data": None,
        "sub_tasks": [sub_task(store, s) for s in item.sub_tasks],
    }


def sub_task(store: Store, item: SubTask) -> dict[str, Any]:
    """A TaskDetailDTO; logs are null until it was started, and while it waits."""
    started = item.state in (RUNNING, FAILED, SUCCEED)
    return {
        "id": store.generic_id(item.number),
        "task_id": item.number,
        "name": item.name,
        "state": item.state,
        "operator": item.operator,
        "start_time": rfc3339(item.start),
        "end_time": rfc3339(item.end),
        "additional_data": None,
        "execute_times": item.execute_times,
        "execute_agent": {"ip": item.agent.ip, "port": item.agent.port},
        "task_logs": [log.content for log in item.logs] if started else None,
    }


def logs(store: Store, item: SubTask) -> list[dict[str, Any]]:
    """SubTaskLogs; the cluster's database keeps whole seconds."""
    rows = []
    for log in item.logs:
        second = 1_000_000_000
        time = log.time // second * second if store.in_database else log.time
        rows.append(
            {
                "id": log.number,
                "sub_task_id": item.number,
                "execute_times": log.execute_times,
                "log_content": log.content,
                "is_sync": not store.in_database,
                "create_time": rfc3339(time),
                "update_time": rfc3339(time),
            }
        )
    return rows


def encode(payload: dict[str, Any]) -> bytes:
    """JSON as Go's encoder writes it: compact, with <, > and & escaped."""
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text.encode("utf-8", "surrogatepass")
