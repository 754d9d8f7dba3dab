# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OCP's JSON (task instances, subtasks, pages of a list) as facts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from .. import errors
from ..task import task
from . import order, values

STATES = {"RUNNING": "RUNNING", "FAILED": "FAILED", "SUCCESSFUL": "SUCCEED"}
OPERATORS = {"EXECUTE": "RUN"}


@dataclass(frozen=True)
class Page:
    """One page of the list of tasks; the totals are the server's, None for unknown."""

    tasks: tuple[task.Task, ...]
    total: int | None = None
    pages: int | None = None
    odd: tuple[str, ...] = ()  # what is said of entries that cannot be read


def to_page(data: Any) -> Page:
    """Return one page of the list of tasks; InvalidAnswer for anything else."""
    contents = data.get("contents") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(contents, list):
        raise errors.InvalidAnswer(
            f"a list of tasks was expected, not {errors.printable(data, 120)}"
        )
    page = data.get("page")
    page = page if isinstance(page, dict) else {}
    # The vendor's tables say totalPage, its answers totalPages (1.2).
    found, odd = [], []
    for item in contents:
        try:
            found.append(to_task(item))
        except errors.InvalidAnswer as e:
            odd.append(f"an entry of the list cannot be read: {e.message}")
    return Page(
        tuple(found),
        values.number(page.get("totalElements")),
        values.number(page.get("totalPages", page.get("totalPage"))),
        tuple(odd),
    )


def is_task(data: Any) -> bool:
    """Tell whether an object of an answer is a task: other things have ids too (5)."""
    if not isinstance(data, dict):
        return False
    known = values.word(data.get("status")) in STATES
    return known and values.to_id(data.get("id")) is not None


def to_task(data: Any) -> task.Task:
    """Return the Task of a task instance, of a list's entry, or of a submit's answer.

    See protocol/ocp.md 3.3 to 3.5 and 8. Raises InvalidAnswer for anything else.
    """
    id = values.to_id(data.get("id")) if isinstance(data, dict) else None
    state = _state(data.get("status")) if isinstance(data, dict) else ""
    if id is None or not state:
        raise errors.InvalidAnswer(
            f"a task was expected, not {errors.printable(data, 120)}"
        )
    nodes = _to_nodes(f"task {id}", data)
    done = sum(node.state == "SUCCEED" for node in nodes)
    return task.Task(
        server="ocp",
        id=id,
        name=values.text(data.get("name")) or "",
        state=state,
        operator=_operator(data.get("operation")) or _guessed(state, nodes),
        stage=min(done + 1, len(nodes)) if nodes else None,
        max_stage=len(nodes) or None,
        locked=False if state == "SUCCEED" else None,
        additional_data=_more(data),
        nodes=nodes,
        **_times(data, state),
    )


def _guessed(state: str, nodes: Sequence[task.Node]) -> str:
    """Return the operator of an entry that has none (3.3): ROLLBACK leaves PENDING.

    Empty, which is no good end, where no subtask tells.
    """
    if state == "SUCCEED" and not nodes:
        return ""
    undone = state == "SUCCEED" and any(node.state == "PENDING" for node in nodes)
    if undone or any(node.operator in task.UNDOING for node in nodes):
        return "ROLLBACK"
    return "RUN"


def _more(data: Mapping[str, Any]) -> dict[str, Any]:
    creator = data.get("creator")
    tenant = _owner(data, "tenant", "tenantId", "obTenantId")
    return {
        "cluster": _owner(data, "cluster", "clusterId"),
        "tenant": tenant or _owner(data, "tenantInfo"),
        "creator": values.text(
            creator.get("name") if isinstance(creator, dict) else creator
        ),
        "type": values.text(data.get("type")),
        "executor": values.text(data.get("executor")),
        "prohibit_rollback": values.flag(data.get("prohibitRollback")),
        "create_time": values.text(data.get("createTime")),
        "task_definition_id": values.text(data.get("taskDefinitionId")),
    }


def _owner(
    data: Mapping[str, Any], key: str, *numbers: str
) -> dict[str, str | None] | None:
    """Return id and name of a cluster or tenant: an object, or only a number."""
    found = data.get(key)
    if isinstance(found, dict):
        known = [found.get(name) for name in ("id", "obTenantId", "obClusterId")]
        id = next((values.text(value) for value in known if value is not None), None)
        return {"id": id, "name": values.text(found.get("name"))}
    given = [data.get(name) for name in numbers]
    id = next((values.text(value) for value in given if value is not None), None)
    return None if id is None else {"id": id, "name": None}


def _to_nodes(what: str, data: Mapping[str, Any]) -> tuple[task.Node, ...]:
    found = data.get("subtasks", data.get("tasks"))
    if found is None:
        found = []
    if not isinstance(found, list):
        raise errors.InvalidAnswer(
            f"{what}: a list of subtasks was expected, not "
            f"{errors.printable(found, 120)}"
        )
    return order.ordered([_to_node(what, item) for item in found])


def _to_node(what: str, data: Any) -> task.Node:
    id = values.to_id(data.get("id")) if isinstance(data, dict) else None
    if id is None:
        raise errors.InvalidAnswer(
            f"{what}: a subtask was expected, not {errors.printable(data, 120)}"
        )
    state = _state(data.get("status"))
    executor = values.text(data.get("executor"))
    shared: dict[str, Any] = {
        "id": id,
        "name": values.text(data.get("name")) or "",
        "state": state,
        "operator": _operator(data.get("operation")) or "RUN",
        **_times(data, state),
    }
    sub_task = task.SubTask(
        **shared,
        additional_data=_sub_task_data(data),
        execute_times=values.number(data.get("runTime")),
        execute_agent={"ip": executor, "port": None} if executor else None,
    )
    return task.Node(
        **shared,
        upstreams=_ids(what, data.get("upstreams")),
        # The vendor's table has the singular, its answers the plural (3.13.2).
        downstreams=_ids(what, data.get("downstreams", data.get("downstream"))),
        sub_tasks=(sub_task,),
    )


def _sub_task_data(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "description": values.text(data.get("description")),
        "series_id": values.number(data.get("seriesId")),
        "timeout": values.number(data.get("timeout")),
        "node_type": values.text(data.get("nodeType")),
        "parallel_index": values.number(
            data.get("parallelIdx", data.get("paralleIdx"))
        ),
        "prohibit_rollback": values.flag(data.get("prohibitRollback")),
        "create_time": values.text(data.get("createTime")),
    }


def _times(data: Mapping[str, Any], state: str) -> dict[str, Any]:
    """Return the times that mean something: OCP keeps old ones (8.6)."""
    started = state not in ("PENDING", "READY")
    return {
        "start_time": values.text(data.get("startTime")) if started else None,
        "end_time": (
            values.text(data.get("finishTime")) if state in task.ENDED else None
        ),
    }


def _ids(what: str, given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    found = (
        [values.to_id(value) for value in given] if isinstance(given, list) else [None]
    )
    if None in found:
        raise errors.InvalidAnswer(
            f"{what}: a list of ids was expected, not {errors.printable(given, 120)}"
        )
    return tuple(id for id in found if id is not None)


def _state(value: Any) -> str:
    word = values.word(value)
    return STATES.get(word, word)


def _operator(value: Any) -> str:
    word = values.word(value)
    return OPERATORS.get(word, word)
