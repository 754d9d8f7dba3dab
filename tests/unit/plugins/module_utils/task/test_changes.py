# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils.task import changes
from ansible_collections.oceanbase.ops.tests.unit.plugins import scripted


def at_work(*hosts, **more):
    """Return what is said of these hosts, each with a sub-task that runs."""
    subs = tuple(
        replace(scripted.SUB, id=str(n), name="Install", state="RUNNING", **of(host))
        for n, host in enumerate(hosts)
    )
    node = replace(scripted.NODE, sub_tasks=subs)
    return changes.between(None, scripted.at(nodes=(node,), **more))[0]["at_work"]


def of(host):
    return {"execute_agent": {"ip": host, "port": 2886} if host else None}


NET = [f"10.0.0.{n}" for n in range(3, 13)]
AT_WORK = {
    "nobody": ([], None),
    "one": (["10.0.0.4"], "on 10.0.0.4"),
    "one that is not named": ([None], None),
    "two of one net": (NET[:2], "0/2 sub-tasks | Install x2: 10.0.0.3 .4"),
    "ten of one net": (NET, "0/10 sub-tasks | Install x10: 10.0.0.3 .4 .5 +7"),
    "two of two nets": (
        ["10.0.0.3", "10.0.1.3"],
        "0/2 sub-tasks | Install x2: 10.0.0.3 10.0.1.3",
    ),
    "two of IPv6": (
        ["fe80::1", "fe80::2"],
        "0/2 sub-tasks | Install x2: fe80::1 fe80::2",
    ),
    "two on one host": (["10.0.0.3"] * 2, "0/2 sub-tasks | Install x2: 10.0.0.3"),
    "two that are not named": ([None, None], "0/2 sub-tasks | Install x2"),
}


@pytest.mark.parametrize("hosts, words", AT_WORK.values(), ids=AT_WORK)
def test_who_is_at_work_is_said_shortly(hosts, words):
    assert at_work(*hosts) == words


def test_attempts_beyond_the_first_are_retries():
    subs = [replace(scripted.SUB, id=str(n), execute_times=n) for n in range(4)]
    node = replace(scripted.NODE, sub_tasks=tuple([*subs, scripted.SUB]))
    assert changes.between(None, scripted.at(nodes=(node,)))[0]["retries"] == 3


def test_a_failure_is_told_of_the_host_that_failed():
    sub = replace(scripted.SUB, state="FAILED", **of("10.0.0.1"))
    for followed, agent in ((None, "10.0.0.1:2886"), ("10.0.0.4:2886",) * 2):
        part = replace(sub, followed=followed)
        node = replace(scripted.NODE, state="FAILED", sub_tasks=(part,))
        _seen, failed = changes.between(None, scripted.at("FAILED", nodes=(node,)))
        assert (failed["what"], failed["agent"]) == ("failed", agent)


def test_a_failure_of_the_attempt_before_is_no_news():
    sub = replace(scripted.SUB, state="FAILED", execute_times=1)
    node = replace(scripted.NODE, state="FAILED", sub_tasks=(sub,))
    first = scripted.at("READY", operator="RETRY", nodes=(node,))
    assert [one["what"] for one in changes.between(None, first)] == ["seen"]
    again = replace(node, sub_tasks=(replace(sub, state="RUNNING", execute_times=2),))
    later = scripted.at("RUNNING", operator="RETRY", nodes=(again,))
    told = changes.between(changes.mark(None, first), later)
    assert [one["what"] for one in told] == ["state", "retried"]
    failed = replace(node, sub_tasks=(replace(sub, execute_times=2),))
    later = scripted.at("RUNNING", operator="RETRY", nodes=(failed,))
    told = changes.between(changes.mark(None, first), later)
    assert [one["what"] for one in told] == ["state", "failed"]


def timed(start, *, begun=None, ended=None):
    node = replace(scripted.NODE, start_time=begun, end_time=ended, sub_tasks=())
    return scripted.at(start_time=start, nodes=(node,))


DAY = "2026-01-01T00:0"
TIMES = {
    "nothing yet": (timed(None), None, None),
    "no step yet": (timed(f"{DAY}0:00Z"), None, None),
    "a step": (timed(f"{DAY}0:00Z", begun=f"{DAY}1:00Z"), 60.0, 60.0),
    "a step that is over": (
        timed(f"{DAY}0:00Z", begun=f"{DAY}1:00Z", ended=f"{DAY}2:30Z"),
        150.0,
        60.0,
    ),
    "a step before the task": (timed(f"{DAY}2:00Z", begun=f"{DAY}1:00Z"), 0.0, 0.0),
}


@pytest.mark.parametrize("task, reached, begun", TIMES.values(), ids=TIMES)
def test_only_differences_within_a_task_count(task, reached, begun):
    assert (changes.reached(task), changes.begun(task)) == (reached, begun)


def test_ages_go_on_between_two_looks():
    running = timed(f"{DAY}0:00Z", begun=f"{DAY}1:00Z")
    shown = []
    wait = scripted.wait_for(
        {"11": [running, 65, scripted.SUCCEEDED]}, show=shown.append, heartbeat=30
    )
    wait.run()
    beats = [one for one in shown if one["what"] == "heartbeat"]
    assert [round(one["age"]) for one in beats] == [90, 120]
    assert [round(one["stage_age"]) for one in beats] == [30, 60]
    assert [round(one["unchanged"]) for one in beats] == [30, 60]
