# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.modules import obshell_task
from ansible_collections.oceanbase.ops.tests.simulator.obshell import (
    scenario as obshell_scenario,
)
from ansible_collections.oceanbase.ops.tests.simulator.obshell import (
    scenarios as obshell_scenarios,
)
from ansible_collections.oceanbase.ops.tests.unit.plugins.obshell_clients import (
    client_of,
    posts,
)

PASSWORD = "right"
VERSIONS = ["4.2.3.0", "4.3.0.0", "4.3.1.0", "4.5.0.0"]


@pytest.fixture
def operate(sim, create_module):
    """Return what the module does; its sleep turns the clock."""

    def run(servers, id, operation, *, check_mode=False, password=PASSWORD, **more):
        params = {"task_id": id, "node_id": None, "sub_tasks": False, **more}
        module = create_module(
            {**params, "operation": operation}, check_mode=check_mode
        )
        client = client_of(*servers, password=password)
        result = obshell_task.run(module, client, lambda seconds: turn(sim, seconds))
        return {**result, "warned": [str(call) for call in module.warn.mock_calls]}

    return run


def turn(sim, seconds):
    for _tick in range(max(1, int(seconds))):
        sim.clock.advance(1)
        sim.world.catch_up()


def failed_task(sim, version="4.5.0.0", scenario="failed"):
    cluster = sim.cluster(password=PASSWORD, version=version)
    id = cluster.start(scenario)
    turn(sim, 12)
    return cluster, id


@pytest.mark.parametrize("version", VERSIONS)
def test_retry_runs_a_failed_task_again_and_is_then_already_so(sim, operate, version):
    cluster, id = failed_task(sim, version)
    found = operate(cluster.agents, id, "retry")
    assert found["changed"] and found["reason"] == ""
    assert (found["task"]["state"], found["task"]["operator"]) == ("READY", "RUN")
    assert found["tasks"] == [found["task"]]
    assert found["answered_by"] == [cluster.agents[0].url]
    assert found["diff"] == {
        "before": {"state": "FAILED", "operator": "RUN"},
        "after": {"state": "READY", "operator": "RUN"},
    }
    again = operate(cluster.agents, id, "retry")
    assert not again["changed"] and again["reason"] == "it is running"
    assert again["diff"]["before"] == again["diff"]["after"]
    assert len(posts(*cluster.agents)) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_rollback_undoes_and_is_then_already_so(sim, operate, version):
    cluster, id = failed_task(sim, version)
    assert operate(cluster.agents, id, "rollback")["changed"]
    turn(sim, 12)
    found = operate(cluster.agents, id, "rollback")
    assert not found["changed"] and found["task"]["outcome"] == "rolled_back"
    with pytest.raises(errors.Refused, match="it was rolled back: submit its work"):
        operate(cluster.agents, id, "retry")
    assert len(posts(*cluster.agents)) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_cancel_stops_a_running_task_and_is_then_already_so(sim, operate, version):
    cluster = sim.cluster(password=PASSWORD, version=version)
    id = cluster.start("long")
    assert operate(cluster.agents, id, "cancel")["changed"]
    again = operate(cluster.agents, id, "cancel")
    assert again["reason"] == "it is being cancelled"
    turn(sim, 4)
    over = operate(cluster.agents, id, "cancel")
    assert over["reason"] == "it was cancelled"
    assert over["task"]["outcome"] == "cancelled"
    assert operate(cluster.agents, id, "retry")["changed"]


@pytest.mark.parametrize("version", ["4.3.0.0", "4.5.0.0"])
def test_pass_ends_a_failed_task_and_is_then_already_so(sim, operate, version):
    cluster, id = failed_task(sim, version)
    found = operate(cluster.agents, id, "pass")
    assert found["changed"] and found["task"]["outcome"] == "passed"
    assert operate(cluster.agents, id, "pass")["reason"] == "it was passed"


def test_a_node_is_passed_and_is_then_already_so(sim, operate):
    cluster, id = failed_task(sim)
    node = operate(cluster.agents, id, "pass", check_mode=True)["task"]["nodes"][1]
    found = operate(cluster.agents, id, "pass", node_id=node["id"])
    assert found["changed"]
    assert found["diff"]["before"]["node"] == {"state": "FAILED", "operator": "RUN"}
    assert found["diff"]["after"]["node"] == {"state": "SUCCEED", "operator": "PASS"}
    again = operate(cluster.agents, id, "pass", node_id=node["id"])
    assert again["reason"] == f"node {node['id']} 'Step 2' was passed"


def test_a_version_that_cannot_pass_a_node_is_named(sim, operate):
    cluster, id = failed_task(sim, "4.2.3.0")
    with pytest.raises(errors.Refused, match="4.3.1 and later can"):
        operate(cluster.agents, id, "pass", node_id="12")


def test_a_node_of_another_task_is_refused(sim, operate):
    cluster, id = failed_task(sim)
    with pytest.raises(errors.Refused, match="it has no node 1987"):
        operate(cluster.agents, id, "pass", node_id="1987")
    assert posts(*cluster.agents) == []


@pytest.mark.parametrize("operation", ["retry", "rollback", "pass"])
def test_check_mode_says_what_it_would_do(sim, operate, operation):
    cluster, id = failed_task(sim)
    found = operate(cluster.agents, id, operation, check_mode=True)
    assert found["changed"]
    assert found["task"]["state"] == "FAILED"
    assert found["diff"]["after"]["operator"] in ("RUN", "ROLLBACK", "PASS")
    assert posts(*cluster.agents) == []


@pytest.mark.parametrize("operation", ["rollback", "pass"])
def test_what_cannot_be_sends_nothing(sim, operate, operation):
    cluster = sim.cluster(password=PASSWORD)
    id = cluster.start("long")
    with pytest.raises(errors.Refused, match=f"^{operation} task {id} 'Long task': it"):
        operate(cluster.agents, id, operation)
    assert posts(*cluster.agents) == []


def locked_stages(**flags):
    return obshell_scenarios.long_task(
        seconds=1, fail_stage=2, fails=obshell_scenario.ALWAYS, **flags
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("operation", ["retry", "rollback"])
def test_the_stage_that_refuses_is_named(sim, operate, version, operation):
    cluster = sim.cluster(password=PASSWORD, version=version)
    id = cluster.start(locked_stages(**{f"can_{operation}": False}))
    turn(sim, 12)
    with pytest.raises(errors.Refused) as caught:
        operate(cluster.agents, id, operation)
    assert "its stage 'Step " in caught.value.message
    assert "submit a new task instead" in caught.value.message
    assert len(posts(*cluster.agents)) == 1


def test_a_dead_end_that_keeps_its_agent_locked_is_told(sim, operate):
    agent = sim.group()
    agent.password = PASSWORD
    flags = {"can_retry": False, "can_rollback": False, "can_pass": False}
    made = agent.store.create(locked_stages(**flags), sim.world.now)
    turn(sim, 12)
    words = "rollback and pass may be allowed; where they are not it offers nothing and"
    with pytest.raises(errors.Refused, match=f"{words} keeps its agent locked"):
        operate([agent], agent.local_id(made.number), "retry")


def test_a_scale_out_cannot_be_cancelled(sim, operate):
    cluster = sim.cluster(password=PASSWORD)
    id = cluster.start("scale_out", target=sim.single())
    with pytest.raises(errors.Refused, match="'Integrate server config' does not all"):
        operate(cluster.agents, id, "cancel")


def test_another_task_that_holds_the_lock_is_named(sim, operate):
    cluster = sim.cluster(password=PASSWORD)
    old = cluster.start("create_tenant", name="t3", fails=(1,))
    turn(sim, 8)
    new = cluster.start("create_tenant", name="t3")
    turn(sim, 1)
    for operation in ("retry", "rollback"):
        with pytest.raises(errors.Refused) as caught:
            operate(cluster.agents, old, operation)
        assert f"task {new} 'Create tenant t3', RUNNING, holds the lock" in str(
            caught.value
        )


def test_a_conflict_is_looked_at_again(sim, operate):
    cluster, id = failed_task(sim)
    fault = cluster.agents[0].server.faults.add(
        "status",
        1,
        path=f"dag/{id}$",
        skip=1,
        status=500,
        err_code="Gorm.NoRowAffected",
    )
    assert operate(cluster.agents, id, "retry")["changed"]
    assert fault.hits == 1
    assert len(posts(*cluster.agents)) == 2


def test_somebody_who_was_faster_is_no_failure(sim, operate):
    cluster, id = failed_task(sim)
    # The first look shows FAILED; the retry is somebody else's by then.
    cluster.agents[0].server.faults.add(
        "status",
        1,
        path=f"dag/{id}$",
        skip=1,
        handled=True,
        status=400,
        err_code="Task.Dag.Operator.RetryNotFailedDag",
    )
    found = operate(cluster.agents, id, "retry")
    assert not found["changed"] and found["reason"] == "it is running"


def test_conflicts_without_end_are_given_up(sim, operate):
    cluster, id = failed_task(sim)
    cluster.agents[0].server.faults.add(
        "status",
        3,
        path=f"dag/{id}$",
        skip=1,
        status=500,
        err_code="Gorm.NoRowAffected",
    )
    with pytest.raises(errors.OpsError):
        operate(cluster.agents, id, "retry")
    assert len(posts(*cluster.agents)) <= 3


@pytest.mark.parametrize("kind", ["reset", "close"])
def test_a_lost_answer_is_looked_up(sim, operate, kind):
    cluster, id = failed_task(sim)
    cluster.agents[0].server.faults.add(
        kind, 1, path=f"dag/{id}$", skip=1, handled=True
    )
    found = operate(cluster.agents, id, "rollback")
    assert found["changed"] and found["task"]["operator"] == "ROLLBACK"
    assert len(posts(*cluster.agents)) == 1


@pytest.mark.parametrize("operation", ["retry", "rollback", "pass"])
def test_a_request_that_may_have_been_lost_is_not_sent_again(sim, operate, operation):
    cluster, id = failed_task(sim)
    cluster.agents[0].server.faults.add("reset", 1, path=f"dag/{id}$", skip=1)
    with pytest.raises(errors.Unreachable, match="shows no effect.*not sent again"):
        operate(cluster.agents, id, operation)
    assert len(posts(*cluster.agents)) == 1


def test_a_lost_answer_that_cannot_be_looked_up_is_told(sim, operate):
    cluster, id = failed_task(sim)
    cluster.agents[0].server.faults.add(
        "reset", path=f"dag/{id}$", skip=1, handled=True
    )
    with pytest.raises(errors.Unreachable, match="not known, and it is not sent again"):
        operate(cluster.agents, id, "retry")
    assert len(posts(*cluster.agents)) == 1


def group_with_parts(sim):
    """Return a MASTER whose main task has a part at a FOLLOWER, as ob/init (10.2)."""
    master = sim.group(followers=1)
    follower = sim.agents[1]
    follower.zone = "zone2"
    for agent in (master, follower):
        agent.password = PASSWORD
    part = obshell_scenarios.long_task(name="Start observer", stages=1, seconds=600)
    made = follower.store.create(part, sim.world.now)
    steps = tuple(
        obshell_scenario.Step(name="Start observer", agent=at, seconds=600)
        for at in range(2)
    )
    stages = (obshell_scenario.Stage("Start observer", steps),)
    main = master.store.create(
        obshell_scenario.Scenario("Initialize cluster", stages), sim.world.now
    )
    turn(sim, 3)
    return (
        master,
        follower,
        master.local_id(main.number),
        follower.local_id(made.number),
    )


def test_parts_on_other_agents_are_listed_and_left(sim, operate):
    master, follower, main, part = group_with_parts(sim)
    found = operate([master], main, "cancel")
    assert found["changed"]
    assert [one["id"] for one in found["parts"]] == [part]
    assert found["parts"][0]["agent"] == follower.address
    assert "sub_tasks: true cancels them too" in found["warned"][0]
    assert follower.store.dags[0].operator == "RUN"


def test_parts_are_cancelled_with_the_main_task(sim, operate):
    master, follower, main, part = group_with_parts(sim)
    found = operate([master], main, "cancel", sub_tasks=True)
    assert found["changed"] and found["warned"] == []
    assert follower.store.dags[0].operator == "CANCEL"
    turn(sim, 4)
    again = operate([master], main, "cancel", sub_tasks=True)
    assert not again["changed"]


def test_a_rollback_is_refused_while_there_are_parts(sim, operate):
    master, _follower, main, part = group_with_parts(sim)
    operate([master], main, "cancel")
    turn(sim, 4)
    before = len(posts(master))
    with pytest.raises(errors.Refused, match=f"its parts keep their agents.*{part}"):
        operate([master], main, "rollback")
    assert len(posts(master)) == before


def test_parts_are_rolled_back_first(sim, operate):
    master, follower, main, part = group_with_parts(sim)
    operate([master], main, "cancel")
    turn(sim, 4)
    check = operate([master], main, "rollback", sub_tasks=True, check_mode=True)
    assert check["changed"] and [one["id"] for one in check["parts"]] == [part]
    found = operate([master], main, "rollback", sub_tasks=True)
    assert found["changed"] and found["task"]["operator"] == "ROLLBACK"
    done = follower.store.dags[0]
    assert (done.state, done.operator) == ("SUCCEED", "ROLLBACK")
    turn(sim, 6)
    assert master.store.dags[0].state == "SUCCEED"


def test_a_part_is_left_to_its_main_task(sim, operate):
    cluster = sim.cluster(password=PASSWORD)
    target = sim.single()
    main = cluster.start("scale_out", target=target)
    for _second in range(30):
        turn(sim, 1)
        part = target.store.dags[0] if target.store.dags else None
        if part and part.state == "FAILED":
            break
    id = target.local_id(part.number)
    with pytest.raises(errors.Refused, match=f"a part of task {main} .*drives it"):
        operate([cluster.agents[0], target], id, "retry")
    assert posts(target, *cluster.agents) == []


def test_a_main_task_of_start_that_failed_offers_nothing(sim, operate):
    cluster = sim.cluster(agents=2, password=PASSWORD)
    cluster.agents[1].start_fails = (1,)
    client = client_of(*cluster.agents, password=PASSWORD)
    body = {"scope": {"type": "GLOBAL", "target": []}}
    id = client.call("POST", "/ob/start", body).data["id"]
    turn(sim, 60)
    for operation in ("retry", "rollback"):
        with pytest.raises(errors.Refused, match="submit a new task instead"):
            operate(cluster.agents, id, operation)


def test_an_observer_that_is_down_gets_no_operator(sim, operate):
    cluster, id = failed_task(sim)
    cluster.agents[0].observer_down()
    with pytest.raises(errors.Unavailable, match="observer is not up"):
        operate(cluster.agents, id, "retry")
    assert posts(*cluster.agents) == [] and cluster.storms == 0


def options(cluster, **more):
    return {
        "obshell": {"url": cluster.agents[0].url, "password": PASSWORD},
        **more,
    }


def test_minimal_arguments(sim, run_main):
    cluster, id = failed_task(sim)
    found = run_main(obshell_task, options(cluster, task_id=id, operation="retry"))
    assert found["changed"] and found["task"]["id"] == id
    assert PASSWORD not in str({**found, "invocation": None})


def test_all_arguments(sim, run_main):
    cluster, id = failed_task(sim)
    given = options(cluster, task_id=int(id), operation="rollback", sub_tasks=True)
    found = run_main(obshell_task, given, check_mode=True)
    assert found["changed"] and found["parts"] == []


BAD = [
    ({"operation": "retry"}, "task_id"),
    ({"task_id": "11"}, "operation"),
    ({"task_id": "11", "operation": "skip"}, "value of operation must be one of"),
    ({"task_id": "x", "operation": "retry"}, "is not a task id"),
    ({"task_id": "35000312", "operation": "retry"}, "is no id of obshell's"),
    ({"task_id": "11", "operation": "retry", "node_id": "12"}, "only be passed"),
    ({"task_id": "11", "operation": "pass", "node_id": "9"}, "^node_id: "),
    ({"task_id": "11", "operation": "pass", "sub_tasks": True}, "for cancel and"),
]


@pytest.mark.parametrize("given,words", BAD)
def test_conflicting_arguments(sim, run_main, given, words):
    cluster = sim.cluster(password=PASSWORD)
    found = run_main(obshell_task, options(cluster, **given))
    assert found["failed"]
    assert re.search(words, found["msg"])
    assert cluster.agents[0].server.requests == []
