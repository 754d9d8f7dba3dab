# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task with 10,000 sub-tasks and 100 log lines of 40 characters each."""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

from ansible_collections.oceanbase.ops.plugins.module_utils import errors

from . import frame, memory, options, report

POLLS = 20
LIMITS = {
    "short": (
        ("seconds", "a poll in short form, s (median of 20)", 0.05),
        ("peak", "peak memory of a process that polls in short form, MiB", 60.0),
    ),
    "full": (
        ("seconds", "one read in full, s", 2.0),
        ("peak", "peak memory of a process that reads once in full, MiB", 250.0),
    ),
    "result": (("size", "the result of the wait, MiB", 1.0),),
}


def measure() -> list[report.Figure]:
    """Each probe is a process of its own; the server's answers are ready-made."""
    with frame.simulator("large", speed=20.0) as sim:
        time.sleep(3)
        facts = json.dumps(sim.facts)
        frame.probe("large_dag", "full", facts)  # the server writes its answers
        found = {
            way: [
                frame.probe("large_dag", way, facts)
                for _round in range(frame.rounds(5))
            ]
            for way in LIMITS
        }
    return [
        report.at_most(
            f"10,000 sub-tasks, 100 lines each: {what}",
            statistics.median(one[key] for one in found[way]),
            limit,
            "{:.3f}" if key == "seconds" else "{:.2f}",
        )
        for way, limits in LIMITS.items()
        for key, what, limit in limits
    ]


def _probe(way: str, facts: dict[str, Any]) -> dict[str, float]:
    wait = options.wait(facts, task_id=[facts["task_id"]])
    if way == "result":
        try:
            wait.run()
        except errors.TaskFailed as e:
            return {"size": len(json.dumps(e.to_result())) / 2**20}
        raise AssertionError("the task has failed")
    fetch, times = wait.server.fetch, []
    if way == "short":
        fetch(facts["task_id"], details=False)  # the key and who it is come once
    for _poll in range(POLLS if way == "short" else 1):
        began = time.perf_counter()
        fetch(facts["task_id"], details=way == "full")
        times.append(time.perf_counter() - began)
    return {"seconds": statistics.median(times), "peak": memory.peak()}


if __name__ == "__main__":
    print(json.dumps(_probe(sys.argv[1], json.loads(sys.argv[2]))))
