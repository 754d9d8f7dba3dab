# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One wait for each host, all at once in one play: what they cost the controller."""

from __future__ import annotations

from . import frame, report

COUNTS = (1, 100, 500)
SECONDS = 45.0  # that the task goes on when the play begins


def measure() -> list[report.Figure]:
    found = []
    for count in COUNTS:
        with frame.simulator("clusters") as sim:
            run, requests = _waits(sim, count)
        found.append(
            report.Figure(
                f"{count} waits at once in one play, for a task of {SECONDS:.0f} s",
                "",
                f"{run.seconds:.0f} s, {run.cpu:.1f} s of CPU time, "
                f"{run.memory:.0f} MiB, {requests / count:.0f} requests each",
            )
        )
    return found


def _waits(sim: frame.Simulator, count: int) -> tuple[frame.Run, int]:
    """Return what the play cost, and how many requests the servers were sent."""
    names = sim.facts["names"][:count]
    asked = {
        name: (
            sim.start("long", on=name, stages=1, seconds=SECONDS, maintenance=1),
            url,
        )
        for name, url in zip(names, sim.facts["urls"])
    }
    before = sum(len(sim.requests(name)) for name in names)
    hosts = {}
    for at in range(count):
        task_id, url = asked[names[at % len(names)]]
        hosts[f"host{at}"] = {"at": url, "awaited": task_id}
    ours = {"obshell": {"url": "{{ at }}", "password": sim.facts["password"]}}
    task = {
        "oceanbase.ops.wait_for_task": {
            "server": "obshell",
            "task_id": "{{ awaited }}",
            **ours,
        }
    }
    run = frame.Play([task], hosts=hosts, forks=count, watched=True).end()
    return run, sum(len(sim.requests(name)) for name in names) - before
