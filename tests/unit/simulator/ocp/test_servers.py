# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.oceanbase.ops.tests.simulator import clock
from ansible_collections.oceanbase.ops.tests.simulator.ocp import server as ocp
from ansible_collections.oceanbase.ops.tests.unit.simulator.ocp.asking import (
    PASSWORD,
    ask,
    turn,
)

SERVERS = "/api/v2/ob/clusters/1/servers"


@pytest.fixture(name="server")
def _server():
    return ocp.Ocp(clock.TurnedClock(), "admin", PASSWORD)


def listed(server):
    found = json.loads(ask(server, "GET", SERVERS).body)["data"]["contents"]
    return {one["ip"]: one["status"] for one in found}


def test_a_host_is_creating_while_its_task_runs_and_a_server_then(server):
    ask(server, "POST", SERVERS, {"zoneName": "zone2", "servers": [7]})
    assert listed(server)["198.51.100.7"] == "CREATING"
    turn(server, 60)
    assert listed(server)["198.51.100.7"] == "RUNNING"


def test_a_host_is_gone_when_its_task_was_rolled_back(server):
    server.on_submit("add_server", "add_server", fails="Install observer")
    answer = ask(server, "POST", SERVERS, {"zoneName": "zone2", "servers": [7]})
    task_id = json.loads(answer.body)["data"]["id"]
    turn(server, 30)
    assert listed(server)["198.51.100.7"] == "CREATING"
    ask(server, "POST", f"/api/v2/tasks/instances/{task_id}/rollback")
    turn(server, 30)
    assert "198.51.100.7" not in listed(server)


def removed(server, *, fails=""):
    ask(server, "POST", SERVERS, {"zoneName": "zone2", "servers": [7]})
    turn(server, 60)
    server.on_submit("remove_server", "remove_server", fails=fails)
    answer = ask(server, "POST", f"{SERVERS}/batchDelete", {"servers": [7]})
    return json.loads(answer.body)["data"]


def test_a_server_is_deleting_while_its_task_runs_and_gone_then(server):
    assert removed(server)["name"] == "Delete OB server"
    assert listed(server)["198.51.100.7"] == "DELETING"
    turn(server, 60)
    assert "198.51.100.7" not in listed(server)


def test_a_server_is_running_again_when_its_deletion_was_rolled_back(server):
    task_id = removed(server, fails="Delete observer")["id"]
    turn(server, 60)
    assert listed(server)["198.51.100.7"] == "DELETING"
    ask(server, "POST", f"/api/v2/tasks/instances/{task_id}/rollback")
    turn(server, 60)
    assert listed(server)["198.51.100.7"] == "RUNNING"


def test_who_is_no_server_cannot_be_deleted(server):
    answer = ask(server, "POST", f"{SERVERS}/batchDelete", {"servers": [9]})
    assert answer.status == 404
