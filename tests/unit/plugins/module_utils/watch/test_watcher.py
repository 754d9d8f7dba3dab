# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of a cluster, against the simulator; looks are taken by the test."""

from __future__ import annotations

import json

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    recent as obshell_recent,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    recent as ocp_recent,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.watch import (
    memory,
    options,
    teller,
    watcher,
)
from ansible_collections.oceanbase.ops.tests.simulator.obshell import scenarios
from ansible_collections.oceanbase.ops.tests.unit.plugins import ocp_served
from ansible_collections.oceanbase.ops.tests.unit.plugins.obshell_clients import (
    client_of,
    seen,
    turn,
)

PASSWORD = "a right one"
NOW = "2026-01-01T00:00:00+00:00"
ALL = options.CHANGES


class Killed(Exception):
    """Ends a watcher in the middle, as a signal does."""


class Listener:
    """Takes events; `dies` of the event with that number, after it has it."""

    def __init__(self):
        self.events = []
        self.dies = None

    def take(self, event):
        self.events.append(json.loads(json.dumps(event))["oceanbase"])
        if len(self.events) == self.dies:
            raise Killed()

    def told(self):
        """Return what was told since the last time, as `what id outcome`."""
        found = []
        for one in self.events:
            of = one["task"]
            found.append(
                f"{one['what']} {of['name']} {of['outcome']}" if of else one["what"]
            )
        self.events.clear()
        return found


@pytest.fixture
def heard():
    return Listener()


def watched(cluster, heard, *, kept=None, password=PASSWORD, **rules):
    client = client_of(*cluster.agents, password=password)
    source = teller.Source(
        "prod", "obshell", cluster.agents[0].url, frozenset({PASSWORD})
    )
    return watching(source, client, obshell_recent, heard, kept, rules)


def watching(source, client, recent, heard, kept, given):
    rules = options.Rules(**given)
    kept = kept or memory.Memory(None)
    telling = teller.Teller(source, rules, kept, give=heard.take, now=lambda: NOW)
    return watcher.Watcher(client, recent, rules, telling)


@pytest.fixture
def cluster(sim):
    return sim.cluster(agents=2, password=PASSWORD)


def test_nothing_is_told_of_what_was_there_before(sim, cluster, heard):
    cluster.start("failed")
    turn(sim, 20)
    watch = watched(cluster, heard)
    watch.look()
    turn(sim, 5)
    watch.look()
    assert heard.told() == []


def test_a_task_is_told_from_its_beginning_to_its_end(sim, cluster, heard):
    watch = watched(cluster, heard, changes=ALL)
    watch.look()
    cluster.start("failed")
    for _look in range(15):
        turn(sim, 1)
        watch.look()
    ids = [one["id"] for one in heard.events]
    told = heard.told()
    assert told[0] == "task_seen Bad task running"
    assert told[-1] == "task_done Bad task failed"
    assert told.count("task_done Bad task failed") == 1
    assert "task_stage Bad task running" in told
    assert "sub_task_failed Bad task failed" in told
    number = ids[0].split("/")[1]
    assert ids == [f"prod/{number}/{at}" for at in range(1, len(ids) + 1)]


def test_an_event_is_small_and_of_one_shape(sim, cluster, heard):
    watch = watched(cluster, heard)
    watch.look()
    id = cluster.start("failed")
    turn(sim, 20)
    watch.look()
    (event,) = heard.events
    task = event.pop("task")
    failure = task.pop("failure")
    assert event == {
        "id": f"prod/{id}/1",
        "what": "task_done",
        "time": NOW,
        "api": "obshell",
        "cluster": "prod",
        "url": cluster.agents[0].url,
        "outage": None,
    }
    assert set(task) == {
        *("id", "name", "state", "operator", "outcome"),
        *("stage", "max_stage", "retries", "cause", "locked"),
    }
    assert (task["id"], task["outcome"], task["stage"]) == (id, "failed", 2)
    assert set(failure) == {"node", "agent", "line"}
    assert "the work failed" in failure["line"]
    assert task["cause"] == "the work failed"


@pytest.mark.parametrize("version", ["4.2.3.0", "4.5.0.0"])
def test_what_began_and_ended_between_two_looks_is_told(sim, heard, version):
    cluster = sim.cluster(password=PASSWORD, version=version)
    watch = watched(cluster, heard)
    watch.look()
    for _task in range(3):
        cluster.start("succeeded")
        turn(sim, 20)
    watch.look()
    assert heard.told() == ["task_done Good task succeeded"] * 3
    watch.look()
    assert heard.told() == []


@pytest.mark.parametrize(
    "scenario, told",
    [
        ("rolled_back", ["failed", "rolled_back"]),
        ("passed", ["failed", "passed"]),
        ("retried", ["failed", "succeeded"]),
    ],
)
def test_a_failed_task_is_told_again_when_somebody_mended_it(
    sim, cluster, heard, scenario, told
):
    watch = watched(cluster, heard)
    watch.look()
    cluster.start(scenario)
    outcomes = []
    for _look in range(8):
        turn(sim, 5)
        watch.look()
        outcomes += [one.split()[-1] for one in heard.told()]
    assert outcomes == told


@pytest.mark.parametrize(
    "since, told",
    [
        ("now", []),
        ("unfinished", ["task_done Bad task failed"]),
        ("all", ["task_done Good task succeeded", "task_done Bad task failed"]),
    ],
)
def test_what_is_told_at_the_start(sim, heard, since, told):
    cluster = sim.cluster(password=PASSWORD, history=False)
    for scenario in ("succeeded", "failed"):
        cluster.start(scenario)
        turn(sim, 20)
    watch = watched(cluster, heard, since=since)
    watch.look()
    assert heard.told() == told


def test_what_an_agent_does_is_told_while_the_database_is_down(sim, cluster, heard):
    watch = watched(cluster, heard, changes=("task_done", "outage"))
    watch.look()
    for agent in cluster.agents:
        agent.observer_down()
    sim.start_local(cluster.agents[1], "failed")
    turn(sim, 20)
    watch.look()
    assert heard.told() == ["task_done Bad task failed", "outage"]
    asked = [one for one in seen(cluster.agents[0]) if "/task/dag/1" in one]
    assert asked == []


def test_what_changed_in_an_outage_is_told_after_it_once(sim, cluster, heard):
    told = ("task_done", "outage", "outage_over")
    watch = watched(cluster, heard, changes=told)
    watch.look()
    cluster.start("failed")
    for agent in cluster.agents:
        agent.stop()
    turn(sim, 1)
    watch.look()
    watch.look()
    assert heard.told() == ["outage"]
    for agent in cluster.agents:
        agent.start()
    turn(sim, 30)
    watch.look()
    watch.look()
    assert heard.told() == ["outage_over", "task_done Bad task failed"]


def test_pauses_are_short_while_a_task_runs_and_long_in_an_outage(sim, cluster, heard):
    watch = watched(cluster, heard, interval=5.0)
    watch.look()
    assert watch.pause() == 5.0
    cluster.start("long")
    turn(sim, 2)
    watch.look()
    assert watch.pause() == 1.0
    for agent in cluster.agents:
        agent.stop()
    pauses = []
    for _look in range(6):
        watch.look()
        pauses.append(watch.pause())
    assert pauses == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


def test_a_refused_password_is_not_tried_again_for_long(sim, cluster, heard):
    watch = watched(cluster, heard, changes=("outage",), password="wrong")
    watch.look()
    assert watch.pause() == watcher.REFUSED
    (event,) = heard.events
    assert event["outage"]["kind"] == "auth"


def test_a_refused_password_is_sent_once_in_a_look(sim, cluster, heard):
    watch = watched(cluster, heard, password="wrong")
    watch.look()
    signed = [seen(agent, signed=True) for agent in cluster.agents]
    assert sum(map(len, signed)) == 1


def test_one_agent_that_is_away_slows_nothing_down(sim, cluster, heard):
    watch = watched(cluster, heard, changes=("task_done", "outage"))
    watch.look()
    cluster.agents[1].stop()
    cluster.start("succeeded")
    turn(sim, 1)
    watch.look()
    assert watch.pause() == watcher.BUSY
    turn(sim, 20)
    watch.look()
    assert watch.pause() == 5.0
    assert heard.told() == ["outage", "task_done Good task succeeded"]


def test_a_task_that_cannot_be_read_hides_no_other_and_is_told_later(
    sim, cluster, heard
):
    watch = watched(cluster, heard)
    watch.look()
    first = cluster.start("failed")
    turn(sim, 20)
    for agent in cluster.agents:
        agent.server.faults.add("html", path=f"/task/dag/{first}", status=200)
    cluster.store.create(_short(), sim.world.now)
    turn(sim, 20)
    watch.look()
    assert heard.told() == ["task_done Long task succeeded"]
    for agent in cluster.agents:
        agent.server.faults.clear()
    watch.look()
    assert heard.told() == ["task_done Bad task failed"]


def test_a_listed_task_that_is_gone_when_it_is_read_ends_nothing(sim, cluster, heard):
    watch = watched(cluster, heard)
    watch.look()
    gone = cluster.start("succeeded")
    turn(sim, 20)
    body = json.dumps(
        {
            "successful": False,
            "status": 404,
            "error": {
                "code": 1000,
                "errCode": "Task.NotFound",
                "message": "record not found",
            },
        }
    ).encode()
    for agent in cluster.agents:
        agent.server.faults.add(
            "status", path=f"/task/dag/{gone}", status=404, body=body
        )
    watch.look()
    cluster.start("succeeded")
    turn(sim, 20)
    watch.look()
    assert heard.told() == ["task_done Good task succeeded"]


def test_no_secret_is_in_an_event(sim, cluster, heard):
    watch = watched(cluster, heard)
    watch.look()
    cluster.start("failed", error=f"root's password {PASSWORD} was refused")
    turn(sim, 20)
    watch.look()
    (event,) = heard.events
    assert PASSWORD not in json.dumps(event)
    assert "root's password ******** was refused" in event["task"]["cause"]


def test_narrowing_by_name_and_outcome(sim, cluster, heard):
    by_name = watched(cluster, heard, name="Good task")
    by_outcome = watched(cluster, heard, outcome=("rolled_back",))
    for one in (by_name, by_outcome):
        one.look()
    for scenario in ("succeeded", "rolled_back", "failed"):
        cluster.start(scenario)
        turn(sim, 40)
    by_name.look()
    assert heard.told() == ["task_done Good task succeeded"]
    by_outcome.look()
    assert heard.told() == ["task_done Undone task rolled_back"]


def test_a_restart_tells_what_happened_while_nobody_listened(
    sim, cluster, heard, tmp_path
):
    file = str(tmp_path / "state.json")
    kept = memory.Memory(file)
    watched(cluster, heard, kept=kept).look()
    kept.close()
    cluster.start("failed")
    turn(sim, 20)
    kept = memory.Memory(file)
    watched(cluster, heard, kept=kept, since="now").look()
    kept.close()
    assert heard.told() == ["task_done Bad task failed"]


def test_a_kill_behind_an_event_tells_that_one_once_more(sim, cluster, heard, tmp_path):
    file = str(tmp_path / "state.json")
    kept = memory.Memory(file)
    watch = watched(cluster, heard, kept=kept, changes=ALL)
    watch.look()
    cluster.start("failed")
    turn(sim, 20)
    heard.dies = 2
    with pytest.raises(Killed):
        watch.look()
    kept.close()
    before = [one["id"] for one in heard.events]
    heard.events.clear()
    heard.dies = None
    kept = memory.Memory(file)
    watched(cluster, heard, kept=kept, changes=ALL).look()
    kept.close()
    after = [one["id"] for one in heard.events]
    assert after[0] == before[-1] and not set(before[:-1]) & set(after)
    assert heard.told()[-1] == "task_done Bad task failed"


def test_numbers_that_begin_anew_are_another_cluster(sim, heard):
    old = sim.cluster(password=PASSWORD)
    watch = watched(old, heard)
    watch.look()
    for _task in range(3):
        old.start("succeeded")
        turn(sim, 20)
    watch.look()
    heard.told()
    old.store.dags.clear()
    old.store.create(_short(), sim.world.now)
    turn(sim, 20)
    watch.look()
    assert heard.told() == ["task_done Long task succeeded"]


def _short():
    return scenarios.long_task(seconds=1)


@pytest.fixture
def ocp():
    with ocp_served.serving() as served:
        yield served


def of_ocp(served, heard, **rules):
    client = ocp_served.client(served)
    source = teller.Source("central", "ocp", served.url, frozenset())
    return watching(source, client, ocp_recent, heard, None, rules)


def test_tasks_of_ocp_are_told_as_well(ocp, heard):
    watch = of_ocp(ocp, heard, changes=("task_seen", "task_done"))
    watch.look()
    ocp.start("fail_always")
    for _look in range(60):
        ocp.clock.advance(1)
        watch.look()
    told = heard.told()
    assert [one.split()[0] for one in told] == ["task_seen", "task_done"]
    assert told[1].endswith("failed")


def test_many_tasks_of_ocp_between_two_looks_are_all_told(ocp, heard):
    watch = of_ocp(ocp, heard)
    ocp.start("chain")
    ocp.clock.advance(600)
    watch.look()
    ids = [ocp.start("chain") for _task in range(ocp_recent.PAGE + 10)]
    ocp.clock.advance(600)
    watch.look()
    told = [one["task"]["id"] for one in heard.events]
    assert told == sorted(map(str, ids), key=int)


def test_all_of_ocp_is_told_where_that_is_asked_for(ocp, heard):
    ids = [ocp.start(name) for name in ("chain", "fail_always")]
    ocp.clock.advance(600)
    of_ocp(ocp, heard, since="all").look()
    told = [(one["task"]["id"], one["task"]["outcome"]) for one in heard.events]
    assert told == [(str(ids[0]), "succeeded"), (str(ids[1]), "failed")]


def test_ocp_that_is_away_is_an_outage(ocp, heard):
    watch = of_ocp(ocp, heard, changes=("outage", "outage_over"))
    watch.look()
    ocp.server.faults.add("status", status=503)
    watch.look()
    ocp.server.faults.clear()
    watch.look()
    assert heard.told() == ["outage", "outage_over"]


def test_narrowing_by_tenant(sim, cluster, heard):
    watch = watched(cluster, heard, tenant="shop")
    watch.look()
    cluster.start("create_tenant", name="shop")
    turn(sim, 20)
    cluster.start("succeeded")
    turn(sim, 20)
    watch.look()
    assert [one.split()[0] for one in heard.told()] == ["task_done"]


def test_an_agent_that_tells_no_tenants_is_an_outage_that_says_so(sim, heard):
    cluster = sim.cluster(password=PASSWORD, version="4.2.3.0")
    watch = watched(cluster, heard, tenant="shop", changes=("outage",))
    watch.look()
    (event,) = heard.events
    assert "older than obshell 4.3.1" in event["outage"]["reason"]
