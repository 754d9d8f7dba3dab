# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's JSON (DAGs, nodes, sub-tasks and their logs) as facts. Pure."""

from __future__ import annotations

import re
from typing import Any, Callable, Mapping, Sequence, TypeVar

from .. import errors
from ..task import task, times
from . import held, ids

Kind = TypeVar("Kind")
_FAILED_PART = re.compile(r"\bdag (\d{17,50})\b.*?\bfailed\b(: *\S)?", re.S)
_BEGUN_PART = re.compile(r"\bdag success, genericID: ?(\d{17,50})\b")
_MAINTENANCE = {1: "none", 2: "cluster", 3: "tenant", 4: "obproxy"}


def tasks_in(data: Any) -> list[task.Task]:
    """Return the tasks that an answer holds: itself, or those among its contents."""
    if isinstance(data, dict) and isinstance(data.get("contents"), list):
        data = data["contents"]
    items = data if isinstance(data, list) else [data]
    return [to_task(item) for item in items if _is_task(item)]


def listed(what: str, data: Any) -> tuple[list[task.Task], list[str]]:
    """Return the tasks of a list, and what is said of entries that cannot be read.

    Raises InvalidAnswer for what is no list: that proves nothing. `contents` is null
    where there is none.
    """
    contents = data.get("contents", ()) if isinstance(data, dict) else ()
    if contents == () or not isinstance(contents, (list, type(None))):
        raise errors.InvalidAnswer(
            f"{what}: a list of tasks was expected, not {errors.printable(data, 120)}"
        )
    found, odd = [], []
    for item in contents or []:
        try:
            found.append(to_task(item))
        except errors.InvalidAnswer as e:
            odd.append(f"{what}: an entry cannot be read: {e.message}")
    return found, odd


def _is_task(data: Any) -> bool:
    return isinstance(data, dict) and {"id", "dag_id", "state", "operator"} <= set(data)


def _is_id(found: Any) -> bool:
    return bool(ids.PLAIN.match(str(found))) and not isinstance(found, bool)


def _number(found: Any) -> int | None:
    odd = not isinstance(found, int) or isinstance(found, bool)
    return None if odd else found


def _object(found: Any) -> dict[str, Any] | None:
    return found if isinstance(found, dict) else None


def _texts(found: Any) -> list[str] | None:
    return [str(text) for text in found] if isinstance(found, list) else None


def to_task(data: Any) -> task.Task:
    """Return the Task of obshell's DagDetailDTO (protocol/obshell.md 3.3)."""
    if not _is_task(data) or not _is_id(data["id"]):
        raise errors.InvalidAnswer(
            f"a task was expected, not {errors.printable(data, 120)}"
        )
    try:
        return _to_task(data)
    except (TypeError, ValueError, AttributeError, KeyError) as e:
        raise errors.InvalidAnswer(
            f"task {errors.printable(data['id'], 60)}: its facts cannot be read: "
            f"{errors.printable(e, 120)}"
        ) from e


def _to_task(data: Mapping[str, Any]) -> task.Task:
    id, extra = str(data["id"]), data.get("additional_data") or {}
    head = _head(data)
    nodes = data.get("nodes")
    main, subs = extra.get("main_dag_id"), extra.get("sub_dags")
    return task.Task(
        server="obshell",
        id=id,
        dag_id=_number(data.get("dag_id")),
        stage=_number(data.get("stage")),
        max_stage=_number(data.get("max_stage")),
        nodes=None if nodes is None else _to_nodes(nodes),
        maintenance=_maintenance(id, data),
        locked=held.locked(
            **{key: head[key] for key in ("name", "state", "operator")},
            stage=_number(data.get("stage")),
            scope=_locks(id, data),
        ),
        main_task=ids.given(main, "main_dag_id") if main else None,
        sub_dags=(
            {str(k): ids.given(v, "sub_dags") for k, v in subs.items()}
            if subs
            else None
        ),
        **head,
    )


def to_node(data: Any) -> task.Node:
    """Return the Node of a NodeDetailDTO that came alone: it names no neighbours."""
    return _one(_to_nodes, data, "node_id")


def to_sub_task(data: Any) -> task.SubTask:
    """Return the SubTask of obshell's TaskDetailDTO."""
    return _one(_to_sub_tasks, data, "task_id")


def _one(convert: Callable[[Any], tuple[Kind, ...]], data: Any, key: str) -> Kind:
    if not isinstance(data, dict) or not {"id", key, "state"} <= set(data):
        raise errors.InvalidAnswer(
            f"a {key.partition('_')[0]} was expected, not {errors.printable(data, 120)}"
        )
    try:
        return convert([data])[0]
    except (TypeError, ValueError, AttributeError, KeyError) as e:
        raise errors.InvalidAnswer(
            f"{errors.printable(data['id'], 60)}: its facts cannot be read: "
            f"{errors.printable(e, 120)}"
        ) from e


def to_logs(data: Any) -> list[task.Facts]:
    """Return the lines of a sub-task's log, in the order of its runs (3.3, 3.4)."""
    rows = data.get("contents") if isinstance(data, dict) else None
    keys = ("id", "execute_times", "log_content", "create_time")
    rows = rows if isinstance(rows, list) else []
    known = [row for row in rows if isinstance(row, dict)]
    known.sort(
        key=lambda row: [_number(row.get(key)) or 0 for key in ("execute_times", "id")]
    )
    return [{key: row.get(key) for key in keys} for row in known]


def lines(texts: Sequence[str] | None) -> list[task.Facts]:
    """Return log lines as to_logs does, where only their text is known."""
    bare = {"id": None, "execute_times": None, "create_time": None}
    return [{**bare, "log_content": text} for text in texts or ()]


def _to_nodes(nodes: Sequence[Mapping[str, Any]]) -> tuple[task.Node, ...]:
    ids = [str(node["id"]) for node in nodes]
    return tuple(
        task.Node(
            id=ids[at],
            node_id=_number(node.get("node_id")),
            upstreams=() if at == 0 else (ids[at - 1],),
            downstreams=(below,) if below else (),
            sub_tasks=_to_sub_tasks(node.get("sub_tasks") or ()),
            **_head(node),
        )
        for at, (node, below) in enumerate(zip(nodes, [*ids[1:], None]))
    )


def _to_sub_tasks(subs: Sequence[Mapping[str, Any]]) -> tuple[task.SubTask, ...]:
    ordered = sorted(subs, key=lambda sub: _number(sub.get("task_id")) or 0)
    return tuple(
        task.SubTask(
            id=str(sub["id"]),
            task_id=_number(sub.get("task_id")),
            execute_times=_number(sub.get("execute_times")),
            execute_agent=_object(sub.get("execute_agent")),
            followed=_followed(sub.get("state"), logs or ()),
            task_logs=logs,
            **_head(sub),
        )
        for sub in ordered
        for logs in (_texts(sub.get("task_logs")),)
    )


def failed_part(logs: Sequence[str] | None) -> tuple[str, bool] | None:
    """Return the part on another agent that a log says has failed, and whether why.

    The agent that follows it writes `dag ID NAME failed: CAUSE`.
    """
    for line in reversed(logs or ()):
        found = _FAILED_PART.search(line)
        if found and ids.owner_of(found.group(1)):
            return found.group(1), bool(found.group(2))
    return None


def _followed(state: Any, logs: Sequence[str]) -> str | None:
    """Return the agent with the part that a sub-task began, or saw fail."""
    if state == "FAILED":
        failed = failed_part(logs)
        return ids.owner_of(failed[0]) if failed else None
    for line in reversed(logs):
        if found := _BEGUN_PART.search(line):
            return ids.owner_of(found.group(1))
    return None


def _head(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what task, node and sub-task share; times only where they mean something.

    Not yet started or ended shows as the creation's instant, 1970 or year 1 (3.7).
    """
    state = str(data.get("state") or "")
    started = state not in ("PENDING", "READY")
    return {
        "name": str(data.get("name") or ""),
        "state": state,
        "operator": str(data.get("operator") or ""),
        "start_time": _time(data.get("start_time")) if started else None,
        "end_time": _time(data.get("end_time")) if state in task.ENDED else None,
        "additional_data": data.get("additional_data"),
    }


def _time(text: str | None) -> str | None:
    at = times.moment(text)
    return text if at is not None and at > 2 * 86400 else None


def _maintenance(id: str, data: Mapping[str, Any]) -> dict[str, Any] | None:
    scope = _locks(id, data)
    if scope in (None, "none"):
        return None
    return {"scope": scope, "key": data.get("maintenance_key") or None}


def _locks(id: str, data: Mapping[str, Any]) -> str | None:
    """Return what a task locks; None where that is not said (before 4.3.1)."""
    scope = _MAINTENANCE.get(_number(data.get("maintenance_type")) or 0)
    return "agent" if scope == "cluster" and not ids.is_cluster(id) else scope
