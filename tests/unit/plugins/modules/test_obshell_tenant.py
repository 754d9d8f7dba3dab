# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.modules import obshell_tenant
from ansible_collections.oceanbase.ops.tests.unit.plugins import errands
from ansible_collections.oceanbase.ops.tests.unit.plugins.errands import advance
from ansible_collections.oceanbase.ops.tests.unit.plugins.obshell_clients import (
    client_of,
    posts,
)

PASSWORD = "Root.pw-1"
STATES = ("present", "absent")
ZONES = [{"name": "zone1", "unit_config_name": "u1"}]
BOTH = [*ZONES, {"name": "zone2", "unit_config_name": "u1", "unit_num": 2}]
THERE = {"status": "NORMAL", "zones": ["zone1"]}
NONE = {"status": None, "zones": None}
INFO = "/obcluster/info"


@pytest.fixture
def two(sim):
    return sim.cluster(agents=2, password=PASSWORD)


@pytest.fixture
def bring(sim, create_module):
    """Return what the module does; its sleep turns the clock."""

    def run(state, cluster, *, check_mode=False, meanwhile=None, members=None, **more):
        given = {
            "state": state,
            "name": "t1",
            "zones": ZONES if state == "present" else None,
            "obshell": {
                "url": [one.url for one in members or cluster.agents],
                "password": more.pop("password", PASSWORD),
            },
            **more,
        }
        options = {"check_mode": check_mode, "meanwhile": meanwhile}
        return errands.bring(sim, obshell_tenant, create_module, given, **options)

    return run


def fail(sim, cluster, **options):
    """Let a creation fail, and return its id."""
    id = cluster.start("create_tenant", fails=[1], **options)
    advance(sim, 15)
    return id


def operate(cluster, id, operator, sim):
    client = client_of(cluster.agents[0], password=PASSWORD)
    client.operate("dag", id, operator)
    client.close()
    advance(sim, 15)


def test_a_tenant_is_created_and_is_then_there(two, bring):
    found = bring("present", two, zones=BOTH)
    assert found["changed"] and found["reason"] == "submitted"
    assert found["outcome"] == "succeeded"
    assert found["task_ids"] == [found["task"]["id"]]
    assert found["tenant"] == {
        "name": "t1",
        "id": 1002,
        "mode": "MYSQL",
        "status": "NORMAL",
        "locality": "FULL{1}@zone1, FULL{1}@zone2",
        "zones": ["zone1", "zone2"],
        "primary_zone": "RANDOM",
    }
    after = {"status": "NORMAL", "zones": ["zone1", "zone2"]}
    assert found["diff"] == {"before": NONE, "after": after}
    again = bring("present", two, zones=BOTH)
    assert not again["changed"] and again["reason"] == "tenant"
    assert again["task_ids"] == [] and again["task"] is None
    assert again["tenant"] == found["tenant"]
    assert again["diff"] == {"before": after, "after": after}
    assert len(posts(*two.agents)) == 1


def test_a_tenant_is_dropped_and_is_then_gone(two, bring):
    bring("present", two)
    found = bring("absent", two)
    assert found["changed"] and found["outcome"] == "succeeded"
    assert found["tenant"] is None and "msg" not in found
    assert found["diff"] == {"before": THERE, "after": NONE}
    again = bring("absent", two)
    assert (again["changed"], again["reason"]) == (False, "tenant")
    assert len(posts(*two.agents)) == 2 and list(two.tenants) == ["sys"]


def test_the_recycle_bin_is_asked_for_and_told(two, bring):
    bring("present", two)
    found = bring("absent", two, need_recycle=True)
    assert "in the recycle bin" in found["msg"]
    assert found["task"]["max_stage"] == 1
    assert not bring("absent", two, need_recycle=True)["changed"]


def test_all_of_a_request_goes_out_and_nothing_else(two, bring):
    zone = {**ZONES[0], "unit_num": 3, "replica_type": "FULL"}
    config = {"mode": "MYSQL", "read_only": False, "variables": {"time_zone": "+08:00"}}
    found = bring(
        "present", two, zones=[zone], root_password="Tenant.pw-1", config=config
    )
    assert "Tenant.pw-1" not in json.dumps(found)
    assert two.asked_for == {
        "name": "t1",
        "zone_list": [zone],
        "root_password": "Tenant.pw-1",
        "mode": "MYSQL",
        "read_only": False,
        "variables": {"time_zone": "+08:00"},
        "parameters": {},
    }


@pytest.mark.parametrize("state", STATES)
def test_check_mode_asks_only_questions(two, bring, state):
    if state == "absent":
        bring("present", two)
    sent = len(posts(*two.agents))
    found = bring(state, two, check_mode=True)
    assert found["changed"] and found["reason"] == "submitted"
    assert found["task_ids"] == [] and found["tasks"] == []
    before, after = (NONE, THERE) if state == "present" else (THERE, NONE)
    assert found["diff"] == {"before": before, "after": after}
    assert len(posts(*two.agents)) == sent


@pytest.mark.parametrize("state", STATES)
def test_without_a_wait_the_ids_are_returned_and_taken_up(two, bring, state):
    if state == "absent":
        bring("present", two)
    sent = len(posts(*two.agents))
    first = bring(state, two, wait=False)
    assert first["changed"] and len(first["task_ids"]) == 1
    assert "outcome" not in first and first["task"]["outcome"] == "running"
    second = bring(state, two, wait=False)
    assert (second["changed"], second["reason"]) == (False, "taken_up")
    assert second["task_ids"] == first["task_ids"]
    third = bring(state, two)
    assert (third["reason"], third["outcome"]) == ("taken_up", "succeeded")
    assert (third["tenant"] is None) is (state == "absent")
    assert len(posts(*two.agents)) == sent + 1


def test_a_failed_creation_is_told_and_never_submitted_anew(sim, two, bring):
    two.tenant_fails = [1]
    with pytest.raises(errors.TaskFailed) as failed:
        bring("present", two)
    result = failed.value.to_result()
    for words in (
        "Tenant t1 was not created. ",
        "GV$OB_SERVERS. Choose: ",
        "retry the task with obshell_task",
        "roll it back, which removes what it has made",
    ):
        assert words in result["msg"]
    assert result["changed"] and result["reason"] == "submitted"
    for check_mode in (True, False):
        with pytest.raises(errors.TaskFailed, match="was not created") as failed:
            bring("present", two, check_mode=check_mode)
        result = failed.value.to_result()
        assert (result["changed"], result["reason"]) == (False, "taken_up")
    assert len(posts(*two.agents)) == 1
    two.tenant_fails = []
    operate(two, result["task_ids"][0], "rollback", sim)
    assert bring("present", two)["reason"] == "submitted"


def test_a_failed_creation_that_is_retried_is_done(sim, two, bring):
    id = fail(sim, two)
    operate(two, id, "retry", sim)
    found = bring("present", two)
    assert (found["changed"], found["reason"]) == (False, "tenant")


def test_a_tenant_that_is_half_made_is_none(sim, two, bring):
    id = fail(sim, two, fails_at=3)
    assert "t1" in two.tenants
    with pytest.raises(errors.TaskFailed) as failed:
        bring("present", two)
    assert "roll it back, which drops the tenant" in failed.value.message
    assert failed.value.to_result()["task_ids"] == [id]
    assert failed.value.to_result()["tenant"]["status"] == "NORMAL"
    found = bring("absent", two)  # which a creation that has failed is no lock for
    assert found["changed"] and "t1" not in two.tenants


def test_a_failure_that_others_came_behind_is_history(sim, two, bring):
    fail(sim, two)
    for scenario in ("create_tenant", "drop_tenant"):
        two.start(scenario, name="t1")
        advance(sim, 15)
    assert bring("present", two)["reason"] == "submitted"
    assert bring("present", two)["reason"] == "tenant"


def test_what_a_failed_creation_may_have_left_is_told(sim, two, bring):
    id = fail(sim, two)
    found = bring("absent", two)
    assert (found["changed"], found["reason"]) == (False, "tenant")
    (text,) = found["warned"]
    assert f"task {id}" in text and "roll it back" in text
    operate(two, id, "rollback", sim)
    assert bring("absent", two)["warned"] == []


def test_a_drop_that_did_nothing_is_submitted_anew(sim, two, bring):
    bring("present", two)
    id = two.start("drop_tenant", name="t1", fails=[1])
    advance(sim, 15)
    held = bring("present", two)
    assert (held["changed"], held["reason"]) == (False, "tenant")
    found = bring("absent", two)
    assert found["changed"] and found["task_ids"] != [id]
    assert "t1" not in two.tenants


def test_a_drop_that_failed_half_way_is_not_forgotten(sim, two, bring):
    bring("present", two)
    id = two.start("drop_tenant", name="t1", fails=[1], fails_at=2)
    advance(sim, 15)
    sent = len(posts(*two.agents))
    with pytest.raises(errors.TaskFailed, match="resource pools may be left") as failed:
        bring("absent", two)
    assert failed.value.to_result()["task_ids"] == [id]
    with pytest.raises(errors.Refused, match="is half dropped by task") as refused:
        bring("present", two)
    assert refused.value.to_result()["error"]["unfinished"] == [id]
    assert len(posts(*two.agents)) == sent
    operate(two, id, "retry", sim)
    assert not bring("absent", two)["changed"]
    assert bring("present", two)["changed"]


def test_a_drop_that_fails_says_so(sim, two, bring):
    bring("present", two)

    def drop():
        two.start("drop_tenant", name="t1", fails=[1])

    with pytest.raises(errors.TaskFailed) as failed:
        bring("absent", two, meanwhile=drop)
    for words in (
        "Tenant t1 was not dropped",
        "drop tenant not supp",
        "Run this again",
    ):
        assert words in failed.value.message


@pytest.mark.parametrize(
    ("state", "scenario"), [("present", "drop_tenant"), ("absent", "create_tenant")]
)
def test_the_opposite_at_work_is_a_lock(sim, two, bring, state, scenario):
    if state == "present":
        bring("present", two)
    sent = len(posts(*two.agents))
    id = two.start(scenario, name="t1")
    with pytest.raises(errors.Refused, match=f"Tenant t1 is locked by task {id}") as e:
        bring(state, two)
    result = e.value.to_result()
    assert (result["changed"], result["reason"]) == (False, "locked")
    assert result["error"]["unfinished"] == [id]
    assert len(posts(*two.agents)) == sent
    found = bring(state, two, wait_for_others=True)
    assert found["changed"] and found["outcome"] == "succeeded"
    assert ("t1" in two.tenants) is (state == "present")


def test_a_drop_for_good_is_not_taken_for_the_recycle_bin(two, bring):
    bring("present", two)
    id = two.start("drop_tenant", name="t1")
    with pytest.raises(errors.Refused, match="Tenant t1 is locked by") as refused:
        bring("absent", two, need_recycle=True)
    assert refused.value.to_result()["error"]["unfinished"] == [id]


@pytest.mark.parametrize("state", STATES)
def test_the_lock_of_the_cluster_is_told(two, bring, state):
    if state == "absent":
        bring("present", two)
    id = two.start("succeeded", seconds=30)
    with pytest.raises(errors.Refused, match=f"The cluster is locked by task {id}"):
        bring(state, two)


def test_another_tenant_locks_nothing(two, bring):
    id = two.start("create_tenant", name="t2")
    found = bring("present", two)
    assert found["changed"] and id not in found["task_ids"]


@pytest.mark.parametrize(
    ("zones", "words"),
    [
        (BOTH, "zone1, zone2"),
        ([{**ZONES[0], "name": "zone2"}], "zone2"),
        ([{**ZONES[0], "replica_type": "READONLY"}], "READONLY@zone1"),
    ],
)
def test_a_tenant_elsewhere_is_an_error(two, bring, zones, words):
    bring("present", two)
    said = rf"is in FULL\{{1\}}@zone1, not in {words}; this module moves no"
    with pytest.raises(errors.Refused, match=said) as refused:
        bring("present", two, zones=zones)
    assert refused.value.to_result()["tenant"]["zones"] == ["zone1"]
    assert len(posts(*two.agents)) == 1


def test_units_are_not_compared(two, bring):
    bring("present", two)
    zone = {**ZONES[0], "replica_type": "full", "unit_num": 7}
    assert bring("present", two, zones=[zone])["reason"] == "tenant"


def test_a_tenant_whose_zones_cannot_be_read_proves_nothing(two, bring):
    two.tenants["t1"] = "FULL{1}@zone1;?"
    with pytest.raises(errors.Refused, match="cannot be read"):
        bring("present", two)
    assert bring("absent", two)["diff"]["before"] == {"status": "NORMAL", "zones": None}


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("state", STATES)
def test_who_submits_second_takes_up_what_the_first_began(two, bring, state, wait):
    """Both have looked before either has submitted, as a job that is doubled."""
    if state == "absent":
        bring("present", two)

    def meanwhile():
        assert bring(state, two, wait=wait)["reason"] == "submitted"

    second = bring(state, two, meanwhile=meanwhile, wait=wait)
    known = "tenant" if wait else "taken_up"
    assert (second["changed"], second["reason"]) == (False, known)


@pytest.mark.parametrize("path", ["v1/info", INFO, "/task/dag/ob/unfinish"])
@pytest.mark.parametrize("state", STATES)
def test_who_cannot_look_says_so_at_once(sim, two, bring, state, path):
    for agent in two.agents:
        agent.server.faults.add("status", path=path, status=500)
    began = sim.clock.now()
    with pytest.raises(errors.Unavailable, match="HTTP 500"):
        bring(state, two)
    assert sim.clock.now() == began and not posts(*two.agents)


@pytest.mark.parametrize(
    "data", ['{"tenants": null}', '{"tenants": []}', '{"tenants": [7]}', "null", "[]"]
)
@pytest.mark.parametrize("state", STATES)
def test_a_list_that_is_not_whole_proves_nothing(two, bring, state, data):
    body = f'{{"successful": true, "status": 200, "data": {data}}}'.encode()
    for agent in two.agents:
        agent.server.faults.add("status", path=INFO, status=200, body=body)
    with pytest.raises(errors.Unavailable, match="does not tell all tenants"):
        bring(state, two)
    assert not posts(*two.agents)


@pytest.mark.parametrize("state", STATES)
def test_who_has_no_database_is_not_asked_for_tenants(two, bring, state):
    """It would say 200, and that there are none."""
    two.agents[0].observer_down()
    found = bring(state, two, check_mode=True)
    assert found["changed"] is (state == "present")
    two.agents[1].observer_down()
    with pytest.raises(errors.Unavailable, match="its observer is not up"):
        bring(state, two)


def test_a_status_that_no_task_explains_is_refused(two, bring):
    body = {
        "successful": True,
        "data": {
            "tenants": [
                {"tenant_name": "sys"},
                {"tenant_name": "t1", "status": "DROPPING"},
            ]
        },
    }
    for agent in two.agents:
        text = json.dumps(body).encode()
        agent.server.faults.add("status", path=INFO, status=200, body=text)
    with pytest.raises(errors.Refused, match="is DROPPING, by no task at work"):
        bring("present", two)


@pytest.mark.parametrize("state", STATES)
def test_what_was_done_by_hand_since_is_seen(two, bring, state):
    bring("present", two)
    if state == "absent":
        bring("absent", two)
        two.tenants["t1"] = "FULL{1}@zone1"
    else:
        two.tenants.pop("t1")
    again = bring(state, two, check_mode=True)
    assert again["changed"] and again["reason"] == "submitted"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("present", "task succeeded, but tenant t1 is not there"),
        ("absent", "task succeeded, but tenant t1 is still there"),
    ],
)
def test_what_succeeds_is_verified(two, bring, state, words):
    class Stubborn(dict):
        def update(self, other):
            """Nothing is added."""

        def pop(self, key, default=None):
            """Nothing is taken out."""

    if state == "absent":
        bring("present", two)
    two.tenants = Stubborn(two.tenants)
    with pytest.raises(errors.WaitError, match=words) as failed:
        bring(state, two)
    assert failed.value.to_result()["outcome"] == "succeeded"


@pytest.mark.parametrize("state", STATES)
def test_a_tenant_that_goes_while_all_are_told_is_no_refusal(sim, bring, state):
    cluster = sim.cluster(agents=1, password=PASSWORD)
    if state == "absent":
        bring("present", cluster)
    more = {"status": 400, "err_code": "OB.Tenant.NotExist", "count": 1}
    cluster.agents[0].server.faults.add("status", path=INFO, skip=1, **more)
    assert bring(state, cluster)["outcome"] == "succeeded"


def test_a_creation_elsewhere_that_was_taken_up_is_no_success(two, bring):
    two.start("create_tenant", name="t1", locality="FULL{1}@zone2")
    with pytest.raises(errors.WaitError, match=r"t1 is in FULL\{1\}@zone2"):
        bring("present", two)


@pytest.mark.parametrize("version", ["4.2.3.0", "4.3.0.0"])
@pytest.mark.parametrize("state", STATES)
def test_an_old_obshell_is_refused_before_anything_is_sent(sim, bring, state, version):
    cluster = sim.cluster(agents=1, version=version, password=PASSWORD)
    with pytest.raises(errors.Refused, match=f"obshell {version} does not say which"):
        bring(state, cluster)
    assert posts(*cluster.agents) == []
    assert sum(agent.failed_logins for agent in cluster.agents) == 0


@pytest.mark.parametrize("state", STATES)
def test_who_is_no_member_cannot_be_asked(sim, two, bring, state):
    with pytest.raises(errors.Refused, match="is SINGLE, not an agent of a cluster"):
        bring(state, two, members=[sim.single()])


@pytest.mark.parametrize("state", STATES)
def test_seekdb_has_no_tenants(sim, two, bring, state):
    seekdb = sim.seekdb(password=PASSWORD)
    with pytest.raises(errors.Refused, match="for seekdb does not say which tenant"):
        bring(state, two, members=[seekdb])
    assert posts(seekdb) == []


@pytest.mark.parametrize("state", STATES)
def test_a_wrong_password_is_refused_once(two, bring, state):
    with pytest.raises(errors.AuthRefused, match="did not accept the password of root"):
        bring(state, two, password="Wrong.pw-1")
    assert sum(agent.failed_logins for agent in two.agents) == 1
    assert posts(*two.agents) == []


def test_a_lost_answer_is_told_and_the_task_is_taken_up(sim, two, bring):
    for agent in two.agents:
        agent.server.faults.add("close", path="/tenant$", handled=True)
    with pytest.raises(errors.Unreachable, match="may have been carried out") as lost:
        bring("present", two)
    assert lost.value.to_result()["error"]["sent"]
    for agent in two.agents:
        agent.server.faults.clear()
    found = bring("present", two)
    assert found["outcome"] == "succeeded" and len(two.store.dags) == 1


def test_a_name_of_signs_is_a_path_of_its_own(two, bring):
    bring("present", two, name="a#b+c~d-e_1")
    assert bring("absent", two, name="a#b+c~d-e_1")["outcome"] == "succeeded"
    assert list(two.tenants) == ["sys"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "../t1"}, "name: '../t1' is no name of a tenant"),
        ({"name": ""}, "is no name"),
        ({"name": "t1\n"}, "is no name"),
        ({"zones": []}, "zones: at least one zone"),
        ({"zones": [*ZONES, *ZONES]}, "zones: a zone is there twice"),
        ({"zones": [{**ZONES[0], "unit_num": 0}]}, "unit_num is 1 at least"),
        ({"state": "absent", "name": "sys"}, "sys cannot be dropped"),
        ({"wait_options": {"outcome": ["failed"]}}, "wait_options: unsupported"),
        ({"wait_options": {"timout": 3}}, "timout is no option: did you mean timeout"),
        ({"wait_options": {"timeout": "1h"}}, "wait_options: .* 1 hour is 3600"),
    ],
)
def test_bad_options_are_refused_before_anything_is_sent(two, bring, given, words):
    with pytest.raises(errors.InvalidOption, match=words):
        bring(given.pop("state", "present"), two, **given)
    assert all(not agent.server.requests for agent in two.agents)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "t1"}, "missing required arguments: state"),
        ({"state": "present", "name": "t1"}, "missing: zones"),
        ({"state": "present", "name": "t1", "zones": [{"name": "z"}]}, "unit_config"),
        (
            {"state": "present", "name": "t1", "zones": ["zone1"]},
            "zones: a list of dictionaries is expected, each with name and unit_conf",
        ),
        (
            {"state": "absent", "name": "t1", "config": {"charsett": "x"}},
            "config.charsett",
        ),
    ],
)
def test_options_that_do_not_fit_are_refused(run_main, options, words):
    result = run_main(obshell_tenant, {"obshell": {"url": "http://[::1]:1"}, **options})
    assert result["failed"] and words in result["msg"]


def test_sys_is_there(two, bring):
    assert bring("present", two, name="sys")["reason"] == "tenant"
