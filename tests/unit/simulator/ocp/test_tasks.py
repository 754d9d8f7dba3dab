# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulated OCP does beyond the recordings, after protocol/ocp.md."""

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.tests.simulator.ocp import log as ocp_log
from ansible_collections.oceanbase.ops.tests.simulator.ocp.given import SCENARIOS
from ansible_collections.oceanbase.ops.tests.simulator.ocp.scenario import (
    Scenario,
    Subtask,
)
from ansible_collections.oceanbase.ops.tests.unit.simulator.ocp.asking import (
    TASKS,
    ask,
    data,
    error,
    listed,
    make,
    turn,
)


def test_ids_beyond_53_bits_are_strings_among_numbers() -> None:
    server = make(first_id=2**53 - 2)
    task_id = server.start("parallel", hosts=4)
    task = server.task(task_id)
    ids = [sub["id"] for sub in task["subtasks"]]
    assert task["id"] == 2**53 - 2
    assert {type(i) for i in ids} == {int, str}
    edges = [up for sub in task["subtasks"] for up in sub["upstreams"]]
    assert set(map(str, edges)) <= set(map(str, ids))


def test_the_order_of_subtasks_changes_between_polls() -> None:
    server = make()
    task_id = server.start("parallel", hosts=5)
    orders = {
        tuple(sub["id"] for sub in server.task(task_id)["subtasks"]) for _i in range(9)
    }
    assert len(orders) > 1


def test_two_fail_in_a_wide_diamond_the_named_one_first() -> None:
    server = make()
    task_id = server.start("wide_diamond")
    turn(server, 30)
    task = server.task(task_id)
    failed = sorted(
        (sub["finishTime"], sub["name"])
        for sub in task["subtasks"]
        if sub["status"] == "FAILED"
    )
    assert len(task["subtasks"]) == 30
    assert [name.rpartition(".")[2] for _time, name in failed] == ["7", "2"]
    assert task["status"] == "FAILED"


def test_ten_subtasks_at_a_time() -> None:
    server = make()
    task_id = server.start("many", subtasks=40, seconds=3.0)
    most = 0
    for _second in range(30):
        turn(server, 1)
        states = [sub["status"] for sub in server.task(task_id)["subtasks"]]
        most = max(most, states.count("RUNNING") + states.count("READY"))
    assert most == 10
    assert server.task(task_id)["status"] == "SUCCESSFUL"


def test_a_task_of_a_day_and_one_of_ten_thousand_subtasks_cost_nothing() -> None:
    server = make()
    day = server.start("slow", seconds=86400.0)
    wide = server.start("many", subtasks=10000)
    turn(server, 90000)
    assert server.task(day)["status"] == server.task(wide)["status"] == "SUCCESSFUL"


def test_a_cancelled_subtask_is_canceling_then_running_then_failed() -> None:
    server = make()
    task_id = server.start("slow")
    turn(server, 5)
    sub = server.task(task_id)["subtasks"][0]
    data(ask(server, "POST", f"{TASKS}/{task_id}/subtasks/{sub['id']}/cancel"))
    turn(server, 20)
    steps = [
        (change.subtask or "task", change.status, change.operation)
        for change in server.history(task_id)[-4:]
    ]
    assert steps == [
        ("Demo install", "CANCELING", "EXECUTE"),
        ("Demo install", "RUNNING", "CANCEL"),
        ("Demo install", "FAILED", "CANCEL"),
        ("task", "FAILED", "EXECUTE"),
    ]


def test_a_subtask_that_may_not_be_skipped() -> None:
    server = make()
    task_id = server.start("chain", seconds=0.0, failures=1, skippable=False)
    turn(server, 10)
    subs = server.task(task_id)["subtasks"]
    failed = next(sub["id"] for sub in subs if sub["status"] == "FAILED")
    refused = ask(server, "POST", f"{TASKS}/{task_id}/subtasks/{failed}/skip")
    assert (refused.status, error(refused)["code"]) == (400, "TSK10010")


def test_the_state_line_is_not_last_after_a_cancel_or_a_timeout() -> None:
    server = make()
    task_id = server.start("timed_out")
    turn(server, 20)
    sub = next(s for s in server.task(task_id)["subtasks"] if s["status"] == "FAILED")
    path = f"{TASKS}/{task_id}/subtasks/{sub['id']}/log"
    log = data(ask(server, "GET", path))["log"]
    assert log.rstrip().endswith("elapsed=3, timeout=3")
    assert "state: FAILED\n2" in log


def test_a_running_subtask_has_written_what_it_has_done_so_far() -> None:
    server = make()
    task_id = server.start("slow", seconds=20.0)
    sub = server.task(task_id)["subtasks"][0]["id"]
    turn(server, 5)
    first = data(ask(server, "GET", f"{TASKS}/{task_id}/subtasks/{sub}/log"))["log"]
    turn(server, 5)
    second = data(ask(server, "GET", f"{TASKS}/{task_id}/subtasks/{sub}/log"))["log"]
    assert second.startswith(first) and len(second) > len(first)
    assert "step 5 of 20" in first and "step 6 of 20" not in first


def test_a_log_is_cut_into_pieces_of_two_kilobytes() -> None:
    server = make()
    text = "ж" * 1500
    scenario = Scenario("Long", (Subtask("Write", lines=(text,)),))
    task_id = server.start(scenario)
    turn(server, 10)
    sub = server.task(task_id)["subtasks"][0]["id"]
    log = data(ask(server, "GET", f"{TASKS}/{task_id}/subtasks/{sub}/log"))["log"]
    assert text not in log
    begin = log.rindex("\n", 0, log.index("ж")) + 1
    first = log[begin : log.index("\n", begin)]
    # The character in the middle of the cut is lost on both sides.
    assert 2046 <= len(first.replace("\ufffd", "").encode()) <= 2048
    glued = log.replace("\n", "").replace("\ufffd", "")
    assert 1498 <= glued.count("ж") <= 1500


@pytest.mark.parametrize(
    ("time", "digits", "text"),
    [
        (1629875371.0, 0, "2021-08-25T15:09:31+08:00"),
        (1629875371.74, 3, "2021-08-25T15:09:31.74+08:00"),
        (1629875394.067, 3, "2021-08-25T15:09:54.067+08:00"),
    ],
)
def test_dates_drop_trailing_zeros(time: float, digits: int, text: str) -> None:
    zone = make().engine.zone
    assert ocp_log.iso(time, zone, digits=digits) == text


def test_a_word_and_edges_that_nobody_knows() -> None:
    server = make()
    task_id = server.start(
        "chain",
        words=[["RUNNING", "ABORTING"]],
        shown_edges=[["Demo finish", "Demo prepare"], [4711, "Demo install"]],
    )
    task = server.task(task_id)
    ups = {sub["name"]: sub["upstreams"] for sub in task["subtasks"]}
    assert task["status"] == "ABORTING"
    assert 4711 in ups["Demo install"] and ups["Demo prepare"]
    turn(server, 60)
    assert server.task(task_id)["status"] == "SUCCESSFUL"


def test_a_task_vanishes_after_its_retention() -> None:
    server = make()
    task_id = server.start("chain", vanishes_after=100.0)
    turn(server, 60)
    assert ask(server, "GET", f"{TASKS}/{task_id}").status == 200
    turn(server, 60)
    assert ask(server, "GET", f"{TASKS}/{task_id}").status == 404
    assert listed(server, "") == []


def test_a_scenario_can_be_given_as_json() -> None:
    server = make()
    subtasks = [{"name": "A"}, {"name": "B", "after": ["A"], "failures": 1}]
    task_id = server.start({"name": "Own", "subtasks": subtasks}, tenant={"name": "t"})
    turn(server, 20)
    task = server.task(task_id)
    assert (task["name"], task["status"], task["tenant"]["name"]) == (
        "Own",
        "FAILED",
        "t",
    )


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_scenario_comes_to_an_end(name: str) -> None:
    server = make()
    task_id = server.start(name)
    turn(server, 2000)
    assert server.task(task_id)["status"] in ("SUCCESSFUL", "FAILED")
