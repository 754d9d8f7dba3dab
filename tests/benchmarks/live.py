# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a live wait costs beside `command: sleep` of the same length in the same run.

Plays as a whole: what Ansible spends while it waits for its worker is in both.
"""

from __future__ import annotations

import statistics
from typing import Any

from . import frame, report

COPIES = 3
WAYS = ("sleep", "changes", "none")


def measure() -> list[report.Figure]:
    cpu = _cpu(40, stages=8)
    what = "CPU time of a wait of 40 s, of that of command: sleep 40"
    figures = [
        report.at_most(f"{what}: live, with 8 changes", _ratio(cpu, "changes"), 0.9),
        report.Figure(f"{what}: progress: none", "", f"{_ratio(cpu, 'none'):.2f}"),
    ]
    return [*figures, *_ten_minutes()] if frame.FULL else figures


def _ratio(cpu: dict[str, float], way: str) -> float:
    return cpu[way] / cpu["sleep"]


def _ten_minutes() -> list[report.Figure]:
    cpu = _cpu(600, stages=20)
    above = {way: (cpu[way] - cpu["sleep"]) / 600 * 100 for way in WAYS}
    what = "above command: sleep, ten minutes with 20 changes, % of a core"
    return [
        report.at_most(f"live progress {what}", above["changes"], 3.0),
        report.at_most(f"progress: none {what}", above["none"], 0.1),
    ]


def _cpu(seconds: int, *, stages: int) -> dict[str, float]:
    with frame.simulator() as sim:
        # With the ticks in which it begins and ends a stage takes 1.5 s more, and all
        # end when the sleep does.
        task_id = sim.start("long", stages=stages, seconds=seconds / stages - 1.5)
        # All at once, and so in the same conditions: they sleep nearly all the time.
        plays = [
            (way, frame.Play(_tasks(way, seconds, sim.facts, task_id)))
            for _copy in range(COPIES)
            for way in WAYS
        ]
        cpu: dict[str, list[float]] = {way: [] for way in WAYS}
        for way, play in plays:
            cpu[way].append(play.end().cpu)
    return {way: statistics.median(values) for way, values in cpu.items()}


def _tasks(
    way: str, seconds: int, facts: dict[str, Any], task_id: str
) -> list[dict[str, Any]]:
    if way == "sleep":
        return [{"ansible.builtin.command": f"sleep {seconds}"}]
    options = {"obshell": facts["obshell"], "task_id": task_id, "progress": way}
    return [{"oceanbase.ops.wait_for_task": options}]
