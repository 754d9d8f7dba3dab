# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The routes of obshell's tasks (protocol 3.1)."""

from __future__ import annotations

from typing import Any

from . import database, errors, facts, ids, operations
from .call import Call, body_of, details, route
from .dag import FAILED


def get_dag(call: Call) -> dict[str, Any]:
    full = details(call)
    store, number = ids.locate(call, asks_others=True)
    dag = store.find(number)
    if dag is None:
        raise errors.task_not_found()
    return facts.dag(store, dag, call.era, details=full)


def get_node(call: Call) -> dict[str, Any]:
    if not details(call):
        raise errors.Panic
    store, number = ids.locate(call)
    found = store.find_node(number)
    if found is None:
        raise errors.task_not_found()
    return facts.node(store, found[1])


def get_sub_task(call: Call) -> dict[str, Any]:
    store, number = ids.locate(call)
    sub_task = store.find_sub_task(number)
    if sub_task is None:
        raise errors.task_not_found()
    return facts.sub_task(store, sub_task)


def get_logs(call: Call) -> dict[str, Any]:
    """An unknown sub-task has no lines; it is no error (10.1.5)."""
    problem = database.problem(call.agent)
    if call.args[0][:1] == "1" and len(call.args[0]) > 1 and problem:
        raise problem
    store, number = ids.locate(call)
    sub_task = store.find_sub_task(number)
    return {"contents": facts.logs(store, sub_task) if sub_task else []}


def operate_dag(call: Call) -> Any:
    word = _operator(call, "DagOperator")
    store, number = ids.locate(call)
    dag = store.find(number)
    if dag is None:
        raise errors.task_not_found()
    if word not in operations.OPERATORS:
        raise operations.unknown_operator("Dag", word)
    operations.apply(call.agent.world, store, dag, word, call.era)
    return errors.ABSENT


def _operator(call: Call, struct: str) -> str:
    word = body_of(call).get("operator")
    if not word or not isinstance(word, str):
        raise errors.required(struct, "Operator")
    return word.lower()


def operate_node(call: Call) -> Any:
    word = _operator(call, "NodeOperator")
    store, number = ids.locate(call)
    found = store.find_node(number)
    if found is None:
        raise errors.task_not_found()
    if word != "pass":
        raise operations.unknown_operator("Node", word)
    dag, node = found
    if dag.state != FAILED:
        raise operations.node_refused("PassNotFailedDag", "assigned DAG is not failed")
    if node.state != FAILED:
        raise operations.node_refused("PassNotFailedNode", "node is not failed")
    if not node.stage.can_pass:
        why = f"node {node.name} cannot pass"
        raise operations.node_refused("PassNotAllowed", why)
    store.pass_node(dag, node, call.agent.world.now)
    return errors.ABSENT


ROUTES = [
    route("GET", "/task/dag/:id", get_dag),
    route("POST", "/task/dag/:id", operate_dag),
    route("GET", "/task/node/:id", get_node),
    route("POST", "/task/node/:id", operate_node, since=(4, 3, 1)),
    route("GET", "/task/sub_task/:id", get_sub_task),
    route("GET", "/task/sub_task/:id/logs", get_logs, since=(4, 3, 0)),
]
