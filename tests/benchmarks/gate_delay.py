# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the server's end of a task to the opening of the gate; requests on the way."""

from __future__ import annotations

import statistics
from collections import Counter
from datetime import datetime
from typing import Any

from ..simulator.obshell import cluster as obshell_cluster
from . import frame, report, turned

HOSTS = 20
LATER = 40


def measure() -> list[report.Figure]:
    first = _in_plays()
    later = turned.waits(spread(60.0, 1200.0, LATER))
    delays = [one.delay for one in later]
    (hours,) = turned.waits([3600.0])
    return [
        report.at_most(
            "the gate opens after the server's end, in the first minute of a task: "
            "median of 20 playbooks' tasks, s",
            statistics.median(first),
            1.0,
        ),
        report.Figure("the same, worst", "", f"{max(first):.2f}"),
        report.at_most(
            "the same after the first minute: median of 40 waits of up to 20 minutes "
            "on a turned clock, s",
            statistics.median(delays),
            6.0,
        ),
        report.at_most("the same, worst", max(delays), 11.0),
        report.at_most(
            "most requests in ten seconds of a wait of an hour, its first ten "
            "seconds left out",
            _most(hours.times, 10.0, 10.0),
            10,
            "{:.0f}",
        ),
        report.at_most(
            "most requests in a minute of it, after ten minutes",
            _most(hours.times, 60.0, 600.0),
            15,
            "{:.0f}",
        ),
    ]


def _in_plays() -> list[float]:
    """Delays as a playbook has them, with lines of progress, on the real clock."""
    seconds = spread(15.0, 60.0, HOSTS)
    with frame.simulator() as sim:
        ids = [sim.start("long", stages=1, seconds=s, maintenance=1) for s in seconds]
        hosts = {f"host{at}": {"id": task_id} for at, task_id in enumerate(ids)}
        options = {"obshell": sim.facts["obshell"], "task_id": "{{ id }}"}
        tasks = [{"oceanbase.ops.wait_for_task": options}]
        run = frame.Play(tasks, hosts=hosts, strategy="free").end()
    return [event["ended"] - _server_end(event) for event in run.events]


def _server_end(event: dict[str, Any]) -> float:
    end = datetime.fromisoformat(event["end_time"].replace("Z", "+00:00"))
    return end.timestamp() - obshell_cluster.DATABASE_ZONE


def spread(low: float, high: float, count: int) -> list[float]:
    """Seconds that hit the servers' ticks and the waits' looks at all phases."""
    step = (high - low) / count
    return [low + at * step + (at * 0.618) % 1 for at in range(count)]


def _most(times: list[float], window: float, after: float) -> float:
    counts = Counter(int(time // window) for time in times if time >= after)
    return max(counts.values())
