# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One question, asked by our modules, by ansible.builtin.uri, and of nobody.

What a task costs is a play of many of them, less a play without any.
"""

from __future__ import annotations

import statistics
from typing import Any

from . import frame, report

TASKS = 20
NAMES = {
    "obshell": "obshell_last_task",
    "ocp": "ocp_task_info",
    "uri": "uri",
    "debug": "debug, which asks nobody",
}


def measure() -> list[report.Figure]:
    cpu: dict[str, list[float]] = {name: [] for name in NAMES}
    wall: dict[str, list[float]] = {name: [] for name in NAMES}
    with frame.simulator() as sim:
        sim.start("succeeded")
        tasks = _tasks(sim.facts)
        for _round in range(frame.rounds(5)):
            empty = frame.Play([{"ansible.builtin.meta": "noop"}]).end()
            for name, task in tasks.items():
                run = frame.Play([task] * TASKS).end()
                cpu[name].append((run.cpu - empty.cpu) / TASKS)
                wall[name].append((run.seconds - empty.seconds) / TASKS)
    figures = []
    for what, found, limit in (("CPU", cpu, 0.12), ("wall", wall, 0.15)):
        for name in ("obshell", "ocp"):
            figures.append(
                report.at_most(
                    f"{what} time of one query with {NAMES[name]}, of that of uri",
                    frame.ratio(found[name], found["uri"]),
                    limit,
                    "{:.3f}",
                )
            )
        figures += [
            report.Figure(
                f"{what} time of one task: {NAMES[name]}",
                "",
                f"{1000 * statistics.median(values):.0f} ms",
            )
            for name, values in found.items()
        ]
    return figures


def _tasks(facts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    url = facts["servers"]["agent1"]["url"]
    return {
        "obshell": {"oceanbase.ops.obshell_last_task": {"obshell": facts["obshell"]}},
        "ocp": {"oceanbase.ops.ocp_task_info": {"ocp": facts["ocp"], "limit": 1}},
        "uri": {"ansible.builtin.uri": {"url": f"{url}/api/v1/status"}},
        "debug": {"ansible.builtin.debug": {"msg": "nobody is asked"}},
    }
