# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CPU time of looking again and again: inside one call, and by `until`.

Of a call, what Ansible itself spends while it waits for its worker is left out: live
measures it.
"""

from __future__ import annotations

import statistics
from typing import Any

from . import frame, report

TRIES = 10
POLLS = 100
SECONDS = 15.0


def measure() -> list[report.Figure]:
    call, poll, milliseconds = [], [], []
    with frame.simulator() as sim:
        task_id = sim.start("long", seconds=7200.0)
        for _round in range(frame.rounds(5)):
            one = frame.Play(_until(sim.facts, 1)).end().cpu
            many = frame.Play(_until(sim.facts, TRIES)).end().cpu
            uri = (many - one) / (TRIES - 1)
            # What is no call: the playbook itself, with its own start.
            playbook = one - uri
            brief = _wait(sim.facts, task_id, timeout=0.1).end().cpu - playbook
            further = _further(sim.facts, task_id)
            call.append((brief + POLLS * further) / (POLLS * uri))
            poll.append(further / uri)
            milliseconds.append(1000 * further)
    return [
        report.share(
            f"CPU time of a call that polls {POLLS} times, of that of {POLLS} tries "
            "of until with uri",
            statistics.median(call),
            70,
        ),
        report.at_most(
            "CPU time of one further poll inside it, of that of one uri",
            statistics.median(poll),
            0.010,
            "{:.4f}",
        ),
        report.Figure(
            "the same in ms (two requests)",
            "",
            f"{statistics.median(milliseconds):.1f}",
        ),
    ]


def _further(facts: dict[str, Any], task_id: str) -> float:
    """Return what one more poll costs: many beside few, in waits of one length."""
    plays = [
        _wait(facts, task_id, timeout=SECONDS, sleep=pause) for pause in (0.1, SECONDS)
    ]
    many, few = [play.end() for play in plays]
    more = many.events[0]["polls"] - few.events[0]["polls"]
    return (many.cpu - few.cpu) / more


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


def _wait(facts: dict[str, Any], task_id: str, **options: float) -> frame.Play:
    given = {
        "obshell": facts["obshell"],
        "task_id": task_id,
        "progress": "none",
        "on_timeout": "continue",
        **options,
    }
    return frame.Play([{"oceanbase.ops.wait_for_task": given}])
