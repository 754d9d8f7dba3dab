# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.modules import obshell_member
from ansible_collections.oceanbase.ops.tests.unit.plugins import errands
from ansible_collections.oceanbase.ops.tests.unit.plugins.errands import advance
from ansible_collections.oceanbase.ops.tests.unit.plugins.obshell_clients import (
    posts,
    seen,
)

PASSWORD = "Root.pw-1"
STATES = ("present", "absent", "started", "stopped", "restarted")
AGENTS_OWN = "Agent.pw-1"
INSTALLED = "4.3.5.3-103000092025080818"
FOUND = {"identity": "CLUSTER AGENT", "status": "ACTIVE"}
NONE = {"identity": None, "zone": None, "status": None}


@pytest.fixture
def three(sim):
    return sim.cluster(agents=3, password=PASSWORD)


@pytest.fixture
def single(sim):
    agent = sim.single()
    agent.installed = INSTALLED
    return agent


@pytest.fixture
def bring(sim, create_module):
    """Return what the module does; its sleep turns the clock."""

    def run(
        state, agent, cluster, *, check_mode=False, members=None, meanwhile=None, **more
    ):
        url = [one.url for one in members or cluster.agents]
        given = {
            "state": state,
            "ip": agent.ip,
            "port": agent.port,
            "obshell": {"url": url, "password": more.pop("password", PASSWORD)},
            **more,
        }
        options = {"check_mode": check_mode, "meanwhile": meanwhile}
        return errands.bring(sim, obshell_member, create_module, given, **options)

    return run


def logins(*agents):
    return sum(agent.failed_logins for agent in agents)


def test_a_server_is_added_and_is_then_a_member(three, single, bring):
    more = {"zone": "zone4", "config": {"memory_limit": "6G", "cpu_count": 4}}
    found = bring("present", single, three, **more)
    assert found["changed"] and found["reason"] == "submitted"
    assert found["outcome"] == "succeeded" and found["task_ids"] == [
        found["task"]["id"]
    ]
    assert {**found["member"], **FOUND, "zone": "zone4"} == found["member"]
    after = {**FOUND, "zone": "zone4"}
    assert found["diff"] == {"before": NONE, "after": after}
    assert single.config == {"memory_limit": "6G", "cpu_count": "4"}
    again = bring("present", single, three, **more)
    assert not again["changed"] and again["reason"] == "member"
    assert again["task_ids"] == [] and again["task"] is None
    assert again["diff"] == {"before": after, "after": after}
    assert len(posts(*three.agents, single)) == 1


@pytest.mark.parametrize(
    ("state", "path"),
    [
        *itertools.product(STATES, ["v1/info", "/ob/info"]),
        # A start may be what brings the database back that keeps this list.
        *((state, "/task/dag/ob/unfinish") for state in STATES if state != "started"),
    ],
)
def test_who_cannot_look_says_so_at_once(sim, three, single, bring, state, path):
    asked = [*three.agents, single]
    for agent in asked:
        agent.server.faults.add("status", path=path, status=500)
    began = sim.clock.now()
    agent = single if state == "present" else three.agents[1]
    with pytest.raises(errors.Unavailable, match="HTTP 500") as caught:
        bring(state, agent, three, zone="zone4" if state == "present" else None)
    assert sim.clock.now() == began
    assert not caught.value.result["changed"] and not posts(*asked)


@pytest.mark.parametrize("state", ["present", "absent", "stopped"])
def test_a_part_of_the_list_of_locks_proves_nothing(three, single, bring, state):
    body = b'{"successful": true, "status": 200, "data": {"contents": [null]}}'
    asked = [*three.agents, single]
    for agent in asked:
        path = "/task/dag/ob/unfinish"
        agent.server.faults.add("status", path=path, status=200, body=body)
    agent = single if state == "present" else three.agents[1]
    with pytest.raises(errors.Unavailable, match="unfinish"):
        bring(state, agent, three, zone="zone4" if state == "present" else None)
    assert not posts(*asked)


def test_check_mode_asks_only_questions(three, single, bring):
    found = bring("present", single, three, zone="zone4", check_mode=True)
    assert found["changed"] and found["reason"] == "submitted"
    assert found["task_ids"] == [] and found["tasks"] == []
    assert found["diff"]["after"] == {**FOUND, "zone": "zone4"}
    assert posts(*three.agents, single) == []
    assert seen(single, signed=True) == []


def test_without_a_wait_the_ids_are_returned_and_taken_up(three, single, bring):
    more = {"zone": "zone4", "wait": False}
    first = bring("present", single, three, **more)
    assert first["changed"] and len(first["task_ids"]) == 1
    assert "outcome" not in first and first["task"]["outcome"] == "running"
    second = bring("present", single, three, **more)
    assert not second["changed"] and second["reason"] == "taken_up"
    assert second["task_ids"] == first["task_ids"]
    assert second["tasks"][0]["id"] == first["task_ids"][0]
    third = bring("present", single, three, zone="zone4")
    assert (third["reason"], third["outcome"]) == ("taken_up", "succeeded")
    assert third["member"]["status"] == "ACTIVE" and not third["changed"]
    assert len(posts(*three.agents, single)) == 1


def test_a_failed_scale_out_is_told_and_taken_up(sim, three, single, bring):
    single.start_fails = [1]
    with pytest.raises(errors.TaskFailed) as failed:
        bring("present", single, three, zone="zone4")
    result = failed.value.to_result()
    for words in (
        f"{single.address} was not added. ",
        "cannot start",
        "retry the task with obshell_task",
        "which frees the cluster and the server",
    ):
        assert words in result["msg"]
    assert result["changed"] and result["reason"] == "submitted"
    assert result["tasks"][0]["outcome"] == "failed" and len(result["task_ids"]) == 1
    for check_mode in (True, False):
        with pytest.raises(errors.TaskFailed, match="was not added") as failed:
            bring("present", single, three, zone="zone4", check_mode=check_mode)
        result = failed.value.to_result()
        assert (result["changed"], result["reason"]) == (False, "taken_up")
    more = {"zone": "zone4", "wait": False, "check_mode": True}
    assert bring("present", single, three, **more)["tasks"][0]["outcome"] == "failed"
    assert len(posts(*three.agents, single)) == 1


def test_before_4_3_the_cause_is_that_of_the_servers_own_task(sim, bring):
    cluster = sim.cluster(agents=1, version="4.2.3.0", password=PASSWORD)
    single = sim.single(version="4.2.3.0")
    single.start_fails = [1]
    with pytest.raises(errors.TaskFailed) as failed:
        bring("present", single, cluster, zone="zone4")
    assert f"{single.address}: " in failed.value.message.partition("was not added")[2]
    assert "cannot start" in failed.value.message


@pytest.mark.parametrize("state", STATES)
def test_a_wrong_password_is_refused_once(three, single, bring, state):
    target = single if state == "present" else three.agents[2]
    with pytest.raises(errors.AuthRefused, match="did not accept the password of root"):
        bring(state, target, three, zone="zone4", password="Wrong.pw-1")
    assert logins(*three.agents, single) == 1
    assert posts(*three.agents, single) == []


def test_a_wrong_password_of_the_target_is_named(sim, three, single, bring):
    single.agent_password = AGENTS_OWN
    more = {"zone": "zone4", "agent_password": "Wrong.pw-2"}
    with pytest.raises(errors.AuthRefused, match=r"its agent \(agent_password\)") as e:
        bring("present", single, three, **more)
    assert "Wrong.pw-2" not in str(e.value.to_result())
    assert logins(*three.agents, single) == 1
    more["agent_password"] = AGENTS_OWN
    assert bring("present", single, three, **more)["outcome"] == "succeeded"


def test_another_zone_is_an_error_in_every_state(three, single, bring):
    bring("present", single, three, zone="zone4")
    words = f"{single.address} is CLUSTER AGENT in zone4 already, not in zone9"
    for state in STATES:
        with pytest.raises(errors.Refused, match=words):
            bring(state, single, three, zone="zone9")
    assert len(posts(*three.agents, single)) == 1


def test_versions_must_be_alike(sim, three, bring):
    other = sim.single(version="4.4.2.0")
    with pytest.raises(errors.Refused, match="has obshell 4.4.2.0-0 and OceanBase"):
        bring("present", other, three, zone="zone4")


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        ("SCALING IN", "must be wiped before it can be added again"),
        ("SCALING OUT", "by a task that cannot be found"),
        ("CLUSTER AGENT", "it belongs to another cluster"),
        ("MASTER", "has to leave them first"),
    ],
)
def test_who_belongs_to_others_is_refused(three, single, bring, identity, words):
    single.identity = identity
    with pytest.raises(errors.Refused, match=f"is {identity}, so it cannot.*{words}"):
        bring("present", single, three, zone="zone4")
    # Nothing that could hold a password was sent there.
    assert seen(single, signed=True) == []


def test_who_is_no_member_cannot_be_asked(three, single, bring):
    for state in STATES:
        with pytest.raises(
            errors.Refused, match="is SINGLE, not an agent of a cluster"
        ):
            bring(state, three.agents[0], three, members=[single], zone="zone1")


def test_the_lock_of_another_task_is_told(three, single, bring):
    id = three.start("succeeded", seconds=30)
    for state, agent in (("present", single), ("absent", three.agents[2])):
        with pytest.raises(errors.Refused) as refused:
            bring(state, agent, three, zone="zone4" if agent is single else None)
        result = refused.value.to_result()
        assert f"The cluster is locked by task {id} 'Good task'" in result["msg"]
        assert "Try again when it is over" in result["msg"]
        assert result["reason"] == "locked" and not result["changed"]
        assert result["error"]["unfinished"] == [id]
    assert posts(*three.agents, single) == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_the_task_of_another_is_waited_for_where_that_is_asked(
    three, single, bring, state
):
    id = three.start("succeeded", seconds=30)
    agent = single if state == "present" else three.agents[2]
    more = {"zone": None if state == "absent" else "zone4", "wait_for_others": True}
    checked = bring(state, agent, three, check_mode=True, **more)
    assert checked["changed"] and checked["task_ids"] == []
    assert posts(*three.agents) == []
    found = bring(state, agent, three, **more)
    assert found["changed"] and found["outcome"] == "succeeded"
    assert id not in found["task_ids"] and len(found["tasks"]) == 1


def test_a_task_of_another_that_fails_is_not_waited_out(three, single, bring):
    three.start("failed")
    more = {"zone": "zone4", "wait_for_others": True}
    for _run in range(2):
        with pytest.raises(errors.TaskFailed) as failed:
            bring("present", single, three, **more)
        assert failed.value.to_result()["reason"] == "locked"
        assert not failed.value.to_result()["changed"]
    assert posts(*three.agents) == []


@pytest.mark.parametrize("wait", [True, False])
def test_who_submits_second_takes_up_what_the_first_began(three, single, bring, wait):
    """Both have looked before either has submitted, as a job that is doubled."""
    more = {"zone": "zone4", "wait": wait}

    def meanwhile():
        assert bring("present", single, three, **more)["reason"] == "submitted"

    second = bring("present", single, three, meanwhile=meanwhile, **more)
    assert second["reason"] == ("member" if wait else "taken_up")
    assert not second["changed"] and single.zone == "zone4"
    assert len(posts(*three.agents, single)) == 2


def test_who_submits_second_for_another_server_has_submitted_nothing(
    sim, three, single, bring
):
    other = sim.single()
    other.installed = INSTALLED

    def meanwhile():
        bring("present", other, three, zone="zone5", wait=False)

    with pytest.raises(errors.Refused, match="is locked by task .* 'Cluster scale out"):
        bring("present", single, three, zone="zone4", meanwhile=meanwhile)
    assert single.identity == "SINGLE"


def test_a_submit_that_is_refused_says_why(three, single, bring):
    def meanwhile():
        for agent in three.agents:
            agent.identity = "UNIDENTIFIED"

    with pytest.raises(errors.Refused, match="UNIDENTIFIED"):
        bring("present", single, three, zone="zone4", meanwhile=meanwhile)


def test_a_server_is_taken_out_and_is_then_out(three, bring):
    target = three.agents[2]
    found = bring("absent", target, three)
    assert found["changed"] and found["outcome"] == "succeeded"
    assert found["member"] is None and found["diff"]["after"] == NONE
    assert "must be wiped before it can be added" in found["msg"]
    again = bring("absent", target, three, members=three.agents[:2])
    assert (again["changed"], again["reason"]) == (False, "member")
    assert len(posts(*three.agents)) == 1


def test_a_failed_scale_in_is_told_and_taken_up(three, bring):
    target = three.agents[2]
    target.delete_fails = [1]
    for reason in ("submitted", "taken_up"):
        with pytest.raises(errors.TaskFailed) as failed:
            bring("absent", target, three)
        assert f"{target.address} was not taken out. " in failed.value.message
        assert "can not migrate out all units" in failed.value.message
        assert failed.value.to_result()["reason"] == reason
    assert len(posts(*three.agents)) == 1


def test_none_takes_out_itself(three, bring):
    with pytest.raises(errors.Refused, match="cannot take out itself"):
        bring("absent", three.agents[0], three)


def test_an_observer_is_stopped_and_started(three, bring):
    target = three.agents[2]
    down = bring("stopped", target, three)
    assert down["changed"] and down["outcome"] == "succeeded"
    assert down["member"]["status"] == "INACTIVE" and target.ob_state == 0
    again = bring("stopped", target, three)
    assert (again["changed"], again["reason"]) == (False, "member")
    up = bring("started", target, three, zone="zone3")
    assert up["changed"] and up["member"]["status"] == "ACTIVE"
    assert up["diff"]["before"]["status"] == "INACTIVE"
    assert not bring("started", target, three)["changed"]
    assert len(posts(*three.agents)) == 2


def test_an_observer_is_restarted_once_since_a_moment(three, bring):
    agent = three.agents[1]
    checked = bring("restarted", agent, three, check_mode=True)
    assert checked["changed"] and posts(*three.agents) == []
    first = bring("restarted", agent, three)
    assert first["changed"] and first["reason"] == "submitted"
    assert [one["name"] for one in first["tasks"]] == ["Stop OB", "Start OB"]
    assert first["task_ids"] == [one["id"] for one in first["tasks"]]
    up = {**FOUND, "zone": "zone2"}
    assert first["diff"] == {"before": up, "after": up}
    assert first["outcome"] == "succeeded" and first["task"] is None
    assert len(posts(*three.agents)) == 2
    began = first["tasks"][0]["start_time"]
    again = bring("restarted", agent, three, since=began)
    assert not again["changed"] and again["reason"] == "member"
    assert again["task_ids"] == []
    assert len(posts(*three.agents)) == 2
    bring("restarted", three.agents[2], three, since=began)
    assert len(posts(*three.agents)) == 4
    ended = first["tasks"][1]["end_time"]
    assert bring("restarted", agent, three, since=ended)["changed"]
    assert len(posts(*three.agents)) == 6
    # By now each agent has parts of what was done to others.
    for one in three.agents[1:]:
        assert not bring("restarted", one, three, since=began)["changed"]
    assert bring("restarted", three.agents[0], three, since=began)["changed"]


def test_before_4_3_none_tells_when_it_was_started(sim, bring):
    old = sim.cluster(agents=3, password=PASSWORD, version="4.2.6.1")
    with pytest.raises(errors.Refused, match="older than 4.3.0.*leave since out"):
        bring("restarted", old.agents[1], old, since="2026-01-01T00:00:00Z")
    assert not posts(*old.agents)


@pytest.mark.parametrize("state", ["stopped", "started"])
@pytest.mark.parametrize("seconds", [0, 1, 2, 3, 4, 5, 6, 8, 60])
def test_a_restart_goes_on_where_a_run_was_killed(sim, three, bring, state, seconds):
    agent = three.agents[1]
    before = bring("stopped", agent, three, wait=state == "started")
    if state == "started":
        before = bring("started", agent, three, wait=False)
    began = before["tasks"][0]["start_time"] or "2020-01-01T00:00:00Z"
    advance(sim, seconds)
    found = bring("restarted", agent, three, since=began)
    assert found["member"]["status"] == "ACTIVE"
    assert [one.rpartition("/")[2] for one in posts(*three.agents)] == ["stop", "start"]


def test_a_restart_that_does_not_start_leaves_it_said(three, bring):
    agent = three.agents[1]
    agent.start_fails = {1}
    with pytest.raises(errors.TaskFailed) as failed:
        bring("restarted", agent, three)
    message, result = failed.value.message, failed.value.result
    assert f"{agent.address} was not started" in message
    where = f"failed at 'Start observer' (5/5) on {agent.address}"
    assert f"{where}: observer: cannot start" in message
    assert f"The observer of {agent.address} was stopped before." in message
    assert result["changed"] and result["reason"] == "submitted"
    assert [one["name"] for one in result["tasks"]] == ["Stop OB", "Start OB"]
    agent.start_fails = set()
    assert bring("restarted", agent, three)["member"]["status"] == "ACTIVE"
    assert len(posts(*three.agents)) == 3


def test_who_is_asked_alone_is_restarted_too(three, bring):
    agent = three.agents[0]
    found = bring("restarted", agent, three, members=[agent])
    assert found["member"]["status"] == "ACTIVE" and len(found["task_ids"]) == 2
    assert len(posts(*three.agents)) == 2


def test_a_restart_waits_for_the_stop(three, bring):
    with pytest.raises(errors.InvalidOption, match="wait: "):
        bring("restarted", three.agents[1], three, wait=False)
    assert not posts(*three.agents)


def test_a_restart_whose_start_is_not_accepted_has_no_outcome(three, bring):
    for agent in three.agents:
        agent.server.faults.add("status", path="/ob/start$", status=400, body=b"no")
    agent = three.agents[1]
    with pytest.raises(errors.Refused) as refused:
        bring("restarted", agent, three)
    result = refused.value.to_result()
    assert f"The observer of {agent.address} was stopped before." in result["msg"]
    assert result["changed"] and "outcome" not in result
    assert [one["name"] for one in result["tasks"]] == ["Stop OB"]
    assert result["member"]["status"] == "INACTIVE"


def test_a_restart_is_refused_where_no_majority_stays(three, bring):
    bring("stopped", three.agents[2], three)
    with pytest.raises(errors.Refused, match="no majority would stay"):
        bring("restarted", three.agents[1], three)
    assert len(posts(*three.agents)) == 1


def test_a_stop_without_a_wait_is_taken_up(sim, three, bring):
    target = three.agents[2]
    first = bring("stopped", target, three, wait=False)
    advance(sim, 4)
    second = bring("stopped", target, three)
    assert second["reason"] == "taken_up" and not second["changed"]
    assert second["task_ids"] == first["task_ids"]
    assert second["member"]["status"] == "INACTIVE"
    assert len(posts(*three.agents)) == 1


def test_a_start_meets_the_lock_of_a_stop(sim, three, bring):
    target = three.agents[2]
    bring("stopped", target, three, wait=False)
    advance(sim, 4)
    with pytest.raises(errors.Refused, match="is locked by task .* 'Stop observer'"):
        bring("started", target, three)
    assert len(posts(*three.agents)) == 1


def test_a_stop_is_refused_where_no_majority_stays(sim, three, bring):
    bring("stopped", three.agents[1], three)
    for check_mode in (True, False):
        with pytest.raises(errors.Refused, match="no majority would stay: besides"):
            bring("stopped", three.agents[2], three, check_mode=check_mode)
    two = sim.cluster(agents=2, password=PASSWORD)
    with pytest.raises(errors.Refused, match="1 of 2 zones have all their servers"):
        bring("stopped", two.agents[1], two)
    assert len(posts(*three.agents, *two.agents)) == 1


def test_who_is_no_member_is_not_started(three, single, bring):
    with pytest.raises(errors.Refused, match="is no member of the cluster"):
        bring("started", single, three)


def test_a_failed_start_is_told(three, bring):
    target = three.agents[2]
    bring("stopped", target, three)
    target.start_fails = [1]
    with pytest.raises(errors.TaskFailed) as failed:
        bring("started", target, three)
    assert f"{target.address} was not started. " in failed.value.message
    assert "Run this again when the cause is gone" in failed.value.message


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "close", "handled": True},
        {"kind": "reset", "handled": True},
        {"kind": "truncated", "form": "short"},
        {"kind": "html", "status": 502, "handled": True},
    ],
    ids=["lost", "connection reset", "cut", "page of a gateway"],
)
def test_a_lost_answer_is_told_and_the_next_run_takes_the_task_up(
    sim, three, single, bring, fault
):
    sim.agents[0].server.faults.add(path="/ob/scale_out$", count=1, **fault)
    with pytest.raises(errors.OpsError, match="may have been carried out all the"):
        bring("present", single, three, zone="zone4")
    found = bring("present", single, three, zone="zone4")
    assert (found["reason"], found["outcome"]) == ("taken_up", "succeeded")
    assert len(posts(*three.agents, single)) == 1


def test_a_lost_submit_is_told_and_the_next_run_submits(sim, three, single, bring):
    sim.agents[0].server.faults.add(kind="reset", path="/ob/scale_out$", count=1)
    with pytest.raises(errors.OpsError, match="may have been carried out all the"):
        bring("present", single, three, zone="zone4")
    found = bring("present", single, three, zone="zone4")
    assert (found["reason"], found["outcome"]) == ("submitted", "succeeded")
    assert len(posts(*three.agents, single)) == 2


@pytest.mark.parametrize(
    ("more", "option"),
    [
        ({"ip": "db4.example.com"}, "ip: "),
        ({"port": 0}, "port: "),
        ({"config": {"memory_limit": ["6G"]}}, "config: "),
        ({"url": "10.0.0.4:2886"}, "url: "),
        ({"wait_options": {"outcome": ["failed"]}}, "wait_options: "),
        ({"wait_options": {"timeout": "soon"}}, "wait_options: "),
        ({"wait_options": {"timeout": 0}}, "timeout: "),
        ({"zone": None}, "zone"),
        ({"state": "restarted", "since": "yesterday"}, "since: "),
        ({"state": "restarted", "since": "2026-11-27T22:00:00"}, "since: "),
        ({"state": "gone"}, "state"),
    ],
)
def test_options_that_make_no_sense_are_refused(connection, refused, more, option):
    args = {"state": "present", "ip": "10.0.0.4", "zone": "zone4", **more}
    given = {key: value for key, value in args.items() if value is not None}
    refused(obshell_member, {"obshell": connection, **given}, option)


def test_main_runs_as_a_module(three, run_main):
    args = {
        "obshell": {"url": [three.agents[0].url], "password": PASSWORD},
        "state": "started",
        "ip": three.agents[1].ip,
        "port": three.agents[1].port,
        "agent_password": AGENTS_OWN,
        "wait_options": {"timeout": "60", "progress": "none"},
    }
    result = run_main(obshell_member, args)
    assert (result["changed"], result["reason"]) == (False, "member")
    assert AGENTS_OWN not in str(result)


def test_another_address_of_the_target_is_asked(three, single, bring):
    url = single.url.replace("127.0.0.1", "localhost")
    found = bring("present", single, three, zone="zone4", url=url)
    assert found["outcome"] == "succeeded" and found["member"]["ip"] == "127.0.0.1"


def test_where_the_cluster_is_silent_the_agent_says_whether_its_observer_is_up(
    three, bring
):
    for agent in three.agents:
        agent.observer_down()
    found = bring("stopped", three.agents[2], three)
    assert (found["changed"], found["reason"]) == (False, "member")
