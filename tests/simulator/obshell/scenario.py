# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scripted life of a DAG: its stages, their sub-tasks, and what happens to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Container, Iterator, Mapping

NO_MAINTENANCE, GLOBAL, TENANT = 1, 2, 3

Work = Callable[[Any], Iterator[float]]
"""Gets the Job; yields the seconds until it wants to be asked again."""
Effect = Callable[[Any], None]
ALWAYS = range(1, 1_000_000)
"""For Step.fails: at every run."""


class Failed(Exception):
    """Ends a sub-task as FAILED; its text becomes the last log line."""


@dataclass(frozen=True)
class Step:
    """The script of one sub-task.

    `fails` holds the numbers of the runs that fail (1 is the first; a retry is the
    next), with `error` as last line. `work` and `undo` replace the script by a
    generator that yields the seconds until it wants to be asked again. `agent` is the
    index of the agent that executes it, None: the one that drives.
    """

    name: str = ""
    seconds: float = 0.02
    lines: tuple[str, ...] = ()
    fails: Container[int] = ()
    error: str = ""
    undo_seconds: float = 0.02
    undo_lines: tuple[str, ...] = ()
    undo_error: str | None = None
    agent: int | None = None
    work: Work | None = None
    undo: Work | None = None
    effect: Effect | None = None
    undo_effect: Effect | None = None


@dataclass(frozen=True)
class Stage:
    """The script of a node, and which operators it allows (3.6).

    `releases_lock` is failure_exit_maintenance: a failure here frees the lock.
    """

    name: str
    steps: tuple[Step, ...] = (Step(),)
    can_retry: bool = True
    can_rollback: bool = True
    can_cancel: bool = True
    can_pass: bool = False
    releases_lock: bool = False


@dataclass(frozen=True)
class Scenario:
    """The scripted life of a DAG.

    `then` holds what somebody else does to it: (seconds after its creation, operator);
    an operator that is refused is tried again every second.
    """

    name: str
    stages: tuple[Stage, ...]
    maintenance: int = GLOBAL
    key: str = ""
    additional_data: Mapping[str, Any] = field(default_factory=dict)
    then: tuple[tuple[float, str], ...] = ()
