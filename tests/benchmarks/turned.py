# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits on a clock that only they turn: hours in moments, with the pace they keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Sequence

from ..simulator import Simulator, TurnedClock
from ..unit.plugins import truth

Waits = Callable[[truth.Case, str], Any]


@dataclass(frozen=True)
class Waited:
    """One wait: seconds from the server's end to its own, and when it asked."""

    delay: float
    times: list[float]


def ours(case: truth.Case, task_id: str) -> None:
    case.wait(task_id, timeout=1e6).run()


def waits(seconds: Sequence[float], how: Waits = ours) -> list[Waited]:
    """Wait for tasks that take that many seconds, one after the other."""
    with Simulator(clock=TurnedClock()) as sim:
        case = truth.Case(sim)
        return [_wait(case, length, how) for length in seconds]


def _wait(case: truth.Case, seconds: float, how: Waits) -> Waited:
    clock, requests = case.sim.clock, case.agent.server.requests
    # So that the servers' ticks are met at any phase.
    clock.advance(0.618)
    task_id = case.cluster.start("long", stages=1, seconds=seconds, maintenance=1)
    requests.clear()
    began = clock.now()
    how(case, task_id)
    dag = case.cluster.store.dags[-1]
    end = dag.end / 1e9 - truth.DATABASE_ZONE
    return Waited(clock.now() - end, [seen.time - began for seen in requests])
