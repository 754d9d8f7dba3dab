# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of a task, one shape for both servers, and the verdict on it. Pure."""

from __future__ import annotations

import re
from calendar import timegm
from dataclasses import asdict, dataclass, replace
from typing import Any, Dict, Mapping

OUTCOMES = (
    "running",
    "succeeded",
    "passed",
    "rolled_back",
    "failed",
    "rollback_failed",
    "cancelled",
    "unknown",
    "part",
)
STATES = ("READY", "RUNNING", "SUCCEED", "FAILED")
ENDED = ("SUCCEED", "FAILED")
ACTIVE = ("READY", "RUNNING", "CANCELING")
LOG_LINES = 20

_SUCCEEDED = {
    "RUN": "succeeded",
    "RETRY": "succeeded",
    "EXECUTE": "succeeded",
    "PASS": "passed",
    "ROLLBACK": "rolled_back",
}
_FAILED = {
    "RUN": "failed",
    "RETRY": "failed",
    "SKIP": "failed",
    "EXECUTE": "failed",
    "ROLLBACK": "rollback_failed",
    "CANCEL": "cancelled",
}
_SKIPPING = ("PASS", "SKIP")
UNDOING = ("ROLLBACK", "ROLLBACK_SKIP")
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(\.\d+)?"
    r"(?:Z|([+-])(\d\d):?(\d\d))$"
)

Facts = Dict[str, Any]


def moment(text: str | None) -> float | None:
    """Return unix seconds of an ISO 8601 time with 0 to 9 fraction digits, or None."""
    found = _TIME.match(text or "")
    if not found:
        return None
    numbers = [int(part) for part in found.group(1, 2, 3, 4, 5, 6)]
    sign, hours, minutes = found.group(8, 9, 10)
    if not 1 <= numbers[1] <= 12 or not 1 <= numbers[2] <= 31:
        return None
    offset = int(hours) * 3600 + int(minutes) * 60 if sign else 0
    seconds = timegm((*numbers, 0, 0, 0)) + float(found.group(7) or 0)
    return seconds + offset if sign == "-" else seconds - offset


def _duration(start: str | None, end: str | None) -> float | None:
    first, last = moment(start), moment(end)
    return None if first is None or last is None else round(max(0.0, last - first), 6)


@dataclass(frozen=True)
class SubTask:
    """A unit of work in a node, on one host."""

    id: str
    name: str
    state: str
    operator: str
    task_id: int | None = None
    start_time: str | None = None
    end_time: str | None = None
    additional_data: Facts | None = None
    execute_times: int | None = None
    execute_agent: Facts | None = None
    task_logs: list[str] | None = None

    @property
    def agent(self) -> str | None:
        """The host as one word: `ip:port`, or what OCP names as executor."""
        if not self.execute_agent:
            return None
        ip, port = self.execute_agent.get("ip"), self.execute_agent.get("port")
        if port is None:
            return ip
        return f"[{ip}]:{port}" if ":" in str(ip) else f"{ip}:{port}"

    def to_dict(self) -> Facts:
        return {**vars(self), "duration": _duration(self.start_time, self.end_time)}


@dataclass(frozen=True)
class Node:
    """A step of a task; ordered by upstreams."""

    id: str
    name: str
    state: str
    operator: str
    node_id: int | None = None
    start_time: str | None = None
    end_time: str | None = None
    additional_data: Facts | None = None
    upstreams: tuple[str, ...] = ()
    downstreams: tuple[str, ...] = ()
    sub_tasks: tuple[SubTask, ...] = ()

    def to_dict(self) -> Facts:
        return {
            **vars(self),
            "upstreams": list(self.upstreams),
            "downstreams": list(self.downstreams),
            "sub_tasks": [sub_task.to_dict() for sub_task in self.sub_tasks],
            "duration": _duration(self.start_time, self.end_time),
        }


@dataclass(frozen=True)
class Cause:
    """One root of a failure: a failed sub-task, or a failed node without one."""

    node: str | None = None
    sub_task: str | None = None
    sub_task_id: str | None = None
    agent: str | None = None
    attempts: int | None = None
    logs: tuple[str, ...] = ()

    def to_dict(self) -> Facts:
        return {**asdict(self), "logs": list(self.logs)}


@dataclass(frozen=True)
class Task:
    """A task as fetched at one moment; `nodes` is None when only its head was asked."""

    server: str
    id: str
    name: str
    state: str
    operator: str
    dag_id: int | None = None
    stage: int | None = None
    max_stage: int | None = None
    start_time: str | None = None
    end_time: str | None = None
    additional_data: Facts | None = None
    nodes: tuple[Node, ...] | None = None
    maintenance: Facts | None = None
    main_task: str | None = None
    sub_dags: dict[str, str] | None = None
    elsewhere: tuple[Cause, ...] = ()  # roots found in its parts on other agents

    @property
    def outcome(self) -> str:
        """The verdict of this moment, one of OUTCOMES (design: the verdict table)."""
        if self.main_task:
            return "part"
        if self.state == "SUCCEED":
            verdict = _SUCCEEDED.get(self.operator, "unknown")
            return "passed" if verdict == "succeeded" and self.skipped else verdict
        if self.state == "FAILED":
            verdict = _FAILED.get(self.operator, "unknown")
            return "cancelled" if verdict == "failed" and self._cancelled else verdict
        return "running"

    @property
    def done(self) -> bool:
        return self.outcome not in ("running", "part")

    @property
    def at_rest(self) -> bool:
        """False while OCP's engine still works on a task it already calls FAILED."""
        return self.server != "ocp" or not any(
            node.state in ACTIVE for node in self.nodes or ()
        )

    @property
    def skipped(self) -> list[str]:
        """Names of the nodes and sub-tasks that were passed or skipped."""
        names = []
        for node in self.nodes or ():
            if node.operator in _SKIPPING:
                names.append(node.name)
            names += [sub.name for sub in node.sub_tasks if sub.operator in _SKIPPING]
        return list(dict.fromkeys(names))

    @property
    def duration(self) -> float | None:
        return _duration(self.start_time, self.end_time)

    @property
    def node_name(self) -> str | None:
        """The name of the step that the task stands at, None without details."""
        if not self.nodes:
            return None
        for state in ("RUNNING", "CANCELING", "READY", "FAILED"):
            for node in self.nodes:
                if node.state == state and self.server == "ocp":
                    return node.name
        return self.nodes[min(max(self.stage or 1, 1), len(self.nodes)) - 1].name

    @property
    def progress(self) -> Facts | None:
        """Sub-tasks done of all, or undone of those to undo; None without details."""
        if self.nodes is None:
            return None
        undoing = self.operator == "ROLLBACK"
        done = total = 0
        for node in self.nodes:
            for sub_task in node.sub_tasks:
                if undoing and node.operator not in UNDOING:
                    continue
                total += 1
                if undoing:
                    done += self._undone(node, sub_task)
                else:
                    done += (
                        sub_task.state == "SUCCEED" and sub_task.operator != "ROLLBACK"
                    )
        if self.outcome in ("succeeded", "passed", "rolled_back"):
            return {"done": total, "total": total, "percent": 100}
        percent = done * 100 // total if total else 0
        return {"done": done, "total": total, "percent": percent}

    def _undone(self, node: Node, sub_task: SubTask) -> bool:
        # OCP's undone sub-tasks are PENDING again (protocol/ocp.md 3.6); obshell's are
        # SUCCEED+ROLLBACK, or never ran in such a node (protocol/obshell.md 12.3.11).
        if self.server == "ocp":
            return sub_task.state == "PENDING"
        return (node.state, node.operator) == ("SUCCEED", "ROLLBACK") or (
            sub_task.state,
            sub_task.operator,
        ) == ("SUCCEED", "ROLLBACK")

    def causes(self, log_lines: int = LOG_LINES) -> list[Cause]:
        """Return the root causes, earliest first; empty when nothing inside failed."""
        failed = {node.id for node in self.nodes or () if node.state == "FAILED"}
        found = []
        for node in self.nodes or ():
            if node.id not in failed or failed.intersection(node.upstreams):
                continue
            subs = [sub for sub in node.sub_tasks if sub.state == "FAILED"]
            for sub_task in subs:
                lines = sub_task.task_logs or []
                tail = tuple(lines[-log_lines:]) if log_lines else ()
                cause = Cause(
                    node.name,
                    sub_task.name,
                    sub_task.id,
                    sub_task.agent,
                    sub_task.execute_times,
                    tail,
                )
                found.append((moment(sub_task.end_time), cause))
            if not subs:
                found.append((moment(node.end_time), Cause(node.name)))
        found.sort(key=lambda pair: float("inf") if pair[0] is None else pair[0])
        return [cause for _when, cause in found] + list(self.elsewhere)

    def failure(self, log_lines: int = LOG_LINES) -> Facts | None:
        """Return the cause of a FAILED task with the `also` of others, else None."""
        if self.state != "FAILED":
            return None
        causes = self.causes(log_lines) or [Cause()]
        also = [cause.to_dict() for cause in causes[1:]]
        return {**causes[0].to_dict(), "also": also}

    @property
    def _cancelled(self) -> bool:
        """OCP keeps the task's operation when its subtasks are cancelled (8.5)."""
        if self.server != "ocp":
            return False
        roots = {cause.sub_task_id for cause in self.causes(0)}
        words = [node.operator for node in self.nodes or () if node.id in roots]
        return bool(words) and all(word == "CANCEL" for word in words)

    def small(self, log_lines: int) -> Task:
        """Return the task with the last lines of failed sub-tasks and no others."""
        if self.nodes is None:
            return self
        nodes = tuple(
            replace(
                node,
                sub_tasks=tuple(_small(sub, log_lines) for sub in node.sub_tasks),
            )
            for node in self.nodes
        )
        return replace(self, nodes=nodes)

    def to_dict(self, log_lines: int = LOG_LINES) -> Facts:
        """Return the facts: plain data, every key present, derived keys included."""
        facts = {key: value for key, value in vars(self).items() if key != "elsewhere"}
        return {
            **facts,
            "nodes": (
                None if self.nodes is None else [node.to_dict() for node in self.nodes]
            ),
            "outcome": self.outcome,
            "done": self.done,
            "duration": self.duration,
            "progress": self.progress,
            "skipped": self.skipped,
            "failure": self.failure(log_lines),
        }

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Task:
        """Return the task of facts made by to_dict; derived keys are not read."""
        known = {key: facts[key] for key in cls.__dataclass_fields__ if key in facts}
        if known.get("nodes") is not None:
            known["nodes"] = tuple(_node(node) for node in known["nodes"])
        return cls(**known)


def cut(facts: Facts, most: int) -> int:
    """Leave sub-tasks out of facts that hold more than `most`; return how many.

    Those go that did their work or have not begun; what is derived stays true.
    """
    nodes = facts["nodes"] or []
    total = sum(len(node["sub_tasks"]) for node in nodes)
    if total <= most:
        return 0
    room = most
    for node in nodes:
        node["sub_tasks"] = [sub for sub in node["sub_tasks"] if _tells(sub)][:room]
        room -= len(node["sub_tasks"])
    return total - (most - room)


def _tells(sub_task: Facts) -> bool:
    plain = sub_task["state"] in ("SUCCEED", "READY", "PENDING")
    return not plain or sub_task["operator"] in _SKIPPING


def changes(before: Mapping[str, Any] | None, after: Task) -> list[Facts]:
    """Return what differs between a mark and a later snapshot, in order of weight.

    Each change holds `what` (seen, state, stage, failed, retried) and the head of the
    task; failed and retried name the sub-task, failed with its last line.
    """
    head = {
        "task_id": after.id,
        "name": after.name,
        "state": after.state,
        "operator": after.operator,
        "stage": after.stage,
        "max_stage": after.max_stage,
        "node": after.node_name,
        "outcome": after.outcome,
    }
    if before is None:
        return [{"what": "seen", **head}, *_sub_task_changes({}, after, head)]
    found = []
    if any(before.get(key) != head[key] for key in ("state", "operator")):
        found.append({"what": "state", **head})
    elif before.get("stage") != after.stage:
        found.append({"what": "stage", **head})
    return found + _sub_task_changes(before.get("failed") or {}, after, head)


def mark(before: Mapping[str, Any] | None, task: Task) -> Facts:
    """Return what `changes` must know of a snapshot: small, plain data."""
    failed = {sub.id: sub.execute_times for _node, sub in _failed(task)}
    if task.nodes is None and before:
        failed = dict(before.get("failed") or {})
    return {
        "state": task.state,
        "operator": task.operator,
        "stage": task.stage,
        "failed": dict(list(failed.items())[:100]),
    }


def _failed(task: Task) -> list[tuple[Node, SubTask]]:
    return [
        (node, sub)
        for node in task.nodes or ()
        for sub in node.sub_tasks
        if sub.state == "FAILED"
    ]


def _sub_task_changes(
    failed: Mapping[str, Any], after: Task, head: Facts
) -> list[Facts]:
    found = []
    for node in after.nodes or ():
        for sub in node.sub_tasks:
            known = sub.id in failed and failed[sub.id] == sub.execute_times
            what = {"FAILED": "failed", "RUNNING": "retried"}.get(sub.state)
            if (what == "failed" and not known) or (
                what == "retried" and sub.id in failed
            ):
                line = sub.task_logs[-1] if what == "failed" and sub.task_logs else None
                part = {"sub_task": sub.name, "agent": sub.agent, "line": line}
                found.append({**head, "what": what, "node": node.name, **part})
    return found[:100]


def _small(sub_task: SubTask, log_lines: int) -> SubTask:
    lines = sub_task.task_logs
    if sub_task.state != "FAILED" or not lines or not log_lines:
        return replace(sub_task, task_logs=None)
    return replace(sub_task, task_logs=lines[-log_lines:])


def _node(facts: Mapping[str, Any]) -> Node:
    known = {key: facts[key] for key in Node.__dataclass_fields__ if key in facts}
    for key in ("upstreams", "downstreams"):
        known[key] = tuple(known.get(key) or ())
    known["sub_tasks"] = tuple(
        SubTask(**{k: sub[k] for k in SubTask.__dataclass_fields__ if k in sub})
        for sub in known.get("sub_tasks") or ()
    )
    return Node(**known)
