# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
import time

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import (
    arguments,
    errors,
    transport,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    agents as obshell_agents,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    client as obshell,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    lists as obshell_lists,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    login as obshell_login,
)
from ansible_collections.oceanbase.ops.tests.unit.plugins.obshell_clients import (
    agent_of,
    client_of,
    posts,
    seen,
    turn,
)

PASSWORD = "right"
VERSIONS = ["4.2.3.0", "4.3.0.0", "4.3.1.0", "4.5.0.0"]


def cluster_of(sim, agents=1, **options):
    return sim.cluster(agents=agents, password=PASSWORD, **options)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_cluster_task_is_fetched(sim, version):
    cluster = cluster_of(sim, version=version)
    id = cluster.start("failed")
    turn(sim, 12)
    client = client_of(*cluster.agents, password=PASSWORD)
    found = client.fetch(id)
    assert (found.id, found.outcome, found.name) == (id, "failed", "Bad task")
    assert found.failure()["logs"]
    assert client.fetch(id, details=False).nodes is None
    assert client.answered == [cluster.agents[0].url]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("id", ["1987654", "local"])
def test_what_the_server_proves_absent_is_not_there(sim, version, id):
    server = cluster_of(sim, version=version).agents[0]
    id = server.local_id(987654) if id == "local" else id
    with pytest.raises(errors.TaskNotFound, match="knows no such task"):
        client_of(server, password=PASSWORD).fetch(id)


ABSENT_OR_NOT = [
    ("Task.NotFound", "Task not found: Error 1046 (3D000): No database selected"),
    (None, "Task not found: oceanbase db is nil"),
    ("Task.NotFound", "Task not found: driver: bad connection"),
]


@pytest.mark.parametrize("code,words", ABSENT_OR_NOT)
def test_a_404_with_other_words_proves_nothing(sim, code, words):
    server = cluster_of(sim).agents[0]
    server.server.faults.add(
        "status", path="dag/1", status=404, err_code=code, code=2300, message=words
    )
    with pytest.raises(errors.Unavailable) as caught:
        client_of(server, password=PASSWORD).fetch("11")
    assert words in caught.value.message


def test_a_cluster_task_is_not_asked_for_while_the_observer_is_down(sim):
    cluster = cluster_of(sim, agents=2)
    id = cluster.start("long")
    client = client_of(*cluster.agents, password=PASSWORD)
    for server in cluster.agents:
        server.observer_down()
    for ask in (client.fetch, client.node, client.sub_task):
        with pytest.raises(errors.Unavailable, match="observer is not up"):
            ask(id)
    with pytest.raises(errors.Unavailable, match="observer is not up"):
        client.operate("dag", id, "cancel")
    with pytest.raises(errors.Unavailable, match="observer is not up"):
        client.last("cluster")
    assert cluster.storms == 0
    assert [one for server in cluster.agents for one in seen(server, signed=True)] == []


def test_the_member_whose_observer_is_up_is_asked(sim):
    cluster = cluster_of(sim, agents=2)
    id = cluster.start("long")
    cluster.agents[0].observer_down()
    client = client_of(*cluster.agents, password=PASSWORD)
    assert client.fetch(id).id == id
    assert client.answered == [cluster.agents[1].url]
    assert cluster.storms == 0


def test_a_single_agent_has_no_cluster_tasks(sim):
    server = sim.single()
    for ask in (client_of(server).fetch, client_of(server).node):
        with pytest.raises(errors.Refused, match="belongs to no cluster"):
            ask("11")
    with pytest.raises(errors.Refused, match="belongs to no cluster"):
        client_of(server).last("cluster")
    assert seen(server, signed=True) == []


def test_the_next_agent_is_asked_when_one_does_not_answer(sim):
    cluster = cluster_of(sim, agents=3)
    id = cluster.start("long")
    client = client_of(*cluster.agents, password=PASSWORD)
    cluster.agents[0].stop()
    cluster.agents[1].stop()
    assert client.fetch(id).id == id
    assert client.fetch(id).id == id
    assert client.answered == [cluster.agents[2].url]
    cluster.agents[2].stop()
    with pytest.raises(errors.Unreachable):
        client.fetch(id)


def test_an_agent_that_hangs_costs_one_wait_and_not_one_a_poll(sim):
    cluster = cluster_of(sim, agents=3)
    id = cluster.start("long")
    hang = cluster.agents[0].server.faults.add("hang")
    connection = arguments.Connection(request_timeout=0.3)

    def client(memory):
        return obshell.ObshellClient(
            [
                agent_of(
                    one,
                    connection=connection,
                    memory=memory.get(one.url),
                    password=PASSWORD,
                )
                for one in cluster.agents
            ]
        )

    asked = client({})
    for _poll in range(3):
        assert asked.fetch(id).id == id
        assert asked.last("cluster").id == id
        assert obshell_lists.unfinished(asked, "cluster").tasks[0].id == id
    assert hang.hits == 1
    # A later slice of the same wait knows it too.
    assert client(asked.memory).fetch(id).id == id
    assert hang.hits == 1
    assert asked.cluster.named[0].url == cluster.agents[0].url


def hurried(seconds, *servers):
    """Return a client that has so many seconds for all it asks, and its deadline."""
    deadline = transport.Deadline(at=time.monotonic() + seconds)
    patient = arguments.Connection(request_timeout=60)
    named = [
        obshell_agents.Agent(
            transport.Transport(server.url, patient, deadline=deadline),
            obshell_login.Credentials(password=PASSWORD),
            wall_clock=server.world.clock.wall,
        )
        for server in servers
    ]
    return obshell.ObshellClient(named), deadline


QUESTIONS = {
    "a task": lambda client, id: client.fetch(id),
    "the last task": lambda client, id: client.last("cluster"),
    "a list": lambda client, id: obshell_lists.unfinished(client, "cluster").tasks[0],
}


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
def test_the_second_is_asked_in_time_when_the_first_never_answers(sim, ask):
    cluster = cluster_of(sim, agents=2)
    id = cluster.start("long")
    hang = cluster.agents[0].server.faults.add("hang")
    client, deadline = hurried(3.0, *cluster.agents)
    assert ask(client, id).id == id
    assert deadline.limit(60.0) > 0
    assert client.answered == [cluster.agents[1].url]
    assert hang.hits == 1


def test_when_all_fail_each_is_named_with_what_befell_it(sim):
    cluster = cluster_of(sim, agents=3)
    id = cluster.start("long")
    hung, gone, broken = cluster.agents
    hung.server.faults.add("hang")
    gone.stop()
    broken.server.faults.add("status", status=503)
    client, _deadline = hurried(3.0, hung, gone, broken)
    with pytest.raises(errors.OpsError) as caught:
        client.fetch(id)
    message = caught.value.message
    assert caught.value.transient
    for server, why in [
        (hung, "no (complete )?answer (within|in time)"),
        (gone, "connection refused"),
        (broken, "HTTP 503"),
    ]:
        assert server.url in message and re.search(why, message)


@pytest.mark.parametrize("order", [1, -1])
def test_an_unknown_name_among_the_addresses_does_not_decide(sim, order):
    agent = cluster_of(sim).agents[0]
    unknown = agent_of(agent, url="http://no-such-host.invalid:2886", password=PASSWORD)
    agent.stop()
    named = [unknown, agent_of(agent, password=PASSWORD)][::order]
    with pytest.raises(errors.Unreachable) as caught:
        obshell.ObshellClient(named).fetch("11")
    assert caught.value.reason == "refused"
    assert "no-such-host.invalid" in caught.value.message


def test_each_agent_has_its_own_key_and_clock(sim):
    cluster = cluster_of(sim, agents=2)
    id = cluster.start("long")
    cluster.agents[1].skew = 900
    client = client_of(*cluster.agents, password=PASSWORD)
    client.fetch(id)
    cluster.agents[0].stop()
    client.fetch(id)
    first, second = client.memory.values()
    assert first["key"] != second["key"]
    assert second["clock_offset"] == pytest.approx(900, abs=1)


def test_a_local_task_is_asked_of_its_own_agent_first(sim):
    cluster = cluster_of(sim, agents=3)
    client = client_of(*cluster.agents, password=PASSWORD)
    own = cluster.agents[2]
    assert client.fetch(own.local_id(1)).name == "Local scale out"
    assert client.answered == [own.url]


def test_a_local_task_of_an_agent_that_is_not_named_is_passed_on(sim):
    cluster = cluster_of(sim, agents=2)
    client = client_of(cluster.agents[0], password=PASSWORD)
    found = client.fetch(cluster.agents[1].local_id(1))
    assert found.name == "Local scale out"
    assert seen(cluster.agents[1]) == []


def test_a_wrong_password_is_not_tried_at_the_next_agent(sim):
    cluster = cluster_of(sim, agents=3)
    id = cluster.start("long")
    with pytest.raises(errors.AuthRefused):
        client_of(*cluster.agents, password="wrong").fetch(id)
    assert [server.failed_logins for server in cluster.agents] == [1, 0, 0]


def test_the_master_is_asked_where_a_follower_of_4_2_is_named_first(sim):
    master = sim.group(followers=1, version="4.2.3.0")
    follower = sim.agents[1]
    client = client_of(follower, master)
    reply, agent = client.cluster.ask("/task/dag/agent/unfinish", client.cluster.named)
    assert (reply.status, agent.url) == (200, master.url)
    assert seen(follower, signed=True) == []


def test_the_last_task_of_a_scope(sim):
    cluster = cluster_of(sim, agents=2)
    client = client_of(*cluster.agents, password=PASSWORD)
    assert client.last("cluster") is None
    id = cluster.start("long")
    assert client.last("cluster").id == id
    assert client.last("agent").name == "Initialize cluster"
    names = [one.name for one in client.last_of_agents()[0]]
    assert names == ["Initialize cluster", "Local scale out"]


def test_an_agent_without_a_task_panics_for_agents(sim):
    cluster = cluster_of(sim, agents=2, history=False)
    cluster.agents[1].store.create(LONG, sim.world.now)
    client = client_of(*cluster.agents, password=PASSWORD)
    found, missing = client.last_of_agents()
    assert [one.name for one in found] == ["Long task"]
    assert "has no task of its own" in missing


def test_seekdb_has_no_list_of_agents(sim):
    server = sim.single(seekdb=True)
    server.store.create(LONG, sim.world.now)
    found, missing = client_of(server).last_of_agents()
    assert [one.name for one in found] == ["Long task"]
    # It is the only agent of its database, so nothing is missing.
    assert missing is None


def test_a_node_and_a_sub_task_alone(sim):
    cluster = cluster_of(sim)
    id = cluster.start("failed")
    turn(sim, 12)
    client = client_of(*cluster.agents, password=PASSWORD)
    whole = client.fetch(id).nodes[1]
    node = client.node(whole.id)
    assert (node.name, node.sub_tasks) == (whole.name, whole.sub_tasks)
    sub_task, logs = client.sub_task(whole.sub_tasks[0].id)
    assert sub_task == whole.sub_tasks[0]
    assert [row["log_content"] for row in logs] == list(sub_task.task_logs)
    assert {row["execute_times"] for row in logs} == {1}


def test_the_log_of_an_old_version_has_lines_alone(sim):
    cluster = cluster_of(sim, version="4.2.3.0")
    id = cluster.start("failed")
    turn(sim, 12)
    client = client_of(*cluster.agents, password=PASSWORD)
    failed = client.fetch(id).nodes[1].sub_tasks[0]
    _sub_task, logs = client.sub_task(failed.id)
    assert [row["log_content"] for row in logs] == list(failed.task_logs)
    assert logs[0]["execute_times"] is None


def test_an_unknown_sub_task_is_told_though_its_log_is_empty(sim):
    client = client_of(*cluster_of(sim).agents, password=PASSWORD)
    with pytest.raises(errors.TaskNotFound, match="no such sub-task"):
        client.sub_task("1987654")
    with pytest.raises(errors.TaskNotFound, match="no such node"):
        client.node("1987654")


def test_a_post_goes_on_where_nothing_was_sent(sim):
    cluster = cluster_of(sim, agents=2)
    id = cluster.start("long")
    cluster.agents[0].stop()
    client = client_of(*cluster.agents, password=PASSWORD)
    reply, url = client.operate("dag", id, "cancel")
    assert (reply.status, url) == (200, cluster.agents[1].url)


@pytest.mark.parametrize("kind", ["reset", "close"])
@pytest.mark.parametrize("handled", [True, False])
def test_a_post_whose_answer_is_lost_is_not_sent_twice(sim, kind, handled):
    cluster = cluster_of(sim, agents=2)
    id = cluster.start("long")
    client = client_of(*cluster.agents, password=PASSWORD)
    client.fetch(id)
    first = cluster.agents[0].server
    first.faults.add(kind, 1, path=f"dag/{id}$", skip=0, handled=handled)
    with pytest.raises(errors.Unreachable) as caught:
        client.operate("dag", id, "cancel")
    assert caught.value.details["sent"] is True
    assert len(posts(*cluster.agents)) == 1
    assert client.fetch(id).operator == ("CANCEL" if handled else "RUN")


def test_a_call_is_not_sent_twice_either(sim):
    cluster = cluster_of(sim, agents=2)
    client = client_of(*cluster.agents, password=PASSWORD)
    cluster.agents[0].server.faults.add("reset", 1, path="scale_out")
    with pytest.raises(errors.Unreachable):
        client.call("POST", "/ob/scale_out", {})
    assert len(posts(*cluster.agents)) == 1


def test_a_call_that_is_refused_tells_what_the_server_said(sim):
    client = client_of(*cluster_of(sim).agents, password=PASSWORD)
    with pytest.raises(errors.Refused) as caught:
        client.call("POST", "/ob/scale_out", {})
    assert caught.value.details["code"] == "Common.BindJsonFailed"
    assert "POST " in caught.value.message


@pytest.mark.parametrize(
    "options, kind",
    [
        ({"version": "4.2.3.0"}, "obshell 4.2.3.0"),
        ({"version": "4.5.0.0"}, "obshell 4.5.0.0"),
        ({"seekdb": True}, "obshell 4.5.0.0 for seekdb"),
    ],
)
def test_who_has_no_such_route_is_told(sim, options, kind):
    client = client_of(sim.single(**options))
    with pytest.raises(errors.Refused, match=f"/api/v1/foo: {kind} has no such route"):
        client.call("GET", "/foo?a=1")
    with pytest.raises(errors.Refused, match=f"{kind} has no such route"):
        client.call("POST", "/obx/scale_out", {})


def test_the_causes_in_parts_are_found(sim):
    cluster = cluster_of(sim, agents=2)
    bad = cluster.agents[1]
    bad.start_fails = (1,)
    client = client_of(*cluster.agents, password=PASSWORD)
    body = {"scope": {"type": "GLOBAL", "target": []}}
    started = client.call("POST", "/ob/start", body).data["id"]
    for _second in range(60):
        turn(sim, 1)
    failed = client.fetch(started)
    assert failed.outcome == "failed"
    whole, missing = client.explained(failed, 5)
    assert missing == []
    assert set(failed.sub_dags) == {server.address for server in cluster.agents}
    assert all(client.fetch(id).outcome == "part" for id in failed.sub_dags.values())
    # The main task has passed them by then; that it did not start stands there only.
    told = [(one.agent, one.logs[-1]) for one in whole.causes(5)]
    assert [agent for agent, line in told if "cannot start" in line] == [bad.address]
    assert "cannot start" not in str(failed.causes(5))


FOREIGN = [
    ("html", {"status": 200}, errors.InvalidAnswer),
    ("foreign", {}, errors.InvalidAnswer),
    ("truncated", {}, errors.InvalidAnswer),
    ("html", {"status": 502}, errors.Unavailable),
    ("redirect", {"status": 301}, errors.Refused),
]


@pytest.mark.parametrize("kind,options,error", FOREIGN)
def test_what_is_not_obshells_is_told(sim, kind, options, error):
    server = cluster_of(sim).agents[0]
    client = client_of(server, password=PASSWORD)
    client.last("agent")
    server.server.faults.add(kind, path="maintain", **options)
    with pytest.raises(error):
        client.last("agent")


def test_a_trailing_slash_is_not_followed(sim):
    client = client_of(*cluster_of(sim).agents, password=PASSWORD)
    with pytest.raises(errors.Refused, match="redirected to .* not followed"):
        client.call("GET", "/ob/info/")


def test_memory_is_plain_data(sim):
    cluster = cluster_of(sim, agents=2)
    client = client_of(*cluster.agents, password=PASSWORD)
    client.last("cluster")
    assert json.loads(json.dumps(client.memory)) == client.memory


def long_task():
    from ansible_collections.oceanbase.ops.tests.simulator.obshell import (
        scenarios as obshell_scenarios,
    )

    return obshell_scenarios.long_task(seconds=600)


LONG = long_task()
