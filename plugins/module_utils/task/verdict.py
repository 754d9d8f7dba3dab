# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words for how a task stands or ended, and the table behind them. Pure."""

from __future__ import annotations

from typing import Iterable

# The best first: the last of several tasks' outcomes is theirs together.
OUTCOMES = (
    "succeeded",
    "passed",
    "rolled_back",
    "cancelled",
    "failed",
    "rollback_failed",
    "unknown",
    "part",
    "running",
)
NOT_DONE = ("part", "running")
DONE = tuple(word for word in OUTCOMES if word not in NOT_DONE)
ACCEPTED = ("succeeded", "passed")  # what a wait accepts unless it is told otherwise

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


def outcome(state: str, operator: str) -> str:
    """Return what state and operator of a task mean by themselves, one of OUTCOMES."""
    if state == "SUCCEED":
        return _SUCCEEDED.get(operator, "unknown")
    if state == "FAILED":
        return _FAILED.get(operator, "unknown")
    return "running"


def worst(outcomes: Iterable[str]) -> str | None:
    """Return the outcome that decides over several tasks; None where there is none."""
    return max(outcomes, key=OUTCOMES.index, default=None)
