# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gc
import json
import tracemalloc
from dataclasses import replace

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import target
from ansible_collections.oceanbase.ops.tests.unit.plugins import scripted

RUNNING, SUCCEEDED, FAILED = scripted.RUNNING, scripted.SUCCEEDED, scripted.FAILED
RESET = errors.Unreachable("reset by peer", reason="reset")
REFUSED = errors.Unreachable("connection refused", reason="refused")


def test_a_task_that_is_done_is_looked_at_once_and_nobody_sleeps():
    wait = scripted.wait_for({"11": [SUCCEEDED]})
    wait.run()
    assert wait.result()["outcome"] == "succeeded"
    assert (wait.polls, wait.sleep.__self__.naps) == (1, [])


ENDS = [
    ("SUCCEED", "RUN", None),
    ("SUCCEED", "PASS", None),
    ("SUCCEED", "ROLLBACK", "was rolled back"),
    ("SUCCEED", "MERGE", "unknown operator 'MERGE'"),
    ("FAILED", "RUN", "failed"),
    ("FAILED", "ROLLBACK", "failed to roll back"),
    ("FAILED", "CANCEL", "was cancelled"),
]


@pytest.mark.parametrize("state, operator, refusal", ENDS)
def test_the_gate_opens_only_for_work_that_was_done(state, operator, refusal):
    ended = scripted.at(state, operator)
    wait = scripted.wait_for({"11": [RUNNING, ended]})
    if refusal is None:
        wait.run()
        assert wait.done
    else:
        with pytest.raises(errors.TaskFailed, match=refusal):
            wait.run()


@pytest.mark.parametrize("state, operator, _refusal", ENDS)
def test_a_caller_may_accept_any_outcome(state, operator, _refusal):
    ended = scripted.at(state, operator)
    wait = scripted.wait_for({"11": [ended]}, outcome=(ended.outcome,))
    wait.run()
    assert wait.result()["outcome"] == ended.outcome


def test_passed_work_opens_the_gate_with_a_warning_that_names_it():
    skipped = scripted.replace(scripted.NODE, name="Check backup", operator="PASS")
    wait = scripted.wait_for({"11": [scripted.at("SUCCEED", nodes=(skipped,))]})
    wait.run()
    assert "Check backup" in wait.warnings[0]


def test_an_unknown_state_is_waited_for_and_warned_of():
    odd = scripted.at("PAUSED")
    wait = scripted.wait_for({"11": [odd]}, timeout=30)
    with pytest.raises(errors.WaitTimeout, match="unknown state PAUSED"):
        wait.run()
    assert "PAUSED" in wait.warnings[0]


def test_the_worst_of_many_decides_and_each_is_in_the_result():
    script = {
        "11": [SUCCEEDED],
        "12": [RUNNING, scripted.at("FAILED", id="12")],
        "13": [scripted.at("SUCCEED", "ROLLBACK", id="13")],
    }
    wait = scripted.wait_for(script)
    with pytest.raises(errors.TaskFailed, match="task 12") as caught:
        wait.run()
    assert "13 (rolled_back)" in caught.value.message
    outcomes = [facts["outcome"] for facts in caught.value.result["tasks"]]
    assert outcomes == ["succeeded", "failed", "rolled_back"]
    assert caught.value.result["outcome"] == "failed"


def test_the_pace_is_a_second_at_first_then_slower_and_never_above_ten():
    wait = scripted.wait_for({"11": [RUNNING]}, timeout=3600, heartbeat=3600)
    with pytest.raises(errors.WaitTimeout):
        wait.run()
    naps = wait.sleep.__self__.naps
    assert naps[0] == 1.0
    assert max(naps) == 10.0
    assert all(later >= nap for nap, later in zip(naps[:-2], naps[1:-1]))


def test_the_first_minute_has_a_look_each_second():
    wait = scripted.wait_for({"11": [RUNNING]}, timeout=80, heartbeat=3600)
    with pytest.raises(errors.WaitTimeout):
        wait.run()
    naps = wait.sleep.__self__.naps
    assert naps[:60] == [1.0] * 60
    assert naps[60] == pytest.approx(3.0)


def test_sleep_fixes_the_pace():
    wait = scripted.wait_for({"11": [RUNNING] * 3 + [SUCCEEDED]}, sleep=4)
    wait.run()
    assert wait.sleep.__self__.naps == [4, 4, 4]


def test_delay_comes_before_the_first_look():
    wait = scripted.wait_for({"11": [SUCCEEDED]}, delay=5)
    wait.run()
    assert wait.sleep.__self__.naps == [5]


def test_at_the_deadline_there_is_a_last_look_and_then_the_end():
    wait = scripted.wait_for({"11": [RUNNING, 59, SUCCEEDED]}, timeout=60)
    wait.run()
    assert wait.elapsed <= 60
    wait = scripted.wait_for({"11": [RUNNING, 61, SUCCEEDED]}, timeout=60)
    with pytest.raises(errors.WaitTimeout, match="option timeout"):
        wait.run()
    assert wait.elapsed == pytest.approx(60)


def test_a_timeout_may_be_no_failure_and_the_wait_taken_up_later():
    wait = scripted.wait_for({"11": [RUNNING]}, timeout=60, on_timeout="continue")
    wait.run()
    result = wait.result()
    assert (result["done"], result["timed_out"]) == (False, True)
    later = scripted.wait_for({"11": [SUCCEEDED]}, resume=result["resume"], timeout=120)
    later.run()
    assert later.result()["elapsed"] >= 60
    assert later.polls == 1


def test_an_outage_within_the_budget_is_outlived_and_told():
    script = {"11": [RUNNING, RESET, REFUSED, RUNNING, SUCCEEDED]}
    wait = scripted.wait_for(script)
    wait.run()
    assert [change["what"] for change in wait.history.changes] == [
        "seen",
        "outage",
        "back",
        "state",
    ]
    assert wait.result()["outages"][0]["reason"] == "connection refused"


def test_an_outage_beyond_the_budget_ends_the_wait_and_says_which_option():
    wait = scripted.wait_for({"11": [RUNNING, RESET]}, max_outage=120)
    with pytest.raises(errors.Unreachable, match="option max_outage") as caught:
        wait.run()
    assert 120 <= wait.elapsed <= 135
    assert caught.value.result["task"]["state"] == "RUNNING"


def test_a_server_that_never_answered_is_given_half_a_minute():
    wait = scripted.wait_for({"11": [REFUSED]})
    with pytest.raises(errors.Unreachable):
        wait.run()
    assert 30.0 <= wait.elapsed < 30.0 + 5


def test_a_server_that_asks_for_time_gets_it():
    busy = errors.Unavailable("too many", wait=17.0)
    wait = scripted.wait_for({"11": [RUNNING, busy, SUCCEEDED]})
    wait.run()
    assert 17.0 in wait.sleep.__self__.naps


def test_a_timeout_in_the_middle_of_an_outage_tells_both():
    wait = scripted.wait_for({"11": [RUNNING, RESET]}, timeout=60)
    with pytest.raises(errors.WaitTimeout, match="last look failed: reset by peer"):
        wait.run()


def test_what_no_waiting_mends_ends_the_wait_at_once_with_the_result():
    gone = errors.TaskNotFound("task 11: no such task")
    wait = scripted.wait_for({"11": [RUNNING, gone]})
    with pytest.raises(errors.TaskNotFound) as caught:
        wait.run()
    assert wait.polls == 2
    assert caught.value.to_result()["stats"]["polls"] == 2


def shown(script, **rules):
    """Run a wait and return what it showed, with the seconds at which it did."""
    told = []
    wait = scripted.wait_for(
        script,
        show=lambda change: told.append((change["what"], round(wait.elapsed))),
        **rules,
    )
    wait.run()
    return told, wait


def test_each_change_is_shown_once_when_it_happens():
    script = {
        "11": [RUNNING, 20, scripted.at("RUNNING", stage=2), 40, SUCCEEDED],
        "12": [scripted.at("SUCCEED", id="12")],
    }
    told, wait = shown(script, sleep=1, heartbeat=3600)
    assert told == [("seen", 0), ("seen", 0), ("stage", 20), ("state", 40)]
    result = wait.result()
    assert [facts["id"] for facts in result["tasks"]] == ["11", "12"]
    assert [change["what"] for change in result["changes"]] == [
        what for what, _at in told
    ]


def test_an_outage_is_shown_when_it_begins_and_when_it_is_over():
    script = {"11": [RUNNING, 10, RESET, 30, RUNNING, 40, SUCCEEDED]}
    told, _wait = shown(script, sleep=1, heartbeat=3600)
    assert told == [("seen", 0), ("outage", 10), ("back", 30), ("state", 40)]


def test_no_silence_is_longer_than_the_heartbeat():
    told, wait = shown({"11": [RUNNING, 200, SUCCEEDED]}, heartbeat=30)
    moments = [at for _what, at in told]
    assert max(b - a for a, b in zip(moments, moments[1:])) <= 31
    assert told[1] == ("heartbeat", 30) and told[-1][0] == "state"
    assert len(wait.history.changes) == 2


def test_a_heartbeat_does_not_look_before_the_time_that_the_server_asked_for():
    busy = errors.Unavailable("HTTP 429", wait=100.0, status=429)
    script = {"11": [RUNNING, busy, SUCCEEDED]}
    told, wait = shown(script, heartbeat=30)
    assert [what for what, _at in told] == [
        "seen",
        "outage",
        *["outage"] * 3,
        "state",
        "back",
    ]
    assert wait.polls == 3


def test_a_task_that_moves_all_the_time_cannot_outlive_the_timeout():
    moving = [scripted.at("RUNNING", stage=1 + n % 2) for n in range(100)]
    wait = scripted.wait_for({"11": moving}, timeout=20, sleep=1)
    with pytest.raises(errors.WaitTimeout):
        wait.run()
    assert wait.elapsed == pytest.approx(20)


def test_a_heartbeat_cannot_put_off_the_timeout():
    wait = scripted.wait_for({"11": [RUNNING]}, timeout=20, sleep=2.0, heartbeat=1)
    with pytest.raises(errors.WaitTimeout):
        wait.run()
    assert wait.elapsed == pytest.approx(20)


def test_while_a_newer_task_is_waited_for_each_heartbeat_shows_the_last_one():
    one = target.Target(scope="cluster", newer_than="11")
    told = []
    wait = scripted.wait_for(
        {"cluster": [SUCCEEDED]},
        targets=[one],
        show=told.append,
        heartbeat=30,
        timeout=40,
    )
    with pytest.raises(errors.WaitTimeout):
        wait.run()
    assert [change["what"] for change in told] == ["waiting_for_newer"]
    assert told[0]["task_id"] == "11"
    assert wait.result()["tasks"] == []


def test_what_was_told_is_known_to_the_wait_that_takes_it_up():
    script = {"11": [RUNNING], "12": [scripted.at("SUCCEED", id="12")]}
    wait = scripted.wait_for(script, timeout=60, on_timeout="continue")
    wait.run()
    resume = json.loads(json.dumps(wait.result()["resume"]))
    script["11"] = [scripted.at("RUNNING", stage=2), SUCCEEDED]
    told, later = shown(script, resume=resume, timeout=120)
    assert [what for what, _at in told] == ["stage", "state"]
    assert later.done and later.elapsed >= 60


def test_what_fails_at_its_timeout_leaves_nothing_to_take_up():
    wait = scripted.wait_for({"11": [RUNNING]}, timeout=60)
    with pytest.raises(errors.WaitTimeout) as caught:
        wait.run()
    assert "resume" not in caught.value.result


def test_what_a_later_wait_must_know_is_small_and_has_no_dictionary_of_the_wait():
    wait = scripted.wait_for({"11": [RUNNING]}, timeout=60, on_timeout="continue")
    wait.run()
    assert set(wait.resume()) == {"elapsed", "targets", "servers"}
    assert len(json.dumps(wait.resume())) < 500


@pytest.mark.parametrize(
    "garbage",
    [
        {"targets": 5},
        {"elapsed": 1, "targets": [], "servers": 5},
        {"elapsed": 1, "targets": [], "servers": {"http://h": 5}},
        {"elapsed": 1, "targets": [], "servers": {"http://h": {"info": 5}}},
        {"elapsed": "x", "targets": [], "servers": {}},
        {"elapsed": 1, "targets": [{"x": 1}], "servers": {}},
        {"elapsed": 1, "targets": ["11"], "servers": {}},
        {"msg": "not a resume"},
    ],
)
def test_a_resume_that_is_none_is_refused(garbage):
    with pytest.raises(errors.InvalidOption, match="resume"):
        scripted.wait_for({"11": [RUNNING]}, resume=garbage)


def test_a_resume_of_another_wait_is_refused():
    other = scripted.wait_for({"12": [RUNNING]}, timeout=5, on_timeout="continue")
    other.run()
    with pytest.raises(errors.InvalidOption, match="other tasks"):
        scripted.wait_for({"11": [RUNNING]}, resume=other.resume())


def test_check_mode_looks_once_and_judges_only_what_is_over():
    wait = scripted.wait_for({"11": [RUNNING]})
    wait.look_once()
    assert (wait.done, wait.sleep.__self__.naps) == (False, [])
    with pytest.raises(errors.TaskFailed):
        scripted.wait_for({"11": [FAILED]}).look_once()
    stale = scripted.wait_for(
        {"cluster": [SUCCEEDED]}, targets=[target.Target(scope="cluster")]
    )
    stale.look_once()
    assert "would wait for a task newer than the last one" in stale.warnings[0]
    assert "newer_than" in stale.warnings[0]


@pytest.mark.parametrize("guard, words", [("0", "the first task"), ("11", "than 11")])
def test_check_mode_says_what_it_would_wait_for_where_there_is_only_an_old_task(
    guard, words
):
    old = target.Target(scope="cluster", newer_than=guard)
    found = None if guard == "0" else SUCCEEDED
    wait = scripted.wait_for({"cluster": [found]}, targets=[old])
    wait.look_once()
    assert [words in text for text in wait.warnings] == [True]


def test_a_sub_task_that_failed_inside_a_success_is_warned_of():
    subs = [scripted.replace(scripted.SUB, id=str(n), name=f"s{n}") for n in range(3)]
    subs[1] = scripted.replace(subs[1], state="FAILED")
    subs[2] = scripted.replace(subs[2], state="FAILED", operator="PASS")
    node = scripted.replace(scripted.NODE, sub_tasks=tuple(subs))
    wait = scripted.wait_for({"11": [scripted.at("SUCCEED", nodes=(node,))]})
    wait.run()
    told = [text for text in wait.warnings if "sub-tasks of it failed" in text]
    assert [text.endswith(": s1") for text in told] == [True]


def test_history_is_bounded_and_says_what_was_dropped():
    steps = [scripted.at("RUNNING", stage=n % 2 + 1) for n in range(300)]
    wait = scripted.wait_for({"11": [*steps, SUCCEEDED]})
    wait.run()
    assert len(wait.history.changes) == 200
    assert wait.history.dropped == 101


def test_without_log_lines_no_change_shows_one():
    failed = scripted.replace(scripted.SUB, state="FAILED", task_logs=["secret"])
    node = scripted.replace(scripted.NODE, state="FAILED", sub_tasks=(failed,))
    wait = scripted.wait_for(
        {"11": [scripted.at("FAILED", nodes=(node,))]}, log_lines=0
    )
    with pytest.raises(errors.TaskFailed) as caught:
        wait.run()
    assert "secret" not in json.dumps(caught.value.to_result())


def test_of_a_huge_task_the_result_keeps_what_tells():
    subs = [replace(scripted.SUB, id=str(n), state="SUCCEED") for n in range(1500)]
    subs[7] = replace(subs[7], state="FAILED", task_logs=["no space"])
    subs[9] = replace(subs[9], operator="PASS")
    node = replace(scripted.NODE, state="FAILED", sub_tasks=tuple(subs))
    wait = scripted.wait_for({"11": [scripted.at("FAILED", nodes=(node,))]})
    with pytest.raises(errors.TaskFailed):
        wait.run()
    result = wait.result()
    kept = result["task"]["nodes"][0]["sub_tasks"]
    assert [sub["id"] for sub in kept] == ["7", "9"]
    assert result["stats"]["sub_tasks_dropped"] == 1498
    assert result["task"]["progress"]["total"] == 1500
    assert result["task"]["failure"]["sub_task_id"] == "7"


def test_however_many_fail_the_result_is_bounded():
    subs = [replace(scripted.SUB, id=str(n), state="FAILED") for n in range(700)]
    nodes = tuple(
        replace(scripted.NODE, id=name, state="FAILED", sub_tasks=tuple(subs))
        for name in ("1", "2")
    )
    wait = scripted.wait_for({"11": [scripted.at("FAILED", nodes=nodes)]})
    with pytest.raises(errors.TaskFailed):
        wait.run()
    kept = [len(node["sub_tasks"]) for node in wait.result()["task"]["nodes"]]
    assert (kept, wait.result()["stats"]["sub_tasks_dropped"]) == ([700, 300], 400)


def test_a_wait_of_a_day_stays_as_small_as_it_was():
    """What it keeps after two hours and after a day, with an outage in each hour."""
    lives = []
    for hour in range(25):
        lives += [scripted.at("RUNNING", stage=1 + hour % 2), 3600.0 * hour + 1800]
        lives += [RESET, 3600.0 * hour + 1860]
    wait = scripted.wait_for(
        {"11": lives[:-1]}, timeout=86000, sleep=30, show=lambda change: None
    )
    clock, sizes = wait.clock, {}

    def sleep(seconds):
        clock.sleep(seconds)
        clock.naps.clear()
        wait.server.asked.clear()
        hour = int(clock.now // 3600)
        if hour not in sizes:
            gc.collect()
            sizes[hour] = tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        with pytest.raises(errors.WaitTimeout) as caught:
            replace(wait, sleep=sleep).run()
    finally:
        tracemalloc.stop()
    assert len(caught.value.result["outages"]) == 24
    assert caught.value.result["stats"]["polls"] > 2800
    # The outages are kept; eight bytes for each look would be 20,000 more.
    assert sizes[23] - sizes[2] < 40_000


def failing(number, times=1):
    """Return a node in which so many sub-tasks have failed."""
    subs = tuple(
        replace(scripted.SUB, id=str(100 + n), state="FAILED", execute_times=times)
        for n in range(number)
    )
    return replace(scripted.NODE, sub_tasks=subs)


def test_a_change_is_told_once_and_a_flood_is_cut_with_its_number():
    flood = scripted.at("RUNNING", nodes=(failing(150),))
    script = {"11": [RUNNING, 10, flood, 100, SUCCEEDED]}
    told, wait = shown(script, sleep=1, heartbeat=3600)
    what = [word for word, _at in told]
    assert what == ["seen", *["failed"] * 20, "more", "state"]
    assert len(wait.history.changes) == 152


def test_what_flaps_is_cut_in_each_look():
    script = {"11": []}
    for second in range(10):
        script["11"] += [
            scripted.at("RUNNING", nodes=(failing(200, times=second),)),
            float(second),
        ]
    script["11"] = script["11"][:-1]
    told = []
    wait = scripted.wait_for(script, sleep=1, timeout=9, show=told.append)
    with pytest.raises(errors.WaitTimeout):
        wait.run()
    assert len(told) <= 21 * wait.polls


def test_a_task_in_which_nothing_moves_fails_the_wait_and_says_where():
    wait = scripted.wait_for({"11": [RUNNING]}, timeout=3600, max_stall=120)
    with pytest.raises(errors.Stalled, match="1/2 step.*goes on") as caught:
        wait.run()
    assert 120 <= wait.elapsed < 140
    assert "option max_stall" in caught.value.message
    assert caught.value.to_result()["error"]["kind"] == "stalled"


def test_a_new_line_of_a_log_moves_a_task():
    def logged(lines):
        sub = replace(scripted.SUB, task_logs=["x"] * lines)
        return scripted.at(nodes=(replace(scripted.NODE, sub_tasks=(sub,)),))

    lives = []
    for number in range(1, 11):
        lives += [logged(number), number * 60.0]
    wait = scripted.wait_for({"11": [*lives, SUCCEEDED]}, max_stall=100, sleep=5)
    wait.run()
    assert wait.done and wait.elapsed >= 600


def test_an_outage_is_no_stall():
    script = {"11": [RUNNING, 50, RESET, 350, RUNNING, 360, SUCCEEDED]}
    wait = scripted.wait_for(script, max_stall=100, sleep=5)
    with pytest.raises(errors.Stalled):
        wait.run()
    assert wait.elapsed >= 350


def test_a_stalled_wait_may_go_on_as_one_whose_time_was_up():
    wait = scripted.wait_for({"11": [RUNNING]}, max_stall=60, on_timeout="continue")
    wait.run()
    assert wait.result()["timed_out"] and wait.result()["resume"]


BUSY = errors.Unavailable("HTTP 503")
GONE = errors.TaskNotFound("task 11: no such task")
ALL = target.Quiet("all")


def test_a_task_that_was_revived_while_another_runs_is_not_done():
    script = {
        "11": [SUCCEEDED, 15, RUNNING, 40, SUCCEEDED],
        "12": [RUNNING, 20, SUCCEEDED],
    }
    wait = scripted.wait_for(script, sleep=5)
    wait.run()
    assert wait.elapsed == pytest.approx(40)
    assert [one.snapshot.state for one in wait.targets] == ["SUCCEED", "SUCCEED"]


def test_a_failure_that_was_mended_while_another_runs_is_none():
    script = {"11": [FAILED, 15, SUCCEEDED], "12": [RUNNING, 20, SUCCEEDED]}
    wait = scripted.wait_for(script, sleep=5)
    wait.run()
    assert wait.result()["outcome"] == "succeeded"


def test_a_success_that_was_undone_while_another_runs_does_not_open_the_gate():
    undone = scripted.at("SUCCEED", "ROLLBACK")
    script = {"11": [SUCCEEDED, 15, undone], "12": [RUNNING, 20, SUCCEEDED]}
    with pytest.raises(errors.TaskFailed, match="task 11 .* was rolled back"):
        scripted.wait_for(script, sleep=5).run()


@pytest.mark.parametrize(
    "script",
    [
        {"11": [SUCCEEDED, 20, BUSY, 30, SUCCEEDED], "12": [RUNNING, 20, SUCCEEDED]},
        {"11": [SUCCEEDED], "12": [RUNNING, 20, BUSY, 30, SUCCEEDED]},
    ],
    ids=["of the task that is done", "of the task that ends"],
)
def test_a_503_in_the_last_look_of_several_tasks_is_an_outage(script):
    wait = scripted.wait_for(script, sleep=5)
    wait.run()
    assert wait.elapsed == pytest.approx(30)
    outage = {"from": 20.0, "to": 30.0, "reason": "HTTP 503"}
    assert wait.result()["outages"] == [outage]


def test_what_a_broken_look_has_seen_done_is_looked_at_again():
    undone = scripted.at("SUCCEED", "ROLLBACK")
    script = {
        "11": [SUCCEEDED, 20, BUSY, 30, undone],
        "12": [RUNNING, 20, SUCCEEDED],
    }
    with pytest.raises(errors.TaskFailed, match="was rolled back"):
        scripted.wait_for(script, sleep=5).run()


def test_a_scope_whose_list_was_never_had_ends_with_the_time_and_says_why():
    unheard = errors.Unavailable("tasks of 10.0.0.3:2886 are not listed")
    wait = scripted.wait_for({"busy": [unheard]}, quiet=ALL, timeout=60)
    with pytest.raises(errors.WaitTimeout, match="10.0.0.3:2886") as caught:
        wait.run()
    assert "not known whether nothing is at work" in caught.value.message
    assert (wait.done, wait.elapsed) == (False, pytest.approx(60))


def test_the_failed_one_is_named_first_then_up_to_ten_that_are_late():
    script = {"11": [RUNNING], "12": [FAILED]}
    script.update({str(id): [RUNNING] for id in range(13, 24)})
    wait = scripted.wait_for(script, timeout=50)
    with pytest.raises(errors.TaskFailed) as caught:
        wait.run()
    message = caught.value.message
    assert caught.value.details["task_id"] == "12"
    assert message.index("task 12 ") < message.index("task 11 ")
    named = [id for id in script if f"task {id} " in message]
    assert named == [str(id) for id in range(11, 22)]
    assert "and 2 more" in message
    assert message.count("timed out after 50 s") == 1


def test_all_that_are_late_are_named_where_none_has_failed():
    script = {"11": [RUNNING], "12": [SUCCEEDED], "13": [RUNNING]}
    with pytest.raises(errors.WaitTimeout) as caught:
        scripted.wait_for(script, timeout=50).run()
    message = caught.value.message
    assert "task 11 " in message and "task 13 " in message
    assert "task 12 " not in message


def test_what_has_failed_and_holds_its_lock_is_told_while_another_runs():
    twelve = replace(RUNNING, id="12")
    script = {"busy": [[FAILED, twelve]], "11": [FAILED], "12": [twelve]}
    wait = scripted.wait_for(script, quiet=ALL)
    with pytest.raises(errors.TaskFailed, match="task 11 "):
        wait.run()
    assert (wait.elapsed, wait.polls) == (0, 1)


def test_a_failure_that_is_retried_as_it_is_listed_is_waited_for():
    script = {"busy": [[FAILED], [FAILED], []], "11": [RUNNING, RUNNING, SUCCEEDED]}
    wait = scripted.wait_for(script, quiet=ALL)
    wait.run()
    assert wait.done and wait.polls == 3


def test_a_task_that_is_not_there_yet_is_looked_at_again():
    wait = scripted.wait_for({"11": [GONE, 3, RUNNING, 10, SUCCEEDED]})
    wait.run()
    assert wait.result()["outages"] == []
    assert wait.server.asked[1:] and wait.done


@pytest.mark.parametrize("delay", [0, 20])
def test_a_task_that_is_not_there_after_five_seconds_never_will_be(delay):
    wait = scripted.wait_for({"11": [GONE]}, delay=delay, sleep=1)
    with pytest.raises(errors.TaskNotFound):
        wait.run()
    assert wait.elapsed == pytest.approx(delay + 5)


def test_a_task_that_was_seen_and_vanished_is_not_waited_for():
    wait = scripted.wait_for({"11": [RUNNING, 2, GONE]}, sleep=1)
    with pytest.raises(errors.TaskNotFound):
        wait.run()
    assert wait.elapsed == pytest.approx(2)


NO_LISTS = [
    (errors.Unavailable("HTTP 500"), True),
    (errors.Unreachable("no answer", reason="timeout"), True),
    (errors.Refused("HTTP 400"), False),
    (errors.InvalidAnswer("a list was expected"), False),
    (errors.InvalidAnswer("larger than 64 MiB", fatal=True), False),
]


@pytest.mark.parametrize("failure, again", NO_LISTS)
def test_a_list_that_cannot_be_had_does_not_end_a_wait_for_many(failure, again):
    script = {str(id): [RUNNING, 50, SUCCEEDED] for id in range(11, 15)}
    wait = scripted.wait_for({**script, "known": [failure]}, sleep=5)
    wait.run()
    assert wait.elapsed == pytest.approx(50)
    assert wait.result()["outages"] == []
    lists = sum(key == "known" for key, _details in wait.server.asked)
    assert lists > 5 if again else lists == 1


def test_what_a_list_says_of_one_look_is_forgotten_with_the_next():
    many = {str(id): [RUNNING, 20, SUCCEEDED] for id in range(11, 15)}
    listed = [replace(RUNNING, id=id, nodes=None) for id in many]
    wait = scripted.wait_for({**many, "known": [listed, 20, BUSY]}, sleep=5)
    wait.run()
    assert wait.elapsed == pytest.approx(20)


def test_a_wait_that_is_taken_up_tells_no_failed_sub_task_again():
    sub = replace(scripted.SUB, state="FAILED")
    node = replace(scripted.NODE, sub_tasks=(sub,))
    ids = [str(id) for id in range(11, 15)]
    half = {id: [replace(RUNNING, id=id, nodes=(node,))] for id in ids}
    first = scripted.wait_for(half, timeout=5, on_timeout="continue")
    first.run()
    told = [change["what"] for change in first.history.changes]
    assert told.count("failed") == 4
    listed = [replace(RUNNING, id=id, nodes=None) for id in ids]
    rules = {"timeout": 30, "sleep": 5, "on_timeout": "continue"}
    script = {**half, "known": [listed, 10, []]}
    later = scripted.wait_for(script, resume=first.result()["resume"], **rules)
    later.run()
    assert later.history.changes == [] and later.polls > 2


def told_by(script, **options):
    """Run a wait; return what it showed, with the second at which it did."""
    told = []
    wait = scripted.wait_for(
        script,
        show=lambda change: told.append((change["what"], round(wait.elapsed))),
        **options,
    )
    try:
        wait.run()
    except errors.WaitTimeout:
        told.append(("timeout", round(wait.elapsed)))
    return told


def test_that_nothing_is_at_work_is_shown_once():
    assert told_by({"busy": [[]]}, quiet=ALL) == [("quiet", 0)]
    script = {"busy": [[RUNNING], 20, []], "11": [RUNNING, 20, SUCCEEDED]}
    told = told_by(script, quiet=ALL, sleep=5)
    assert told == [("seen", 0), ("state", 20), ("quiet", 20)]


def test_nothing_is_called_quiet_before_a_whole_look_found_it_so():
    told = told_by({"busy": [BUSY, 40, []]}, quiet=ALL, sleep=5)
    assert told[-1] == ("quiet", 40)
    assert [what for what, _at in told].count("quiet") == 1


def test_nothing_is_called_quiet_when_the_time_is_up_first():
    script = {"busy": [[RUNNING]], "11": [RUNNING]}
    told = told_by(script, quiet=ALL, timeout=20, on_timeout="continue")
    assert [what for what, _at in told] == ["seen"]


def test_what_runs_in_a_scope_is_in_each_heartbeat():
    script = {"busy": [[RUNNING], 100, []], "11": [RUNNING, 100, SUCCEEDED]}
    told = told_by(script, quiet=ALL, sleep=5, heartbeat=30)
    beats = [(what, at) for what, at in told if what == "heartbeat"]
    assert beats == [("heartbeat", 30), ("heartbeat", 60), ("heartbeat", 90)]


def test_an_outage_that_ends_a_wait_is_told_with_what_was_last_seen():
    seen = scripted.at(stage=2, dag_id=1)
    wait = scripted.wait_for({"11": [seen, 10, RESET]}, max_outage=60, sleep=5)
    with pytest.raises(errors.Unreachable, match="option max_outage") as caught:
        wait.run()
    said = "task 11 'Cluster scale out' was RUNNING at stage 2 when it was last seen"
    assert said in caught.value.message
    assert "at the server goes on" in caught.value.message


def test_of_several_tasks_an_outage_names_those_that_were_not_over():
    over = scripted.at("SUCCEED", stage=2, dag_id=1)
    script = {"12": [over, 10, RESET], "13": [RUNNING, 10, RESET]}
    wait = scripted.wait_for(script, max_outage=60, sleep=5)
    with pytest.raises(errors.Unreachable) as caught:
        wait.run()
    assert "task 13 " in caught.value.message
    assert "task 12 " not in caught.value.message


def test_the_time_for_which_nothing_changed_is_told_when_the_time_is_up():
    script = {"11": [scripted.at(stage=1), 40, scripted.at(stage=2)]}
    wait = scripted.wait_for(script, timeout=100, sleep=10)
    with pytest.raises(errors.WaitTimeout, match=r"unchanged for 60 s"):
        wait.run()


def test_times_of_changes_are_tenths_of_a_second():
    wait = scripted.wait_for({"11": [RUNNING, SUCCEEDED]}, sleep=0.26)
    wait.run()
    assert [change["elapsed"] for change in wait.history.changes] == [0.0, 0.3]


def test_a_task_that_vanished_is_told_with_what_was_last_seen():
    gone = errors.TaskNotFound("task 11: no such task")
    wait = scripted.wait_for({"11": [RUNNING, 30, gone]}, sleep=5)
    with pytest.raises(errors.TaskNotFound, match="RUNNING at stage 1 when it was"):
        wait.run()


def test_what_an_earlier_wait_has_seen_is_not_forgotten():
    first = scripted.wait_for({"11": [RUNNING]}, timeout=60, on_timeout="continue")
    first.run()
    resume = json.loads(json.dumps(first.result()["resume"]))
    later = scripted.wait_for({"11": [BUSY]}, resume=resume, timeout=90)
    with pytest.raises(errors.WaitTimeout, match="was RUNNING at stage 1") as caught:
        later.run()
    assert "never seen" not in caught.value.message


@pytest.mark.parametrize("sent", [True, False])
def test_a_wait_has_changed_something_only_where_a_cancel_was_sent(sent):
    over = scripted.at("FAILED", "CANCEL")
    script = {"11": [RUNNING, 70, over], "cancel": [(sent, ["a part goes on"])]}
    told = []
    wait = scripted.wait_for(
        script,
        targets=[target.Target(task_id="11")],
        show=told.append,
        **{"timeout": 20, "on_timeout": "cancel", "heartbeat": 10},
    )
    with pytest.raises(errors.WaitError) as caught:
        wait.run()
    assert caught.value.result["changed"] is sent
    assert caught.value.result["outcome"] == "cancelled"
    moments = [one["elapsed"] for one in told]
    assert max(b - a for a, b in zip(moments, moments[1:])) <= 11
