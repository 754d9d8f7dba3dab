# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    mapping as obshell_mapping,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import attempt, target
from ansible_collections.oceanbase.ops.tests import recordings
from ansible_collections.oceanbase.ops.tests.unit.plugins import scripted

OLD = scripted.at("SUCCEED", end_time="2026-01-01T00:00:00Z")
NEW = scripted.at("RUNNING", id="12")


def last(script, **options):
    one = target.Target(scope="cluster", **options)
    wait = scripted.wait_for(
        {"cluster": script, "12": [NEW], "11": [OLD]}, targets=[one]
    )
    return one, wait


def test_an_old_finished_task_is_never_taken_for_the_new_one():
    one, wait = last([OLD])
    with pytest.raises(errors.StaleTask, match="newer_than"):
        wait.run()
    assert not one.done
    assert wait.result()["outcome"] is None


def test_a_running_last_task_is_pinned_and_followed_by_its_id():
    done = scripted.at("SUCCEED")
    one = target.Target(scope="cluster")
    script = {"cluster": [scripted.RUNNING, NEW], "11": [scripted.RUNNING, done]}
    wait = scripted.wait_for(script, targets=[one])
    wait.run()
    asked = [key for key, _details in wait.server.asked]
    assert asked == ["cluster", "11", "11"]
    assert one.task_id == "11"


@pytest.mark.parametrize("newer_than, first", [("11", OLD), ("", None), ("9", None)])
def test_with_a_guard_the_wait_goes_on_until_a_newer_task_is_there(newer_than, first):
    one, wait = last([first, first, NEW], newer_than=newer_than)
    wait.server.script["12"] = [scripted.at("SUCCEED", id="12")]
    wait.run()
    assert (one.task_id, one.snapshot.outcome) == ("12", "succeeded")


def test_a_newer_task_that_is_already_over_counts():
    over = scripted.at("SUCCEED", id="12")
    one, wait = last([OLD, over], newer_than="11")
    wait.run()
    assert one.snapshot is over


def test_ids_are_compared_as_numbers_not_as_text():
    one, wait = last([scripted.at("SUCCEED", id="110")], newer_than="19")
    wait.run()
    assert one.task_id == "110"


def test_without_a_guard_no_task_at_all_is_told_with_the_way_out():
    with pytest.raises(errors.StaleTask, match="newer_than: '0'"):
        last([None])[1].run()


def test_a_name_only_narrows():
    other = scripted.at("SUCCEED", id="12", name="Create tenant")
    mine = scripted.at("SUCCEED", id="13")
    one, wait = last(
        [OLD, other, mine], newer_than="11", name="Cluster scale out", task_id=None
    )
    wait.run()
    assert one.task_id == "13"
    with pytest.raises(errors.StaleTask, match="Create tenant"):
        last([other], name="Cluster scale out")[1].run()


def test_a_part_is_no_verdict_its_main_task_is_followed():
    part = scripted.at("FAILED", id="25", main_task="11")
    script = {"25": [part], "11": [scripted.RUNNING, scripted.SUCCEEDED]}
    one = target.Target(task_id="25")
    wait = scripted.wait_for(script, targets=[one])
    wait.run()
    assert one.snapshot.id == "11"
    assert [change["what"] for change in wait.history.changes] == [
        "follows",
        "seen",
        "state",
    ]


def test_a_part_of_a_main_task_that_was_over_is_as_old_as_that():
    part = scripted.at("SUCCEED", "PASS", main_task="7")
    over = scripted.at("SUCCEED", id="7")
    one = target.Target(scope="agent")
    wait = scripted.wait_for({"agent": [part], "7": [over]}, targets=[one])
    with pytest.raises(errors.StaleTask, match="task 7"):
        wait.run()


def test_two_tasks_that_name_each_other_as_main_end_with_the_time():
    script = {
        "25": [scripted.at("FAILED", id="25", main_task="26")],
        "26": [scripted.at("FAILED", id="26", main_task="25")],
    }
    wait = scripted.wait_for(script, targets=[target.Target(task_id="25")], timeout=60)
    with pytest.raises(errors.WaitTimeout):
        wait.run()


@pytest.mark.parametrize("deep", [3, 4])
def test_three_main_tasks_are_followed_and_no_more(deep):
    """A part of a part of a part ends at a task that did its work."""
    script = {
        str(n): [scripted.at("FAILED", id=str(n), main_task=str(n + 1))]
        for n in range(20, 20 + deep)
    }
    script[str(20 + deep)] = [scripted.at("SUCCEED", id=str(20 + deep))]
    one = target.Target(task_id="20")
    wait = scripted.wait_for(script, targets=[one])
    if deep == 3:
        wait.run()
        assert one.snapshot.id == "23"
    else:
        with pytest.raises(errors.InvalidAnswer, match="more than 3 main tasks"):
            wait.run()


def test_ocp_failed_is_looked_at_again_until_it_is_at_rest():
    active = (scripted.replace(scripted.NODE, state="RUNNING"),)
    over = (scripted.replace(scripted.NODE, state="FAILED"),)
    restless = scripted.at("FAILED", server="ocp", nodes=active)
    good = scripted.at("SUCCEED", server="ocp", nodes=over)
    wait = scripted.wait_for({"11": [restless, restless, good]})
    wait.run()
    assert wait.targets[0].snapshot is good


def test_ocp_failed_that_never_rests_is_believed_after_a_minute():
    active = (scripted.replace(scripted.NODE, state="RUNNING"),)
    restless = scripted.at("FAILED", server="ocp", nodes=active)
    wait = scripted.wait_for({"11": [restless]})
    with pytest.raises(errors.TaskFailed):
        wait.run()
    assert target.SETTLE <= wait.elapsed <= target.SETTLE + 10


def test_large_answers_are_asked_for_in_short_form_until_something_changes():
    moved = scripted.at("RUNNING", stage=2)
    script = {"11": [scripted.RUNNING] * 4 + [moved] * 4 + [scripted.SUCCEEDED]}
    wait = scripted.wait_for(script)
    wait.source.big = True
    client, tally = wait.server, wait.tally
    plain = client.fetch

    def large(task_id, *, details=True):
        tally.bytes += target.SMALL if details else 0
        return plain(task_id, details=details)

    client.fetch = large
    wait.run()
    full = [details for _key, details in client.asked]
    assert full == [True, False, False, False, False, True, False, False, False, True]


def test_the_failure_from_before_an_operation_is_not_taken_for_the_new_one():
    sub = scripted.replace(scripted.SUB, state="FAILED", execute_times=1)
    node = scripted.replace(scripted.NODE, state="FAILED", sub_tasks=(sub,))
    old = scripted.at("FAILED", nodes=(node,))
    known = attempt.of(old)
    script = {"11": [old, 3, scripted.RUNNING, 10, scripted.SUCCEEDED]}
    one = target.Target(task_id="11", attempt=known)
    wait = scripted.wait_for(script, targets=[one])
    wait.run()
    assert wait.result()["outcome"] == "succeeded"
    with pytest.raises(errors.TaskFailed):
        scripted.wait_for({"11": [old]}).run()


def test_a_failure_that_stays_as_it_was_is_one_all_the_same():
    sub = scripted.replace(scripted.SUB, state="FAILED", execute_times=1)
    node = scripted.replace(scripted.NODE, state="FAILED", sub_tasks=(sub,))
    old = scripted.at("FAILED", nodes=(node,))
    one = target.Target(task_id="11", attempt=attempt.of(old))
    wait = scripted.wait_for({"11": [old]}, targets=[one])
    with pytest.raises(errors.TaskFailed):
        wait.run()
    assert 60 <= wait.elapsed < 70


LOCK = {"scope": "cluster", "key": None}
BRIEF = {
    "nodes": None,
    "stage": None,
    "max_stage": None,
    "start_time": None,
    "additional_data": None,
    "maintenance": None,
    "sub_dags": None,
}
KNOWN = {
    "start_time": "2026-01-01T00:00:10Z",
    "additional_data": {"user": "root"},
    "maintenance": LOCK,
    "sub_dags": {"10.0.0.1:2886": "25"},
}


def test_the_last_answer_opens_the_gate_although_it_has_no_details():
    whole = scripted.at("RUNNING", **KNOWN)
    wait = scripted.wait_for({"11": [whole, scripted.at("SUCCEED", **BRIEF)]})
    wait.run()
    assert wait.polls == 2
    seen = wait.targets[0].snapshot
    assert seen == scripted.replace(whole, state="SUCCEED")
    assert wait.result()["outcome"] == "succeeded"


def test_the_last_answer_shuts_the_gate_although_it_has_no_details():
    whole = scripted.at("RUNNING", **KNOWN)
    wait = scripted.wait_for({"11": [whole, scripted.at("FAILED", **BRIEF)]})
    with pytest.raises(errors.TaskFailed, match="may be locked") as caught:
        wait.run()
    facts = caught.value.result["task"]
    assert (facts["state"], facts["stage"], facts["max_stage"]) == ("FAILED", 1, 2)
    assert [node["name"] for node in facts["nodes"]] == ["step"]


def test_what_a_brief_answer_says_replaces_what_was_known():
    more = {**BRIEF, "stage": 2, "start_time": "2026-01-01T00:00:20Z"}
    wait = scripted.wait_for(
        {
            "11": [
                scripted.at("RUNNING", **KNOWN),
                scripted.at("FAILED", "CANCEL", **more),
            ]
        }
    )
    with pytest.raises(errors.TaskFailed, match="was cancelled"):
        wait.run()
    seen = wait.targets[0].snapshot
    assert (seen.operator, seen.stage) == ("CANCEL", 2)
    assert seen.start_time == "2026-01-01T00:00:20Z"


def test_a_whole_answer_replaces_all_that_was_known():
    bare = scripted.at("SUCCEED", additional_data=None, maintenance=None)
    wait = scripted.wait_for({"11": [scripted.at("RUNNING", **KNOWN), bare]})
    wait.run()
    assert wait.targets[0].snapshot is bare


STARTED = scripted.at(dag_id=1, start_time="2026-01-01T00:00:10Z")
OTHERS = {
    "another id": {"id": "12"},
    "another name": {"name": "Create tenant"},
    "another number": {"dag_id": 2},
    "an earlier start": {"start_time": "2026-01-01T00:00:09Z"},
    "an earlier start in another zone": {"start_time": "2026-01-01T08:00:09+08:00"},
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("state", ["RUNNING", "SUCCEED", "FAILED"])
def test_an_answer_about_another_task_is_no_verdict(other, state):
    answer = scripted.replace(STARTED, state=state, **other)
    wait = scripted.wait_for({"11": [STARTED, answer]})
    with pytest.raises(errors.OtherTask, match="that is another task") as caught:
        wait.run()
    assert caught.value.kind == "other_task"
    assert "task 11 'Cluster scale out'" in caught.value.message
    assert caught.value.result["task"]["state"] == "RUNNING"
    assert not wait.done


def test_an_answer_with_another_id_is_another_task_at_the_first_look_too():
    with pytest.raises(errors.OtherTask, match="asked for task 11, .* task 12 "):
        scripted.wait_for({"11": [scripted.at("SUCCEED", id="12")]}).run()


SAME = {
    "a later start": {"start_time": "2026-01-01T00:01:00Z"},
    "no start": {"start_time": None},
    "no number": {"dag_id": None},
    "no name": {"name": ""},
    "the same start in another zone": {"start_time": "2026-01-01T08:00:10+08:00"},
}


@pytest.mark.parametrize("same", SAME.values(), ids=SAME)
def test_what_is_left_out_or_later_makes_no_other_task(same):
    states = ("RUNNING", "SUCCEED")
    answers = [scripted.replace(STARTED, state=state, **same) for state in states]
    wait = scripted.wait_for({"11": [STARTED, *answers]})
    wait.run()
    assert wait.result()["outcome"] == "succeeded"


@pytest.mark.parametrize("other", list(OTHERS.values())[1:], ids=list(OTHERS)[1:])
def test_what_a_task_is_outlives_an_answer_that_does_not_say_it(other):
    silent = scripted.replace(STARTED, name="", dag_id=None, start_time=None)
    answer = scripted.replace(STARTED, **other)
    with pytest.raises(errors.OtherTask):
        scripted.wait_for({"11": [STARTED, silent, answer]}).run()


def test_a_wait_that_is_taken_up_knows_which_task_it_was():
    first = scripted.wait_for({"11": [STARTED]}, timeout=5, on_timeout="continue")
    first.run()
    other = scripted.replace(STARTED, dag_id=2, state="SUCCEED")
    resume = first.result()["resume"]
    with pytest.raises(errors.OtherTask):
        scripted.wait_for({"11": [other]}, resume=resume).run()


# A scale-out that failed, was retried and rolled back: the beginning moved twice.
@pytest.mark.parametrize(
    "name, first, last, id, agent",
    [
        ("obshell-cluster-4.5.0.0", 341, 445, "14", 1),
        ("obshell-cluster-4.5.0.0", 459, 530, "15", 1),
    ],
)
def test_a_start_that_moves_with_each_operation_makes_no_other_task(
    name, first, last, id, agent
):
    told = [
        obshell_mapping.to_task(one["response"]["body"]["data"])
        for one in recordings.load(name)
        if first <= one["n"] <= last
        and one["request"].get("agent") == agent
        and one["request"]["path"] == f"/api/v1/task/dag/{id}"
        and one["request"]["method"] == "GET"
        and one["response"]["status"] == 200
    ]
    wait = scripted.wait_for({id: told})
    for _answer in told:
        wait.targets[0].look(wait.source, 0.0, full=True)
    assert wait.targets[0].snapshot is told[-1]
    assert len({one.start_time for one in told if one.start_time}) > 1


def options(**given):
    names = ("task_id", "last", "unfinished", "newer_than", "name", "tenant", "attempt")
    names += ("on_timeout", "cluster_id", "tenant_id")
    return {**dict.fromkeys(names), **given}


@pytest.mark.parametrize("empty", ["", " ", "\n"])
def test_an_empty_guard_is_refused_for_it_is_no_proof(empty):
    server = scripted.wait_for({}).server
    with pytest.raises(errors.InvalidOption, match="newer_than: it is empty"):
        target.wanted(options(last="cluster", newer_than=empty), server)
    assert server.asked == []


def test_with_the_guard_0_the_first_task_is_waited_for():
    over = scripted.at("SUCCEED")
    script = {"cluster": [None, 20, scripted.RUNNING], "11": [over]}
    server = scripted.wait_for(script).server
    targets, _quiet = target.wanted(options(last="cluster", newer_than="0"), server)
    wait = scripted.wait_for(script, targets=targets, sleep=5)
    wait.run()
    assert (targets[0].task_id, targets[0].snapshot.state) == ("11", "SUCCEED")
    assert wait.elapsed == pytest.approx(25)


def test_with_the_guard_0_a_task_that_never_comes_is_told():
    one = target.Target(scope="cluster", newer_than="0")
    wait = scripted.wait_for({"cluster": [None]}, targets=[one], timeout=20)
    with pytest.raises(errors.WaitTimeout, match="no task appeared; there is none"):
        wait.run()
