# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of a task, one shape for both servers, and the verdict on it. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Dict, Mapping

from . import cause as causes
from . import times, verdict

STATES = ("READY", "RUNNING", "SUCCEED", "FAILED")
ENDED = ("SUCCEED", "FAILED")
ACTIVE = ("READY", "RUNNING", "CANCELING")
SKIPPING = ("PASS", "SKIP")
UNDOING = ("ROLLBACK", "ROLLBACK_SKIP")
LOG_LINES = 20

Facts = Dict[str, Any]


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
    followed: str | None = None  # the agent with a part that it follows, by its log

    @property
    def agent(self) -> str | None:
        """The host as one word: `ip:port`, or what OCP names as executor."""
        if not self.execute_agent:
            return None
        ip, port = self.execute_agent.get("ip"), self.execute_agent.get("port")
        if port is None:
            return ip
        return f"[{ip}]:{port}" if ":" in str(ip) else f"{ip}:{port}"

    @property
    def host(self) -> str | None:
        """The host without the port."""
        ip = (self.execute_agent or {}).get("ip")
        return str(ip) if ip else None

    def to_dict(self) -> Facts:
        return {
            **vars(self),
            "duration": times.duration(self.start_time, self.end_time),
        }


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
            "duration": times.duration(self.start_time, self.end_time),
        }


@dataclass(frozen=True)
class Cause:
    """One root of a failure: a failed sub-task, or a failed node without one."""

    node: str | None = None
    sub_task: str | None = None
    sub_task_id: str | None = None
    agent: str | None = None
    asked_by: str | None = None  # who followed what failed on that agent
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
    locked: bool | None = None  # whether it holds its lock; None: cannot be known
    main_task: str | None = None
    sub_dags: dict[str, str] | None = None
    elsewhere: tuple[Cause, ...] = ()  # roots found in its parts on other agents

    @property
    def outcome(self) -> str:
        """The verdict of this moment, one of verdict.OUTCOMES."""
        if self.main_task:
            return "part"
        found = verdict.outcome(self.state, self.operator)
        if found == "succeeded" and self.skipped:
            return "passed"
        return "cancelled" if found == "failed" and self._cancelled else found

    @property
    def done(self) -> bool:
        return self.outcome not in verdict.NOT_DONE

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
            if node.operator in SKIPPING:
                names.append(node.name)
            names += [sub.name for sub in node.sub_tasks if sub.operator in SKIPPING]
        return list(dict.fromkeys(names))

    @property
    def duration(self) -> float | None:
        return times.duration(self.start_time, self.end_time)

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
            found += [
                (times.moment(sub.end_time), cause_of(node, sub, log_lines))
                for sub in subs
            ]
            if not subs:
                found.append((times.moment(node.end_time), Cause(node.name)))
        found.sort(key=lambda pair: float("inf") if pair[0] is None else pair[0])
        own, parts = [cause for _when, cause in found], list(self.elsewhere)
        subs = [sub for node in self.nodes or () for sub in node.sub_tasks]
        logs = [sub.task_logs for sub in subs if sub.state == "FAILED"]
        return parts + own if causes.only_checked(logs) else own + parts

    def failure(self, log_lines: int = LOG_LINES) -> Facts | None:
        """Return the cause of a FAILED task with the `also` of others, else None."""
        if self.state != "FAILED":
            return None
        causes = self.causes(log_lines) or [Cause()]
        also = [cause.to_dict() for cause in causes[1:]]
        return {**causes[0].to_dict(), "also": also}

    @property
    def cause(self) -> str | None:
        """What the first root cause of a FAILED task says, on one line, or None."""
        found = self.causes() if self.state == "FAILED" else []
        lines = [cause.logs[-1] for cause in found if cause.logs]
        return causes.essence(lines[0]) if lines else None

    @property
    def _cancelled(self) -> bool:
        """OCP's task keeps its operation when subtasks are cancelled (ocp.md 8.5)."""
        if self.server != "ocp":
            return False
        roots = {cause.sub_task_id for cause in self.causes(0)}
        words = [node.operator for node in self.nodes or () if node.id in roots]
        return bool(words) and all(word == "CANCEL" for word in words)

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
            "cause": self.cause if log_lines else None,
            "failure": self.failure(log_lines),
        }

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Task:
        """Return the task of facts made by to_dict; derived keys are not read."""
        known = {key: facts[key] for key in cls.__dataclass_fields__ if key in facts}
        if known.get("nodes") is not None:
            known["nodes"] = tuple(_node(node) for node in known["nodes"])
        return cls(**known)


def _node(facts: Mapping[str, Any]) -> Node:
    known = {key: facts[key] for key in Node.__dataclass_fields__ if key in facts}
    for key in ("upstreams", "downstreams"):
        known[key] = tuple(known.get(key) or ())
    known["sub_tasks"] = tuple(
        SubTask(**{k: sub[k] for k in SubTask.__dataclass_fields__ if k in sub})
        for sub in known.get("sub_tasks") or ()
    )
    return Node(**known)


def cause_of(node: Node, sub: SubTask, log_lines: int) -> Cause:
    """Return a sub-task as a cause, with the last lines of its log."""
    return Cause(
        node.name,
        sub.name,
        sub.id,
        sub.followed or sub.agent,
        sub.agent if sub.followed else None,
        sub.execute_times,
        tuple((sub.task_logs or [])[-log_lines:]) if log_lines else (),
    )
