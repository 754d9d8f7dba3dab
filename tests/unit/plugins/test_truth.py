# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate on the simulator: every end of a task, every fault at every phase of it.

The clock is turned by the wait's own sleeping; only what hangs costs real time.
"""

from __future__ import annotations

import json

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import (
    arguments,
    errors,
    obshell_list,
    target,
    transport,
    waiter,
)
from ansible_collections.oceanbase.ops.plugins.modules import wait_for_task
from ansible_collections.oceanbase.ops.tests.simulator import Simulator, TurnedClock

PASSWORD = "Root.pw-1"
NEXT = "Root.pw-2"


class Case:
    """A simulator with one server of each kind, and a wait for one task of it."""

    def __init__(self, sim):
        self.sim = sim
        self.cluster = sim.cluster(agents=2, password=PASSWORD)
        self.ocp = sim.ocp(username="admin", password=PASSWORD)
        self.events = []

    def after(self, seconds, event):
        """Let something happen while the wait sleeps."""
        self.events.append((self.sim.clock.now() + seconds, event))
        self.events.sort(key=lambda pair: pair[0])

    def sleep(self, seconds):
        until = self.sim.clock.now() + seconds
        while self.events and self.events[0][0] <= until:
            when, event = self.events.pop(0)
            self.sim.clock.advance(max(when - self.sim.clock.now(), 0))
            event()
        self.sim.clock.advance(until - self.sim.clock.now())

    @property
    def agent(self):
        return self.cluster.agents[0]

    def change_password(self):
        self.cluster.set_password(NEXT)
        self.agent.password = NEXT

    def wait(self, task_id, *, server="obshell", connection=None, memory=None, **rules):
        deadline = transport.Deadline(clock=self.sim.clock.now)
        tally = transport.Tally()
        url = self.agent.url if server == "obshell" else self.ocp.url
        given = {
            "url": [url] if server == "obshell" else url,
            "username": "admin",
            "password": PASSWORD,
            "request_timeout": 0.3,
            **(connection or {}),
        }
        make = {"obshell": arguments.obshell_client, "ocp": arguments.ocp_client}
        client = make[server](given, deadline=deadline, tally=tally, memory=memory)
        return waiter.Wait(
            target.Source(client, tally=tally),
            [target.Target(task_id=task_id)],
            waiter.Rules(**{"timeout": 1200, **rules}),
            deadline=deadline,
            clock=self.sim.clock.now,
            sleep=self.sleep,
        )


@pytest.fixture
def case():
    with Simulator(clock=TurnedClock()) as sim:
        yield Case(sim)


def end(wait):
    """Run a wait and return the word it ends with and what it says."""
    try:
        wait.run()
    except errors.TaskFailed as e:
        return e.details["outcome"], e.message
    return wait.result()["outcome"], ""


OBSHELL_ENDS = [
    ("succeeded", {}, "succeeded", ""),
    ("passed", {}, "failed", "'Step 2' (2/3)"),
    ("failed", {}, "failed", "the work failed"),
    ("failed", {"sub_tasks": 3}, "failed", "the work failed"),
    ("failed_silently", {}, "failed", "'Step 2' (2/3)"),
    ("retried", {}, "failed", "'Step 2' (2/3)"),
    ("rolled_back", {}, "failed", "'Step 2' (2/3)"),
    ("cancelled", {}, "cancelled", "was cancelled"),
    ("many", {}, "succeeded", ""),
]


@pytest.mark.parametrize("scenario, options, outcome, said", OBSHELL_ENDS)
def test_obshell_ends_as_it_ended(case, scenario, options, outcome, said):
    wait = case.wait(case.cluster.start(scenario, **options))
    found, message = end(wait)
    assert found == outcome
    assert said in message


@pytest.mark.parametrize(
    "scenario, outcome, said",
    [
        ("rolled_back", "rolled_back", "rolled back: its work was undone"),
        ("passed", "passed", ""),
        ("retried", "succeeded", ""),
    ],
)
def test_what_somebody_did_after_a_failure_is_what_counts_later(
    case, scenario, outcome, said
):
    task_id = case.cluster.start(scenario)
    case.sim.clock.advance(30)
    found, message = end(case.wait(task_id))
    assert found == outcome
    assert said in message


OCP_ENDS = [
    ("chain", {}, "succeeded", ""),
    ("fail_always", {}, "failed", "demo failure: install cannot reach"),
    ("flaky", {}, "succeeded", ""),
    ("diamond", {}, "failed", "Demo check"),
    ("wide_diamond", {}, "failed", "also sub-task"),
    ("timed_out", {}, "failed", ""),
    ("late_success", {}, "failed", "a retry of the task mends it"),
    ("many", {}, "succeeded", ""),
]


@pytest.mark.parametrize("scenario, options, outcome, said", OCP_ENDS)
def test_ocp_ends_as_it_ended(case, scenario, options, outcome, said):
    wait = case.wait(case.ocp.start(scenario, **options), server="ocp")
    found, message = end(wait)
    assert found == outcome
    assert said in message


def at_server(kind, **options):
    return lambda case, server: server.faults.add(kind, count=3, **options)


FAULTS = {
    "refuse": lambda case, server: server.faults.add("refuse", seconds=20),
    "reset": at_server("reset"),
    "close": at_server("close"),
    "hang": at_server("hang"),
    "trickle": at_server("trickle"),
    "trickle_body": at_server("trickle_body"),
    "500": at_server("status", status=500),
    "503": at_server("status", status=503),
    "429": at_server("status", status=429, headers={"Retry-After": "7"}),
    "502 page": at_server("html", status=502),
    "page": at_server("html"),
    "truncated": at_server("truncated"),
    "short": at_server("truncated", form="short"),
    "foreign": at_server("foreign"),
}
LATER = ["middle", "end"]


def break_at(case, phase, fault, server):
    """Let the fault happen when the task is in its middle, or at its last tick."""
    case.after({"middle": 8.0, "end": 14.0}[phase], lambda: fault(case, server))


@pytest.mark.parametrize("phase", LATER)
@pytest.mark.parametrize("name", FAULTS)
def test_obshell_a_fault_changes_nothing_about_the_verdict(case, name, phase):
    task_id = case.cluster.start("succeeded", stages=8)
    break_at(case, phase, FAULTS[name], case.agent.server)
    wait = case.wait(task_id)
    assert end(wait) == ("succeeded", "")
    assert wait.result()["outages"]


@pytest.mark.parametrize("phase", LATER)
@pytest.mark.parametrize("name", FAULTS)
def test_ocp_a_fault_changes_nothing_about_the_verdict(case, name, phase):
    task_id = case.ocp.start("slow", seconds=18)
    break_at(case, phase, FAULTS[name], case.ocp.server)
    wait = case.wait(task_id, server="ocp")
    assert end(wait)[0] == "succeeded"
    assert wait.result()["outages"]


@pytest.mark.parametrize("name", ["reset", "503", "502 page", "hang", "refuse"])
def test_a_fault_never_makes_a_success_of_a_task_that_was_undone(case, name):
    task_id = case.cluster.start("rolled_back", stages=2)
    case.sim.clock.advance(9)
    FAULTS[name](case, case.agent.server)
    found, message = end(case.wait(task_id))
    assert found == "rolled_back", message


@pytest.mark.parametrize("phase", LATER)
def test_an_agent_that_restarts_is_waited_for(case, phase):
    task_id = case.cluster.start("succeeded", stages=8)
    break_at(case, phase, lambda c, s: c.agent.restart(down=90), None)
    wait = case.wait(task_id)
    assert end(wait) == ("succeeded", "")
    assert wait.result()["outages"]


@pytest.mark.parametrize("phase", LATER)
def test_a_new_key_is_fetched_and_costs_no_login(case, phase):
    task_id = case.cluster.start("succeeded", stages=8)
    break_at(case, phase, lambda c, s: c.agent.rotate_key(), None)
    assert end(case.wait(task_id)) == ("succeeded", "")
    assert case.agent.failed_logins == 0


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_a_clock_that_is_wrong_or_jumps_is_measured(case, seconds):
    task_id = case.cluster.start("succeeded", stages=8)
    case.agent.skew = seconds
    break_at(case, "middle", lambda c, s: setattr(c.agent, "skew", -seconds), None)
    assert end(case.wait(task_id)) == ("succeeded", "")


def test_while_no_observer_is_up_no_cluster_task_is_asked_for(case):
    task_id = case.cluster.start("succeeded", stages=8)

    def all_down():
        for agent in case.cluster.agents:
            agent.observer_down()

    def all_up():
        for agent in case.cluster.agents:
            agent.observer_up()

    case.after(8, all_down)
    case.after(60, all_up)
    wait = case.wait(task_id)
    assert end(wait) == ("succeeded", "")
    assert case.cluster.storms == 0
    assert "observer is not up" in wait.result()["outages"][0]["reason"]


def test_a_password_that_changes_meanwhile_costs_one_refusal(case):
    task_id = case.cluster.start("succeeded", stages=8)
    case.after(8, case.change_password)
    wait = case.wait(task_id, connection={"next_password": NEXT})
    assert end(wait) == ("succeeded", "")
    assert case.agent.failed_logins == 1


def test_a_password_that_changes_without_notice_ends_the_wait_after_one_refusal(case):
    task_id = case.cluster.start("long")
    case.change_password()
    with pytest.raises(errors.AuthRefused, match="obshell.password"):
        case.wait(task_id).run()
    assert case.agent.failed_logins == 1


def test_ocp_a_wrong_password_is_tried_once(case):
    task_id = case.ocp.start("slow", seconds=30)
    wait = case.wait(task_id, server="ocp", connection={"password": "wrong"})
    with pytest.raises(errors.AuthRefused, match="ocp.password"):
        wait.run()
    assert case.ocp.failed_logins == 1


@pytest.mark.parametrize(
    "fault, error",
    [
        ("page", errors.InvalidAnswer),
        ("foreign", errors.InvalidAnswer),
        ("refuse", errors.Unreachable),
    ],
)
@pytest.mark.parametrize("server", ["obshell", "ocp"])
def test_at_first_contact_what_is_no_server_of_ours_ends_soon(
    case, server, fault, error
):
    task_id = case.cluster.start("long") if server == "obshell" else "1"
    wired = case.agent.server if server == "obshell" else case.ocp.server
    wired.faults.add({"page": "html"}.get(fault, fault))
    wait = case.wait(task_id, server=server)
    with pytest.raises(error):
        wait.run()
    assert wait.elapsed <= 35


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
    wait = case.wait("1")
    wait.targets = []
    client = wait.source.client
    wait.unfinished = lambda: obshell_list.at_work(client, scope, **options)
    return wait


@pytest.fixture
def named(case):
    """Name both agents: a list of each is needed to know that all is quiet."""
    plain = case.wait

    def wait(task_id, **more):
        urls = [agent.url for agent in case.cluster.agents]
        return plain(task_id, connection={"url": urls}, **more)

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
    with pytest.raises(errors.TaskFailed, match="stays locked") as caught:
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
    wait = case.wait(task_id, server=server, timeout=20, on_timeout="cancel")
    client = wait.source.client
    wait.cancel = lambda late: wait_for_task._CANCEL[server](client, late)
    return wait


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
    wait = case.wait(ids[0], server=server)
    wait.targets = [target.Target(task_id=task_id) for task_id in ids]
    client = wait.source.client
    wait.at_work = lambda some: wait_for_task._LIST[server](client, some)
    with pytest.raises(errors.TaskFailed, match=f"task {ids[-1]} "):
        wait.run()
    result = wait.result()
    outcomes = [facts["outcome"] for facts in result["tasks"]]
    assert outcomes == ["succeeded"] * 6 + ["failed"]
    assert len(wired.requests) < result["polls"] * 2 + len(ids) * 4


def test_a_task_that_no_list_holds_is_asked_for_by_its_id(case):
    ids = [case.cluster.start("many", maintenance=1) for _n in range(5)]
    wait = case.wait(ids[0])
    wait.targets = [target.Target(task_id=task_id) for task_id in ids]
    wait.at_work = lambda some: []
    wait.run()
    assert {facts["outcome"] for facts in wait.result()["tasks"]} == {"succeeded"}


def in_slices(case, task_id, began=0.0, **rules):
    """Wait as the action plugin does: each slice in a process of its own."""
    resume = None
    while True:
        memory = resume and resume["servers"]
        wait = case.wait(task_id, until="change", memory=memory, **rules)
        if resume is not None:
            # What the process took to start is waited time too.
            wait.go_on({**resume, "elapsed": resume["elapsed"] + began})
        wait.run()
        if wait.done or wait.timed_out:
            return wait
        resume = json.loads(json.dumps(wait.resume()))


def test_a_slice_that_begins_when_the_time_is_up_still_looks(case):
    task_id = case.cluster.start("long")
    rules = {"timeout": 5, "heartbeat": 4, "on_timeout": "continue"}
    wait = in_slices(case, task_id, began=7.0, **rules)
    assert (wait.timed_out, wait.result()["outcome"]) == (True, "running")
    assert wait.outages.to_list() == []


@pytest.mark.parametrize("sliced", [False, True])
def test_with_and_without_progress_a_wait_goes_the_same_way(case, sliced):
    task_id = case.cluster.start("long", seconds=30.0, stages=4)
    case.after(20, lambda: case.agent.restart(down=10))
    case.after(60, case.change_password)
    options = {"connection": {"next_password": NEXT}, "sleep": 2.0}
    if sliced:
        wait = in_slices(case, task_id, **options)
    else:
        wait = case.wait(task_id, **options)
        wait.run()
    result = wait.result()
    assert result["outcome"] == "succeeded"
    (outage,) = result["outages"]
    assert (outage["from"], outage["to"]) == (20.0, 30.0)
    assert case.agent.failed_logins == 1
    what = [change["what"] for change in result["changes"]]
    assert what == ["seen", "state", "outage", "back", *["stage"] * 3, "state"]
