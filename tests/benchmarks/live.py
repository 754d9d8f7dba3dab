# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a wait costs above `command: sleep` of the same length in the same run."""

from __future__ import annotations

import statistics
from typing import Any

from . import frame, report

SECONDS = 600 if frame.FULL else 120
EVERY = 30
COPIES = 3


def measure() -> list[report.Figure]:
    ways = ["sleep", "changes", "none"]
    with frame.simulator() as sim:
        stages = SECONDS // EVERY
        # With the ticks in which it begins and ends a stage takes 30 s, and all end
        # when the sleep does.
        task_id = sim.start("long", stages=stages, seconds=EVERY - 1.5)
        # All at once, and so in the same conditions: they sleep nearly all the time.
        plays = [
            (way, frame.Play(_tasks(way, sim.facts, task_id)))
            for _copy in range(COPIES)
            for way in ways
        ]
        cpu: dict[str, list[float]] = {way: [] for way in ways}
        for way, play in plays:
            cpu[way].append(play.end().cpu)
    medians = {way: statistics.median(values) for way, values in cpu.items()}
    above = {way: (medians[way] - medians["sleep"]) / SECONDS * 100 for way in ways}
    note = f"{SECONDS} s with {stages} changes"
    return [
        _percent(f"live progress above command: sleep, {note}", above["changes"], 3.0),
        _percent(f"progress: none above command: sleep, {note}", above["none"], 0.1),
    ]


def _percent(what: str, value: float, limit: float) -> report.Figure:
    target = f"at most {limit} % of a core in 600 s"
    reached = value <= limit if frame.FULL else None
    return report.Figure(what, target, f"{value:.2f} %", reached)


def _tasks(way: str, facts: dict[str, Any], task_id: str) -> list[dict[str, Any]]:
    if way == "sleep":
        return [{"ansible.builtin.command": f"sleep {SECONDS}"}]
    options = {"obshell": facts["obshell"], "task_id": task_id, "progress": way}
    return [{"oceanbase.ops.wait_for_task": options}]
