# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""1,000 tasks in one call: requests of a round, and how its cost grows."""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

from . import frame, options, report

ROUNDS = 5


def measure() -> list[report.Figure]:
    with frame.simulator("wide") as sim:
        many = frame.probe("many_tasks", "obshell", json.dumps(sim.facts))
        ocp = frame.probe("many_tasks", "ocp", json.dumps(sim.facts))
    with frame.simulator("lists") as sim:
        grown = {
            count: [
                frame.probe("many_tasks", str(count), json.dumps(sim.facts))
                for _round in range(frame.rounds(3))
            ]
            for count in (10, 100, 1000)
        }
    return [
        _requests(
            "1,000 tasks on 100 agents: requests a round to one agent", many, 100
        ),
        _requests("1,000 tasks of one OCP: requests a round", ocp, 1),
        report.Figure(
            "1,000 tasks on 100 agents: CPU time of a round, s",
            "",
            f"{many['round_cpu']:.2f}",
        ),
        report.Figure(
            "the same: of the first round, which reads each task once, s",
            "",
            f"{many['first_cpu']:.1f}",
        ),
        *_growth(grown),
    ]


def _requests(what: str, found: dict[str, Any], servers: int) -> report.Figure:
    return report.at_most(what, found["requests"] / servers, 3, "{:g}")


def _growth(grown: dict[int, list[dict[str, Any]]]) -> list[report.Figure]:
    def median(count: int, key: str) -> float:
        return statistics.median(one[key] for one in grown[count])

    figures = []
    for few, more in ((10, 100), (100, 1000)):
        size = median(more, "bytes") / median(few, "bytes")
        cost = median(more, "round_cpu") / median(few, "round_cpu")
        figures.append(
            report.Figure(
                f"CPU time of a round from {few} to {more:,} tasks",
                f"at most the list answer's growth, {size:.1f} times",
                f"{cost:.1f} times ({1000 * median(more, 'round_cpu'):.0f} ms)",
                cost <= size,
            )
        )
    return figures


def _probe(way: str, facts: dict[str, Any]) -> dict[str, float]:
    wait = _wait(way, facts)
    tally = wait.source.tally
    began = time.process_time()
    wait._round(full=True)
    first = time.process_time() - began
    wait._round(full=False)  # the list's answer is known from here on
    requests, size, cpu = tally.requests, tally.bytes, time.process_time()
    for _round in range(ROUNDS):
        wait._round(full=False)
    if wait.outages.to_list():
        raise RuntimeError(str(wait.outages.to_list()))
    return {
        "first_cpu": first,
        "round_cpu": (time.process_time() - cpu) / ROUNDS,
        "requests": (tally.requests - requests) / ROUNDS,
        "bytes": (tally.bytes - size) / ROUNDS,
    }


def _wait(way: str, facts: dict[str, Any]) -> Any:
    if way == "obshell":
        return options.wait(facts, task_id=facts["ids"])
    if way == "ocp":
        server = facts["servers"]["ocp"]
        keys = ("url", "username", "password")
        ocp = {key: server[key] for key in keys}
        return options.wait(facts, ocp=ocp, task_id=facts["ocp_ids"])
    one = {"password": facts["password"], **facts[f"many{way}"]}
    return options.wait(one, task_id=one["ids"])


if __name__ == "__main__":
    print(json.dumps(_probe(sys.argv[1], json.loads(sys.argv[2]))))
