#!/usr/bin/python
# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ocp_task
short_description: Retry, roll back, cancel or skip a task of OCP
version_added: 1.0.0
description:
  - Operates on a task instance of OCP or OCP Express, or on one of its subtasks, and returns the task as it is then.
  - It does not wait for the end; M(oceanbase.ops.wait_for_task) does.
  - The task is read first. Where it already is as asked, nothing is sent; where OCP could only refuse, the reason is
    given and nothing is sent.
  - "A task that runs or has succeeded needs no V(retry). One that is being rolled back or was rolled back cannot be
    retried, and one whose rollback failed can only be rolled back again, or the failed subtask be skipped."
  - V(rollback) needs a task that failed. A running one is to be cancelled first.
author:
  - oceanbase.ops contributors (@oceanbase-ops)
extends_documentation_fragment:
  - oceanbase.ops.ocp
  - oceanbase.ops.once
  - oceanbase.ops.worker
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
      url: http://ocp.example.com:8080
      username: admin
      password: "{{ ocp_password }}"
    task_id: 35000312
    operation: retry

- name: Wait for its end
  oceanbase.ops.wait_for_task:
    ocp: "{{ my_ocp }}"
    task_id: 35000312

- name: Ask which subtask has failed
  oceanbase.ops.ocp_task_info:
    ocp: "{{ my_ocp }}"
    task_id: 35000312
  register: info

- name: Skip it
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
task_ids:
  description: The id of the task, for O(oceanbase.ops.wait_for_task#module:task_id). Empty in check mode.
  returned: success
  type: list
  elements: str
  sample: ["11"]
attempt:
  description:
    - What the attempt looked like that the operation has ended, for O(oceanbase.ops.wait_for_task#module:attempt).
    - Empty where nothing was sent.
  returned: success
  type: list
  elements: dict
  sample:
    - task_id: "11"
      operator: RUN
      sub_tasks: {"15": 1}
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
    url: http://ocp.example.com:8080
    task_id: "12"
    state: RUNNING
    operator: RUN
"""

import time
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import arguments, connect, errors
from ..module_utils.ocp import client as ocp
from ..module_utils.ocp import commands, operations, operator


def spec() -> dict[str, Any]:
    return dict(
        argument_spec=dict(
            task_id=dict(type="str", required=True),
            sub_task_id=dict(type="str"),
            operation=dict(
                type="str", choices=list(operations.OPERATIONS), required=True
            ),
            **arguments.ocp_options(),
        ),
    )


def run(
    module: AnsibleModule,
    client: ocp.OcpClient,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    return _command(module.params).carry_out(
        operator.Operator(client, sleep), module.warn, check=module.check_mode
    )


def _command(params: dict[str, Any]) -> commands.Command:
    """Return what is asked for; refuse what does not fit together."""
    part, operation = params["sub_task_id"], params["operation"]
    if operation == "skip" and part is None:
        raise errors.InvalidOption("sub_task_id", "OCP skips subtasks only: say which")
    if operation == "rollback" and part is not None:
        raise errors.InvalidOption("sub_task_id", "OCP rolls back whole tasks only")
    if part is not None:
        part = arguments.task_id(part, "sub_task_id")
    return commands.Command(arguments.task_id(params["task_id"]), operation, part)


CALL = connect.Call(spec, connect.ocp_client, run)


def main() -> None:
    connect.main(CALL)


if __name__ == "__main__":
    main()
