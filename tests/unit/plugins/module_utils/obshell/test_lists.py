# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    lists as obshell_lists,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    locks as obshell_locks,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.task import task
from ansible_collections.oceanbase.ops.tests.simulator.obshell import (
    scenarios as obshell_scenarios,
)
from ansible_collections.oceanbase.ops.tests.unit.plugins.obshell_clients import (
    client_of,
    posts,
    turn,
)

PASSWORD = "right"
LONG = obshell_scenarios.long_task(name="Local task", seconds=600)


def names(listed):
    return sorted(one.name for one in listed.tasks)


def busy(sim, agents=3, **options):
    """Return a cluster with a task of its own, and one of its last agent."""
    cluster = sim.cluster(agents=agents, password=PASSWORD, **options)
    cluster.start("long")
    last = cluster.agents[-1]
    last.store.create(LONG, sim.world.now)
    turn(sim, 2)
    return cluster


def client(*agents):
    return client_of(*agents, password=PASSWORD)


@pytest.mark.parametrize("version", ["4.2.3.0", "4.3.0.0", "4.3.1.0", "4.5.0.0"])
def test_what_is_unfinished(sim, version):
    cluster = busy(sim, version=version)
    asked = client(*cluster.agents)

    def unfinished(scope):
        listed = obshell_lists.unfinished(asked, scope)
        assert listed.missing == []
        return names(listed)

    assert unfinished("cluster") == ["Long task"]
    assert unfinished("agent") == []
    assert unfinished("agents") == ["Local task"]
    assert unfinished("all") == ["Local task", "Long task"]
    assert posts(*cluster.agents) == []


def test_agents_that_are_not_named_are_listed_by_their_fellows(sim):
    cluster = busy(sim)
    listed = obshell_lists.unfinished(client(cluster.agents[0]), "all")
    assert names(listed) == ["Local task", "Long task"]
    assert listed.missing == []


def test_who_does_not_answer_its_fellows_is_told(sim):
    cluster = busy(sim)
    gone = cluster.agents[2]
    gone.stop()
    listed = obshell_lists.unfinished(client(cluster.agents[0]), "agents")
    assert listed.tasks == []
    assert gone.address in listed.missing[0]


def test_who_does_not_answer_is_told(sim):
    cluster = busy(sim)
    cluster.agents[2].stop()
    listed = obshell_lists.unfinished(client(*cluster.agents), "all")
    assert names(listed) == ["Long task"]
    assert len(listed.missing) == 1 and "connection refused" in listed.missing[0]


def test_no_list_at_all_is_an_error(sim):
    cluster = busy(sim)
    for server in cluster.agents:
        server.stop()
    with pytest.raises(errors.Unreachable):
        obshell_lists.unfinished(client(*cluster.agents), "all")


@pytest.mark.parametrize("version", ["4.3.0.0", "4.5.0.0"])
def test_a_database_that_is_away_is_no_empty_list(sim, version):
    cluster = busy(sim, version=version)
    for server in cluster.agents:
        server.observer_down()
    with pytest.raises(errors.Unavailable):
        obshell_lists.unfinished(client(*cluster.agents), "cluster")
    listed = obshell_lists.unfinished(client(*cluster.agents), "all")
    assert names(listed) == ["Local task"] and len(listed.missing) == 1
    assert cluster.storms == 0


@pytest.mark.parametrize("version", ["4.3.0.0", "4.5.0.0"])
@pytest.mark.parametrize("details", [True, False])
def test_all_tasks_ever(sim, version, details):
    cluster = busy(sim, version=version)
    asked = client(*cluster.agents)
    listed = obshell_lists.history(asked, "all", details=details)
    assert names(listed) == [
        "Initialize cluster",
        "Local scale out",
        "Local scale out",
        "Local task",
        "Long task",
    ]
    assert {one.nodes is None for one in listed.tasks} == {not details}
    assert names(obshell_lists.history(asked, "cluster")) == ["Long task"]
    assert names(obshell_lists.history(asked, "agent")) == ["Initialize cluster"]


def test_all_tasks_of_agents_that_are_not_named_are_missing(sim):
    cluster = busy(sim)
    listed = obshell_lists.history(client(cluster.agents[0]), "agents")
    assert names(listed) == ["Initialize cluster"]
    assert "name them in obshell.url" in listed.missing[0]
    assert all(one.address in listed.missing[0] for one in cluster.agents[1:])


def test_an_old_version_has_no_history(sim):
    cluster = busy(sim, version="4.2.3.0")
    with pytest.raises(errors.Refused, match="obshell 4.2.3.0: it has no lists of all"):
        obshell_lists.history(client(*cluster.agents), "all")


@pytest.mark.parametrize("version", ["4.2.3.0", "4.3.0.0", "4.5.0.0"])
def test_an_agent_outside_a_cluster(sim, version):
    server = sim.single(version=version)
    with pytest.raises(errors.Refused, match="is a SINGLE agent: it belongs to no"):
        obshell_lists.unfinished(client(server), "cluster")
    listed = obshell_lists.unfinished(client(server), "all")
    assert listed.tasks == [] and len(listed.missing) == 1


@pytest.mark.parametrize("version", ["4.2.3.0", "4.3.0.0", "4.5.0.0"])
def test_a_followers_list_is_not_taken_for_its_masters(sim, version):
    master = sim.group(followers=1, version=version)
    follower = sim.agents[1]
    master.store.create(LONG, sim.world.now)
    listed = obshell_lists.unfinished(client_of(master, follower), "agents")
    assert names(listed) == ["Local task"]
    assert any(follower.url in line for line in listed.missing)
    with pytest.raises(errors.OpsError):
        obshell_lists.unfinished(client_of(follower), "agent")


def test_a_target_of_a_scale_out(sim):
    cluster = sim.cluster(password=PASSWORD)
    target = sim.single()
    cluster.start("scale_out", target=target)
    turn(sim, 8)
    assert target.identity == "SCALING OUT"
    listed = obshell_lists.unfinished(client(target), "agent")
    assert names(listed) == ["Local scale out"]


def test_seekdb_lists_each_task_once(sim):
    server = sim.single(seekdb=True)
    server.store.create(LONG, sim.world.now)
    listed = obshell_lists.unfinished(client_of(server), "agents")
    assert names(listed) == ["Local task"]


def test_a_wrong_password_is_not_swallowed(sim):
    cluster = busy(sim)
    wrong = client_of(*cluster.agents, password="wrong")
    with pytest.raises(errors.AuthRefused):
        obshell_lists.unfinished(wrong, "all")
    assert sum(server.failed_logins for server in cluster.agents) == 1


def test_a_wrong_password_is_told_although_the_first_agent_is_gone(sim):
    cluster = busy(sim)
    cluster.agents[0].stop()
    wrong = client_of(*cluster.agents, password="wrong")
    with pytest.raises(errors.AuthRefused):
        obshell_lists.unfinished(wrong, "all")


@pytest.mark.parametrize("version", ["4.2.3.0", "4.5.0.0"])
def test_who_may_hold_a_lock(sim, version):
    cluster = busy(sim, version=version)
    asked = client(*cluster.agents)
    assert [one.name for one in obshell_locks.holders(asked)] == [
        "Long task",
        "Local task",
    ]


def test_agents_whose_lock_is_held(sim):
    cluster = busy(sim)
    locked = obshell_locks.locked_agents(client(*cluster.agents))
    assert locked == [cluster.agents[2].address]


OF = task.Task(server="obshell", id="11", name="a", state="FAILED", operator="RUN")
T1 = replace(OF, dag_id=1, maintenance={"scope": "tenant", "key": "t1"})
LOCAL = "2213070643302886"
TASKS = [
    replace(OF, id="12", dag_id=2, state="RUNNING"),
    T1,
    replace(OF, id="13", dag_id=3, name="b"),
    replace(OF, id=f"{LOCAL}3", dag_id=3, name="b"),
]


@pytest.mark.parametrize(
    "filters,ids",
    [
        ({}, ["13", "12", "11", f"{LOCAL}3"]),
        ({"limit": 1}, ["13", f"{LOCAL}3"]),
        ({"name": "a"}, ["12", "11"]),
        ({"tenant": "t1"}, ["11"]),
        ({"tenant": "t2"}, []),
        ({"outcome": ["running"]}, ["12"]),
        ({"outcome": ["failed"], "limit": 1}, ["13", f"{LOCAL}3"]),
    ],
)
def test_filters(filters, ids):
    assert [one.id for one in obshell_lists.selected(TASKS, **filters)] == ids
