# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What callers ask of DAGs, and when it is refused (protocol 3.5 and 3.6)."""

from __future__ import annotations

from . import errors
from .dag import EPOCH, FAILED, SUCCEED, Dag
from .era import Era
from .scenario import TENANT
from .store import Store
from .world import World

OPERATORS = ("rollback", "retry", "cancel", "pass")
_WORDS = {
    # operator: (new words, code word, old words)
    "retry": ("Failed to set DAG retry", "Retry", "failed to set dag retry"),
    "rollback": (
        "Failed to set DAG rollback",
        "Rollback",
        "failed to set dag rollback",
    ),
    "pass": ("Failed to pass DAG", "Pass", "failed to pass dag"),
    "cancel": ("Failed to cancel DAG", "Cancel", "failed to cancel dag"),
}


def apply(
    world: World,
    store: Store,
    dag: Dag,
    operator: str,
    era: Era,
) -> None:
    """Do it or raise why not."""
    check_allowed(dag, operator, era)
    if operator in ("retry", "rollback") and not store.locks.holds(dag):
        holder = store.locks.holder(dag.scenario)
        if holder is not None:
            raise _lock_lost(store, dag)
    if operator == "pass":
        store.pass_dag(dag, world.now)
        if not era.since(4, 3, 0):
            dag.start = EPOCH
        return
    {"retry": store.retry, "rollback": store.rollback, "cancel": store.cancel}[
        operator
    ](dag, world.now)


def check_allowed(dag: Dag, operator: str, era: Era) -> None:
    if operator == "cancel":
        if not dag.active:
            raise wrong_state(operator)
        nodes, flag = dag.nodes[: dag.stage], "can_cancel"
    else:
        if dag.state != FAILED:
            raise wrong_state(operator)
        flag = f"can_{operator}"
        nodes = {
            "retry": [dag.node],
            "rollback": dag.nodes[: dag.stage],
            "pass": [n for n in dag.nodes if n.state != SUCCEED],
        }[operator]
        if operator == "pass" and not era.since(4, 3, 0):
            nodes = dag.nodes
    for node in nodes:
        if not getattr(node.stage, flag):
            raise not_allowed(operator, node.name)


def _lock_lost(store: Store, dag: Dag) -> errors.Problem:
    if dag.scenario.maintenance == TENANT:
        return errors.tenant_locked(dag.scenario.key)
    if store.in_database:
        return errors.cluster_locked_for_operator()
    return errors.agent_locked_for_operator(store.owner.address)


def wrong_state(operator: str) -> errors.Problem:
    """The DAG is not in a state for this operator (3.6)."""
    words, code_word, old = _WORDS[operator]
    if operator == "cancel":
        name, why, legacy = "CancelFinishedDag", "DAG is finished", "dag is finished"
    elif operator == "pass":
        name, why, legacy = "PassNotFailedDag", "DAG is not failed", "dag is not failed"
    else:
        name = f"{code_word}NotFailedDag"
        why, legacy = "DAG state is not failed", "dag state is not failed"
    return errors.Problem(
        f"Task.Dag.Operator.{name}",
        400,
        f"{words}: {why}",
        old=(500, 1010, f"Known error: {old}: {legacy}"),
    )


def not_allowed(operator: str, node: str) -> errors.Problem:
    words, code_word, old = _WORDS[operator]
    return errors.Problem(
        f"Task.Dag.Operator.{code_word}NotAllowed",
        400,
        f"{words}: node {node} cannot {operator}",
        old=(500, 1010, f"Known error: {old}: {node} can not {operator}"),
    )


def unknown_operator(kind: str, word: str) -> errors.Problem:
    return errors.Problem(
        f"Task.{kind}.Operator.NotSupport",
        400,
        f"Operator {word} is not supported",
        old=(500, 1010, f"Known error: invalid operator: {word}"),
    )


def node_refused(name: str, why: str) -> errors.Problem:
    text = f"Failed to pass node: {why}"
    return errors.Problem(
        f"Task.Node.Operator.{name}", 400, text, old=(500, 1010, None)
    )
