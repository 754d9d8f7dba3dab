# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OCP's task endpoints, and its JSON as a Task."""

from __future__ import annotations

import heapq
import re
import time
from dataclasses import dataclass, replace
from typing import Any, Callable, Mapping, Sequence

from . import errors, ocp_auth, ocp_log, ocp_server, task, transport

Credentials = ocp_auth.Credentials

INSTANCES = "/tasks/instances"
MAX_LOGS = 10  # root causes whose logs are read to explain one failure
MAX_PATIENCE = 15.0  # seconds that a rate limit may hold up the reading of a log
STATES = {"RUNNING": "RUNNING", "FAILED": "FAILED", "SUCCESSFUL": "SUCCEED"}
_OPERATORS = {"EXECUTE": "RUN"}


class OcpClient:
    """Asks one OCP for tasks."""

    server = "ocp"

    def __init__(
        self,
        transport_: transport.Transport,
        credentials: Credentials,
        base_path: str = "/api/v2",
        *,
        memory: Mapping[str, Any] | None = None,
        wall_clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = transport_.url
        self._sleep = sleep
        self._server = ocp_server.Server(
            transport_, credentials, base_path, memory=memory, wall_clock=wall_clock
        )

    @property
    def memory(self) -> dict[str, Any]:
        """Plain data without a secret, for a client of a later run."""
        return self._server.memory

    @property
    def base_path(self) -> str:
        return self._server.base_path

    @property
    def express(self) -> bool:
        """True for OCP Express, which knows fewer filters (protocol/ocp.md 8.13)."""
        return self.base_path.endswith("/api/v1")

    def fetch(self, id: str, *, details: bool = True) -> task.Task:
        """Return the task; OCP has no short form, so details always come.

        Raises TaskNotFound when the server proves that there is none.
        """
        data = self._get(f"task {id}", f"{INSTANCES}/{id}")
        try:
            return to_task(data)
        except errors.InvalidAnswer as e:
            e.message = f"GET task {id} at {self.url}: {e.message}"
            raise

    def page(self, query: Mapping[str, Any], number: int, size: int) -> Page:
        """Return one page, counted from 1, of the list of tasks, the newest first."""
        paging = {"page": number, "size": size, "sort": "id,desc"}
        target = transport.target(INSTANCES, {**query, **paging})
        return _to_page(self._get("the list of tasks", target))

    def log(self, id: str, sub_task_id: str) -> str:
        """Return the whole log of a subtask, of all its runs."""
        what = f"log of subtask {sub_task_id} of task {id}"
        data = self._get(what, f"{INSTANCES}/{id}/subtasks/{sub_task_id}/log")
        text = data.get("log", "") if isinstance(data, dict) else None
        if not isinstance(text, str):
            raise errors.InvalidAnswer(
                f"{what}: {self.url}: a text was expected, not "
                f"{errors.printable(data, 120)}"
            )
        return text

    def operate(self, id: str, operation: str, sub_task_id: str | None = None) -> None:
        """Ask once: retry, rollback of a task; retry, skip, cancel of a subtask."""
        path, what = f"{INSTANCES}/{id}", f"{operation} task {id}"
        if sub_task_id is not None:
            path += f"/subtasks/{sub_task_id}"
            what = f"{operation} subtask {sub_task_id} of task {id}"
        reply = self._server.call("POST", f"{path}/{operation}")
        if not reply.ok:
            raise self._server.refusal(what, reply)

    def explained(
        self, failed: task.Task, log_lines: int
    ) -> tuple[task.Task, list[str]]:
        """Return a failed task with the telling log lines of its root causes.

        Each such sub-task gets at most `log_lines`, the last of which explains it.
        A log that could not be read is a warning: it never hides the verdict.
        """
        if failed.state != "FAILED" or log_lines < 1:
            return failed, []
        roots = [cause.sub_task_id for cause in failed.causes(0) if cause.sub_task_id]
        texts, missing = self.logs(failed.id, roots[:MAX_LOGS])
        if len(roots) > MAX_LOGS:
            left = len(roots) - MAX_LOGS
            missing.append(f"the logs of {left} more failed subtasks were not read")
        return told(failed, texts, log_lines), missing

    def logs(
        self, id: str, sub_task_ids: Sequence[str]
    ) -> tuple[dict[str, str], list[str]]:
        """Return the whole logs of subtasks by their ids, and what is missing.

        A short wait that a rate limit asks for is kept once for each log. After an
        error that the next request would meet too, no more is asked for.
        """
        texts: dict[str, str] = {}
        for number, sub_task_id in enumerate(sub_task_ids):
            try:
                texts[sub_task_id] = self._patient_log(id, sub_task_id)
            except errors.OpsError as e:
                missing = [f"the log of subtask {sub_task_id} is missing: {e.message}"]
                left = len(sub_task_ids) - number - 1
                if left:
                    missing.append(f"{left} more logs were not asked for")
                return texts, missing
        return texts, []

    def _patient_log(self, id: str, sub_task_id: str) -> str:
        try:
            return self.log(id, sub_task_id)
        except errors.Unavailable as e:
            if e.wait is None or e.wait > MAX_PATIENCE:
                raise
            self._sleep(e.wait)
        return self.log(id, sub_task_id)

    def call(self, method: str, target: str, body: Any = None) -> ocp_server.Reply:
        """Return the reply to any call; `target` is below the base path.

        Raises Refused or Unavailable for an error, with the server's words.
        """
        reply = self._server.call(method, target, body)
        if not reply.ok:
            what = f"{method} {self._server.base_path}{target.partition('?')[0]}"
            raise self._server.refusal(what, reply)
        return reply

    def _get(self, what: str, target: str) -> Any:
        reply = self._server.call("GET", target)
        if not reply.ok:
            raise self._server.refusal(what, reply, reading=True)
        return reply.data


@dataclass(frozen=True)
class Page:
    """One page of the list of tasks; the totals are the server's, None for unknown."""

    tasks: tuple[task.Task, ...]
    total: int | None = None
    pages: int | None = None


def _to_page(data: Any) -> Page:
    contents = data.get("contents") if isinstance(data, dict) else None
    if contents is None:
        contents = []
    if not isinstance(data, dict) or not isinstance(contents, list):
        raise errors.InvalidAnswer(
            f"a list of tasks was expected, not {errors.printable(data, 120)}"
        )
    page = data.get("page")
    page = page if isinstance(page, dict) else {}
    # The vendor's tables say totalPage, its answers totalPages (1.2).
    return Page(
        tuple(to_task(item) for item in contents),
        _number(page.get("totalElements")),
        _number(page.get("totalPages", page.get("totalPage"))),
    )


def is_task(data: Any) -> bool:
    """Tell whether an object of an answer is a task: other things have ids too (5)."""
    if not isinstance(data, dict):
        return False
    return to_id(data.get("id")) is not None and _word(data.get("status")) in STATES


def with_logs(of: task.Task, logs: Mapping[str, Sequence[str]]) -> task.Task:
    """Return the task with these lines as the logs of the sub-tasks with these ids."""
    nodes = tuple(
        replace(
            node,
            sub_tasks=tuple(
                replace(sub, task_logs=list(logs[sub.id])) if sub.id in logs else sub
                for sub in node.sub_tasks
            ),
        )
        for node in of.nodes or ()
    )
    return replace(of, nodes=nodes if of.nodes is not None else None)


def told(of: task.Task, texts: Mapping[str, str], log_lines: int) -> task.Task:
    """Return the task with the lines of these logs that explain its failure."""
    words = {word: operation for operation, word in _OPERATORS.items()}
    logs = {}
    for node in of.nodes or ():
        if node.id in texts:
            operation = words.get(node.operator, node.operator)
            text = texts[node.id]
            logs[node.id] = ocp_log.explanation(text, log_lines, operation)
    return with_logs(of, logs)


def to_task(data: Any) -> task.Task:
    """Return the Task of a task instance, of a list's entry, or of a submit's answer.

    See protocol/ocp.md 3.3 to 3.5 and 8. Raises InvalidAnswer for anything else.
    """
    id = to_id(data.get("id")) if isinstance(data, dict) else None
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
        name=_text(data.get("name")) or "",
        state=state,
        operator=_operator(data.get("operation")) or _guessed(state, nodes),
        stage=min(done + 1, len(nodes)) if nodes else None,
        max_stage=len(nodes) or None,
        additional_data=_more(data),
        nodes=nodes,
        **_times(data, state),
    )


def _guessed(state: str, nodes: Sequence[task.Node]) -> str:
    """Return the operator of an entry that has none (3.3): ROLLBACK leaves PENDING."""
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
        "creator": _text(creator.get("name") if isinstance(creator, dict) else creator),
        "type": _text(data.get("type")),
        "executor": _text(data.get("executor")),
        "prohibit_rollback": _flag(data.get("prohibitRollback")),
        "create_time": _text(data.get("createTime")),
        "task_definition_id": _text(data.get("taskDefinitionId")),
    }


def _owner(
    data: Mapping[str, Any], key: str, *numbers: str
) -> dict[str, str | None] | None:
    """Return id and name of a cluster or tenant: an object, or only a number."""
    found = data.get(key)
    if isinstance(found, dict):
        ids = [found.get(name) for name in ("id", "obTenantId", "obClusterId")]
        id = next((_text(value) for value in ids if value is not None), None)
        return {"id": id, "name": _text(found.get("name"))}
    values = [data.get(name) for name in numbers]
    id = next((_text(value) for value in values if value is not None), None)
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
    return ordered([_to_node(what, item) for item in found])


def _to_node(what: str, data: Any) -> task.Node:
    id = to_id(data.get("id")) if isinstance(data, dict) else None
    if id is None:
        raise errors.InvalidAnswer(
            f"{what}: a subtask was expected, not {errors.printable(data, 120)}"
        )
    state = _state(data.get("status"))
    executor = _text(data.get("executor"))
    shared: dict[str, Any] = {
        "id": id,
        "name": _text(data.get("name")) or "",
        "state": state,
        "operator": _operator(data.get("operation")) or "RUN",
        **_times(data, state),
    }
    sub_task = task.SubTask(
        **shared,
        additional_data=_sub_task_data(data),
        execute_times=_number(data.get("runTime")),
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
        "description": _text(data.get("description")),
        "series_id": _number(data.get("seriesId")),
        "timeout": _number(data.get("timeout")),
        "node_type": _text(data.get("nodeType")),
        "parallel_index": _number(data.get("parallelIdx", data.get("paralleIdx"))),
        "prohibit_rollback": _flag(data.get("prohibitRollback")),
        "create_time": _text(data.get("createTime")),
    }


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
    at = task.moment(node.start_time)
    return (float("inf") if at is None else at, len(node.id), node.id)


def _times(data: Mapping[str, Any], state: str) -> dict[str, Any]:
    """Return the times that mean something: OCP keeps old ones (8.6)."""
    started = state not in ("PENDING", "READY")
    return {
        "start_time": _text(data.get("startTime")) if started else None,
        "end_time": _text(data.get("finishTime")) if state in task.ENDED else None,
    }


def to_id(value: Any) -> str | None:
    """Return an id as a string: OCP mixes numbers and strings (8.3); None for no id."""
    text = _text(value)
    if text is None or isinstance(value, float) or not re.match(r"[0-9]+$", text):
        return None
    return text.lstrip("0") or "0"


def _ids(what: str, values: Any) -> tuple[str, ...]:
    if values is None:
        return ()
    found = [to_id(value) for value in values] if isinstance(values, list) else [None]
    if None in found:
        raise errors.InvalidAnswer(
            f"{what}: a list of ids was expected, not {errors.printable(values, 120)}"
        )
    return tuple(id for id in found if id is not None)


def _text(value: Any) -> str | None:
    """Return a text or a number as text; None for anything else."""
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return str(value)
    return None


def _word(value: Any) -> str:
    return value.strip().upper() if isinstance(value, str) else ""


def _state(value: Any) -> str:
    word = _word(value)
    return STATES.get(word, word)


def _operator(value: Any) -> str:
    word = _word(value)
    return _OPERATORS.get(word, word)


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None
