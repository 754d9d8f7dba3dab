# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source over many quiet clusters, and how late an event comes.

As a script it is the process that is measured: what to measure, clusters as JSON, and
the scope.
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
        found = {scope: _over(sim, scope, given) for scope in ("all", "cluster")}
        late = [_late(sim, names[at], urls[at]) for at in range(ENDS)]
    return [
        report.at_most(
            f"the event source over {CLUSTERS} quiet clusters, each {INTERVAL:.0f} s: "
            "share of a core",
            found["all"]["share"],
            0.08,
            "{:.3f}",
        ),
        report.at_most(
            "the same: peak memory in MiB", found["all"]["memory"], 120, "{:.0f}"
        ),
        report.Figure("the same: requests of a look", "", _asked(found["all"])),
        report.at_most(
            "the same with scope cluster: share of a core, of that with scope all",
            found["cluster"]["share"] / found["all"]["share"],
            1,
        ),
        report.Figure("the same: requests of a look", "", _asked(found["cluster"])),
        report.at_most(
            f"seconds from the last look at a running task to its event, of {ENDS} "
            f"the latest; looks are {INTERVAL:.0f} apart while all is quiet",
            max(late),
            INTERVAL + 0.5,
        ),
        report.Figure("the same, the median", "", f"{statistics.median(late):.1f}"),
    ]


def _over(sim: frame.Simulator, scope: str, given: Any) -> dict[str, float]:
    """Return what a minute over quiet clusters takes, and how many requests a look."""
    found: dict[str, float] = frame.probe("watching", "quiet", json.dumps(given), scope)
    sent = [one for name in sim.facts["names"] for one in sim.requests(name)]
    minute = [one for one in sent if one["time"] >= found["began"]]
    looks = CLUSTERS * SECONDS / INTERVAL
    return {**found, "requests": len(minute) / looks}


def _asked(found: dict[str, float]) -> str:
    return f"{found['requests']:.1f}"


def _cluster(sim: frame.Simulator, url: str, number: int) -> dict[str, Any]:
    at = {"url": url, "password": sim.facts["password"]}
    return {"name": f"cluster{number}", "obshell": at}


def _late(sim: frame.Simulator, name: str, url: str) -> float:
    """Return the seconds from the end of a task of half a second to its event."""
    given = json.dumps([_cluster(sim, url, 0)])
    module = f"{frame.PACKAGE}.watching"
    command = [sys.executable, "-m", module, "event", given, "all"]
    child = frame.Child(command)
    time.sleep(WARM / 3)
    began = time.time()
    # A task goes through its states once a second: it ends about two seconds later.
    sim.start("long", on=name, stages=1, seconds=0.5, maintenance=1)
    told = json.loads(child.end().output.splitlines()[-1])
    return float(told["at"]) - began - float(told["duration"])


async def _quiet(given: list[dict[str, Any]], scope: str) -> dict[str, Any]:
    source = _source(given, scope, asyncio.Queue())
    await asyncio.sleep(WARM)
    began = time.time()
    cpu, clock = time.process_time(), time.monotonic()
    await asyncio.sleep(SECONDS)
    cpu, clock = time.process_time() - cpu, time.monotonic() - clock
    source.cancel()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"share": cpu / clock, "memory": memory, "began": began}


async def _event(given: list[dict[str, Any]], scope: str) -> dict[str, Any]:
    queue: asyncio.Queue[Any] = asyncio.Queue()
    source = _source(given, scope, queue)
    await queue.get()
    at = time.time()
    source.cancel()
    return {"at": at, "duration": 0.0}


def _source(
    given: list[dict[str, Any]], scope: str, queue: Any
) -> asyncio.Future[None]:
    args = {"clusters": given, "interval": INTERVAL, "scope": scope}
    return asyncio.ensure_future(stream.watch(queue, args))


if __name__ == "__main__":
    play = {"quiet": _quiet, "event": _event}[sys.argv[1]]
    print(
        json.dumps(asyncio.run(play(json.loads(sys.argv[2]), sys.argv[3]))), flush=True
    )
