# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every observer of a cluster is down: agents would ask each other without end.

No module asks for a cluster task then, and a wait asks at most once a second.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from unittest import mock

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    connection as obshell_connection,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    operations as obshell_operations,
)
from ansible_collections.oceanbase.ops.plugins.modules import (
    obshell_api,
    obshell_last_task,
    obshell_task,
    obshell_task_info,
    wait_for_task,
)
from ansible_collections.oceanbase.ops.tests.simulator.obshell import (
    scenarios as obshell_scenarios,
)

PASSWORD = "Root.pw-1"
VERSIONS = ["4.3.0.0", "4.5.0.0"]
DOWN = 300


def cluster_of(sim, agents, version="4.5.0.0"):
    """Return a cluster with many tasks of its own that run."""
    cluster = sim.cluster(agents=agents, password=PASSWORD, version=version)
    long = obshell_scenarios.long_task(seconds=900)
    made = [cluster.store.create(long, sim.world.now) for _task in range(5)]
    return cluster, [cluster.store.generic_id(dag.number) for dag in made]


def down(cluster):
    for agent in cluster.agents:
        agent.observer_down()
        agent.server.requests.clear()


def up(cluster):
    for agent in cluster.agents:
        agent.observer_up()


def asked_for(cluster):
    """Return what agents were asked about tasks of the cluster's database by id."""
    routes = [f"/task/{kind}/1" for kind in ("dag", "node", "sub_task")]
    return [
        seen.target
        for agent in cluster.agents
        for seen in agent.server.requests
        if any(route in seen.target for route in routes)
    ]


def wait_of(sim, urls, sleep, **options):
    """Return the wait of these options, on the simulator's clock."""
    given = {"obshell": {"url": urls, "password": PASSWORD}, **options}
    spec = ArgumentSpecValidator(wait_for_task.spec()["argument_spec"]).validate(given)
    assert not spec.error_messages
    wait = wait_for_task.build(spec.validated_parameters)
    wait.deadline.clock = sim.clock.now
    return replace(wait, clock=sim.clock.now, sleep=sleep)


WAITS = [
    ("one task", lambda ids: {"task_id": ids[:1]}),
    ("two tasks", lambda ids: {"task_id": ids[:2]}),
    ("many tasks", lambda ids: {"task_id": ids}),
    ("the last task", lambda ids: {"last": "cluster", "newer_than": "11"}),
    ("what is unfinished", lambda ids: {"unfinished": "cluster"}),
    ("all that is unfinished", lambda ids: {"unfinished": "all"}),
]


@pytest.mark.slow
@pytest.mark.parametrize("named", [1, 6])
@pytest.mark.parametrize("options", [w[1] for w in WAITS], ids=[w[0] for w in WAITS])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_wait_settles_at_one_request_a_second(sim, version, options, named):
    cluster, ids = cluster_of(sim, 6, version)
    urls = [agent.url for agent in cluster.agents[:named]]
    moments = []

    def sleep(seconds):
        before = sim.clock.now()
        sim.clock.advance(seconds)
        if not moments and before - began >= 5:
            down(cluster)
            moments.append(before)

    began = sim.clock.now()
    wait = wait_of(sim, urls, sleep, timeout=DOWN, **options(ids))
    with pytest.raises(errors.WaitTimeout, match="the last look failed"):
        wait.run()
    seen = [one.time for agent in cluster.agents for one in agent.server.requests]
    assert asked_for(cluster) == [] and cluster.storms == 0
    assert len(seen) > 10
    # After each look as many seconds pass as it sent requests; the last one is at the
    # end of the time.
    rounds = Counter(time for time in seen if time >= moments[0] + 30)
    looks = sorted(rounds)[:-1]
    assert len(looks) > 3
    for look, following in zip(looks, looks[1:]):
        assert rounds[look] <= following - look


def test_the_wait_goes_on_when_they_are_back(sim):
    cluster = sim.cluster(agents=2, password=PASSWORD)
    task_id = cluster.start("succeeded", stages=8)
    events = [(5, down), (60, up)]
    began = sim.clock.now()

    def sleep(seconds):
        sim.clock.advance(seconds)
        while events and sim.clock.now() - began >= events[0][0]:
            events.pop(0)[1](cluster)

    urls = [agent.url for agent in cluster.agents]
    wait = wait_of(sim, urls, sleep, task_id=[task_id], details=True)
    wait.run()
    assert wait.result()["outcome"] == "succeeded"
    assert "observer is not up" in wait.result()["outages"][0]["reason"]
    assert cluster.storms == 0


def module_of(params, check_mode=False):
    module = mock.Mock(spec_set=["params", "check_mode", "warn", "deprecate"])
    module.params, module.check_mode = params, check_mode
    return module


def infos():
    nothing = dict.fromkeys((*obshell_task_info.WHAT, *obshell_task_info.FILTERS))
    asked = [{"task_id": ["11"]}, {"node_id": "11"}, {"sub_task_id": "11"}]
    asked += [{"unfinished": "cluster"}, {"history": "cluster"}]
    asked += [{"history": "cluster", "limit": 1}]
    for given in asked:
        for details in (True, False):
            yield obshell_task_info, {**nothing, "details": details, **given}


def operations():
    for operation in obshell_operations.OPERATIONS:
        params = {"task_id": "11", "node_id": None, "sub_tasks": False}
        yield obshell_task, {**params, "operation": operation}
    yield obshell_task, {**params, "operation": "pass", "node_id": "11"}


def calls():
    known = {"query": None, "body": None, "status_code": [200], "encrypted_fields": []}
    for path in ("/task/dag/11", "/task/dag/11?show_details=false", "/task/node/11"):
        yield obshell_api, {"method": "GET", "path": path, **known}
    body = {"operator": "retry"}
    retry = {"method": "POST", "path": "/task/dag/11", **known, "body": body}
    yield obshell_api, retry


ASKING = [*infos(), *operations(), *calls(), (obshell_last_task, {"scope": "cluster"})]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("module, params", ASKING)
def test_no_module_asks_for_a_cluster_task(sim, version, module, params):
    cluster, _ids = cluster_of(sim, 2, version)
    sim.clock.advance(3)
    down(cluster)
    urls = [agent.url for agent in cluster.agents]
    client = obshell_connection.client({"url": urls, "password": PASSWORD})
    with pytest.raises(errors.Unavailable) as caught:
        module.run(module_of(params), client)
    assert "\n" not in caught.value.message
    assert asked_for(cluster) == [] and cluster.storms == 0
