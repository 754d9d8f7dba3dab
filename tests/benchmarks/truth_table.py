# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The truth table's obshell scenarios, through our wait and through the vendor's.

Each runs in a process of its own, on a turned clock; one that has not ended after
30 s of real time is killed, and hangs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

from ..simulator import Simulator, TurnedClock
from ..unit.plugins import truth
from . import frame, report

KILLED = 30.0
HEADER = ["What happens", "The gate should", "Ours", "The vendor's client"]
OPENS, SHUT, HANGS = "open", "stay shut", "hangs"


def measure() -> list[report.Figure]:
    lines = table()
    print(report.text([HEADER, *lines]))
    right = {at: sum(line[at].startswith(line[1]) for line in lines) for at in (2, 3)}
    count = len(lines)
    return [
        report.Figure(
            f"obshell scenarios of {count} in which the gate does what it should",
            str(count),
            f"{right[2]}",
            right[2] == count,
        ),
        report.Figure("the same, the vendor's client", "", str(right[3])),
    ]


@lru_cache(maxsize=None)
def table() -> list[list[str]]:
    """Return a line for each scenario: what it is, and what came of it."""
    jobs = [(at, way) for at in range(len(truth.ALL)) for way in ("ours", "vendor's")]
    # What hangs only waits, so several at a time.
    with ThreadPoolExecutor(3) as pool:
        said = dict(zip(jobs, pool.map(lambda job: _outcome(*job), jobs)))
    return [
        [one.name, OPENS if one.opens else SHUT, said[at, "ours"], said[at, "vendor's"]]
        for at, one in enumerate(truth.ALL)
    ]


def _outcome(at: int, way: str) -> str:
    command = [sys.executable, "-m", f"{frame.PACKAGE}.truth_table", str(at), way]
    try:
        done = subprocess.run(
            command,
            env=frame.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=KILLED,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return HANGS
    if done.returncode:
        raise RuntimeError(done.stderr.decode()[-4000:])
    return str(json.loads(done.stdout.decode().splitlines()[-1]))


def _play(scenario: truth.Scenario, way: str) -> str:
    # The vendor's client needs no module of ours, and ours none of its.
    from . import vendor_client

    case = truth.Case(Simulator(clock=TurnedClock()))
    task_id = scenario.start(case)
    if way == "ours":
        return _ours(case.wait(task_id, connection=scenario.connected(case)))
    try:
        vendor_client.wait(case, task_id)
    except Exception as e:  # whatever it raises ends the vendor's wait
        return f"{SHUT}: {type(e).__name__}"
    return OPENS


def _ours(wait: Any) -> str:
    try:
        wait.run()
    except truth.errors.TaskFailed as e:
        return f"{SHUT}: {e.details['outcome']}"
    except truth.errors.OpsError as e:
        return f"{SHUT}: {type(e).__name__}"
    return OPENS


if __name__ == "__main__":
    print(json.dumps(_play(truth.ALL[int(sys.argv[1])], sys.argv[2])), flush=True)
    # Threads of what hung are not waited for.
    os._exit(0)
