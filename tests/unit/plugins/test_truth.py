# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate on the simulator: every end of a task, every fault at every phase of it.

The clock is turned by the wait's own sleeping; only what hangs costs real time.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import target
from ansible_collections.oceanbase.ops.tests.simulator import Simulator, TurnedClock
from ansible_collections.oceanbase.ops.tests.unit.plugins import truth

end = truth.end


@pytest.fixture
def case():
    with Simulator(clock=TurnedClock()) as sim:
        yield truth.Case(sim)


def hold(case, scenario):
    """Check what the gate makes of a scenario; return the wait."""
    wait = case.wait(scenario.start(case), connection=scenario.connected(case))
    if scenario.error:
        with pytest.raises(scenario.error, match=scenario.said or None):
            wait.run()
    else:
        found, message = end(wait)
        assert found == scenario.outcome, message
        assert scenario.said in message
    if scenario.outage:
        assert wait.result()["outages"]
    if scenario.logins is not None:
        assert case.agent.failed_logins == scenario.logins
    return wait


@pytest.mark.parametrize("scenario", truth.ENDS, ids=str)
def test_obshell_ends_as_it_ended(case, scenario):
    hold(case, scenario)


@pytest.mark.parametrize("scenario", truth.MENDED, ids=str)
def test_what_somebody_did_after_a_failure_is_what_counts_later(case, scenario):
    hold(case, scenario)


OCP_ENDS = [
    ("chain", {}, "succeeded", ""),
    ("fail_always", {}, "failed", "demo failure: install cannot reach"),
    ("flaky", {}, "succeeded", ""),
    ("diamond", {}, "failed", "Demo check"),
    ("wide_diamond", {}, "failed", "also sub-task"),
    ("timed_out", {}, "failed", ""),
    ("late_success", {}, "failed", "a retry of the task mends it"),
    pytest.param("many", {}, "succeeded", "", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("scenario, options, outcome, said", OCP_ENDS)
def test_ocp_ends_as_it_ended(case, scenario, options, outcome, said):
    wait = case.wait(case.ocp.start(scenario, **options), server="ocp")
    found, message = end(wait)
    assert found == outcome
    assert said in message


@pytest.mark.parametrize("scenario", truth.FAULTY, ids=str)
def test_obshell_a_fault_changes_nothing_about_the_verdict(case, scenario):
    hold(case, scenario)


@pytest.mark.parametrize("phase", truth.PHASES)
@pytest.mark.parametrize("name", truth.FAULTS)
def test_ocp_a_fault_changes_nothing_about_the_verdict(case, name, phase):
    task_id = case.ocp.start("slow", seconds=18)
    spoil = truth.FAULTS[name]
    case.after(truth.PHASES[phase], lambda: spoil(case, case.ocp.server))
    wait = case.wait(task_id, server="ocp", connection=truth.patience(name))
    assert end(wait)[0] == "succeeded"
    assert wait.result()["outages"]


@pytest.mark.parametrize("scenario", truth.UNDONE, ids=str)
def test_a_fault_never_makes_a_success_of_a_task_that_was_undone(case, scenario):
    hold(case, scenario)


@pytest.mark.parametrize("scenario", truth.RESTARTS, ids=str)
def test_an_agent_that_restarts_is_waited_for(case, scenario):
    hold(case, scenario)


@pytest.mark.parametrize("scenario", truth.KEYS, ids=str)
def test_a_new_key_is_fetched_and_costs_no_login(case, scenario):
    hold(case, scenario)


@pytest.mark.parametrize("scenario", truth.CLOCKS, ids=str)
def test_a_clock_that_is_wrong_or_jumps_is_measured(case, scenario):
    hold(case, scenario)


def test_while_no_observer_is_up_no_cluster_task_is_asked_for(case):
    wait = hold(case, truth.OBSERVERS_DOWN)
    assert case.cluster.storms == 0
    assert "observer is not up" in wait.result()["outages"][0]["reason"]


def test_a_password_that_changes_meanwhile_costs_one_refusal(case):
    hold(case, truth.PASSWORD_ANNOUNCED)


def test_a_password_that_changes_without_notice_ends_the_wait_after_one_refusal(case):
    hold(case, truth.PASSWORD_UNKNOWN)


def test_ocp_a_wrong_password_is_tried_once(case):
    task_id = case.ocp.start("slow", seconds=30)
    wait = case.wait(task_id, server="ocp", connection={"password": "wrong"})
    with pytest.raises(errors.AuthRefused, match="ocp.password"):
        wait.run()
    assert case.ocp.failed_logins == 1


@pytest.mark.parametrize("scenario", truth.FIRST_CONTACT, ids=str)
def test_at_first_contact_what_is_no_server_of_ours_ends_soon(case, scenario):
    assert hold(case, scenario).elapsed <= 35


@pytest.mark.parametrize(
    "fault, error",
    [
        ("html", errors.InvalidAnswer),
        ("foreign", errors.InvalidAnswer),
        ("refuse", errors.Unreachable),
    ],
)
def test_ocp_at_first_contact_what_is_no_server_of_ours_ends_soon(case, fault, error):
    case.ocp.server.faults.add(fault)
    wait = case.wait("1", server="ocp")
    with pytest.raises(error):
        wait.run()
    assert wait.elapsed <= 35


@pytest.mark.slow
def test_a_day_long_wait_with_ten_outages_keeps_its_pace_and_its_memory(case):
    task_id = case.cluster.start("long", stages=24, seconds=3600.0)
    for hour in range(10):
        case.after(3600 * (2 * hour + 1), lambda: case.agent.restart(down=300))
    case.after(40000, case.agent.rotate_key)
    wait = case.wait(task_id, timeout=100000, sleep=120)
    assert end(wait) == ("succeeded", "")
    result = wait.result()
    assert len(result["outages"]) == 10
    assert result["elapsed"] > 86000
    assert case.agent.failed_logins == 0
    assert len(str(result)) < 200_000


def quiet(case, scope="all", **options):
    """Return a wait until nothing matching is at work."""
    return case.wait(quiet=target.Quiet(scope, **options))


@pytest.fixture
def named(case):
    """Name both agents: a list of each is needed to know that all is quiet."""
    plain = case.wait

    def wait(*task_ids, **more):
        urls = [agent.url for agent in case.cluster.agents]
        return plain(*task_ids, connection={"url": urls}, **more)

    case.wait = wait
    return case


def test_quiet_is_quiet_at_once(named):
    wait = quiet(named)
    wait.run()
    assert wait.polls == 1
    assert wait.result()["outcome"] is None


def test_quiet_waits_for_what_is_at_work_however_it_ends(named):
    first = named.cluster.start("succeeded")
    local = named.sim.start_local(named.agent, "succeeded")
    wait = quiet(named)
    wait.run()
    ids = {facts["id"] for facts in wait.result()["tasks"]}
    assert ids == {first, local}


def test_quiet_is_refused_by_a_failed_task_that_holds_its_lock(named):
    task_id = named.cluster.start("failed")
    with pytest.raises(errors.TaskFailed, match="may be locked") as caught:
        quiet(named).run()
    assert caught.value.details["task_id"] == task_id


def test_quiet_does_not_mind_a_task_that_was_undone(named):
    named.cluster.start("rolled_back")
    named.sim.clock.advance(30)
    quiet(named).run()


@pytest.mark.parametrize(
    "options, found", [({"name": "Nothing"}, 0), ({"name": "Good task"}, 1)]
)
def test_quiet_may_be_narrowed_by_name(named, options, found):
    named.cluster.start("succeeded")
    wait = quiet(named, "cluster", **options)
    wait.run()
    assert len(wait.result()["tasks"]) == found


def test_nothing_is_called_quiet_while_a_list_is_missing(named):
    named.cluster.start("succeeded")
    named.cluster.agents[1].server.faults.add("refuse", seconds=60)
    wait = quiet(named)
    wait.run()
    assert wait.elapsed >= 60


def test_a_part_that_failed_on_its_way_is_no_failure(named):
    single = named.sim.single()
    task_id = named.cluster.start("scale_out", target=single)
    wait = quiet(named)
    wait.run()
    assert task_id in {facts["id"] for facts in wait.result()["tasks"]}


def cancelling(case, task_id, server="obshell", **options):
    return case.wait(task_id, server=server, timeout=20, on_timeout="cancel")


@pytest.mark.parametrize("server", ["obshell", "ocp"])
def test_what_is_late_may_be_cancelled_and_the_message_says_so(case, server):
    start = {"obshell": case.cluster.start, "ocp": case.ocp.start}[server]
    name = {"obshell": "long", "ocp": "slow"}[server]
    wait = cancelling(case, start(name, seconds=300.0), server)
    with pytest.raises(errors.WaitTimeout, match="was cancelled at") as caught:
        wait.run()
    assert caught.value.result["changed"]
    assert caught.value.result["outcome"] == "cancelled"


def test_what_cannot_be_cancelled_goes_on_and_the_message_says_why(case):
    task_id = case.cluster.start("scale_out", target=case.sim.single())
    with pytest.raises(errors.WaitTimeout, match="could not be cancelled") as caught:
        cancelling(case, task_id).run()
    assert "it goes on at the server" in caught.value.message
    assert not caught.value.result["changed"]


@pytest.mark.parametrize("server", ["obshell", "ocp"])
def test_many_tasks_cost_one_list_a_round_and_each_has_its_own_end(case, server):
    if server == "obshell":
        wired = case.agent.server
        ids = [
            case.sim.start_local(case.agent, "succeeded", maintenance=1, stages=n)
            for n in range(3, 9)
        ]
        ids.append(case.sim.start_local(case.agent, "failed", maintenance=1))
    else:
        wired = case.ocp.server
        ids = [case.ocp.start("slow", seconds=4.0 * n) for n in range(3, 9)]
        ids.append(case.ocp.start("fail_always"))
    wait = case.wait(*ids, server=server)
    with pytest.raises(errors.TaskFailed, match=f"task {ids[-1]} "):
        wait.run()
    result = wait.result()
    outcomes = [facts["outcome"] for facts in result["tasks"]]
    assert outcomes == ["succeeded"] * 6 + ["failed"]
    assert len(wired.requests) < result["stats"]["polls"] * 2 + len(ids) * 4


class Unlisting:
    """A server whose lists hold nothing."""

    def __init__(self, server):
        self._server = server

    def __getattr__(self, name):
        return getattr(self._server, name)

    def known(self, ids):
        return []


def test_a_task_that_no_list_holds_is_asked_for_by_its_id(case):
    ids = [case.cluster.start("many", maintenance=1) for _n in range(5)]
    listing = case.wait(*ids)
    wait = replace(listing, server=Unlisting(listing.server))
    wait.run()
    assert {facts["outcome"] for facts in wait.result()["tasks"]} == {"succeeded"}


def test_a_wait_taken_up_when_its_time_is_over_still_looks(case):
    task_id = case.cluster.start("long")
    rules = {"timeout": 5, "on_timeout": "continue"}
    first = case.wait(task_id, **rules)
    first.run()
    resume = {**first.result()["resume"], "elapsed": 12.0}
    later = case.wait(task_id, resume=resume, **rules)
    later.run()
    assert (later.timed_out, later.result()["outcome"]) == (True, "running")
    assert later.polls == 1 and later.outages.to_list() == []


@pytest.mark.parametrize("shown", [False, True])
def test_with_and_without_progress_a_wait_goes_the_same_way(case, shown):
    task_id = case.cluster.start("long", seconds=30.0, stages=4)
    case.after(20, lambda: case.agent.restart(down=10))
    case.after(60, case.change_password)
    options = {"connection": {"next_password": truth.NEXT}, "sleep": 2.0}
    told = []
    wait = case.wait(task_id, show=told.append if shown else None, **options)
    wait.run()
    result = wait.result()
    assert result["outcome"] == "succeeded"
    (outage,) = result["outages"]
    assert (outage["from"], outage["to"]) == (20.0, 30.0)
    assert case.agent.failed_logins == 1
    what = [change["what"] for change in result["changes"]]
    assert what == ["seen", "state", "outage", "back", *["stage"] * 3, "state"]


def wired(case, kind):
    return {"obshell": case.agent.server, "ocp": case.ocp.server}[kind]


def say_as_a_gateway(server, status, **options):
    kind = "redirect" if status < 400 else "html"
    return server.faults.add(kind, status=status, path="/task", **options)


def start_slowly(case, kind):
    if kind == "ocp":
        return case.ocp.start("slow", seconds=18)
    return case.cluster.start("succeeded", stages=8)


MAY_PASS = [408, 425]
FOREIGN = [302, 307, 400, 403, 410]


@pytest.mark.parametrize("status", [*MAY_PASS, *FOREIGN])
@pytest.mark.parametrize("kind", ["obshell", "ocp"])
def test_a_gateways_word_in_the_middle_is_an_outage(case, kind, status):
    task_id = start_slowly(case, kind)
    case.after(8, lambda: say_as_a_gateway(wired(case, kind), status, count=3))
    wait = case.wait(task_id, server=kind)
    assert end(wait)[0] == "succeeded"
    (outage,) = wait.result()["outages"]
    assert f"HTTP {status}" in outage["reason"]


@pytest.mark.parametrize("status", MAY_PASS)
@pytest.mark.parametrize("kind", ["obshell", "ocp"])
def test_a_gateways_word_for_later_may_pass_at_first_contact_too(case, kind, status):
    task_id = start_slowly(case, kind)
    say_as_a_gateway(wired(case, kind), status, count=3)
    assert end(case.wait(task_id, server=kind))[0] == "succeeded"


@pytest.mark.parametrize("status", FOREIGN)
@pytest.mark.parametrize("kind", ["obshell", "ocp"])
def test_a_strangers_refusal_at_first_contact_ends_the_wait(case, kind, status):
    task_id = start_slowly(case, kind)
    say_as_a_gateway(wired(case, kind), status)
    wait = case.wait(task_id, server=kind)
    with pytest.raises(errors.OpsError, match=f"HTTP {status}"):
        wait.run()
    assert wait.elapsed <= 1


def test_ocps_own_403_in_the_middle_ends_the_wait_with_its_words(case):
    task_id = start_slowly(case, "ocp")
    case.after(8, lambda: case.ocp.permit(reads_tasks=False))
    wait = case.wait(task_id, server="ocp")
    with pytest.raises(errors.Refused, match="may not read tasks") as caught:
        wait.run()
    assert caught.value.details["server_message"] in caught.value.message
    assert caught.value.details["code"] and wait.elapsed < 12


@pytest.mark.parametrize("status", [400, 403])
def test_obshells_own_refusal_in_the_middle_ends_the_wait(case, status):
    task_id = start_slowly(case, "obshell")
    words = {"err_code": "Security.Denied", "message": "not for you"}
    case.after(
        8,
        lambda: case.agent.server.faults.add(
            "status", path="/dag/", status=status, **words
        ),
    )
    wait = case.wait(task_id)
    with pytest.raises(errors.Refused, match="Security.Denied: not for you"):
        wait.run()
    assert wait.elapsed < 12


def told_of(wait, task_id):
    return [one for one in wait.history.changes if one["task_id"] == task_id]


def test_ocps_list_changes_nothing_of_what_was_known_of_a_retried_task(case):
    ids = [case.ocp.start("fail_once", seconds=20) for _task in range(4)]
    case.sim.clock.advance(60)
    wait = case.wait(*ids, server="ocp")
    for id in ids:
        wait.server.operate(id, "retry")
    wait.run()
    assert any("?" in one.target for one in case.ocp.server.requests)
    for id, facts in zip(ids, wait.result()["tasks"]):
        told = told_of(wait, id)
        assert {one["operator"] for one in told} == {"RETRY"}
        assert [one["what"] for one in told].count("seen") == 1
        assert facts["operator"] == "RETRY"
        assert facts["additional_data"]["type"] == "MANUAL"
        assert facts["nodes"][1]["upstreams"]


def test_ocps_list_tells_no_failed_subtask_twice(case):
    ids = [case.ocp.start("diamond", install_seconds=40) for _task in range(4)]
    wait = case.wait(*ids, server="ocp")
    with pytest.raises(errors.TaskFailed):
        wait.run()
    for id in ids:
        failed = [one for one in told_of(wait, id) if one["what"] == "failed"]
        assert [one["sub_task"] for one in failed] == ["Demo check"]


def test_ocps_list_with_an_entry_that_cannot_be_read_ends_no_wait(case):
    ids = [case.ocp.start("slow", seconds=20) for _task in range(4)]
    odd = {"contents": [{"id": 9, "name": "odd", "subtasks": []}], "page": {}}
    body = json.dumps({"successful": True, "status": 200, "data": odd})
    case.ocp.server.faults.add("status", path="status=RUNNING", status=200, body=body)
    wait = case.wait(*ids, server="ocp")
    wait.run()
    assert wait.result()["outcome"] == "succeeded"
    assert wait.result()["outages"] == []
