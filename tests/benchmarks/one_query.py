# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One question, asked with obshell_last_task and with ansible.builtin.uri."""

from __future__ import annotations

import statistics
from typing import Any

from . import frame, report

WHAT = (
    "wall time of one query with obshell_last_task, of that of ansible.builtin.uri "
    "asking the same server"
)


def measure() -> list[report.Figure]:
    with frame.simulator() as sim:
        run = frame.Play(_tasks(sim.facts) * (frame.ROUNDS + 1)).end()
    times: dict[str, list[float]] = {"ours": [], "uri": [], "ping": []}
    # The first round fills caches.
    for event in run.events[len(times) :]:
        times[event["task"]].append(event["ended"] - event["began"])
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratio = frame.ratio(times["ours"], times["uri"])
    return [
        report.at_most(WHAT, ratio, 0.9),
        *(
            report.Figure(f"the same in seconds: {name}", "", f"{medians[key]:.3f} s")
            for key, name in (
                ("ours", "obshell_last_task"),
                ("uri", "uri"),
                ("ping", "ping, which asks nobody"),
            )
        ),
    ]


def _tasks(facts: dict[str, Any]) -> list[dict[str, Any]]:
    url = facts["servers"]["agent1"]["url"]
    return [
        {
            "name": "ours",
            "oceanbase.ops.obshell_last_task": {"obshell": facts["obshell"]},
        },
        {"name": "uri", "ansible.builtin.uri": {"url": f"{url}/api/v1/status"}},
        {"name": "ping", "ansible.builtin.ping": {}},
    ]
