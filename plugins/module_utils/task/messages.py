# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One line for people about a task: how it ended, where it stands. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .. import errors
from . import cause as causes
from . import task

_ENDED = {
    "succeeded": "succeeded",
    "passed": "was passed",
    "rolled_back": "was rolled back: its work was undone",
    "failed": "failed",
    "rollback_failed": "failed to roll back",
    "cancelled": "was cancelled",
}


def named(of: task.Task) -> str:
    """Return what a task is called in messages."""
    return f"task {of.id} '{errors.printable(of.name, 120)}'"


def where(of: task.Task) -> str:
    """Return the stage that a task stands at, as `4/9 Wait remote deploy finish`."""
    if of.stage is None:
        return "an unknown stage"
    node = f" {errors.printable(of.node_name, 120)}" if of.node_name else ""
    return f"{of.stage}/{of.max_stage}{node}"


def spot(of: task.Task) -> str:
    """Return where a task stands or failed: its stage, the host, the attempt."""
    if of.state == "SUCCEED":
        return ""
    causes_ = of.causes(0) if of.state == "FAILED" else []
    node = causes_[0].node if causes_ else of.node_name
    if of.server == "ocp" and causes_:
        text = f"'{errors.printable(node, 120)}' of {of.max_stage} subtasks"
    else:
        name = f" {errors.printable(node, 120)}" if node else ""
        text = f"{of.stage}/{of.max_stage}{name}" if of.stage else name.strip()
    if causes_ and causes_[0].agent:
        text += f",{_host(causes_[0])}"
    return text


def ended(of: task.Task, *, log_lines: int, accepted: Sequence[str]) -> str:
    """Return how a task ended, why, and what follows from it."""
    verdict = _ENDED.get(of.outcome)
    if verdict is None:
        verdict = f"ended as {of.state} with the unknown operator '{of.operator}'"
    parts = [f"{of.server} {named(of)} {verdict}"]
    if of.outcome == "passed" and of.skipped:
        parts[0] += f" (not done: {errors.printable(', '.join(of.skipped))})"
    if of.state == "FAILED":
        parts[0] += _at(of) + why(of, log_lines=log_lines)
        parts += follows(of)
    else:
        parts.append(f"accepted was: {', '.join(accepted)}")
    return "; ".join(parts)


def _at(of: task.Task) -> str:
    causes = of.causes(0)
    node = causes[0].node if causes else None
    stage = f" ({of.stage}/{of.max_stage})" if of.server == "obshell" else ""
    return f" at '{errors.printable(node, 120)}'{stage}" if node else ""


def why(of: task.Task, *, log_lines: int) -> str:
    """Return the causes of a FAILED task, to follow where it failed."""
    causes = of.causes(log_lines)
    if not causes:
        if of.server == "ocp" and of.nodes and of.at_rest:
            undone = sum(node.state != "SUCCEED" for node in of.nodes)
            if undone:
                return f": none of its subtasks failed, and {undone} were not done"
            return (
                ": every subtask succeeded after the task was marked failed; "
                "a retry of the task mends it"
            )
        return ""
    # The sub-task of a node mostly has its name, which stands there already.
    first = causes[0].sub_task
    name = "" if first == causes[0].node else f": {_sub_task(causes[0])}"
    text = name + _details(causes[0])
    for cause in causes[1:3]:
        text += f"; also {_sub_task(cause)}{_details(cause, limit=80)}"
    return text + (f" (and {len(causes) - 3} more)" if len(causes) > 3 else "")


def _sub_task(cause: task.Cause) -> str:
    if cause.sub_task is None:
        return f"nothing inside '{errors.printable(cause.node, 120)}' failed"
    return f"sub-task '{errors.printable(cause.sub_task, 120)}'"


def _details(cause: task.Cause, *, limit: int = 300) -> str:
    text = _host(cause)
    if cause.logs:
        said = errors.printable(causes.essence(cause.logs[-1]), 4 * causes.MOST)
        text += f": {causes.cut(said, limit)}"
    return text


def _host(cause: task.Cause) -> str:
    text = f" on {errors.printable(cause.agent, 80)}" if cause.agent else ""
    if cause.asked_by:
        text += f" (asked by {errors.printable(cause.asked_by, 80)})"
    if cause.attempts and cause.attempts > 1:
        text += f", attempt {cause.attempts}"
    return text


def follows(of: task.Task) -> list[str]:
    """Return what a FAILED task leaves behind."""
    if of.locked is False or of.outcome == "part" or of.server == "ocp":
        return []
    if of.locked is None:
        return [
            f"{_locks(of)} may be locked until it is retried, rolled back or passed"
        ]
    return [f"{_locks(of)} stays locked until it is retried, rolled back or passed"]


def _locks(of: task.Task) -> str:
    if of.maintenance is None:
        return "what it works on"
    scope, key = of.maintenance["scope"], of.maintenance.get("key")
    return f"{scope} '{errors.printable(key, 80)}'" if key else f"the {scope}"


def stale(of: task.Task, scope: str) -> str:
    """Return why the last task proves nothing: it was over before the wait began."""
    end = of.end_time or "at an unknown time"
    return (
        f"{of.server} {named(of)} of the {scope} was over before this wait began "
        f"({of.outcome}, ended {end}): it says nothing about work submitted since; "
        "give newer_than (as obshell_last_task returned it before the submit) "
        "or task_id"
    )


def other(asked: str, known: task.Task | None, answer: task.Task) -> str:
    """Return that an answer is about another task than the one asked for."""
    what = named(known) if known and known.id == asked else f"task {asked}"
    return (
        f"{answer.server} was asked for {what}, and answers with {named(answer)}, "
        f"begun {answer.start_time or 'some time'}: that is another task; does one of "
        "the addresses belong to another cluster?"
    )


def passed(of: task.Task) -> str:
    """Return the warning that work was passed or skipped, and which."""
    names = errors.printable(", ".join(of.skipped) or "all that was left")
    return f"{named(of)} was passed; not done: {names}"


def inside(of: task.Task) -> str | None:
    """Return the warning that a task succeeded though a part of it failed, or None."""
    if of.state != "SUCCEED" or of.operator in task.UNDOING:
        return None
    failed = [
        sub.name
        for node in of.nodes or ()
        for sub in node.sub_tasks
        if sub.state == "FAILED" and sub.operator not in task.SKIPPING
    ]
    if not failed:
        return None
    names = errors.printable(", ".join(dict.fromkeys(failed)))
    return f"{named(of)} succeeded though sub-tasks of it failed: {names}"


def unknown_state(of: task.Task) -> str:
    """Return the warning that a word for a state is none that is known."""
    state = errors.printable(of.state, 60)
    return (
        f"{named(of)} is in the state '{state}', which is not known here; "
        "it counts as running"
    )


def timeout(of: task.Task, *, seconds: float | None, age: float) -> str:
    """Return what a task stood at when the time of a wait was up; age in seconds."""
    state = of.state if of.state in task.STATES else f"in the unknown state {of.state}"
    text = (
        f"{head(seconds)}{of.server} {named(of)} is {state} at {where(of)}, "
        f"unchanged for {age:.0f} s; it goes on at the server"
    )
    return text if of.operator == "RUN" else f"{text} (operator {of.operator})"


def stalled(of: task.Task | None, *, seconds: float) -> str:
    """Return where a task stands in which nothing has moved for these seconds."""
    if of is None:
        raise AssertionError("what stands still was seen")
    return (
        f"nothing in {of.server} {named(of)} has moved for {seconds:.0f} s (option "
        f"max_stall): it is {of.state} at {where(of)}, and goes on at the server"
    )


def cancelled(of: task.Task, seconds: float, notes: Sequence[str]) -> str:
    """Return that a task was cancelled when the time of a wait was up."""
    ended_as = _ENDED.get(of.outcome, f"is {of.state}")
    text = f"{head(seconds)}{of.server} {named(of)} {ended_as} at {where(of)}"
    return "; ".join([text, *follows(of), *notes])


def never_came(
    newer_than: str | None, last: task.Task | None, seconds: float | None
) -> str:
    """Return that no newer task appeared, and which is the last one."""
    known = f"the last one is {named(last)}" if last else "there is none"
    than = f"newer than {newer_than} " if newer_than not in (None, "0") else ""
    return f"{head(seconds)}no task {than}appeared; {known}"


def would_wait(newer_than: str | None) -> str:
    """Return what check mode says of a wait for a task that there is not yet."""
    if newer_than == "0":
        return "would wait for the first task"
    return f"would wait for a task newer than {newer_than or 'the last one'}"


def never_seen(task_id: str | None, seconds: float | None) -> str:
    """Return that a task was never seen."""
    return f"{head(seconds)}task {task_id} was never seen"


def last_seen(task_id: str, mark: Mapping[str, Any]) -> str:
    """Return where a task stood when it was last seen, by its mark (task/changes)."""
    name = (mark.get("identity") or [None])[0] or ""
    what = f"task {task_id} '{errors.printable(name, 120)}'"
    stage = f" at stage {mark['stage']}" if mark.get("stage") else ""
    return (
        f"{what} was {mark.get('state')}{stage} when it was last seen, and what runs "
        "at the server goes on"
    )


def not_known(seconds: float) -> str:
    """Return that it was never known whether all is quiet."""
    return f"{head(seconds)}it is not known whether nothing is at work"


def not_confirmed(of: task.Task | None, *, seconds: float | None) -> str:
    """Return what a task was when it was last seen, which the last look did not see."""
    if of is None:
        raise AssertionError("what is done was seen")
    return (
        f"{head(seconds)}{of.server} {named(of)} was {of.state} at {where(of)} when "
        "it was last seen, and could not be seen again"
    )


def head(seconds: float | None) -> str:
    """Return how a message of a wait begins whose time is up; empty for None."""
    if seconds is None:
        return ""
    return f"timed out after {seconds:.0f} s (option timeout): "
