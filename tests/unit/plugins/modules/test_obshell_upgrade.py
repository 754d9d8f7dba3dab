# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.modules import obshell_upgrade
from ansible_collections.oceanbase.ops.tests.unit.plugins import errands
from ansible_collections.oceanbase.ops.tests.unit.plugins.errands import advance
from ansible_collections.oceanbase.ops.tests.unit.plugins.obshell_clients import (
    client_of,
    posts,
)

PASSWORD = "Root.pw-1"
PACKAGES = {
    "obshell": "4.5.1.0-12026102010.el7",
    "oceanbase": "4.3.5.4-104000042025090916.el7",
}
TARGETS = {key: text[: -len(".el7")] for key, text in PACKAGES.items()}
PATHS = {"obshell": "/api/v1/agent/upgrade", "oceanbase": "/api/v1/ob/upgrade"}
CHECKS = {"obshell": "Upgrade check obshell", "oceanbase": "Upgrade check OB"}
UPGRADES = {"obshell": "Upgrade obshell", "oceanbase": "OB rolling upgrade"}
NAMES = {"obshell": "obshell", "oceanbase": "OceanBase"}
UNFINISHED = "dag/ob/unfinish"
both = pytest.mark.parametrize("component", PACKAGES)


@pytest.fixture
def three(sim):
    return sim.cluster(agents=3, password=PASSWORD)


@pytest.fixture
def bring(sim, create_module):
    """Return what the module does; its sleep turns the clock."""

    def run(
        component, cluster, *, at="upgrading", check_mode=False, meanwhile=None, **more
    ):
        given = {
            "component": component,
            "package": PACKAGES[component],
            "obshell": {
                "url": [one.url for one in cluster.agents],
                "password": more.pop("password", PASSWORD),
            },
            **more,
        }
        options = {"check_mode": check_mode, "meanwhile": meanwhile}
        options["submits"] = lambda upgrade: getattr(upgrade, at)
        return errands.bring(sim, obshell_upgrade, create_module, given, **options)

    return run


def sent(cluster):
    """The paths of all requests that could change something."""
    return [one.partition(" ")[2] for one in posts(*cluster.agents)]


def stages(cluster, name, **stage):
    """Start a task of one stage that has this name, and return its id."""
    known = {"name": "A stage", "seconds": 30, **stage}
    # Without a lock, as a check is, and as two of a name would be.
    return cluster.start("stages", name=name, stages=[known], maintenance=1)


def operate(cluster, id, operator, sim):
    client = client_of(cluster.agents[0], password=PASSWORD)
    client.operate("dag", id, operator)
    client.close()
    advance(sim, 120)


@both
def test_it_is_checked_upgraded_and_looked_at(three, bring, component):
    before = bring(component, three, check_mode=True)["versions"]
    found = bring(component, three)
    assert found["changed"] and found["reason"] == "submitted"
    assert found["outcome"] == "succeeded" and found["warned"] == []
    assert found["task_ids"] == [found["task"]["id"]]
    assert found["task"]["name"] == f"{UPGRADES[component]} {PACKAGES[component]}"
    addresses = [agent.address for agent in three.agents]
    assert list(found["versions"]) == list(before) == addresses
    assert set(found["versions"].values()) == {TARGETS[component]}
    assert found["diff"] == {
        "before": {"versions": sorted(set(before.values()))},
        "after": {"versions": [TARGETS[component]]},
    }
    path = PATHS[component]
    assert sent(three) == [f"{path}/check", path]
    again = bring(component, three)
    assert (again["changed"], again["reason"]) == (False, "versions")
    assert again["task_ids"] == [] and again["task"] is None
    assert again["versions"] == found["versions"]
    assert again["diff"]["before"] == again["diff"]["after"]
    assert len(sent(three)) == 2


@both
def test_check_mode_asks_only_questions(three, bring, component):
    found = bring(component, three, check_mode=True)
    assert found["changed"] and found["reason"] == "submitted"
    assert found["task_ids"] == [] and "outcome" not in found
    assert found["diff"]["after"] == {"versions": [TARGETS[component]]}
    assert sent(three) == []


@both
def test_without_a_wait_the_check_is_waited_for_all_the_same(three, bring, component):
    first = bring(component, three, wait=False)
    assert first["changed"] and len(first["task_ids"]) == 1
    assert "outcome" not in first and first["task"]["outcome"] == "running"
    assert len(sent(three)) == 2
    second = bring(component, three, wait=False)
    assert (second["changed"], second["reason"]) == (False, "taken_up")
    third = bring(component, three)
    assert (third["reason"], third["outcome"]) == ("taken_up", "succeeded")
    assert first["task_ids"] == second["task_ids"] == third["task_ids"]
    assert len(sent(three)) == 2


def test_all_of_a_request_goes_out(three, bring):
    more = {"upgrade_dir": "/data/up", "mode": "STOPSERVICE", "freeze_server": True}
    found = bring("oceanbase", three, **more)
    assert found["task"]["name"].startswith("OB stop service upgrade")
    assert three.asked_for == {
        "version": "4.3.5.4",
        "release": "104000042025090916.el7",
        "upgradedir": "/data/up",
        "mode": "STOPSERVICE",
        "freeze_server": True,
    }
    bring("obshell", three, **more)
    assert three.asked_for == {
        "version": "4.5.1.0",
        "release": "12026102010.el7",
        "upgradedir": "/data/up",
    }


@pytest.mark.parametrize(
    "package",
    [
        *("4.3.5.4", "4.3.5.4-104000042025090916", "", "4.3.5.4-1.el7\n"),
        *("oceanbase-ce-4.3.5.4-104000042025090916.el7", "4.3.5.4-1.el7 x", "4-1.el7"),
    ],
)
def test_a_package_that_is_none_is_refused(refused, connection, package):
    given = {"component": "oceanbase", "package": package, "obshell": connection}
    words = "a version, a release and a distribution are expected"
    refused(obshell_upgrade, given, "package", words)


def test_a_later_obshell_is_left_alone_and_a_later_observer_is_not(three, bring):
    lower = "4.2.0.0-1.el7"
    assert bring("obshell", three, package=lower)["reason"] == "versions"
    with pytest.raises(errors.Refused, match="not above the current version"):
        bring("oceanbase", three, package=lower)


def test_versions_are_compared_as_numbers(three, bring):
    for agent in three.agents:
        agent.become("4.10.0.0", "9")
    assert bring("obshell", three, package="4.9.0.0-10.el7")["reason"] == "versions"
    found = bring("obshell", three, package="4.10.0.0-10.el7", check_mode=True)
    assert found["reason"] == "submitted"


def test_one_that_lags_behind_is_not_there(three, bring):
    for agent in three.agents[:2]:
        agent.become("4.5.1.0", "12026102010")
    found = bring("obshell", three, check_mode=True)
    assert found["reason"] == "submitted"
    assert len(found["diff"]["before"]["versions"]) == 2


# What an earlier run left behind


@both
def test_a_failed_check_is_told_and_done_anew(three, bring, component):
    three.agents[1].unpack_fails = [1]
    with pytest.raises(errors.TaskFailed) as failed:
        bring(component, three)
    result = failed.value.to_result()
    for words in (
        f"{NAMES[component]} was not upgraded to {PACKAGES[component]}, and nothing "
        "was changed. obshell task",
        "no space left on device",
        "Run it again when the cause is gone; it checks anew.",
    ):
        assert words in result["msg"]
    assert (result["changed"], result["reason"]) == (False, "check")
    assert "next" not in result["error"] and "log" in result["error"]
    assert result["task"]["name"] == f"{CHECKS[component]} {PACKAGES[component]}"
    assert result["task_ids"] == [result["task"]["id"]]
    assert set(result["versions"]) == {agent.address for agent in three.agents}
    three.agents[1].unpack_fails = []
    assert bring(component, three)["outcome"] == "succeeded"
    path = PATHS[component]
    assert sent(three) == [f"{path}/check", f"{path}/check", path]


@both
def test_a_check_that_still_runs_is_taken_up(three, bring, component):
    stages(three, f"{CHECKS[component]} {PACKAGES[component]}")
    assert bring(component, three, check_mode=True)["task_ids"] == []
    found = bring(component, three)
    assert found["changed"] and found["outcome"] == "succeeded"
    assert sent(three) == [PATHS[component]]


def test_two_checks_that_still_run_are_both_waited_for(three, bring):
    name = f"{CHECKS['oceanbase']} {PACKAGES['oceanbase']}"
    ids = [stages(three, name, seconds=30 * number) for number in (1, 2)]
    bring("oceanbase", three, wait=False)
    client = client_of(three.agents[0], password=PASSWORD)
    assert [client.fetch(id).state for id in ids] == ["SUCCEED", "SUCCEED"]
    client.close()
    assert sent(three) == [PATHS["oceanbase"]]


def test_the_check_of_another_package_is_somebody_else(three, bring):
    id = stages(three, f"{CHECKS['oceanbase']} 4.3.5.5-1.el7")
    with pytest.raises(errors.Refused) as refused:
        bring("oceanbase", three)
    assert f"not upgraded: Task {id} 'Upgrade check OB" in refused.value.message
    assert "locked by" not in refused.value.message and sent(three) == []


@both
def test_an_upgrade_goes_before_the_versions(sim, three, bring, component):
    """All run the new version while its task has failed."""
    name = f"{UPGRADES[component]} {PACKAGES[component]}"
    bring(component, three)
    known = {"seconds": 5, "fails": [1], "error": "it ended with 1"}
    stage = {"name": "Execute upgrade post script", **known}
    id = three.start("stages", name=name, stages=[stage])
    advance(sim, 20)
    for check_mode in (True, False):
        with pytest.raises(errors.TaskFailed) as failed:
            bring(component, three, check_mode=check_mode)
        result = failed.value.to_result()
        assert (result["changed"], result["reason"]) == (False, "taken_up")
        assert result["task_ids"] == [id]
    for words in ("it ended with 1", "retry the task with obshell_task"):
        assert words in result["msg"]
    assert "until it has restarted its agents" in result["msg"]
    assert len(sent(three)) == 2


def test_an_upgrade_of_the_other_mode_is_taken_up(three, bring):
    id = stages(three, f"OB stop service upgrade {PACKAGES['oceanbase']}")
    found = bring("oceanbase", three, wait=False, mode="ROLLING")
    assert (found["reason"], found["task_ids"]) == ("taken_up", [id])


def test_a_failed_upgrade_is_not_submitted_anew(sim, three, bring):
    three.agents[2].backup_fails = [1]
    with pytest.raises(errors.TaskFailed, match="no space left on device") as failed:
        bring("obshell", three)
    assert failed.value.to_result()["changed"] is True
    with pytest.raises(errors.TaskFailed, match="was not upgraded to") as failed:
        bring("obshell", three)
    result = failed.value.to_result()
    assert (result["changed"], result["reason"]) == (False, "taken_up")
    assert len(sent(three)) == 2
    operate(three, result["task_ids"][0], "retry", sim)
    assert bring("obshell", three)["reason"] == "versions"


def test_two_unfinished_upgrades_are_both_named(three, bring):
    name = f"{UPGRADES['oceanbase']} {PACKAGES['oceanbase']}"
    ids = {stages(three, name), stages(three, name)}
    for more in ({}, {"wait": False}, {"check_mode": True}):
        with pytest.raises(errors.Refused) as refused:
            bring("oceanbase", three, **more)
        result = refused.value.to_result()
        assert (result["changed"], result["reason"]) == (False, "locked")
        assert set(result["error"]["unfinished"]) == ids
        assert all(f"task {id} '{name}', " in result["msg"] for id in ids)
    assert sent(three) == []


@pytest.mark.parametrize("at", ["checking", "upgrading"])
@both
def test_who_submits_second_takes_up_what_the_first_began(three, bring, component, at):
    first = []

    def meanwhile():
        if not first:
            first.append(bring(component, three, wait=False))

    second = bring(component, three, meanwhile=meanwhile, at=at)
    assert (second["changed"], second["reason"]) == (False, "taken_up")
    assert second["task_ids"] == first[0]["task_ids"]
    assert second["outcome"] == "succeeded"


# Others


@both
def test_others_are_told_or_waited_for(three, bring, component):
    id = three.start("succeeded", name="Work of somebody else", seconds=20)
    with pytest.raises(errors.Refused) as refused:
        bring(component, three)
    result = refused.value.to_result()
    assert (result["changed"], result["reason"]) == (False, "locked")
    assert result["error"]["unfinished"] == [id]
    said = f"{NAMES[component]} was not upgraded: The cluster is locked by task {id} "
    assert said in result["msg"] and "set wait_for_others to true" in result["msg"]
    assert sent(three) == []
    found = bring(component, three, wait_for_others=True)
    assert found["changed"] and found["outcome"] == "succeeded"


def test_what_is_at_work_at_an_agent_is_in_the_way(sim, three, bring):
    id = sim.start_local(three.agents[1], "succeeded", name="Own work", seconds=20)
    with pytest.raises(errors.Refused, match="Own work") as refused:
        bring("obshell", three)
    assert refused.value.to_result()["error"]["unfinished"] == [id]
    assert bring("obshell", three, wait_for_others=True)["outcome"] == "succeeded"


@pytest.mark.parametrize("wait_for_others", [True, False])
def test_what_failed_and_holds_the_lock_is_an_error(sim, three, bring, wait_for_others):
    id = three.start("failed")
    advance(sim, 30)
    with pytest.raises(errors.OpsError, match=f"task {id} ") as refused:
        bring("oceanbase", three, wait_for_others=wait_for_others)
    assert refused.value.to_result()["reason"] == "locked"
    assert "OceanBase was not upgraded: " in refused.value.message
    assert sent(three) == []


def test_others_that_fail_and_hold_no_lock_are_no_longer_in_the_way(three, bring):
    """Their failure is theirs, as that of a check of another package."""
    name = f"{CHECKS['oceanbase']} 4.3.5.5-1.el7"
    stages(three, name, seconds=5, fails=[1])
    found = bring("oceanbase", three, wait_for_others=True)
    assert (found["reason"], found["outcome"]) == ("submitted", "succeeded")


@pytest.mark.parametrize("count", [6, None])
def test_an_agent_that_hides_what_it_does_is_asked_again(sim, three, bring, count):
    agent = three.agents[0]
    client = client_of(agent, password=PASSWORD)
    status = {**client.cluster.named[0].status(), "underMaintenance": True}
    client.close()
    body = json.dumps({"successful": True, "status": 200, "data": status}).encode()
    agent.server.faults.add(
        "status", path="v1/status", status=200, body=body, count=count
    )
    began = sim.clock.now()
    if count:
        assert bring("oceanbase", three, wait=False)["reason"] == "submitted"
        return
    with pytest.raises(errors.Unavailable, match="under maintenance, and lists no"):
        bring("oceanbase", three)
    assert 25 <= sim.clock.now() - began <= 35 and sent(three) == []


def test_too_few_zones_are_told_with_what_helps(sim, bring):
    two = sim.cluster(agents=2, password=PASSWORD)
    with pytest.raises(errors.Refused) as refused:
        bring("oceanbase", two)
    for words in ("at least 3 zones", "mode STOPSERVICE", "cluster_upgrade_mode"):
        assert words in refused.value.message
    assert refused.value.to_result()["changed"] is False
    assert bring("oceanbase", two, mode="STOPSERVICE")["outcome"] == "succeeded"


# Outages, and answers that are none


@both
def test_agents_that_are_away_for_a_while_are_waited_for(three, bring, component):
    for agent in three.agents:
        agent.restart(12)
    assert bring(component, three)["outcome"] == "succeeded"


@pytest.mark.parametrize("path", ["/ob/info", UNFINISHED])
def test_who_cannot_look_gives_up_and_says_what_is_not_known(sim, three, bring, path):
    for agent in three.agents:
        agent.server.faults.add("status", path=path, status=500)
    began = sim.clock.now()
    with pytest.raises(errors.Unavailable) as away:
        bring("obshell", three)
    assert away.value.message.startswith("It is not known what the cluster runs")
    assert "HTTP 500" in away.value.message
    assert 25 <= sim.clock.now() - began <= 35 and sent(three) == []


def test_the_first_look_is_as_patient_as_it_is_told_to_be(sim, three, bring):
    for agent in three.agents:
        agent.restart(12)
    advance(sim, 1)
    began = sim.clock.now()
    with pytest.raises(errors.Unreachable):
        bring("obshell", three, wait_options={"max_first_outage": 0})
    assert sim.clock.now() == began


def test_a_host_that_nobody_knows_is_told_at_once(sim, three, bring):
    began = sim.clock.now()
    obshell = {"url": ["http://nobody.invalid:2886"], "password": PASSWORD}
    with pytest.raises(errors.Unreachable, match="nobody.invalid"):
        bring("obshell", three, obshell=obshell)
    assert sim.clock.now() == began


def test_a_wrong_password_is_sent_once(three, bring):
    with pytest.raises(errors.AuthRefused, match="did not accept the password"):
        bring("obshell", three, password="Wrong.pw-1")
    assert sum(agent.failed_logins for agent in three.agents) == 1


@pytest.mark.parametrize("path", ["upgrade/check", "upgrade"])
def test_a_lost_answer_is_told_and_taken_up(three, bring, path):
    for agent in three.agents:
        agent.server.faults.add("close", path=f"/{path}$", handled=True, count=1)
    with pytest.raises(errors.Unreachable, match="may have been carried out") as lost:
        bring("obshell", three)
    assert lost.value.to_result()["error"]["sent"] is True
    for agent in three.agents:
        agent.server.faults.clear()
    assert bring("obshell", three)["outcome"] == "succeeded"
    assert len(sent(three)) == 2


@both
def test_what_succeeds_is_verified(three, bring, component):
    name = f"{UPGRADES[component]} {PACKAGES[component]}"
    stages(three, name, seconds=5)
    with pytest.raises(errors.WaitError, match="task succeeded, but not all") as failed:
        bring(component, three)
    result = failed.value.to_result()
    assert result["outcome"] == "succeeded"
    for version in set(result["versions"].values()):
        assert version in result["msg"]


def test_verifying_bears_outages(three, bring):
    bring("obshell", three, wait=False)
    for agent in three.agents:
        agent.server.faults.add("status", path="/ob/info", skip=2, status=500, count=4)
    assert bring("obshell", three)["outcome"] == "succeeded"


@pytest.mark.parametrize(("status", "seconds"), [(401, 12), (403, 70)])
def test_verifying_asks_again_except_who_may_ask(sim, three, bring, status, seconds):
    bring("obshell", three, wait=False)
    advance(sim, 60)
    stages(three, f"{UPGRADES['obshell']} {PACKAGES['obshell']}", seconds=5)
    for agent in three.agents:
        agent.server.faults.add("status", path="/ob/info", skip=2, status=status)
    began = sim.clock.now()
    with pytest.raises(errors.WaitError, match="task succeeded, but not all") as failed:
        bring("obshell", three)
    assert f"HTTP {status}" in failed.value.message
    assert seconds - 12 < sim.clock.now() - began < seconds
