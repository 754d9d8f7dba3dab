# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.modules import wait_for_task
from ansible_collections.oceanbase.ops.tests.unit.plugins import scripted

OCP = {"url": "http://127.0.0.1:1", "username": "admin", "password": "pw"}


@pytest.fixture
def ended(sim, cluster):
    """Return how to get the id of a task that has come to its end."""

    def start(scenario, **options):
        task_id = cluster.start(scenario, **options)
        sim.clock.advance(60)
        return task_id

    return start


def test_minimal_arguments_wait_for_a_task(connection, ended, run_main):
    task_id = ended("succeeded")
    result = run_main(wait_for_task, {"obshell": connection, "task_id": task_id})
    assert result["changed"] is False
    assert (result["outcome"], result["done"]) == ("succeeded", True)
    assert result["task"]["id"] == task_id
    assert (result["stats"]["polls"], result["timed_out"]) == (1, False)


def test_all_arguments_are_accepted_together(connection, ended, run_main):
    task_id = ended("succeeded")
    args = {
        "obshell": connection,
        "ocp": OCP,
        "server": "obshell",
        "last": "cluster",
        "newer_than": "0",
        "name": "Good task",
        "outcome": ["succeeded"],
        "timeout": 60,
        "delay": 0,
        "sleep": 0.1,
        "max_outage": 5,
        "on_timeout": "continue",
        "log_lines": 0,
        "progress": "none",
        "heartbeat": 1,
    }
    first = run_main(wait_for_task, args)
    assert (first["task"]["id"], first["done"]) == (task_id, True)
    assert "resume" not in first


@pytest.mark.parametrize("as_text", [False, True])
def test_a_wait_whose_time_was_up_is_taken_up(connection, cluster, as_text, run_main):
    args = {"obshell": connection, "task_id": cluster.start("long"), "sleep": 0.1}
    short = {"timeout": 0.3, "on_timeout": "continue"}
    first = run_main(wait_for_task, {**args, **short})
    assert (first["done"], first["timed_out"]) == (False, True)
    resume = json.dumps(first["resume"]) if as_text else first["resume"]
    cluster.world.clock.advance(3600)
    again = run_main(wait_for_task, {**args, "resume": resume})
    assert again["done"] is True and again["elapsed"] >= first["elapsed"]
    assert "resume" not in again


@pytest.mark.parametrize("password", ["0", "1", "READY", "CLUSTER"])
def test_a_resume_that_a_password_would_mask_is_null(sim, password, run_main):
    served = sim.cluster(agents=1, password=password)
    args = {
        "obshell": {"url": [served.agents[0].url], "password": password},
        "task_id": served.start("long"),
        **{"timeout": 0.3, "sleep": 0.1, "on_timeout": "continue"},
    }
    result = run_main(wait_for_task, args)
    assert result["timed_out"] and result["resume"] is None


def test_a_number_is_an_id_too(connection, ended, run_main):
    task_id = int(ended("succeeded"))
    result = run_main(wait_for_task, {"obshell": connection, "task_id": task_id})
    assert result["task"]["id"] == str(task_id)


def test_several_tasks_are_waited_for_together(connection, ended, run_main):
    ids = [ended("succeeded"), ended("passed")]
    result = run_main(wait_for_task, {"obshell": connection, "task_id": ids})
    assert [one["id"] for one in result["tasks"]] == ids
    assert (result["task"], result["outcome"]) == (None, "passed")


def test_nothing_to_wait_for_is_done_at_once(connection, run_main, sent):
    result = run_main(wait_for_task, {"obshell": connection, "task_id": []})
    assert result["msg"] == "there was nothing to wait for"
    assert (result["tasks"], result["task"], result["outcome"]) == ([], None, None)
    assert sent() == []


def test_that_there_is_nothing_to_wait_for_is_shown_once(create_module):
    told = []
    wait = scripted.wait_for({}, targets=[], show=told.append)
    wait_for_task.run(create_module({}), wait)
    assert told == [{"elapsed": 0.0, "what": "nothing", "task_id": None}]


def test_a_rolled_back_task_does_not_pass_for_a_success(connection, ended, run_main):
    task_id = ended("rolled_back")
    result = run_main(wait_for_task, {"obshell": connection, "task_id": task_id})
    log = f"ansible localhost -m oceanbase.ops.obshell_task_info -a task_id={task_id}"
    assert result["failed"] is True
    assert "was rolled back: its work was undone" in result["msg"]
    assert result["error"] == {
        "kind": "task_failed",
        "task_id": task_id,
        "outcome": "rolled_back",
        "where": "",
        "next": "submit its work anew",
        "log": log,
    }
    assert result["task"]["state"] == "SUCCEED"


def test_what_is_accepted_lets_the_play_go_on(connection, ended, run_main):
    args = {
        "obshell": connection,
        "task_id": ended("rolled_back"),
        "outcome": ["rolled_back"],
    }
    assert run_main(wait_for_task, args)["outcome"] == "rolled_back"


def test_a_failure_that_is_accepted_says_why_all_the_same(connection, ended, run_main):
    args = {"obshell": connection, "task_id": ended("failed"), "log_lines": 1}
    accepted = run_main(wait_for_task, {**args, "outcome": ["failed"]})
    refused = run_main(wait_for_task, args)
    assert "failed" not in accepted and refused["failed"]
    assert "the work failed" in accepted["msg"]
    assert (accepted["msg"], accepted["error"]) == (refused["msg"], refused["error"])


def test_a_failure_names_stage_sub_task_agent_and_line(
    connection, cluster, ended, run_main
):
    task_id = ended("failed")
    result = run_main(wait_for_task, {"obshell": connection, "task_id": task_id})
    assert result["failed"] is True
    words = [
        f"task {task_id} 'Bad task' failed at 'Step 2' (2/3)",
        f"on {cluster.agents[0].address}",
        "the work failed",
        "the cluster may be locked until it is retried, rolled back or passed",
    ]
    for word in words:
        assert word in result["msg"]
    assert "\n" not in result["msg"]


def test_an_old_last_task_is_refused_and_the_guard_named(connection, ended, run_main):
    task_id = ended("succeeded")
    result = run_main(wait_for_task, {"obshell": connection, "last": "cluster"})
    assert result["failed"] is True
    assert f"task {task_id} 'Good task' of the cluster was over" in result["msg"]
    assert "newer_than" in result["msg"] and "task_id" in result["msg"]
    assert result["error"]["kind"] == "stale_task"


def test_check_mode_looks_once_and_a_running_task_is_no_failure(
    connection, cluster, run_main
):
    task_id = cluster.start("long")
    args = {"obshell": connection, "task_id": task_id}
    result = run_main(wait_for_task, args, check_mode=True)
    assert (result["outcome"], result["done"]) == ("running", False)
    assert result["stats"]["polls"] == 1
    assert "failed" not in result


def test_check_mode_fails_for_a_task_that_has_failed(connection, ended, run_main):
    args = {"obshell": connection, "task_id": ended("failed")}
    assert run_main(wait_for_task, args, check_mode=True)["failed"] is True


def test_an_id_that_does_not_exist_is_named_with_the_server(connection, cluster, sim):
    given = {"obshell": connection, "task_id": "1999"}
    spec = ArgumentSpecValidator(wait_for_task.spec()["argument_spec"]).validate(given)
    wait = wait_for_task.build(
        spec.validated_parameters,
        clock=sim.clock.now,
        sleep=sim.clock.advance,
    )
    wait.deadline.clock = sim.clock.now
    with pytest.raises(errors.TaskNotFound) as caught:
        wait.run()
    assert "task 1999" in caught.value.message
    assert cluster.agents[0].url in caught.value.message
    assert caught.value.kind == "task_not_found"


CONFLICTS = {
    "a task and the last one": (
        {"task_id": "11", "last": "agent"},
        "task_id, last, unfinished",
    ),
    "neither": ({}, "task_id, last, unfinished"),
    "newer_than without last": ({"task_id": "11", "newer_than": "10"}, "newer_than"),
    "name without last": ({"task_id": "11", "name": "x"}, "name"),
    "a cancel of what is somebody's": (
        {"unfinished": "all", "on_timeout": "cancel"},
        "on_timeout",
    ),
    "both servers": ({"ocp": OCP, "task_id": "11"}, "server"),
    "the last task of OCP": (
        {"ocp": OCP, "server": "ocp", "last": "cluster"},
        "last",
    ),
    "a local id as a cluster's": (
        {"last": "cluster", "newer_than": "2213070643302886" + "1"},
        "newer_than",
    ),
    "a cluster id as an agent's": ({"last": "agent", "newer_than": "12"}, "newer_than"),
    "a delay above the timeout": (
        {"task_id": "11", "delay": 5, "timeout": 5},
        "delay",
    ),
    "a sleep above the timeout": (
        {"task_id": "11", "sleep": 6, "timeout": 5},
        "sleep",
    ),
}


@pytest.mark.parametrize("given, option", CONFLICTS.values(), ids=CONFLICTS)
def test_conflicting_arguments_are_refused_and_named(
    given, option, connection, refused
):
    refused(wait_for_task, {"obshell": connection, **given}, option)


@pytest.mark.parametrize(
    "given, words",
    [({}, "none was given"), ({"task_id": "11", "last": "agent"}, "task_id and last")],
)
def test_which_of_the_ways_were_given_is_said(given, words, connection, run_main):
    result = run_main(wait_for_task, {"obshell": connection, **given})
    assert words in result["msg"]


def test_a_server_that_was_not_given_is_refused(connection, refused):
    args = {"obshell": connection, "server": "ocp", "task_id": "1"}
    refused(wait_for_task, args, "server", "ocp")


def test_no_server_at_all_is_refused(refused):
    refused(wait_for_task, {"task_id": "11"}, "obshell or ocp", "OBSHELL_URL")


BAD = {
    "a word as id": ({"task_id": "abc"}, "task_id"),
    "a fraction as id": ({"task_id": "1.5"}, "task_id"),
    "zero": ({"task_id": "0"}, "task_id"),
    "a leading zero": ({"task_id": "011"}, "task_id"),
    "a negative id": ({"task_id": "-1"}, "task_id"),
    "an injected path": ({"task_id": "1/../../ob/info"}, "task_id"),
    "an empty element": ({"task_id": ["11", " "]}, "task_id"),
    "an empty id": ({"task_id": ""}, "task_id"),
    "other digits": ({"task_id": "\u0661\u0662"}, "task_id"),
    "a bad newer_than": ({"last": "cluster", "newer_than": "x"}, "newer_than"),
    "an unknown scope": ({"last": "agents"}, "last"),
    "an unknown server": ({"task_id": "11", "server": "oat"}, "server"),
    "an unknown outcome": ({"task_id": "11", "outcome": "SUCCEED"}, "outcome"),
    "no outcome": ({"task_id": "11", "outcome": []}, "outcome"),
    "negative timeout": ({"task_id": "11", "timeout": -1}, "timeout"),
    "endless timeout": ({"task_id": "11", "timeout": "inf"}, "timeout"),
    "a timeout that is no number": ({"task_id": "11", "timeout": "nan"}, "timeout"),
    "a word as timeout": ({"task_id": "11", "timeout": "1 h"}, "timeout"),
    "negative delay": ({"task_id": "11", "delay": -1}, "delay"),
    "no sleep": ({"task_id": "11", "sleep": 0}, "sleep"),
    "negative sleep": ({"task_id": "11", "sleep": -1}, "sleep"),
    "negative outage": ({"task_id": "11", "max_outage": -1}, "max_outage"),
    "no heartbeat": ({"task_id": "11", "heartbeat": 0}, "heartbeat"),
    "negative lines": ({"task_id": "11", "log_lines": -1}, "log_lines"),
    "another resume": ({"task_id": "11", "resume": {"elapsed": 1}}, "resume"),
    "no resume at all": ({"task_id": "11", "resume": "a=b"}, "resume"),
    "a text for a resume": ({"task_id": "11", "resume": "nonsense"}, "resume"),
    "an unknown option": ({"task_id": "11", "interval": 5}, "interval"),
    "no scheme": ({"task_id": "11", "obshell": {"url": "10.0.0.1"}}, "obshell.url"),
    "no address": ({"task_id": "11", "obshell": {"url": []}}, "obshell.url"),
}


@pytest.mark.parametrize("given, option", BAD.values(), ids=BAD)
def test_bad_input_is_refused_and_named(given, option, connection, refused):
    refused(wait_for_task, {"obshell": connection, **given}, option)


def test_a_resume_of_other_tasks_is_refused(connection, ended, run_main):
    first, second = ended("succeeded"), ended("succeeded")
    resume = {"elapsed": 1, "targets": [{"task_id": first}], "servers": {}}
    result = run_main(
        wait_for_task, {"obshell": connection, "task_id": second, "resume": resume}
    )
    assert result["failed"] is True
    assert "resume: it is of a wait for other tasks" in result["msg"]


BAD_OCP = {
    "no address": ({"url": ""}, "ocp.url"),
    "no scheme": ({"url": "ocp:8080"}, "ocp.url"),
    "no password": ({"password": None}, "ocp.password"),
    "no user": ({"username": None}, "ocp.username"),
    "both kinds": ({"access_key": "AK-7", "secret_key": "SK-7"}, "ocp.access_key"),
    "no time": ({"request_timeout": 0}, "ocp.request_timeout"),
}


@pytest.mark.parametrize("given, option", BAD_OCP.values(), ids=BAD_OCP)
def test_a_bad_ocp_is_refused_and_named(given, option, refused):
    refused(wait_for_task, {"ocp": {**OCP, **given}, "task_id": "1"}, option)


def test_run_returns_the_waits_result(create_module):
    wait = scripted.wait_for({"11": [scripted.RUNNING, scripted.SUCCEEDED]})
    result = wait_for_task.run(create_module({}), wait)
    assert (result["outcome"], result["stats"]["polls"]) == ("succeeded", 2)


def test_run_warns_of_what_was_passed(create_module):
    wait = scripted.wait_for({"11": [scripted.at("SUCCEED", "PASS")]})
    module = create_module({})
    assert wait_for_task.run(module, wait)["outcome"] == "passed"
    assert "task 11 'Cluster scale out' was passed" in module.warn.call_args[0][0]


def test_run_warns_although_the_wait_fails(create_module):
    odd = scripted.at("MELTING")
    wait = scripted.wait_for({"11": [odd, odd, scripted.FAILED]})
    module = create_module({})
    with pytest.raises(errors.TaskFailed):
        wait_for_task.run(module, wait)
    module.warn.assert_called_once()
    assert "MELTING" in module.warn.call_args[0][0]


@pytest.mark.parametrize("none", [None, []])
def test_no_attempt_is_none_and_the_ids_may_be_named_as_they_are_returned(
    connection, ended, none, run_main
):
    task_id = ended("succeeded")
    args = {"obshell": connection, "task_ids": [task_id], "attempt": none}
    assert run_main(wait_for_task, args)["task"]["id"] == task_id


@pytest.mark.parametrize("odd", [{}, {"task_id": "11"}, {"task_id": "11", "x": 1}])
def test_what_is_no_attempt_is_refused(connection, odd, refused):
    args = {"obshell": connection, "task_id": "11", "attempt": [odd]}
    refused(wait_for_task, args, "attempt")


def test_a_refused_option_is_answered_with_what_may_be_meant(connection, run_main):
    result = run_main(wait_for_task, {"obshell": connection, "timeout": "5m"})
    expected = "timeout: '5m' is not a number of seconds; 5 minutes are 300"
    assert (result["failed"], result["msg"]) == (True, expected)


def test_no_time_at_all_is_refused(connection, run_main):
    args = {"obshell": connection, "task_id": "11", "timeout": 0}
    result = run_main(wait_for_task, args)
    assert result["failed"] and result["msg"].startswith("timeout: seconds above 0")
