# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events: what is told of a change. Small, of one shape, without a secret. Pure."""

from __future__ import annotations

from typing import Any, Iterable

from .. import errors
from ..task import changes, task

LINE = 500  # characters of a line or a reason
HIDDEN = "********"


def event(
    what: str, *, id: str, time: str, cluster: str, api: str, url: str, **more: Any
) -> dict[str, Any]:
    """Return an event; `more` are task and outage, one of them null."""
    head = {"id": id, "what": what, "time": time, "api": api}
    empty: dict[str, Any] = {"task": None, "outage": None}
    return {**head, "cluster": cluster, "url": url, **empty, **more}


def facts(of: task.Task, secrets: Iterable[str]) -> dict[str, Any]:
    """Return what an event tells of a task; `secrets` are struck out of all words."""
    failed = of.failure(1) or {}
    line = (failed.get("logs") or [None])[-1]
    failure = {
        "node": failed.get("node"),
        "agent": failed.get("agent"),
        "line": line and _said(line, secrets),
    }
    return {
        "id": of.id,
        "name": _said(of.name, secrets),
        "state": of.state,
        "operator": of.operator,
        "outcome": of.outcome,
        "stage": of.stage,
        "max_stage": of.max_stage,
        "retries": changes.retries(of),
        "cause": of.cause and _said(of.cause, secrets),
        "locked": of.locked,
        "failure": failure if failed else None,
    }


def outage(e: errors.OpsError, began: str, secrets: Iterable[str]) -> dict[str, Any]:
    """Return what an event tells of a time in which a cluster cannot be asked."""
    reason = _said(e.message, secrets)
    return {"kind": e.kind, "reason": reason, "from": began, "to": None}


def _said(text: str, secrets: Iterable[str]) -> str:
    """Return the end of a text on one line, with no secret in it."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return errors.printable(text[-LINE:], LINE)
