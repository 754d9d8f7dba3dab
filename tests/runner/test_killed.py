# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each role in jobs that are killed at each stage of its tasks, and launched again.

A job takes a task up at the stage where the one before it was killed, and is killed as
soon as the server is at the next one. No stage passes while a job starts.
"""

from __future__ import annotations

import time
from collections import Counter

import pytest
from ansible_collections.oceanbase.ops.tests.simulator import setups

STEP = 0.05  # seconds of the server's clock: no stage is as short
AGENT = {"obshell_package": "4.5.1.0-12026102010.el7"}
OBSERVER = {
    "oceanbase_package": "4.3.5.4-104000042025090916.el7",
    "upgrade_mode": "STOPSERVICE",
}
# Before these stages no answer tells which server a task is about: a job looks again.
TELLS_FROM = {
    "Cluster scale out": 4,
    "Cluster scale in": 3,
    "Start OB": 3,
    "Stop OB": 3,
}


class Obshell:
    """A cluster of agents, and one to add to it."""

    def __init__(self, world, agents):
        password = setups.ROOT_PASSWORD
        self.clock, self.world = world.clock, world.sim.world
        self.cluster = world.sim.cluster(agents, password=password)
        self.new = world.servers["single"]
        self.agents = [*self.cluster.agents, self.new]
        urls = [agent.url for agent in self.cluster.agents]
        self.credentials = {"obshell": {"url": ",".join(urls), "password": password}}
        self._stores = [self.cluster.store, *(agent.store for agent in self.agents)]

    def requests(self):
        return [seen for agent in self.agents for seen in agent.server.requests]

    def stages(self):
        """Return each stage of each task."""
        return {
            (key, n + 1) for key, dag in self._dags() for n in range(len(dag.nodes))
        }

    def at(self):
        """Return the stage at which each task is that is not over."""
        return [(key, dag.stage) for key, dag in self._dags() if not dag.finished]

    def tells(self):
        """Tell whether answers say which task is whose."""
        at_work = [dag for _key, dag in self._dags() if not dag.finished]
        return all(dag.stage >= TELLS_FROM.get(dag.name, 1) for dag in at_work)

    def answers(self):
        """Tell whether each agent answers, and has an observer to ask."""
        up = any(agent.ob_state == 3 for agent in self.cluster.agents)
        return up and all(agent.alive for agent in self.cluster.agents)

    def _dags(self):
        """Return tasks with their ids, but none that is a part of another one."""
        with self.world.lock:
            self.world.catch_up()
            return [
                (store.generic_id(dag.number), dag)
                for store in self._stores
                for dag in store.dags
                if dag.main_dag_id is None
            ]


class Ocp:
    """An OCP, whose tasks are at their subtasks as others are at their stages."""

    def __init__(self, world, credentials):
        self.clock = world.clock
        self.credentials = {"ocp": credentials}
        self._ocp = world.servers["ocp"]

    def requests(self):
        return list(self._ocp.server.requests)

    def stages(self):
        tasks = self._tasks()
        return {(t["id"], n + 1) for t in tasks for n in range(len(t["subtasks"]))}

    def at(self):
        return [
            (task["id"], sum(one["status"] != "PENDING" for one in task["subtasks"]))
            for task in self._tasks()
            if task["status"] == "RUNNING"
        ]

    def tells(self):
        return True

    def answers(self):
        return True

    def _tasks(self):
        return [self._ocp.task(key) for key in list(self._ocp.engine.tasks)]


def submits(servers):
    """Count what was asked for that changes something."""
    paths = [seen.target for seen in servers.requests() if seen.method != "GET"]
    # A login of OCP is no part of its API.
    return Counter(path.split("/", 3)[3] for path in paths if path.startswith("/api/"))


def kill_at_each_stage(launch, playbook, answers, servers):
    """Launch and kill until a job ends by itself; return the stages of the kills."""
    seen = []

    def go_on():
        asked = len(servers.requests()) > before
        told = job.lines() or asked and not servers.tells()
        for _step in range(6 if told else 0):
            if new := [at for at in servers.at() if at not in seen]:
                seen.extend(new)
                job.kill()
                return
            servers.clock.advance(STEP)

    while True:
        while not servers.answers():
            servers.clock.advance(STEP)
        before = len(servers.requests())
        job = launch(f"given/{playbook}.yml", answers, **servers.credentials)
        if (end := job.finish(go_on)) != "killed":
            assert end == "successful", job.stdout()
            return seen


def is_done_once(launch, playbook, answers, servers, expected):
    """Check that a job was killed at each stage, what all sent, and that it is done."""
    before = servers.stages()
    killed = kill_at_each_stage(launch, playbook, answers, servers)
    assert set(killed) == servers.stages() - before
    is_done(launch, playbook, answers, servers, expected)


def is_done(launch, playbook, answers, servers, expected):
    """Check what all jobs sent, and that another one changes nothing."""
    again = launch(f"given/{playbook}.yml", answers, **servers.credentials)
    assert again.finish() == "successful"
    assert "changed=0" in again.stdout()
    assert submits(servers) == expected


def test_scale_out(world, launch):
    servers = Obshell(world, 2)
    given = {"new_server": "127.0.0.1", "new_port": servers.new.port}
    given = {**given, "new_zone": "zone3"}
    is_done_once(launch, "scale_out", given, servers, {"ob/scale_out": 1})


def test_scale_in(world, launch):
    servers = Obshell(world, 2)
    given = {"old_server": "127.0.0.1", "old_port": servers.cluster.agents[1].port}
    is_done_once(launch, "scale_in", given, servers, {"ob/scale_in": 1})


def test_rolling_restart(world, launch):
    servers = Obshell(world, 3)
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    given = {"zones": "zone1", "restarted_since": since, "kill_at_once": "yes"}
    expected = {"ob/stop": 1, "ob/start": 1}
    is_done_once(launch, "rolling_restart", given, servers, expected)


@pytest.mark.parametrize(("package", "part"), [(AGENT, "agent"), (OBSERVER, "ob")])
def test_cluster_upgrade(world, launch, package, part):
    servers = Obshell(world, 2)
    expected = {f"{part}/upgrade/check": 1, f"{part}/upgrade": 1}
    is_done_once(launch, "cluster_upgrade", package, servers, expected)


def test_scale_out_and_in_through_ocp(world, launch, ocp):
    servers = Ocp(world, ocp)
    path = "ob/clusters/1/servers"
    given = {"ocp_cluster": 1, "new_zone": "zone2", "new_hosts": "7=198.51.100.7"}
    is_done_once(launch, "scale_out_ocp", given, servers, {path: 1})
    given = {"ocp_cluster": 1, "old_hosts": "198.51.100.7"}
    expected = {path: 1, f"{path}/batchDelete": 1}
    is_done_once(launch, "scale_in_ocp", given, servers, expected)


def test_recover(world, launch):
    servers = Obshell(world, 2)
    failed = servers.cluster.start("failed", stages=4, fails=[1], maintenance=1)
    servers.clock.advance(60)
    given = {"failed_task": failed, "operation": "retry"}
    killed = kill_at_each_stage(launch, "recover", given, servers)
    assert killed == [(failed, stage) for stage in (2, 3, 4)]
    is_done(launch, "recover", given, servers, {f"task/dag/{failed}": 1})
