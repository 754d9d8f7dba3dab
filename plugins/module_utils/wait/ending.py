# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a wait ends: what decides, what is to be said of it, what is late."""

from __future__ import annotations

from typing import Any, Sequence

from .. import errors
from ..task import messages, task, verdict
from . import record, target

NAMED = 10  # tasks in one message


def judge(wait: record.Record) -> None:
    """Raise TaskFailed unless each outcome is accepted; warn of what was passed.

    A wait for quiet minds only what has failed and holds its lock.
    """
    decisive = holding(wait) if wait.quiet else wait.targets
    ended = [_explained(wait, one) for one in decisive]
    failed = [one for one in ended if wait.quiet or not _accepted(wait, one)]
    seen = [one.snapshot for one in wait.targets if one.done and one.snapshot]
    wait.warnings.extend(
        messages.passed(one)
        for one in seen
        if one.outcome == "passed" and (wait.quiet or _accepted(wait, one))
    )
    wait.warnings.extend(
        text for one in seen if _accepted(wait, one) and (text := messages.inside(one))
    )
    if failed and wait.cancelled:
        raise errors.WaitTimeout(
            messages.cancelled(failed[0], wait.rules.timeout, wait.warnings),
            **_known(wait, failed[0]),
        )
    if failed:
        raise _failure(wait, failed)
    # Accepted or not, why it failed is worth to be told.
    if broken := [one for one in ended if one.state == "FAILED"]:
        wait.accepted = _failure(wait, broken)


def holding(wait: record.Record) -> list[target.Target]:
    """Return what has failed and holds its lock, by the list of this look."""
    # Only maintenance tasks stay in the list when they failed (obshell.md 3.5).
    listed = wait.source.listed
    failed = {id for id, one in listed.items() if one.state == "FAILED"}
    return [one for one in wait.targets if one.done and one.task_id in failed]


def stalled(wait: record.Record) -> list[target.Target]:
    """Return the tasks in which nothing has moved for as long as is allowed."""
    most = wait.rules.max_stall
    if most is None or not wait.whole:
        return []
    late = [one for one in wait.targets if not one.done and one.snapshot]
    return [one for one in late if wait.elapsed - one.changed_at >= most]


def refused(wait: record.Record) -> list[target.Target]:
    """Return the tasks that are over otherwise than accepted, as last seen."""
    done = [one for one in wait.targets if one.done and not wait.quiet]
    return [one for one in done if one.snapshot and not _accepted(wait, one.snapshot)]


def too_late(wait: record.Record, notes: Sequence[str]) -> errors.WaitError:
    """Return the error of a wait whose time is up: what has failed is named first."""
    seconds = wait.rules.timeout
    if wait.elapsed < seconds and (still := stalled(wait)):
        text = messages.stalled(
            still[0].snapshot, seconds=wait.elapsed - still[0].changed_at
        )
        known = _known(wait, still[0].snapshot) if still[0].snapshot else {}
        return errors.Stalled("; ".join([text, *notes]), **known)
    texts = [
        _lateness(one, seconds=None if at else seconds, now=wait.elapsed)
        for at, one in enumerate(one for one in wait.targets if not one.done)
    ]
    if not texts and wait.quiet:
        texts = [messages.not_known(seconds)]
    if not texts:
        texts = [
            messages.not_confirmed(one.snapshot, seconds=None if at else seconds)
            for at, one in enumerate(wait.targets)
        ]
    if len(texts) > NAMED:
        texts[NAMED:] = [f"and {len(texts) - NAMED} more"]
    if wait.outages.current:
        texts.append(f"the last look failed: {wait.outages.current['reason']}")
    failed = [_explained(wait, one) for one in refused(wait)]
    if not failed:
        late = [one.snapshot for one in wait.targets if not one.done and one.task_id]
        known = _known(wait, late[0]) if late and late[0] else {}
        return errors.WaitTimeout("; ".join([*texts, *notes]), **known)
    error = _failure(wait, failed)
    error.message = "; ".join([error.message, *texts, *notes])
    return error


def last_seen(wait: record.Record) -> list[str]:
    """Return where the tasks stood that are not over, for an error that ends a wait."""
    late = [one for one in wait.targets if not one.done and one.task_id and one.mark]
    return [messages.last_seen(one.followed, one.mark or {}) for one in late[:NAMED]]


def _accepted(wait: record.Record, ended: task.Task) -> bool:
    return ended.outcome in wait.rules.outcome


def _explained(wait: record.Record, one: target.Target) -> task.Task:
    ended = one.snapshot
    if ended is None:
        raise AssertionError("what is done has a snapshot")
    if ended.state == "FAILED":
        ended, missing = wait.server.explained(ended, wait.rules.log_lines)
        one.snapshot = ended
        wait.warnings.extend(missing)
    return ended


def _failure(wait: record.Record, failed: Sequence[task.Task]) -> errors.TaskFailed:
    decides = verdict.worst(one.outcome for one in failed)
    worst = next(one for one in failed if one.outcome == decides)
    rules = wait.rules
    text = messages.ended(worst, log_lines=rules.log_lines, accepted=rules.outcome)
    others = [f"{one.id} ({one.outcome})" for one in failed if one != worst]
    if others:
        text += f"; also not as accepted: {', '.join(others[:NAMED])}"
    return errors.TaskFailed(text, **_known(wait, worst))


def _known(wait: record.Record, of: task.Task) -> dict[str, Any]:
    """Return what an error says as data of the task that it is about."""
    where, advice = messages.spot(of), wait.server.advice(of)
    return {"task_id": of.id, "outcome": of.outcome, "where": where, **advice}


def _lateness(one: target.Target, *, seconds: float | None, now: float) -> str:
    if one.task_id is None:
        return messages.never_came(one.newer_than, one.snapshot, seconds)
    if one.snapshot is None and one.mark:  # seen by the wait that was taken up
        return messages.head(seconds) + messages.last_seen(one.followed, one.mark)
    if one.snapshot is None:
        return messages.never_seen(one.task_id, seconds)
    return messages.timeout(one.snapshot, seconds=seconds, age=now - one.changed_at)
