# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The DAGs that made a cluster, as real agents have them."""

from __future__ import annotations

from . import agent_tasks, newcomer
from .agent import Agent
from .cluster import Cluster
from .dag import SUCCEED
from .scenario import Scenario

FIRST = -86400.0
"""Seconds before its start when a ready-made cluster was set up."""


def write(cluster: Cluster) -> None:
    """Finished local DAGs: "Initialize cluster", and "Local scale out" for the rest."""
    now = cluster.world.now + FIRST
    first, *rest = cluster.agents
    scenario = agent_tasks.init(first, found=lambda agent: cluster)
    _finished(first, scenario, now)
    for agent in rest:
        joins = newcomer.Newcomer(agent, cluster, agent.zone)
        _finished(agent, joins.scale_out(), now)


def _finished(agent: Agent, scenario: Scenario, now: float) -> None:
    """A DAG as it is after a success, without its work being done again."""
    store = agent.store
    dag = store.create(scenario, now)
    for at, node in enumerate(dag.nodes):
        begin, end = now + 2 * at, now + 2 * at + 1
        node.state, node.start = SUCCEED, store.stamp(begin)
        node.end = store.stamp(end)
        for sub_task in node.sub_tasks:
            sub_task.state, sub_task.execute_times = SUCCEED, 1
            sub_task.start, sub_task.end = store.stamp(begin), store.stamp(begin)
            store.now = begin
            for line in sub_task.step.lines:
                store.log(sub_task, line)
    dag.state, dag.stage, dag.finished = SUCCEED, len(dag.nodes), True
    dag.start, dag.end = dag.nodes[0].start, dag.nodes[-1].end
    store.locks.release(dag)
    store.wake(now)
