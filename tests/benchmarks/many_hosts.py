# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One question for each host, each at a cluster of its own: plays as a whole."""

from __future__ import annotations

import statistics
from typing import Any

from . import frame, report

HOSTS, FORKS = 100, 50
WAYS = ("ours", "uri")


def measure() -> list[report.Figure]:
    with frame.simulator("clusters") as sim:
        urls = sim.facts["urls"]
        few: dict[str, list[float]] = frame.interleaved(
            frame.rounds(5),
            {way: lambda way=way: _play(way, sim.facts, len(urls)).cpu for way in WAYS},
        )
        many = {
            way: [
                _play(way, sim.facts, HOSTS, forks=FORKS, watched=True)
                for _round in range(frame.rounds(1))
            ]
            for way in WAYS
        }
    peaks = {way: [run.memory for run in runs] for way, runs in many.items()}
    seconds = {way: [run.seconds for run in runs] for way, runs in many.items()}
    return [
        report.at_most(
            f"CPU time of a play over {len(urls)} hosts and {len(urls)} clusters, "
            f"forks {len(urls)}, of that of uri's play",
            frame.ratio(few["ours"], few["uri"]),
            0.20,
        ),
        _both("the same in seconds", few),
        report.at_most(
            f"peak memory of a play over {HOSTS} hosts, forks {FORKS}, of uri's play",
            frame.ratio(peaks["ours"], peaks["uri"]),
            0.25,
        ),
        _both("the same in MiB", peaks, "{:.0f}"),
        _both("the same play: seconds that it takes", seconds, "{:.0f}"),
    ]


def _both(
    what: str, found: dict[str, list[float]], form: str = "{:.2f}"
) -> report.Figure:
    said = [f"{way} {form.format(statistics.median(v))}" for way, v in found.items()]
    return report.Figure(what, "", ", ".join(said))


def _play(way: str, facts: dict[str, Any], count: int, **options: Any) -> frame.Run:
    urls = facts["urls"]
    hosts = {f"host{at}": {"at": urls[at % len(urls)]} for at in range(count)}
    ours = {"obshell": {"url": "{{ at }}", "password": facts["password"]}}
    task = {
        "ours": {"oceanbase.ops.obshell_last_task": ours},
        "uri": {"ansible.builtin.uri": {"url": "{{ at }}/api/v1/status"}},
    }[way]
    return frame.Play([task], hosts=hosts, **options).end()
