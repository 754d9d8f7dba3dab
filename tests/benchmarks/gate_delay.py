# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the server's end of a task to the opening of the gate; requests on the way."""

from __future__ import annotations

import math
import statistics
from datetime import datetime
from typing import Any

from ..simulator.obshell import cluster as obshell_cluster
from . import frame, report, turned

HOSTS = 20
MOMENT = 0.001  # requests of one look are nearer than that on a turned clock
LATER = 40


def measure() -> list[report.Figure]:
    first = _in_plays()
    later = turned.waits(spread(60.0, 1200.0, LATER))
    delays = [one.delay for one in later]
    (hour,) = turned.waits([3600.0])
    return [
        report.at_most(
            "the gate opens after the server's end, in the first minute of a task: "
            "median of 20 playbooks' tasks, s",
            statistics.median(first),
            0.7,
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
            "the longest pause between two looks in the first minute, after the first "
            "look, s",
            _longest_pause(hour.times),
            1.0,
        ),
        report.at_most(
            "most requests in any ten seconds of the first minute",
            _most(hour.times, 10.0, until=60.0),
            20,
            "{:.0f}",
        ),
        report.at_most(
            "most requests in any ten seconds after it, of a wait of an hour",
            _most(hour.times, 10.0, since=60.0),
            10,
            "{:.0f}",
        ),
        report.at_most(
            "most requests in any minute of it, after ten minutes",
            _most(hour.times, 60.0, since=600.0),
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


def _most(
    times: list[float], window: float, *, since: float = 0.0, until: float = math.inf
) -> int:
    """Return the most requests in any such time; both ends of it do not count."""
    asked = [time for time in times if since <= time < until]
    return max(
        sum(begin <= time < begin + window - MOMENT for time in asked)
        for begin in asked
    )


def _longest_pause(times: list[float]) -> float:
    """Return it without the first, which is longer: the first look asks for more."""
    asked = [time for time in times if time < 60.0]
    pauses = [b - a for a, b in zip(asked, asked[1:]) if b - a > MOMENT]
    return round(max(pauses[1:]), 3)
