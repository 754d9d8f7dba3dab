# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between two snapshots of a task. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from . import task, times

NAME = 200  # characters of a name
LINE = 4096  # of a line of a log the last ones
MOST = 10_000  # failed sub-tasks that are remembered


def between(before: Mapping[str, Any] | None, after: task.Task) -> list[task.Facts]:
    """Return what differs between a mark and a later snapshot, in order of weight.

    Each change holds `what` (seen, state, stage, failed, retried) and the head of the
    task; failed and retried name the sub-task, failed with its last line.
    """
    progress = after.progress or {}
    head = {
        "task_id": after.id,
        "name": after.name[:NAME],
        "state": after.state,
        "operator": after.operator,
        "stage": after.stage,
        "max_stage": after.max_stage,
        "node": after.node_name and after.node_name[:NAME],
        "outcome": after.outcome,
        "percent": progress.get("percent"),
        "duration": after.duration,
        "retries": retries(after),
        "at_work": _at_work(after, progress),
    }
    if before is None:
        # What has failed in a task that is about to begin again failed before that.
        news = [] if after.state == "READY" else _sub_task_changes({}, after, head)
        return [{"what": "seen", **head}, *news]
    found = []
    if any(before.get(key) != head[key] for key in ("state", "operator")):
        found.append({"what": "state", **head})
    elif before.get("stage") != after.stage:
        found.append({"what": "stage", **head})
    return found + _sub_task_changes(before.get("failed") or {}, after, head)


def retries(of: task.Task) -> int:
    """Return how often sub-tasks have run more than once."""
    known = [sub.execute_times for node in of.nodes or () for sub in node.sub_tasks]
    return sum(max(0, (runs or 1) - 1) for runs in known)


def reached(of: task.Task) -> float | None:
    """Return the seconds from a task's start to the last time that it tells.

    Only differences within one task mean anything (protocol/obshell.md 12.2).
    """
    start = times.moment(of.start_time)
    parts: list[task.Node | task.SubTask] = list(of.nodes or ())
    parts += [sub for node in of.nodes or () for sub in node.sub_tasks]
    known = [times.moment(text) for one in parts for text in _times(one)]
    later = [at for at in known if at is not None]
    return None if start is None or not later else max(0.0, max(later) - start)


def begun(of: task.Task) -> float | None:
    """Return the seconds from a task's start to that of the step it stands at."""
    start = times.moment(of.start_time)
    here = [node for node in of.nodes or () if node.name == of.node_name]
    at = times.moment(here[0].start_time) if here else None
    return None if start is None or at is None else max(0.0, at - start)


def _times(part: task.Node | task.SubTask) -> tuple[str | None, str | None]:
    return part.start_time, part.end_time


def _at_work(of: task.Task, progress: Mapping[str, Any]) -> str | None:
    """Return who is at work: `on 10.0.0.4`, or how much of many and where."""
    running = [
        sub
        for node in of.nodes or ()
        for sub in node.sub_tasks
        if sub.state in ("RUNNING", "CANCELING")
    ]
    hosts = [sub.host for sub in running if sub.host]
    if len(running) < 2:
        return f"on {hosts[0]}" if hosts else None
    done, total = progress.get("done"), progress.get("total")
    where = f": {_short(hosts)}" if hosts else ""
    return f"{done}/{total} sub-tasks | {running[0].name} x{len(running)}{where}"


def _short(hosts: Sequence[str]) -> str:
    """Return hosts as `10.0.0.3 .4 .5 +7`: what they share with the first once."""
    first, *others = dict.fromkeys(hosts)
    net = first[: first.rfind(".") + 1] if "." in first else ""
    shared = max(len(net) - 1, 0)
    shown = [one[shared:] if net and one.startswith(net) else one for one in others]
    more = f" +{len(others) - 2}" if len(others) > 2 else ""
    return " ".join([first, *shown[:2]]) + more


def identity(of: task.Task, before: Sequence[Any] = (None, None)) -> list[Any]:
    """Return what never changes in the life of a task, as far as it is known."""
    known = (of.name[:NAME] or None, of.dag_id)
    return [old if new is None else new for new, old in zip(known, before)]


def is_other(before: Mapping[str, Any] | None, of: task.Task) -> bool:
    """Tell whether a snapshot is of another task than the mark.

    The start moves with each operation on a task of obshell's, but never back.
    """
    if not before:
        return False
    pairs = zip(before.get("identity") or (), identity(of))
    if any(None not in pair and pair[0] != pair[1] for pair in pairs):
        return True
    was, now = times.moment(before.get("start")), times.moment(of.start_time)
    return was is not None and now is not None and now < was


def mark(before: Mapping[str, Any] | None, of: task.Task) -> task.Facts:
    """Return what `changes` must know of a snapshot: small, plain data."""
    failed = {sub.id: sub.execute_times for _node, sub in _failed(of)}
    if of.nodes is None and before:
        failed = dict(before.get("failed") or {})
    return {
        "identity": identity(of, (before or {}).get("identity") or (None, None)),
        "start": of.start_time or (before or {}).get("start"),
        "state": of.state,
        "operator": of.operator,
        "stage": of.stage,
        "failed": dict(list(failed.items())[:MOST]),
        "logs": _log_lines(of, before),
    }


def _log_lines(of: task.Task, before: Mapping[str, Any] | None) -> int:
    """Return how many lines have been logged, as far as known: a new one is a move."""
    known = [sub.task_logs or () for node in of.nodes or () for sub in node.sub_tasks]
    return max(sum(map(len, known)), (before or {}).get("logs") or 0)


def _failed(of: task.Task) -> list[tuple[task.Node, task.SubTask]]:
    return [
        (node, sub)
        for node in of.nodes or ()
        for sub in node.sub_tasks
        if sub.state == "FAILED"
    ]


def _sub_task_changes(
    failed: Mapping[str, Any], after: task.Task, head: task.Facts
) -> list[task.Facts]:
    found = []
    for node in after.nodes or ():
        for sub in node.sub_tasks:
            known = sub.id in failed and failed[sub.id] == sub.execute_times
            what = {"FAILED": "failed", "RUNNING": "retried"}.get(sub.state)
            if (what == "failed" and not known) or (
                what == "retried" and sub.id in failed
            ):
                lines = sub.task_logs if what == "failed" else None
                line = lines[-1][-LINE:] if lines else None
                agent = sub.followed or sub.agent  # the host that failed, if it is said
                part = {"sub_task": sub.name[:NAME], "agent": agent, "line": line}
                node_name = node.name[:NAME]
                found.append({**head, "what": what, "node": node_name, **part})
    return found
