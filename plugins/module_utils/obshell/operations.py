# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operation on an obshell task needs: to be sent, nothing, or a refusal. Pure.

The preconditions are obshell's (protocol/obshell.md 3.6). They are checked here so that
a refusal names the reason, and so that asking twice does no harm. What a stage allows
beyond them is learnt only by sending.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .. import errors
from ..task import task

OPERATIONS = ("retry", "rollback", "cancel", "pass")
SEND, ALREADY, REFUSE = "send", "already", "refuse"


@dataclass(frozen=True)
class Decision:
    """What to do, and why."""

    what: str
    reason: str = ""


_SEND = Decision(SEND)
_SUBMIT = "submit its work anew"
_RUNS = Decision(ALREADY, "it is running")
_DONE = Decision(ALREADY, "it has succeeded")
_UNDOING = Decision(ALREADY, "it is being rolled back")
_UNDONE = Decision(ALREADY, "it was rolled back")
_STOPPING = Decision(ALREADY, "it is being cancelled")
_STOPPED = Decision(ALREADY, "it was cancelled")
_PASSED = Decision(ALREADY, "it was passed")


def _no(reason: str) -> Decision:
    return Decision(REFUSE, reason)


# By operation, then by what the task does or did; READY counts as RUNNING. A task in
# RUN that ended shows RUN again after a retry (3.5). Retrying a failed rollback would
# go forward over stages that were undone; nobody saw a server do it.
TABLE: dict[str, dict[tuple[str, str], Decision]] = {
    "retry": {
        ("RUNNING", "RUN"): _RUNS,
        ("RUNNING", "ROLLBACK"): _no("it is being rolled back"),
        ("RUNNING", "CANCEL"): _no("it is being cancelled: wait until it is"),
        ("FAILED", "RUN"): _SEND,
        ("FAILED", "CANCEL"): _SEND,
        ("FAILED", "ROLLBACK"): _no(
            "its rollback failed: roll it back again, or pass it"
        ),
        ("SUCCEED", "RUN"): _DONE,
        ("SUCCEED", "ROLLBACK"): _no(f"it was rolled back: {_SUBMIT}"),
        ("SUCCEED", "PASS"): _no(f"it was passed: {_SUBMIT}"),
    },
    "rollback": {
        ("RUNNING", "RUN"): _no(
            "it is running, and obshell rolls back only what failed: cancel it first"
        ),
        ("RUNNING", "ROLLBACK"): _UNDOING,
        ("RUNNING", "CANCEL"): _no("it is being cancelled: wait until it is"),
        ("FAILED", "RUN"): _SEND,
        ("FAILED", "CANCEL"): _SEND,
        ("FAILED", "ROLLBACK"): _SEND,
        ("SUCCEED", "RUN"): _no(
            "it has succeeded, and obshell rolls back only what failed"
        ),
        ("SUCCEED", "ROLLBACK"): _UNDONE,
        ("SUCCEED", "PASS"): _no("it was passed, and is over for obshell"),
    },
    "cancel": {
        ("RUNNING", "RUN"): _SEND,
        ("RUNNING", "ROLLBACK"): _SEND,
        ("RUNNING", "CANCEL"): _STOPPING,
        ("FAILED", "RUN"): _no("it has failed: it does not run"),
        ("FAILED", "CANCEL"): _STOPPED,
        ("FAILED", "ROLLBACK"): _no("its rollback failed: it does not run"),
        ("SUCCEED", "RUN"): _no("it has succeeded: it does not run"),
        ("SUCCEED", "ROLLBACK"): _no("it was rolled back: it does not run"),
        ("SUCCEED", "PASS"): _no("it was passed: it does not run"),
    },
    "pass": {
        ("RUNNING", "RUN"): _no("it is running, and obshell passes only what failed"),
        ("RUNNING", "ROLLBACK"): _no(
            "it is being rolled back, and obshell passes only what failed"
        ),
        ("RUNNING", "CANCEL"): _no("it is being cancelled: wait until it is"),
        ("FAILED", "RUN"): _SEND,
        ("FAILED", "CANCEL"): _SEND,
        ("FAILED", "ROLLBACK"): _SEND,
        ("SUCCEED", "RUN"): _DONE,
        ("SUCCEED", "ROLLBACK"): _no("it was rolled back: nothing of it is left"),
        ("SUCCEED", "PASS"): _PASSED,
    },
}


def decide(of: task.Task, operation: str, node_id: str | None = None) -> Decision:
    """Return what `operation` needs on a task as it is, or on one of its nodes."""
    if node_id is not None:
        return _pass_node(of, node_id)
    state = "RUNNING" if of.state == "READY" else of.state
    found = TABLE[operation].get((state, of.operator))
    return found or _no(
        f"it is {errors.printable(of.state, 40)} with the operator "
        f"{errors.printable(of.operator, 40)}, which is not known here"
    )


def advice(of: task.Task) -> dict[str, str]:
    """Return what can be done about a task that did not end as it should.

    `next` is a command or words, `log` the command that shows the log of its cause.
    """
    failure = of.failure(0) or {}
    part = failure.get("sub_task_id")
    which = f"sub_task_id={part}" if part else f"task_id={of.id}"
    found = {"log": f"ansible localhost -m oceanbase.ops.obshell_task_info -a {which}"}
    ways = [one for one in ("retry", "rollback") if decide(of, one).what == SEND]
    if of.state not in task.ENDED:
        found["next"] = f"ansible-playbook oceanbase.ops.wait -e wait_task_id={of.id}"
    elif of.outcome == "rolled_back" or (of.sub_dags and of.locked is False):
        found["next"] = _SUBMIT  # a main task of ob/start or ob/stop offers nothing
    elif ways and not of.main_task:
        found["next"] = (
            f"ansible-playbook oceanbase.ops.recover -e task_recover_task_id={of.id} "
            f"-e task_recover_operation={ways[0]}"
        )
    return found


def _pass_node(of: task.Task, node_id: str) -> Decision:
    """Only `pass` is known for a node, and only where task and node failed (3.6)."""
    node = next((one for one in of.nodes or () if one.id == node_id), None)
    if node is None:
        return _no(f"it has no node {node_id}")
    name = f"node {node.id} '{errors.printable(node.name, 120)}'"
    if (node.state, node.operator) == ("SUCCEED", "PASS"):
        return Decision(ALREADY, f"{name} was passed")
    if node.state == "SUCCEED" and node.operator in ("RUN", "RETRY"):
        return Decision(ALREADY, f"{name} has succeeded")
    if (of.state, node.state) == ("FAILED", "FAILED"):
        return _SEND
    return _no(f"{name} is {node.state} in a task that is {of.state}: both must fail")


def took_effect(operation: str, before: task.Task, after: task.Task) -> bool:
    """Tell whether an operation whose answer was lost has reached the task.

    What has failed changes only when it is operated on; what runs changes by itself,
    so a cancel must show.
    """
    if operation == "cancel":
        return after.operator == "CANCEL"
    return _shape(before) != _shape(after)


def _shape(of: task.Task) -> object:
    nodes = [(node.id, node.state, node.operator) for node in of.nodes or ()]
    runs = [sub.execute_times for node in of.nodes or () for sub in node.sub_tasks]
    return of.state, of.operator, of.stage, of.start_time, of.end_time, nodes, runs


def heads(of: task.Task, node_id: str | None = None) -> task.Facts:
    """Return state and operator of a task, and of the node, for a diff."""
    known: task.Facts = {"state": of.state, "operator": of.operator}
    for node in of.nodes or ():
        if node.id == node_id:
            known["node"] = {"state": node.state, "operator": node.operator}
    return known


def outlook(of: task.Task, operation: str, node_id: str | None = None) -> task.Facts:
    """Return what `heads` will show when the operation has just been accepted (3.5)."""
    if node_id is not None:
        passed = {"state": "SUCCEED", "operator": "PASS"}
        return {"state": "READY", "operator": "RUN", "node": passed}
    if operation == "pass":
        return {"state": "SUCCEED", "operator": "PASS"}
    words = {"retry": "RUN", "rollback": "ROLLBACK", "cancel": "CANCEL"}
    return {"state": "READY", "operator": words[operation]}


# "node X cannot retry" since 4.3.1, "X can not retry" before (1.7, 10.1).
_STAGE = re.compile(
    r"(?:^|: )(?:node )?([^:]+?) can ?not (?:retry|rollback|cancel|pass)$"
)
_HOLDER = re.compile(r"DAG \[(\d+):([^\]]*)\]")


def refusing_stage(words: str) -> str | None:
    """Return the name of the stage that does not allow it, from the server's text."""
    found = _STAGE.search(words)
    return found.group(1) if found else None


def holder(words: str) -> tuple[str, str] | None:
    """Return id and name of the task that holds a lock, where the text has them."""
    found = _HOLDER.search(words)
    return (found.group(1), found.group(2)) if found else None


def is_moved(code: str, words: str) -> bool:
    """Tell whether the server says that the state is not the one that was read."""
    if code == "Gorm.NoRowAffected":
        return True
    if code == "1010":
        return words.endswith(("is not failed", "is finished"))
    return code.endswith(
        ("NotFailedDag", "CancelFinishedDag", "PassNotFailedNode")
    ) and code.startswith("Task.")
