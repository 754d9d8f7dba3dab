# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.oceanbase.ops.tests.unit.simulator.ocp.asking import (
    TASKS,
    ask,
    data,
    error,
    listed,
    make,
    turn,
)


def test_pages_filters_and_order() -> None:
    server = make()
    for _task in range(12):
        server.start("chain", seconds=0.0)
    server.start(
        "add_zone", cluster={"id": 7, "name": "obtest"}, fails="Start observer"
    )
    server.start("sys_scheduled")
    assert len(listed(server, "")) == 10
    assert listed(server, "page=2") == [4, 3, 2, 1]
    assert listed(server, "page=2&size=5&sort=id,asc") == [6, 7, 8, 9, 10]
    assert listed(server, "size=5000")[:2] == [14, 13]
    assert listed(server, "clusterId=7") == listed(server, "cluterName=OBTE") == [13]
    assert listed(server, "clusterName=nothing&size=1") == [14]
    assert listed(server, "name=zone") == [13]
    assert listed(server, "type=SYS_SCHEDULED") == [14]
    turn(server, 60)
    assert listed(server, "status=failed,RUNNING") == [13]
    assert listed(server, "status=") == listed(server, "status=WAITING") == []
    bad = ask(server, "GET", f"{TASKS}?sort=nope,asc")
    assert (bad.status, error(bad)["code"]) == (400, "COM10011")
    entry = data(ask(server, "GET", f"{TASKS}?clusterId=7"))["contents"][0]
    assert "operation" not in entry and "type" not in entry
    assert set(entry["subtasks"][0]) == {
        "id",
        "name",
        "description",
        "status",
        "operation",
    }
