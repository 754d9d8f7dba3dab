#!/usr/bin/python
# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ocp_task
short_description: Retry, roll back, cancel or skip a task of OCP
version_added: 0.1.0
description:
  - Operates on a task instance of OCP or OCP Express, or on one of its subtasks, and returns the task as it is then.
  - It does not wait for the end; M(oceanbase.ops.wait_for_task) does.
  - The task is read first. Where it already is as asked, nothing is sent; where OCP could only refuse, the reason is
    given and nothing is sent.
  - "A task that runs or has succeeded needs no V(retry). One that is being rolled back or was rolled back cannot be
    retried, and one whose rollback failed can only be rolled back again, or the failed subtask be skipped."
  - V(rollback) needs a task that failed. A running one is to be cancelled first.
  - A request is sent once. Where its answer is lost, the task is read to see whether it took effect.
author:
  - oceanbase.ops contributors (@oceanbase-ops)
extends_documentation_fragment:
  - oceanbase.ops.ocp
attributes:
  check_mode:
    description: In check mode it reads the task and says whether it would change it; nothing is sent.
    support: full
  diff_mode:
    description: Returns the state and the operator before and after, of the task and of the subtasks that it is about.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: partial
    details: A retry that has failed again by the second invocation is retried once more; so is a failed rollback.
options:
  task_id:
    description: The id of the task instance.
    type: str
    required: true
  sub_task_id:
    description:
      - The id of one of its subtasks, to operate on that alone.
      - It is checked to belong to the task, which OCP does not do.
    type: str
  operation:
    description:
      - V(retry) runs what failed again, and what follows it.
      - V(rollback) undoes the task, from where it failed back to its beginning. It is refused where
        RV(oceanbase.ops.ocp_task_info#module:task.additional_data.prohibit_rollback) is true, which it can become while a task runs.
      - V(cancel) interrupts a running subtask, after which the task is FAILED. OCP cannot cancel a whole task, so without
        O(sub_task_id) each of its running subtasks is cancelled; one that is about to run is awaited for up to ten seconds.
      - V(skip) takes a failed subtask for done and goes on. It needs O(sub_task_id).
    type: str
    choices: [retry, rollback, cancel, skip]
    required: true
seealso:
  - module: oceanbase.ops.wait_for_task
  - module: oceanbase.ops.ocp_task_info
"""

EXAMPLES = r"""
- name: Retry a failed task
  oceanbase.ops.ocp_task:
    ocp:
      url: http://ocp:8080
      username: admin
      password: "{{ ocp_password }}"
    task_id: 35000312
    operation: retry

- name: Wait for its end
  oceanbase.ops.wait_for_task:
    ocp: "{{ my_ocp }}"
    task_id: 35000312

- name: Skip the subtask that failed
  oceanbase.ops.ocp_task:
    ocp: "{{ my_ocp }}"
    task_id: "{{ info.task.id }}"
    sub_task_id: "{{ info.task.failure.sub_task_id }}"
    operation: skip

- name: Cancel a running task
  oceanbase.ops.ocp_task:
    ocp: "{{ my_ocp }}"
    task_id: 35000313
    operation: cancel

- name: Wait until it is at rest
  oceanbase.ops.wait_for_task:
    ocp: "{{ my_ocp }}"
    task_id: 35000313
    outcome: [cancelled, failed]

- name: Undo what it did
  oceanbase.ops.ocp_task:
    ocp: "{{ my_ocp }}"
    task_id: 35000313
    operation: rollback
"""

RETURN = r"""
task:
  description:
    - The facts of the task after the operation, as RV(oceanbase.ops.ocp_task_info#module:task), without logs.
    - Null where it could not be read again; a warning says why.
  returned: success
  type: dict
  sample: null
tasks:
  description: A list of RV(task).
  returned: success
  type: list
  elements: dict
  sample: []
reason:
  description: Why nothing was sent; empty where something was, or would be.
  returned: success
  type: str
  sample: it was rolled back
sub_task_ids:
  description: The ids of the subtasks that an operation was sent to, or would be; empty where it went to the task.
  returned: success
  type: list
  elements: str
  sample: ["18"]
error:
  description: What failed, as data. The RV(ignore:kind) says what sort of failure it is.
  returned: failure
  type: dict
  sample:
    kind: refused
    server: http://ocp:8080
    task_id: "12"
    state: RUNNING
    operator: RUN
"""

import time
from typing import Any, Callable, Sequence

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import (
    arguments,
    errors,
    ocp,
    ocp_connection,
    ocp_operation,
    task,
)

LOOKS = 10
LOOKS_AFTER_LOSS = 3
TICK = 1.0  # OCP's engine moves once a second (protocol/ocp.md 4)
# The state does not allow it (1.3): it has changed since the task was read.
CONFLICTS = ("20003", "4007", "TSK10007", "TSK10016", "TSK10017")


def run(
    module: AnsibleModule,
    client: ocp.OcpClient,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    id, part, operation = _wanted(module.params)
    before = now = client.fetch(id)
    sent: list[str | None] = []
    for look in range(LOOKS):
        if look:
            sleep(TICK)
            now = client.fetch(id)
        decision = ocp_operation.decide(now, operation, part)
        if decision.what == ocp_operation.SEND and not module.check_mode:
            parts = decision.sub_task_ids or (None,)
            new = [one for one in parts if one not in sent]
            sent += _send(client, now, operation, new, sleep)
            if sent and (operation != "cancel" or part):
                break
        elif decision.what != ocp_operation.WAIT:
            break
    would = module.check_mode and decision.what == ocp_operation.SEND
    if not sent and not would and decision.what != ocp_operation.ALREADY:
        raise _refused(client, operation, now, decision.reason)
    ids = list(decision.sub_task_ids) if would else [one for one in sent if one]
    after = before if module.check_mode else _read(module, client, id)
    return _result(before, after, operation, ids, decision, changed=bool(sent or would))


def _wanted(params: dict[str, Any]) -> tuple[str, str | None, str]:
    id, part, operation = params["task_id"], params["sub_task_id"], params["operation"]
    if operation == "skip" and part is None:
        raise errors.InvalidOption("sub_task_id", "OCP skips subtasks only: say which")
    if operation == "rollback" and part is not None:
        raise errors.InvalidOption("sub_task_id", "OCP rolls back whole tasks only")
    if part is not None:
        part = arguments.task_id(part, "sub_task_id")
    return arguments.task_id(id), part, operation


def _send(
    client: ocp.OcpClient,
    now: task.Task,
    operation: str,
    parts: Sequence[str | None],
    sleep: Callable[[float], None],
) -> list[str | None]:
    """Return those that it was sent to; what has moved meanwhile is decided anew."""
    sent: list[str | None] = []
    for part in parts:
        try:
            client.operate(now.id, operation, part)
        except errors.Refused as e:
            if e.details.get("code") not in CONFLICTS:
                raise
            again = client.fetch(now.id)
            decision = ocp_operation.decide(again, operation, part)
            if decision.what == ocp_operation.SEND:
                e.message += f"; it is {again.state}, operator {again.operator}"
                raise
            continue
        except (errors.Unreachable, errors.Unavailable, errors.InvalidAnswer) as e:
            _look_up(client, now, operation, part, e, sleep)
        sent.append(part)
    return sent


def _look_up(
    client: ocp.OcpClient,
    before: task.Task,
    operation: str,
    part: str | None,
    lost: errors.OpsError,
    sleep: Callable[[float], None],
) -> None:
    """Return when an operation whose answer was lost took effect, else raise."""
    if not errors.may_be_served(lost):
        raise lost
    seen = False
    parts = [part] if part else []
    for _look in range(LOOKS_AFTER_LOSS):
        sleep(TICK)
        try:
            after = client.fetch(before.id)
        except (errors.Unreachable, errors.Unavailable, errors.InvalidAnswer):
            continue
        seen = True
        if ocp_operation.took_effect(operation, before, after, parts):
            return
    lost.message += (
        "; the task shows no effect, and it is not sent again"
        if seen
        else "; whether it took effect is not known, and it is not sent again"
    )
    raise lost


def _refused(
    client: ocp.OcpClient, operation: str, now: task.Task, reason: str
) -> errors.Refused:
    return errors.Refused(
        f"{operation} task {now.id} '{errors.printable(now.name, 120)}' was not sent: "
        f"{errors.printable(reason)}",
        server=client.url,
        task_id=now.id,
        state=now.state,
        operator=now.operator,
    )


def _read(module: AnsibleModule, client: ocp.OcpClient, id: str) -> task.Task | None:
    try:
        return client.fetch(id)
    except errors.OpsError as e:
        module.warn(f"the task could not be read after the operation: {e.message}")
        return None


def _result(
    before: task.Task,
    after: task.Task | None,
    operation: str,
    ids: list[str],
    decision: ocp_operation.Decision,
    *,
    changed: bool,
) -> dict[str, Any]:
    facts = after.to_dict() if after else None
    then = ocp_operation.heads(after, ids) if after else None
    if changed and after is before:
        then = ocp_operation.outlook(before, operation, ids)
    return {
        "changed": changed,
        "reason": "" if changed else decision.reason,
        "sub_task_ids": ids,
        "task": facts,
        "tasks": [facts] if facts else [],
        "diff": {"before": ocp_operation.heads(before, ids), "after": then or {}},
    }


def main() -> None:
    module = arguments.Module(
        argument_spec=dict(
            task_id=dict(type="str", required=True),
            sub_task_id=dict(type="str"),
            operation=dict(
                type="str", choices=list(ocp_operation.OPERATIONS), required=True
            ),
            **arguments.ocp_options(),
        ),
        supports_check_mode=True,
    )
    try:
        arguments.need_libraries("ocp")
        result = run(module, ocp_connection.client(module.params["ocp"]))
    except errors.OpsError as e:
        module.fail_json(**e.to_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
