# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CPU time of looking again and again: inside one call, and by `until`."""

from __future__ import annotations

import statistics
from typing import Any

from . import frame, report

TRIES = 10
SLEEP = 0.1


def measure() -> list[report.Figure]:
    call, more = [], []
    with frame.simulator() as sim:
        task_id = sim.start("long", seconds=7200.0)
        for _round in range(frame.rounds(5)):
            one = frame.Play(_until(sim.facts, 1)).end().cpu
            many = frame.Play(_until(sim.facts, TRIES)).end().cpu
            hundred = 100 * (many - one) / (TRIES - 1)
            # What is no call: the playbook itself, with its own start.
            playbook = one - hundred / 100
            # They sleep nearly all the time: side by side they are as they are alone.
            plays = [frame.Play(_wait(sim.facts, task_id, n)) for n in (100, 200)]
            short, long = (play.end() for play in plays)
            further = _polls(long) - _polls(short)
            call.append((short.cpu - playbook) / hundred)
            more.append((long.cpu - short.cpu) / further * 100 / hundred)
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


def _wait(facts: dict[str, Any], task_id: str, polls: int) -> list[dict[str, Any]]:
    options = {
        "obshell": facts["obshell"],
        "task_id": task_id,
        "progress": "none",
        "sleep": SLEEP,
        "timeout": SLEEP * polls,
        "on_timeout": "continue",
    }
    return [{"oceanbase.ops.wait_for_task": options}]


def _polls(run: frame.Run) -> int:
    return int(run.events[0]["polls"])
