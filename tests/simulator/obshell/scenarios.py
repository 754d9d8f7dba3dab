# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that no request starts: `READY` names them for tests and playbooks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Container, Mapping, Sequence

from . import cluster_tasks as tasks
from . import scale_out
from .agent import Agent
from .cluster import Cluster
from .scenario import ALWAYS, GLOBAL, Scenario, Stage, Step


def long_task(
    *,
    name: str = "Long task",
    stages: int = 3,
    seconds: float = 20.0,
    sub_tasks: int = 1,
    lines: int = 3,
    fail_stage: int = 0,
    fails: Container[int] = (1,),
    error: str = "[Common.Unexpected]: Unexpected error: the work failed",
    then: tuple[tuple[float, str], ...] = (),
    maintenance: int = GLOBAL,
    **flags: bool,
) -> Scenario:
    """Any number of stages of `seconds` each, with sub-tasks side by side.

    The last sub-task of `fail_stage` (0: none) fails at the runs in `fails`.
    """

    def steps(stage: int) -> tuple[Step, ...]:
        return tuple(
            Step(
                seconds=seconds,
                lines=tuple(f"line {n + 1} of {lines}" for n in range(lines)),
                fails=fails if (stage, at) == (fail_stage, sub_tasks - 1) else (),
                error=error,
                undo_lines=("undone",),
            )
            for at in range(sub_tasks)
        )

    made = tuple(
        Stage(f"Step {number}", steps(number), **{"can_pass": True, **flags})
        for number in range(1, stages + 1)
    )
    return Scenario(name, made, maintenance=maintenance, then=then)


def staged(
    _cluster: Cluster,
    *,
    stages: Sequence[Mapping[str, Any]],
    name: str = "Task",
    maintenance: int = GLOBAL,
    then: tuple[tuple[float, str], ...] = (),
) -> Scenario:
    """Stages one after the other, each with a `name`, and `seconds` (1) if they matter.

    One fails at the runs in `fails`, with `error` as the last line behind `lines`.
    """
    return Scenario(
        name,
        tuple(_stage(**one) for one in stages),
        maintenance=maintenance,
        then=then,
    )


def _stage(
    *,
    name: str,
    seconds: float = 1.0,
    fails: Container[int] = (),
    error: str = "[Common.Unexpected]: Unexpected error: the work failed",
    lines: Sequence[str] = (),
    can_pass: bool = True,
) -> Stage:
    step = Step(
        seconds=seconds,
        lines=tuple(lines),
        fails=fails,
        error=error,
        undo_lines=("undone",),
    )
    return Stage(name, (step,), can_pass=can_pass)


def _verdict(**fixed: Any) -> Callable[..., Scenario]:
    def make(cluster: Cluster, **options: Any) -> Scenario:
        return long_task(**{"seconds": 1.0, **fixed, **options})

    return make


def _scale_out_then(**fixed: Any) -> Callable[..., Scenario]:
    def make(cluster: Cluster, target: Agent, **options: Any) -> Scenario:
        then = options.pop("then", fixed.get("then", ()))
        known = {k: v for k, v in fixed.items() if k != "then"}
        return replace(
            scale_out.scale_out(cluster, target, **{**known, **options}), then=then
        )

    return make


READY: dict[str, Callable[..., Scenario]] = {
    "scale_out": _scale_out_then(),
    "scale_out_fails": _scale_out_then(start_fails=ALWAYS),
    "scale_out_fails_once": _scale_out_then(start_fails=(1,)),
    "scale_out_hangs": _scale_out_then(hangs=True),
    "scale_out_rolled_back": _scale_out_then(
        start_fails=ALWAYS, then=((24.0, "rollback"),)
    ),
    "scale_in": tasks.scale_in,
    "delete_zone": tasks.delete_zone,
    "create_tenant": tasks.create_tenant,
    "drop_tenant": tasks.drop_tenant,
    "recycle_tenant": tasks.recycle_tenant,
    "succeeded": _verdict(name="Good task"),
    "failed": _verdict(name="Bad task", fail_stage=2, fails=ALWAYS),
    "failed_silently": _verdict(
        name="Silent task", fail_stage=2, fails=ALWAYS, error="", lines=0
    ),
    "retried": _verdict(name="Retried task", fail_stage=2, then=((7.0, "retry"),)),
    "rolled_back": _verdict(
        name="Undone task", fail_stage=2, then=((7.0, "rollback"),)
    ),
    "cancelled": _verdict(name="Cancelled task", seconds=60.0, then=((3.0, "cancel"),)),
    "passed": _verdict(name="Passed task", fail_stage=2, then=((7.0, "pass"),)),
    "long": _verdict(seconds=60.0),
    "stages": staged,
    "many": _verdict(name="Wide task", sub_tasks=200, lines=20),
}
