# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source over many quiet clusters, and how late an event comes.

As a script it is the process that is measured: clusters as JSON, and what to measure.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import sys
import time
from typing import Any

from ...plugins.module_utils.watch import stream
from . import frame, report

CLUSTERS, INTERVAL, SECONDS = 100, 5.0, 60.0
WARM = 15.0  # seconds until each cluster was looked at, and its keys are known
ENDS = 5  # tasks whose end is waited for


def measure() -> list[report.Figure]:
    with frame.simulator("clusters") as sim:
        urls, names = sim.facts["urls"], sim.facts["names"]
        given = [_cluster(sim, urls[at % len(urls)], at) for at in range(CLUSTERS)]
        found = frame.probe("watching", "quiet", json.dumps(given))
        asked = sum(len(sim.requests(name)) for name in names)
        late = [_late(sim, names[at], urls[at]) for at in range(ENDS)]
    looks = CLUSTERS * (WARM + SECONDS) / INTERVAL
    return [
        report.at_most(
            f"the event source over {CLUSTERS} quiet clusters, each {INTERVAL:.0f} s: "
            "share of a core",
            found["share"],
            0.08,
            "{:.3f}",
        ),
        report.at_most("the same: peak memory in MiB", found["memory"], 120, "{:.0f}"),
        report.Figure("the same: requests of a look", "", f"{asked / looks:.1f}"),
        report.at_most(
            f"seconds from the last look at a running task to its event, of {ENDS} "
            f"the latest; looks are {INTERVAL:.0f} apart while all is quiet",
            max(late),
            INTERVAL + 0.5,
        ),
        report.Figure("the same, the median", "", f"{statistics.median(late):.1f}"),
    ]


def _cluster(sim: frame.Simulator, url: str, number: int) -> dict[str, Any]:
    at = {"url": url, "password": sim.facts["password"]}
    return {"name": f"cluster{number}", "obshell": at}


def _late(sim: frame.Simulator, name: str, url: str) -> float:
    """Return the seconds from the end of a task of half a second to its event."""
    given = json.dumps([_cluster(sim, url, 0)])
    command = [sys.executable, "-m", f"{frame.PACKAGE}.watching", "event", given]
    child = frame.Child(command)
    time.sleep(WARM / 3)
    began = time.time()
    # A task goes through its states once a second: it ends about two seconds later.
    sim.start("long", on=name, stages=1, seconds=0.5, maintenance=1)
    told = json.loads(child.end().output.splitlines()[-1])
    return float(told["at"]) - began - float(told["duration"])


async def _quiet(given: list[dict[str, Any]]) -> dict[str, Any]:
    source = _source(given, asyncio.Queue())
    await asyncio.sleep(WARM)
    cpu, clock = time.process_time(), time.monotonic()
    await asyncio.sleep(SECONDS)
    cpu, clock = time.process_time() - cpu, time.monotonic() - clock
    source.cancel()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"share": cpu / clock, "memory": memory}


async def _event(given: list[dict[str, Any]]) -> dict[str, Any]:
    queue: asyncio.Queue[Any] = asyncio.Queue()
    source = _source(given, queue)
    await queue.get()
    at = time.time()
    source.cancel()
    return {"at": at, "duration": 0.0}


def _source(given: list[dict[str, Any]], queue: Any) -> asyncio.Future[None]:
    args = {"clusters": given, "interval": INTERVAL}
    return asyncio.ensure_future(stream.watch(queue, args))


if __name__ == "__main__":
    play = {"quiet": _quiet, "event": _event}[sys.argv[1]]
    print(json.dumps(asyncio.run(play(json.loads(sys.argv[2])))), flush=True)
