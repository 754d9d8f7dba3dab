# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operation on an OCP task needs: to be sent, nothing, or a refusal. Pure.

The preconditions are OCP's (protocol/ocp.md 3.7 and 8); they are checked here so that a
refusal names the reason, and so that asking twice does no harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from ..task import task

OPERATIONS = ("retry", "rollback", "cancel", "skip")
SEND, ALREADY, REFUSE, WAIT = "send", "already", "refuse", "wait"
_BEGUN = ("READY", "RUNNING")


@dataclass(frozen=True)
class Decision:
    """What to do, why, and on which sub-tasks; none means the task itself.

    `wait` is for a moment between two subtasks: look again in a second.
    """

    what: str
    reason: str = ""
    sub_task_ids: tuple[str, ...] = ()


def decide(of: task.Task, operation: str, sub_task_id: str | None = None) -> Decision:
    """Return what `operation` needs on a task as it is, or on one of its sub-tasks."""
    if sub_task_id is None:
        rule = {"retry": _retry, "rollback": _rollback, "cancel": _cancel}[operation]
        return rule(of)
    nodes = {node.id: node for node in of.nodes or ()}
    node = nodes.get(sub_task_id)
    if node is None:
        # Express ignores the task's id in such a route (3.7): another's would be hit.
        return Decision(REFUSE, f"it has no subtask {sub_task_id}")
    part = {"retry": _retry_part, "skip": _skip_part, "cancel": _cancel_part}
    what, reason = part[operation](node)
    reason = f"subtask {node.id} '{node.name}' {reason}"
    return Decision(what, reason, (node.id,) if what == SEND else ())


def advice(of: task.Task) -> dict[str, str]:
    """Return what can be done about a task that did not end as it should.

    `next` is a command or words, `log` the command that shows the log of its cause.
    """
    module = "ansible localhost -m oceanbase.ops.ocp_task_info"
    found = {"log": f"{module} -a 'task_id={of.id} logs=failed'"}
    ways = [one for one in ("retry", "rollback") if decide(of, one).what == SEND]
    wait = "ansible-playbook oceanbase.ops.wait -e wait_server=ocp"
    recover = "ansible-playbook oceanbase.ops.recover -e task_recover_server=ocp"
    if idle := _left_idle(of):
        found["next"] = (
            f"ansible localhost -m oceanbase.ops.ocp_task -a 'task_id={of.id} "
            f"sub_task_id={idle} operation=skip' (or retry): nothing is at work, and "
            "OCP goes on only then"
        )
    elif of.state not in task.ENDED or not of.at_rest:
        found["next"] = f"{wait} -e wait_task_id={of.id}"
    elif of.outcome == "rolled_back":
        found["next"] = "submit its work anew"
    elif ways:
        found["next"] = (
            f"{recover} -e task_recover_task_id={of.id} "
            f"-e task_recover_operation={ways[0]}"
        )
    return found


def _left_idle(of: task.Task) -> str | None:
    """Return the subtask whose cancel OCP has answered with an automatic retry.

    The task then stays RUNNING for ever with nothing at work (protocol/ocp.md 8.19).
    """
    states = {node.state for node in of.nodes or ()}
    ready = [node for node in of.nodes or () if node.state == "READY"]
    idle = of.state == "RUNNING" and not states & {"RUNNING", "CANCELING"}
    retried = [node.id for node in ready if node.operator == "RETRY"]
    return retried[0] if idle and retried else None


def _retry(of: task.Task) -> Decision:
    if of.operator == "ROLLBACK":
        words = {
            "RUNNING": "it is being rolled back",
            "SUCCEED": "it was rolled back: submit its work anew",
            "FAILED": "its rollback failed, and OCP retries no rollback: roll back "
            "again, or skip the subtask that failed",
        }
        return Decision(REFUSE, words.get(of.state, _unknown(of)))
    if of.state == "FAILED":
        return Decision(SEND) if of.at_rest else Decision(WAIT, _restless(of))
    words = {"RUNNING": "it is running", "SUCCEED": "it has succeeded"}
    return Decision(ALREADY if of.state in words else REFUSE, _said(words, of))


def _rollback(of: task.Task) -> Decision:
    if of.operator == "ROLLBACK" and of.state in ("RUNNING", "SUCCEED"):
        words = {"RUNNING": "it is being rolled back", "SUCCEED": "it was rolled back"}
        return Decision(ALREADY, words[of.state])
    if of.state == "FAILED":
        # Read each time: it flips when a step begins that cannot be undone (8.17).
        if (of.additional_data or {}).get("prohibit_rollback"):
            return Decision(REFUSE, "it forbids to be rolled back (prohibit_rollback)")
        return Decision(SEND) if of.at_rest else Decision(WAIT, _restless(of))
    words = {
        "RUNNING": "it is running, and OCP rolls back only what failed: "
        "cancel it first",
        "SUCCEED": "it has succeeded, and OCP rolls back only what failed",
    }
    return Decision(REFUSE, _said(words, of))


def _cancel(of: task.Task) -> Decision:
    """OCP cancels no task (3.1): each sub-task that runs is cancelled instead."""
    parts = [(node.id, _cancel_part(node)[0]) for node in of.nodes or ()]
    running = tuple(id for id, what in parts if what == SEND)
    if of.state != "SUCCEED" and running:
        return Decision(SEND, sub_task_ids=running)
    if of.state == "RUNNING":
        states = {node.state for node in of.nodes or ()}
        if "READY" not in states and states & {"RUNNING", "CANCELING"}:
            return Decision(ALREADY, "it is being cancelled")
        return Decision(WAIT, "none of its subtasks runs at this moment")
    if of.outcome == "cancelled":
        return Decision(ALREADY, "it was cancelled")
    words = {"SUCCEED": "it has succeeded", "FAILED": "it has failed: it does not run"}
    return Decision(REFUSE, _said(words, of))


def _retry_part(node: task.Node) -> tuple[str, str]:
    if node.operator in task.UNDOING:
        return REFUSE, (
            "belongs to a rollback, and OCP retries none: roll back the task again, "
            "or skip the subtask"
        )
    if node.state == "FAILED":
        return SEND, "failed"
    if node.state in _BEGUN and node.operator != "CANCEL":
        return ALREADY, "is running"
    if node.state == "SUCCEED":
        return ALREADY, "has succeeded"
    return REFUSE, f"is {node.state}, and OCP retries only what failed"


def _skip_part(node: task.Node) -> tuple[str, str]:
    if node.state == "FAILED":
        return SEND, "failed"
    if node.operator in ("SKIP", "ROLLBACK_SKIP"):
        return ALREADY, "was skipped"
    return REFUSE, f"is {node.state}, and OCP skips only what failed"


def _cancel_part(node: task.Node) -> tuple[str, str]:
    if node.state == "CANCELING" or (node.state, node.operator) == (
        "RUNNING",
        "CANCEL",
    ):
        return ALREADY, "is being cancelled"
    if node.state == "RUNNING":
        return SEND, "is running"
    if (node.state, node.operator) == ("FAILED", "CANCEL"):
        return ALREADY, "was cancelled"
    return REFUSE, f"is {node.state}, and OCP cancels only what is running"


def _restless(of: task.Task) -> str:
    names = [node.name for node in of.nodes or () if node.state in task.ACTIVE]
    return f"it is marked failed, but '{names[0]}' is still at work"


def _said(words: dict[str, str], of: task.Task) -> str:
    return words.get(of.state, _unknown(of))


def _unknown(of: task.Task) -> str:
    return f"it is in the unknown state {of.state}"


def took_effect(
    operation: str, before: task.Task, after: task.Task, ids: Sequence[str]
) -> bool:
    """Tell whether an operation whose answer was lost has reached the task.

    What has failed changes only when it is operated on; what runs changes by itself,
    so a cancel must show at each sub-task it was sent to.
    """
    if operation == "cancel":
        now = {node.id: node for node in after.nodes or ()}
        return all(id in now and _is_cancelled(now[id]) for id in ids)
    return _shape(before) != _shape(after)


def _is_cancelled(node: task.Node) -> bool:
    return node.state == "CANCELING" or node.operator == "CANCEL"


def _shape(of: task.Task) -> object:
    parts = {
        (sub.id, sub.state, sub.operator, sub.execute_times, sub.end_time)
        for node in of.nodes or ()
        for sub in node.sub_tasks
    }
    return of.state, of.operator, of.end_time, parts


def heads(of: task.Task, ids: Sequence[str]) -> task.Facts:
    """Return state and operator of a task and of these sub-tasks, for a diff."""
    known: task.Facts = {"state": of.state, "operator": of.operator}
    if ids:
        known["sub_tasks"] = {
            node.id: {"name": node.name, "state": node.state, "operator": node.operator}
            for node in of.nodes or ()
            if node.id in ids
        }
    return known


def outlook(of: task.Task, operation: str, ids: Sequence[str]) -> task.Facts:
    """Return what `heads` will show when the operation has just been accepted."""
    then = heads(of, ids)
    then["state"] = "RUNNING"
    for part in then.get("sub_tasks", {}).values():
        if operation == "cancel":
            part["state"] = "CANCELING"
        else:
            undoing = operation == "skip" and part["operator"] in task.UNDOING
            word = "ROLLBACK_SKIP" if undoing else operation.upper()
            part.update(state="READY", operator=word)
    if not ids:
        then["operator"] = operation.upper()
    return then
