#!/usr/bin/python
# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: obshell_task
short_description: Retry, roll back, cancel or pass a task of obshell
version_added: 1.0.0
description:
  - Operates on a task of obshell, or passes one of its nodes, and returns the task as it is then.
  - It does not wait for the end; M(oceanbase.ops.wait_for_task) does. The new state is seen at once, so a wait that
    begins after this module has returned never sees the old one.
  - The task is read first. Where it already is as asked, nothing is sent; where obshell could only refuse, the reason is
    given and nothing is sent. What the stages of a task allow is not told by obshell and learnt only by trying.
  - "What is sent, by the state and operator of the task. An unknown state or operator is always refused."
  - V(retry) is sent where it is FAILED with RUN or CANCEL. READY or RUNNING with RUN, and SUCCEED with RUN, are as asked.
    Refused while it is rolled back or cancelled, after ROLLBACK, whether that failed or succeeded, and after PASS.
  - V(rollback) is sent where it is FAILED, with RUN, CANCEL, or ROLLBACK for one more try. READY, RUNNING or SUCCEED with
    ROLLBACK are as asked. Refused while it runs or is cancelled, and where it succeeded or was passed.
  - V(cancel) is sent where it is READY or RUNNING, with RUN or ROLLBACK. Any state with CANCEL is as asked. Refused where it
    does not run.
  - V(pass) is sent where it is FAILED, with RUN, CANCEL or ROLLBACK. SUCCEED with PASS or RUN are as asked. Refused while it
    runs, and where it was rolled back.
  - V(cancel) of a task that is being rolled back, and V(pass) after a failed rollback, follow from obshell's source and were
    not seen on a real server; everything else was.
author:
  - oceanbase.ops contributors (@oceanbase-ops)
extends_documentation_fragment:
  - oceanbase.ops.obshell
  - oceanbase.ops.once
  - oceanbase.ops.worker
attributes:
  check_mode:
    description: In check mode it reads the task and says whether it would change it; nothing is sent.
    support: full
  diff_mode:
    description: Returns the state and the operator of the task, and of the node, before and after.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: partial
    details: A retry that has failed again by the second invocation is retried once more; so is a failed rollback.
options:
  task_id:
    description:
      - The id of the task. Write it as a string, since it may have more digits than numbers keep.
    type: str
    required: true
  node_id:
    description:
      - The id of one of its nodes, to pass that alone; the task then goes on with the next one. Needs obshell 4.3.1.
    type: str
  operation:
    description:
      - V(retry) runs the failed stage again, and what follows it.
      - V(rollback) undoes the task, from where it failed back to its beginning.
      - V(cancel) stops a task that runs; it is FAILED then, and keeps its lock until it is retried, rolled back or passed.
      - V(pass) declares a failed task done, without what it left undone.
    type: str
    choices: [retry, rollback, cancel, pass]
    required: true
  sub_tasks:
    description:
      - A main task may have parts on other agents, which obshell leaves as they are when the main task is cancelled or rolled
        back. They go on, or keep their agents locked. They are always listed as RV(parts).
      - With V(true), V(cancel) cancels the task and then each of its parts, and V(rollback) cancels each part that still runs, rolls it
        back, and then rolls back the task, which would fail otherwise. That takes as long as the parts take, each at most
        five minutes.
      - With V(false), V(cancel) warns of them, and V(rollback) is refused while there are any.
    type: bool
    default: false
seealso:
  - module: oceanbase.ops.wait_for_task
  - module: oceanbase.ops.obshell_task_info
"""

EXAMPLES = r"""
- name: Retry a failed task
  oceanbase.ops.obshell_task:
    obshell:
      url: http://10.0.0.1:2886
      password: "{{ root_password }}"
    task_id: "14"
    operation: retry
  register: retried

- name: Wait for its end, and do not take the old failure for the new one
  oceanbase.ops.wait_for_task:
    obshell: "{{ my_cluster }}"
    task_id: "{{ retried.task_ids }}"
    attempt: "{{ retried.attempt }}"

- name: Undo a scale-out that cannot be mended, which frees the cluster and the new server
  oceanbase.ops.obshell_task:
    obshell: "{{ my_cluster }}"
    task_id: "11"
    operation: rollback

- name: Wait until it is undone
  oceanbase.ops.wait_for_task:
    obshell: "{{ my_cluster }}"
    task_id: "11"
    outcome: rolled_back

- name: Cancel a task together with its parts on other agents
  oceanbase.ops.obshell_task:
    obshell: "{{ my_cluster }}"
    task_id: "22130706433028864"
    operation: cancel
    sub_tasks: true

- name: Ask which node has failed
  oceanbase.ops.obshell_task_info:
    obshell: "{{ my_cluster }}"
    task_id: "14"
  register: failed

- name: Go on behind it
  oceanbase.ops.obshell_task:
    obshell: "{{ my_cluster }}"
    task_id: "{{ failed.task.id }}"
    node_id: "{{ failed.task.nodes | selectattr('state', 'eq', 'FAILED') | map(attribute='id') | first }}"
    operation: pass
"""

RETURN = r"""
task:
  description:
    - The facts of the task after the operation, as RV(oceanbase.ops.obshell_last_task#module:task).
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
parts:
  description:
    - What a cancelled or rolled back task has on other agents that runs or keeps them locked, as it was before the operation.
    - Each has its RV(ignore:id), RV(ignore:name), RV(ignore:state), RV(ignore:operator) and RV(ignore:agent).
  returned: success
  type: list
  elements: dict
  sample:
    - id: "22130706433028873"
      name: Start observer
      state: RUNNING
      operator: RUN
      agent: 127.0.0.1:2887
answered_by:
  description: The addresses that answered, of those in O(obshell.url).
  returned: success
  type: list
  elements: str
  sample: ["http://10.0.0.1:2886"]
error:
  description: What failed, as data. The RV(ignore:kind) says what sort of failure it is.
  returned: failure
  type: dict
  sample:
    kind: refused
    task_id: "14"
    state: FAILED
    operator: RUN
    url: http://10.0.0.1:2886
    status: 400
    code: Task.Dag.Operator.PassNotAllowed
    server_message: "Failed to pass DAG: node Wait remote start finish cannot pass"
    trace_id: 8f5de0c4bb3ea0d1
"""

import time
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import arguments, connect, errors
from ..module_utils.obshell import client as obshell
from ..module_utils.obshell import commands, ids, operations, operator


def spec() -> dict[str, Any]:
    return dict(
        argument_spec=dict(
            task_id=dict(type="str", required=True),
            node_id=dict(type="str"),
            operation=dict(
                type="str", choices=list(operations.OPERATIONS), required=True
            ),
            sub_tasks=dict(type="bool", default=False),
            **arguments.obshell_options(),
        ),
    )


def run(
    module: AnsibleModule,
    client: obshell.ObshellClient,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    result = _command(module.params).carry_out(
        operator.Operator(client, sleep), module.warn, check=module.check_mode
    )
    return {**result, "answered_by": client.answered}


def _command(params: dict[str, Any]) -> commands.Command:
    """Return what is asked for; refuse what does not fit together."""
    id, node_id = ids.checked(params["task_id"], "task_id"), params["node_id"]
    if node_id is not None:
        node_id = ids.checked(node_id, "node_id")
        if params["operation"] != "pass":
            raise errors.InvalidOption(
                "node_id", "a node can only be passed; without it the task is meant"
            )
    if params["sub_tasks"] and params["operation"] not in commands.WITH_PARTS:
        raise errors.InvalidOption("sub_tasks", "it is for cancel and rollback")
    return commands.Command(id, params["operation"], node_id, params["sub_tasks"])


CALL = connect.Call(spec, connect.obshell_client, run)


def main() -> None:
    connect.main(CALL)


if __name__ == "__main__":
    main()
