# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CPU time of looking again and again: inside one call, and by `until`.

What Ansible itself spends while it waits for a module is in neither: live measures it.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

from . import frame, options, report

TRIES = 10
POLLS = 100


def measure() -> list[report.Figure]:
    call, more, poll = [], [], []
    with frame.simulator() as sim:
        task_id = sim.start("long", seconds=7200.0)
        facts = json.dumps({**sim.facts["obshell"], "id": task_id})
        for _round in range(frame.rounds(10)):
            one = frame.Play(_until(sim.facts, 1)).end().cpu
            many = frame.Play(_until(sim.facts, TRIES)).end().cpu
            tries = POLLS * (many - one) / (TRIES - 1)
            # What is no call: the playbook itself, with its own start.
            playbook = one - tries / POLLS
            first = frame.Play(_wait(sim.facts, task_id)).end().cpu - playbook
            further = frame.probe("polls", facts)["polls"]
            call.append((first + further) / tries)
            more.append(further / tries)
            poll.append(further / POLLS)
    return [
        report.share(
            "CPU time of a call that polls 100 times, of that of 100 tries of until",
            statistics.median(call),
            70,
        ),
        report.share(
            "CPU time of 100 further polls inside it, of that of 100 tries of until",
            statistics.median(more),
            400,
        ),
        report.Figure(
            "CPU time of one poll of a cluster's task (two requests), ms",
            "",
            f"{1000 * statistics.median(poll):.1f}",
        ),
    ]


def _until(facts: dict[str, Any], tries: int) -> list[dict[str, Any]]:
    url = facts["servers"]["agent1"]["url"]
    return [
        {
            "ansible.builtin.uri": {"url": f"{url}/api/v1/status"},
            "register": "found",
            "until": "found.json.data.state == 'never'",
            "retries": tries - 1,
            "delay": 0,
            "ignore_errors": True,
        }
    ]


def _wait(facts: dict[str, Any], task_id: str) -> list[dict[str, Any]]:
    given = {
        "obshell": facts["obshell"],
        "task_id": task_id,
        "progress": "none",
        "timeout": 0.1,
        "on_timeout": "continue",
    }
    return [{"oceanbase.ops.wait_for_task": given}]


def _probe(facts: dict[str, Any]) -> dict[str, float]:
    wait = options.wait(facts, task_id=[facts["id"]])
    wait._round(full=True)
    began = time.process_time()
    for _poll in range(POLLS):
        wait._round(full=False)
    return {"polls": time.process_time() - began}


if __name__ == "__main__":
    print(json.dumps(_probe(json.loads(sys.argv[1]))))
