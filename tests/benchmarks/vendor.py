# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our wait beside that of the vendor's Python client, on the same simulator."""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

from ..unit.plugins import truth
from . import frame, gate_delay, options, report, turned, vendor_client

LOOKS = 100
WAYS = {"ours": turned.ours, "vendor's": vendor_client.wait}


def measure() -> list[report.Figure]:
    figures = []
    for span, (low, high) in {
        "tasks of 2 to 60 s": (2.0, 60.0),
        "tasks of 1 to 30 min": (60.0, 1800.0),
    }.items():
        seconds = gate_delay.spread(low, high, frame.ROUNDS)
        found = {name: turned.waits(seconds, way) for name, way in WAYS.items()}
        for name, waited in found.items():
            delay = statistics.median(one.delay for one in waited)
            requests = statistics.median(len(one.times) for one in waited)
            figures.append(
                report.Figure(
                    f"{span}, {name} wait: from the server's end to its return; "
                    "requests sent (medians of 20, turned clock)",
                    "",
                    f"{delay:.2f} s; {requests:.0f}",
                )
            )
    return [*figures, *_looks()]


def _looks() -> list[report.Figure]:
    cpu: dict[str, list[float]] = {name: [] for name in WAYS}
    with frame.simulator() as sim:
        task_id = sim.start("many", seconds=7200.0)
        facts = json.dumps({**sim.facts["obshell"], "id": task_id})
        for _round in range(frame.ROUNDS):
            for name, values in cpu.items():
                values.append(frame.probe("vendor", name, facts)["looks"])
    ratio = frame.ratio(cpu["ours"], cpu["vendor's"])
    what = f"CPU time of {LOOKS} looks at a task of 600 sub-tasks, of the vendor's"
    return [report.Figure(what, "", f"{ratio:.2f}")]


def _probe(name: str, facts: dict[str, Any]) -> dict[str, float]:
    if name == "ours":
        look = options.wait(facts, task_id=[facts["id"]]).server.fetch
    else:
        port = int(facts["url"][0].rpartition(":")[2])
        look = vendor_client.client(port, truth.PASSWORD).get_dag
    look(facts["id"])
    began = time.process_time()
    for _look in range(LOOKS):
        look(facts["id"])
    return {"looks": time.process_time() - began}


if __name__ == "__main__":
    print(json.dumps(_probe(sys.argv[1], json.loads(sys.argv[2]))))
