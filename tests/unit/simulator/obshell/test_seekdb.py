# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.oceanbase.ops.tests.simulator import Simulator
from ansible_collections.oceanbase.ops.tests.simulator.obshell.scenario import ALWAYS
from ansible_collections.oceanbase.ops.tests.unit.simulator.obshell.asking import (
    PASSWORD,
    Asker,
    verdict,
)


def test_a_failed_start_of_seekdb_stays_unfinished_without_lock(sim: Simulator) -> None:
    agent = sim.seekdb(password=PASSWORD)
    asker = Asker(agent, PASSWORD)
    agent.observer_down()
    agent.start_fails = ALWAYS
    task_id = asker("POST", "/seekdb/start", {})[1]["data"]["id"]
    sim.clock.advance(4)
    assert verdict(asker.dag(task_id)) == "FAILED+RUN 1/1"
    assert asker.plain("GET", "/status")[1]["data"]["underMaintenance"] is False
    listed = asker.data("/task/dag/unfinish")["contents"]
    assert [dag["id"] for dag in listed] == [task_id, task_id]
    for operator, end in (
        ("retry", "FAILED+RUN 1/1"),
        ("rollback", "FAILED+ROLLBACK 1/1"),
        ("pass", "SUCCEED+PASS 1/1"),
    ):
        assert asker("POST", f"/task/dag/{task_id}", {"operator": operator})[0] == 200
        sim.clock.advance(4)
        assert verdict(asker.dag(task_id)) == end
