# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.modules import ocp_member
from ansible_collections.oceanbase.ops.tests.unit.plugins import ocp_served

ADD = "/ob/clusters/1/servers"
REMOVE = f"{ADD}/batchDelete"
SEVEN = {"id": 7, "ip": "198.51.100.7"}
EIGHT = {"id": 8, "ip": "198.51.100.8"}
RUNNING = {"zone": "zone2", "status": "RUNNING"}
STATES = ("present", "absent")


@pytest.fixture
def bring(server):
    """Return what the module does; its sleep turns the clock."""

    def run(state, *hosts, check_mode=False, meanwhile=None, **more):
        connection = more.pop("connection", {})
        given = {
            "state": state,
            "cluster_id": "1",
            "zone": "zone2" if state == "present" else None,
            "hosts": list(hosts or [SEVEN]),
            "ocp": ocp_served.options(server, **connection),
            **more,
        }
        checked = ArgumentSpecValidator(**ocp_member.spec()).validate(given)
        assert not checked.error_messages
        params = checked.validated_parameters
        module = ocp_served.create_module(check_mode=check_mode, **params)
        member = ocp_member.build(module.params, server.clock.advance)
        member.waits.clock = member.waits.deadline.clock = server.clock.now
        if meanwhile:
            first_at_submit(server, meanwhile)
        try:
            result = ocp_member.run(module, member)
        finally:
            member.close()
        return {**result, "warned": ocp_served.warnings(module)}

    return run


def first_at_submit(server, do):
    """Let something happen when the next submit has arrived, before it is served."""
    handle = server.server.handler

    def late(request):
        if request.method == "POST":
            server.server.handler = handle
            do()
        return handle(request)

    server.server.handler = late


def posts(server):
    seen = [one for one in server.server.requests if one.method == "POST"]
    return [one.target.partition("/api/v2")[2] for one in seen]


def submitted(server):
    """Return what was submitted: to which zone, none for a deletion, and the hosts."""
    return [(one.zone, *one.hosts) for one in server.submits.servers.changes]


def statuses(found):
    return {one["ip"]: one["status"] for one in found["servers"]}


def failing(server, kind, fails, failures=1):
    server.on_submit(kind, kind, fails=fails, failures=failures)


def test_hosts_are_added_by_one_task_and_are_then_servers(server, bring):
    found = bring("present", SEVEN, EIGHT)
    assert found["changed"] and found["reason"] == "submitted"
    assert found["outcome"] == "succeeded" and found["elapsed"] > 0
    assert found["task_ids"] == [found["task"]["id"]] == [found["tasks"][0]["id"]]
    assert posts(server) == [ADD] and submitted(server) == [("zone2", 7, 8)]
    after = {SEVEN["ip"]: RUNNING, EIGHT["ip"]: RUNNING}
    assert found["diff"] == {"before": {}, "after": after}
    assert found["servers"][0] == {
        "ip": "198.51.100.7",
        "port": 2882,
        "host_id": 7,
        "zone": "zone2",
        "status": "RUNNING",
        "version": "4.3.5.3",
        "sql_port": 2881,
    }
    again = bring("present", SEVEN, EIGHT)
    assert not again["changed"] and again["reason"] == "member"
    assert again["task_ids"] == [] and again["task"] is None
    assert again["diff"] == {"before": after, "after": after}
    assert len(posts(server)) == 1


def test_hosts_are_taken_out_by_the_ids_that_ocp_lists(server, bring):
    bring("present", SEVEN, EIGHT)
    found = bring("absent", {"ip": SEVEN["ip"]}, EIGHT)
    assert found["changed"] and found["outcome"] == "succeeded"
    assert found["servers"] == [] and found["diff"]["after"] == {}
    assert found["diff"]["before"] == {SEVEN["ip"]: RUNNING, EIGHT["ip"]: RUNNING}
    again = bring("absent", SEVEN, EIGHT)
    assert (again["changed"], again["reason"]) == (False, "member")
    assert posts(server) == [ADD, REMOVE] and submitted(server)[1] == (None, 7, 8)


def test_only_what_is_missing_is_submitted(server, bring):
    bring("present", SEVEN)
    found = bring("present", SEVEN, EIGHT)
    assert statuses(found) == {SEVEN["ip"]: "RUNNING", EIGHT["ip"]: "RUNNING"}
    bring("absent", EIGHT)
    assert bring("absent", SEVEN, EIGHT)["changed"]
    added, removed = [("zone2", 7), ("zone2", 8)], [(None, 8), (None, 7)]
    assert submitted(server) == added + removed


@pytest.mark.parametrize("state", STATES)
def test_check_mode_asks_only_questions(server, bring, state):
    if state == "absent":
        bring("present")
    sent = len(posts(server))
    found = bring(state, check_mode=True)
    assert found["changed"] and found["reason"] == "submitted"
    assert found["task_ids"] == [] and found["tasks"] == []
    after = {SEVEN["ip"]: RUNNING} if state == "present" else {}
    assert found["diff"]["after"] == after and found["diff"]["before"] != after
    assert len(posts(server)) == sent


def test_without_a_wait_the_ids_are_returned_and_taken_up(server, bring):
    first = bring("present", wait=False)
    assert first["changed"] and len(first["task_ids"]) == 1
    assert "outcome" not in first and first["task"]["outcome"] == "running"
    second = bring("present", wait=False)
    assert not second["changed"] and second["reason"] == "taken_up"
    assert second["task_ids"] == first["task_ids"]
    assert second["tasks"][0]["id"] == first["task_ids"][0]
    third = bring("present")
    assert (third["reason"], third["outcome"]) == ("taken_up", "succeeded")
    assert statuses(third) == {SEVEN["ip"]: "RUNNING"} and not third["changed"]
    assert len(posts(server)) == 1


def test_a_deletion_that_goes_on_is_taken_up(server, bring):
    bring("present")
    (id,) = bring("absent", wait=False)["task_ids"]
    for more in ({"check_mode": True}, {"wait": False}, {}):
        found = bring("absent", **more)
        assert (found["changed"], found["reason"]) == (False, "taken_up")
        assert found["task_ids"] == [id]
    assert found["outcome"] == "succeeded" and found["servers"] == []
    assert posts(server) == [ADD, REMOVE]


def test_what_is_missing_besides_a_task_that_was_taken_up_is_submitted(server, bring):
    (first,) = bring("present", wait=False)["task_ids"]
    partly = bring("present", SEVEN, EIGHT, wait=False)
    assert (partly["changed"], partly["reason"]) == (False, "taken_up")
    checked = bring("present", SEVEN, EIGHT, check_mode=True)
    assert (checked["changed"], checked["reason"]) == (True, "taken_up")
    assert checked["task_ids"] == [first] and len(posts(server)) == 1
    found = bring("present", SEVEN, EIGHT)
    assert found["changed"] and found["reason"] == "submitted"
    assert found["task_ids"] == [one["id"] for one in found["tasks"]]
    assert found["task_ids"][0] == first and len(found["task_ids"]) == 2
    assert found["task"] is None and found["outcome"] == "succeeded"
    assert submitted(server) == [("zone2", 7), ("zone2", 8)]


@pytest.mark.parametrize(
    ("state", "kind", "fails", "words"),
    [
        ("present", "add_server", "Start observer", "Not added: 198.51.100.7. "),
        ("absent", "remove_server", "Delete observer", "Not taken out: 198.51.100.7. "),
    ],
)
def test_a_failure_is_told_and_taken_up(server, bring, state, kind, fails, words):
    if state == "absent":
        bring("present")
    failing(server, kind, fails)
    sent = len(posts(server))
    for check_mode, reason in ((False, "submitted"), (True, "taken_up"), (False, None)):
        with pytest.raises(errors.TaskFailed) as failed:
            more = {"wait_options": {"details": True}}
            bring(state, check_mode=check_mode, **more)
        result = failed.value.to_result()
        assert result["msg"].startswith(words) and f"at '{fails}'" in result["msg"]
        assert "Choose: retry the task with ocp_task" in result["msg"]
        assert result["reason"] == (reason or "taken_up")
        assert result["changed"] == (reason == "submitted")
        assert result["tasks"][0]["outcome"] == "failed"
        assert len(result["task_ids"]) == 1
        # Nothing is returned that the documentation does not name.
        assert set(result) <= {*yaml.safe_load(ocp_member.RETURN), "msg"}
    assert len(posts(server)) == sent + 1
    client = ocp_served.client(server)
    client.operate(result["task_ids"][0], "retry")
    found = bring(state)
    assert (found["reason"], found["outcome"]) == ("taken_up", "succeeded")


def test_of_a_failure_only_those_are_named_that_it_is_about(server, bring):
    bring("present", SEVEN)
    failing(server, "add_server", "Start observer")
    with pytest.raises(errors.TaskFailed, match="^Not added: 198.51.100.8. "):
        bring("present", SEVEN, EIGHT)
    bring("absent", SEVEN)
    failing(server, "remove_server", "Delete observer")
    with pytest.raises(errors.Refused, match="8 is CREATING: roll back the task"):
        bring("absent", SEVEN, EIGHT)


def test_what_was_rolled_back_is_submitted_anew(server, bring):
    failing(server, "add_server", "Start observer")
    with pytest.raises(errors.TaskFailed) as failed:
        bring("present")
    client = ocp_served.client(server)
    client.operate(failed.value.result["task_ids"][0], "rollback")
    with pytest.raises(errors.TaskFailed, match="what was begun was rolled back"):
        bring("present")
    server.on_submit("add_server", "add_server")
    assert bring("present")["reason"] == "submitted"
    assert posts(server).count(ADD) == 2


@pytest.mark.parametrize("state", STATES)
def test_the_failed_task_of_other_hosts_is_none_of_ours(server, bring, state):
    bring("present", SEVEN, EIGHT)
    kind, fails = ("remove_server", "Delete observer")
    nine = {"id": 9, "ip": "198.51.100.9"}
    if state == "present":
        kind, fails = ("add_server", "Start observer")
    failing(server, kind, fails)
    with pytest.raises(errors.TaskFailed):
        bring(state, nine if state == "present" else EIGHT)
    server.on_submit(kind, kind)
    ten = {"id": 10, "ip": "198.51.100.10"}
    found = bring(state, ten if state == "present" else SEVEN)
    assert found["changed"] and found["reason"] == "submitted"


def test_which_of_two_failed_tasks_is_ours_is_not_guessed(server, bring):
    failing(server, "add_server", "Start observer")
    for host in (SEVEN, EIGHT):
        with pytest.raises(errors.TaskFailed):
            bring("present", host)
    words = "198.51.100.7: CREATING by one of task 2 .*, task 1 .*OCP does not say"
    with pytest.raises(errors.Refused, match=words) as refused:
        bring("present")
    assert refused.value.details["unfinished"] == ["2", "1"]
    assert len(posts(server)) == 2


def test_a_server_that_is_creating_by_no_task_is_told(server, bring):
    server.on_submit("add_server", "fail_always")
    with pytest.raises(errors.TaskFailed):
        bring("present")
    began = server.clock.now()
    with pytest.raises(errors.Refused, match="7: CREATING by a task that cannot be"):
        bring("present")
    assert server.clock.now() >= began + 59
    with pytest.raises(errors.TaskFailed):
        bring("present", task_name="^demo")
    assert len(posts(server)) == 1


def test_a_task_that_has_just_ended_is_given_time_to_show(server, bring):
    (id,) = bring("present", wait=False)["task_ids"]
    server.clock.advance(30)
    listing(server, {**LISTED, "status": "CREATING"}, count=3)
    found = bring("present", check_mode=True)
    assert (found["changed"], found["reason"]) == (False, "member")


@pytest.mark.parametrize("state", STATES)
def test_what_others_do_is_named_and_nothing_sent(server, bring, state):
    if state == "absent":
        bring("present")
    sent = len(posts(server))
    id = server.start("upgrade", seconds=30)
    with pytest.raises(errors.Refused) as refused:
        bring(state)
    result = refused.value.to_result()
    words = f"Task {id} 'Upgrade OB cluster' of the cluster is RUNNING at stage 1/7"
    assert result["msg"].startswith(words)
    assert "Try again when it is over, or set wait_for_others" in result["msg"]
    assert result["reason"] == "locked" and not result["changed"]
    assert result["error"]["unfinished"] == [id]
    assert len(posts(server)) == sent


@pytest.mark.parametrize("fails", ["", "Upgrade zone1"])
def test_others_are_waited_for_however_they_end(server, bring, fails):
    id = server.start("upgrade", seconds=5, fails=fails)
    checked = bring("present", check_mode=True, wait_for_others=True)
    assert checked["changed"] and checked["task_ids"] == [] and posts(server) == []
    found = bring("present", wait_for_others=True)
    assert found["changed"] and found["outcome"] == "succeeded"
    assert id not in found["task_ids"] and len(found["tasks"]) == 1


def test_the_task_of_another_cluster_does_not_count(server, bring):
    server.start("upgrade", seconds=30, cluster={"id": 2})
    assert bring("present")["changed"]


@pytest.mark.parametrize("wait", [True, False])
def test_who_submits_second_takes_up_what_the_first_began(server, bring, wait):
    def meanwhile():
        assert bring("present", wait=wait)["reason"] == "submitted"

    second = bring("present", wait=wait, meanwhile=meanwhile)
    if not wait:
        assert (second["changed"], second["reason"]) == (False, "taken_up")
        assert len(second["task_ids"]) == 1


def test_who_submits_second_for_other_hosts_has_submitted_nothing(server, bring):
    def meanwhile():
        bring("present", EIGHT, wait=False)

    with pytest.raises(errors.Refused, match="Task 1 .* is RUNNING at stage") as e:
        bring("present", meanwhile=meanwhile)
    assert e.value.to_result()["reason"] == "locked"


def test_a_submit_that_is_refused_says_why(server, bring):
    server.server.faults.add("status", path=f"{ADD}$", skip=1, status=400)
    with pytest.raises(errors.Refused, match="POST .*nothing was submitted") as e:
        bring("present")
    assert not e.value.to_result()["changed"]


@pytest.mark.parametrize("handled", [True, False])
def test_a_lost_answer_is_told_and_looked_up_by_the_next_run(server, bring, handled):
    server.server.faults.add("close", handled=handled, path=f"{ADD}$", skip=1, count=1)
    with pytest.raises(errors.OpsError, match="may have been carried out") as lost:
        bring("present")
    assert lost.value.details["sent"]
    found = bring("present")
    assert found["reason"] == ("taken_up" if handled else "submitted")
    assert found["outcome"] == "succeeded"


def test_another_zone_or_another_host_is_an_error(server, bring):
    bring("present")
    for state in STATES:
        words = "198.51.100.7 is RUNNING in zone2 already, not in zone9"
        with pytest.raises(errors.Refused, match=words):
            bring(state, zone="zone9")
        with pytest.raises(errors.Refused, match="is host 7 of OCP, not host 12"):
            bring(state, {"ip": SEVEN["ip"], "id": 12})
    assert len(posts(server)) == 1


LISTED = {"ip": SEVEN["ip"], "port": 2882, "zoneName": "zone2", "hostId": 7}


def listing(server, *rows, **more):
    body = {"successful": True, "status": 200, "data": {"contents": list(rows)}}
    text = json.dumps(body).encode()
    server.server.faults.add("status", path=f"{ADD}$", status=200, body=text, **more)


@pytest.mark.parametrize(
    ("state", "row", "words"),
    [
        ("present", {"status": "STOPPED"}, "is a server .*STOPPED, not RUNNING"),
        ("present", {"status": "DELETING"}, "DELETING, not RUNNING"),
        ("absent", {"status": "CREATING"}, "roll back the task that adds it"),
        ("absent", {"status": "RUNNING", "hostId": None}, "give its id"),
    ],
)
def test_what_cannot_be_done_to_a_server_is_refused(server, bring, state, row, words):
    listing(server, {**LISTED, **row})
    with pytest.raises(errors.Refused, match=words):
        bring(state, {"ip": SEVEN["ip"], "id": 7 if state == "present" else None})
    assert posts(server) == []


def test_a_deleted_server_that_is_still_listed_is_none(server, bring):
    listing(server, {**LISTED, "status": "DELETED"})
    assert bring("absent")["reason"] == "member"
    assert bring("present", check_mode=True)["changed"]


@pytest.mark.parametrize("state", STATES)
def test_a_cluster_without_any_server_is_none(server, bring, state):
    """As OCP may answer for an id that is not right; whoever leaves, some stay."""
    listing(server)
    with pytest.raises(errors.InvalidAnswer, match="it lists no server"):
        bring(state)
    assert posts(server) == []


def test_the_id_of_a_host_is_a_number_or_no_answer(server, bring):
    listing(server, {**LISTED, "status": "RUNNING", "hostId": "7a"}, count=1)
    with pytest.raises(errors.InvalidAnswer, match="hostId is not as expected: 7a"):
        bring("absent")
    listing(server, {**LISTED, "status": "RUNNING", "hostId": "7"}, count=1)
    assert bring("absent", check_mode=True)["servers"][0]["host_id"] == 7
    assert posts(server) == []


def test_one_address_twice_is_not_guessed(server, bring):
    rows = [{**LISTED, "status": "RUNNING", "port": port} for port in (2882, 3882)]
    listing(server, *rows)
    with pytest.raises(errors.Refused, match="twice in cluster 1"):
        bring("absent")


@pytest.mark.parametrize("state", STATES)
def test_a_success_that_ocp_does_not_show_is_none(server, bring, state):
    if state == "absent":
        bring("present")
    path = REMOVE if state == "absent" else ADD
    (id,) = bring(state, wait=False)["task_ids"]
    stuck = "CREATING" if state == "present" else "DELETING"
    listing(server, {**LISTED, "status": stuck})
    with pytest.raises(errors.WaitError, match=f"198.51.100.7 {stuck}") as failed:
        bring(state)
    result = failed.value.to_result()
    assert "The task succeeded, but OCP does not list all hosts as" in result["msg"]
    assert result["task_ids"] == [id] and statuses(result) == {SEVEN["ip"]: stuck}
    assert posts(server).count(path) == 1


@pytest.mark.parametrize("wait", [True, False])
def test_a_submit_that_names_no_task_opens_nothing(server, bring, wait):
    body = b'{"successful": true, "status": 200, "data": {}}'
    answer = {"path": f"{ADD}$", "skip": 1, "count": 1, "status": 200, "body": body}
    server.server.faults.add("status", **answer)
    with pytest.raises(errors.WaitError, match="7 not listed") as failed:
        bring("present", wait=wait)
    result = failed.value.to_result()
    assert result["msg"].startswith("OCP has named no task, but OCP does not list")
    assert result["changed"] and result["task_ids"] == []


@pytest.mark.parametrize("path", [ADD, "/tasks/instances"])
def test_who_cannot_look_says_so_at_once(server, bring, path):
    server.server.faults.add("status", path=path, status=500)
    began = server.clock.now()
    with pytest.raises(errors.Unavailable, match="HTTP 500") as caught:
        bring("present")
    assert server.clock.now() == began and posts(server) == []
    assert not caught.value.result["changed"]


def test_a_wrong_password_is_refused_once(server, bring):
    with pytest.raises(errors.AuthRefused) as refused:
        bring("present", connection={"username": "admin", "password": "Wrong.pw-1"})
    assert server.failed_logins == 1 and posts(server) == []
    assert "Wrong.pw-1" not in json.dumps(refused.value.to_result())


def test_express_is_refused_before_anything_is_sent():
    with ocp_served.serving(express=True) as served:
        option = ocp_served.options(served)
        given = {"state": "absent", "cluster_id": "1", "hosts": [SEVEN], "ocp": option}
        params = ArgumentSpecValidator(**ocp_member.spec()).validate(given)
        module = ocp_served.create_module(**params.validated_parameters)
        member = ocp_member.build(module.params)
        with pytest.raises(errors.InvalidOption, match="ocp.base_path"):
            ocp_member.run(module, member)
        member.close()
        assert served.server.requests == []


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"cluster_id": "x"}, "cluster_id"),
        ({"hosts": []}, "hosts"),
        ({"hosts": [{"ip": "db1", "id": 1}]}, "hosts"),
        ({"hosts": [{"ip": "198.51.100.7"}]}, "hosts"),
        ({"hosts": [{**SEVEN, "id": 0}]}, "hosts"),
        ({"hosts": [SEVEN, SEVEN]}, "hosts"),
        ({"hosts": [SEVEN, {**EIGHT, "id": 7}]}, "hosts"),
        ({"zone": None}, "zone"),
        ({"task_name": "("}, "task_name"),
        ({"wait_options": {"outcome": ["failed"]}}, "wait_options"),
        ({"wait_options": {"sleep": 0}}, "sleep"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(server, capsys, given, option):
    args = {
        "state": "present",
        "cluster_id": "1",
        "zone": "zone2",
        "hosts": [SEVEN],
        "ocp": ocp_served.options(server),
        **given,
    }
    result = ocp_served.run_main(ocp_member, capsys, **args)
    assert result["failed"] and option in result["msg"]
    assert server.server.requests == []


def test_a_module_of_its_own_process_does_the_same(server, capsys):
    args = {
        "state": "absent",
        "cluster_id": "1",
        "hosts": [SEVEN],
        "ocp": ocp_served.options(server),
    }
    result = ocp_served.run_main(ocp_member, capsys, **args)
    assert (result["changed"], result["reason"]) == (False, "member")
