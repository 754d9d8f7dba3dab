# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be is refused with one clear line, and nothing changes meanwhile."""

from __future__ import annotations

import json

import pytest
from ansible_collections.oceanbase.ops.plugins.modules import (
    obshell_api,
    obshell_last_task,
    obshell_task,
    obshell_task_info,
    wait_for_task,
)
from ansible_collections.oceanbase.ops.tests.unit.plugins.obshell_clients import (
    turn,
)

PASSWORD = "Root.pw-1"
SINGLE = "is a SINGLE agent: it belongs to no cluster"
NO_ID = "'35000312' is no id of obshell's: "
RETRY = {"task_id": "11", "operation": "retry"}
NO_AGENT = "it wants the agent's password; none was given (obshell.agent_password)"
NO_ROOT = "it wants the password of root@sys; none was given (obshell.password)"


@pytest.fixture
def refused(sim, run_main):
    """Check that a module says this in one line, and sends nothing but questions."""

    def check(module, url, given, words, **secrets):
        args = {"obshell": {"url": url, **secrets}, **given}
        result = run_main(module, args)
        assert result.get("failed") is True
        message = result["msg"]
        assert words in message
        assert "\n" not in message and len(message) < 400
        assert "Traceback" not in json.dumps(result)
        for secret in secrets.values():
            assert secret not in json.dumps({**result, "invocation": None})
        for agent in sim.agents:
            assert {seen.method for seen in agent.server.requests} <= {"GET"}
        return result

    return check


WRONG_SCOPE = [
    (obshell_last_task, {"scope": "cluster"}),
    (obshell_task_info, {"unfinished": "cluster"}),
    (obshell_task_info, {"history": "cluster"}),
    (obshell_task_info, {"task_id": "11"}),
    (obshell_task_info, {"node_id": "11"}),
    (obshell_task_info, {"sub_task_id": "11"}),
    (obshell_task, RETRY),
    (wait_for_task, {"task_id": "11"}),
    (wait_for_task, {"last": "cluster", "newer_than": "0"}),
    (wait_for_task, {"unfinished": "cluster"}),
]


@pytest.mark.parametrize("module, given", WRONG_SCOPE)
def test_the_cluster_is_asked_for_where_there_is_none(sim, refused, module, given):
    refused(module, sim.single().url, given, SINGLE)


WRONG_GUARD = [
    ({"last": "cluster", "newer_than": "22130706433028861"}, "not a task of the clu"),
    ({"last": "agent", "newer_than": "11"}, "11 is not a task of the agent"),
]


@pytest.mark.parametrize("given, words", WRONG_GUARD)
def test_a_guard_of_another_scope(sim, refused, given, words):
    refused(wait_for_task, sim.single().url, given, words)


OF_OCP = [
    (obshell_task_info, {"task_id": ["11", "35000312"]}),
    (obshell_task_info, {"task_id": 35000312}),
    (obshell_task_info, {"node_id": "35000312"}),
    (obshell_task_info, {"sub_task_id": "35000312"}),
    (obshell_task, {"task_id": "35000312", "operation": "retry"}),
    (wait_for_task, {"task_id": ["35000312"]}),
    (wait_for_task, {"last": "agent", "newer_than": "35000312"}),
]


@pytest.mark.parametrize("module, given", OF_OCP)
def test_an_id_of_ocp(sim, refused, module, given):
    cluster = sim.cluster(password=PASSWORD)
    refused(module, cluster.agents[0].url, given, NO_ID, password=PASSWORD)
    assert cluster.agents[0].server.requests == []


# What is done first and for how long, the operation that cannot be, and why.
CANNOT_BE = [
    ("long", 2, "rollback", "obshell rolls back only what failed: cancel it first"),
    ("long", 2, "pass", "it is running, and obshell passes only what failed"),
    ("failed", 12, "cancel", "it has failed: it does not run"),
    ("succeeded", 12, "rollback", "it has succeeded, and obshell rolls back only"),
    ("succeeded", 12, "cancel", "it has succeeded: it does not run"),
    ("rolled_back", 40, "retry", "it was rolled back: submit its work anew"),
    ("rolled_back", 40, "pass", "it was rolled back: nothing of it is left"),
    ("passed", 40, "rollback", "it was passed, and is over for obshell"),
    ("passed", 40, "retry", "it was passed: submit its work anew"),
]


@pytest.mark.parametrize("scenario, seconds, operation, words", CANNOT_BE)
@pytest.mark.parametrize("version", ["4.2.3.0", "4.5.0.0"])
def test_an_operation_that_cannot_be(
    sim, refused, version, scenario, seconds, operation, words
):
    cluster = sim.cluster(password=PASSWORD, version=version)
    id = cluster.start(scenario)
    turn(sim, seconds)
    given = {"task_id": id, "operation": operation}
    url = cluster.agents[0].url
    found = refused(obshell_task, url, given, words, password=PASSWORD)
    assert found["error"]["task_id"] == id


LOCAL = "22130706433028861"
ASKING = [
    (obshell_last_task, {"scope": "agent"}),
    (obshell_task_info, {"unfinished": "agent"}),
    (obshell_task_info, {"task_id": LOCAL}),
    (obshell_task, {"task_id": LOCAL, "operation": "retry"}),
    (obshell_api, {"path": "/ob/info"}),
    (obshell_api, {"path": "/ob/init", "method": "POST", "body": {}}),
    (wait_for_task, {"task_id": LOCAL}),
    (wait_for_task, {"last": "agent", "newer_than": "0"}),
]


@pytest.mark.parametrize("module, given", ASKING)
def test_the_root_password_where_the_agents_is_wanted(sim, refused, module, given):
    agent = sim.single()
    agent.agent_password = "Agent.pw-1"
    refused(module, agent.url, given, NO_AGENT, password=PASSWORD)
    assert agent.failed_logins == 0


@pytest.mark.parametrize("module, given", ASKING)
def test_the_agents_password_where_that_of_root_is_wanted(sim, refused, module, given):
    if given.get("method") == "POST":
        # A raw call is sent as it is; who refuses it changes nothing.
        given = {"path": "/ob/agents"}
    agent = sim.cluster(password=PASSWORD).agents[0]
    refused(module, agent.url, given, NO_ROOT, agent_password="Agent.pw-1")
    assert agent.failed_logins <= 1


OBPROXY = [
    (obshell_task_info, {"task_id": "42130706433028861"}),
    (obshell_task, {"task_id": "42130706433028861", "operation": "retry"}),
    (obshell_api, {"path": "/obproxy/stop", "method": "POST"}),
    (wait_for_task, {"task_id": "42130706433028861"}),
]


@pytest.mark.parametrize("module, given", OBPROXY)
def test_obproxys_tasks_with_the_root_password(sim, refused, module, given):
    agent = sim.cluster(password=PASSWORD).agents[0]
    refused(module, agent.url, given, NO_AGENT, password=PASSWORD)


@pytest.mark.parametrize("module, given", OBPROXY)
def test_obproxys_tasks_where_there_is_seekdb(sim, refused, module, given):
    agent = sim.seekdb(password=PASSWORD)
    refused(module, agent.url, given, "it has no obproxy", password=PASSWORD)
