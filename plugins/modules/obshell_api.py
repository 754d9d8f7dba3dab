#!/usr/bin/python
# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: obshell_api
short_description: Call any route of obshell
version_added: 0.1.0
description:
  - Sends one request to obshell, sealed as its own tools do, and returns the answer.
  - Where the answer holds tasks, as those of all routes that start work do, they are returned as facts, with their
    ids to wait for.
  - A request that changes something is sent once. It goes to the next address of O(obshell.url) only when the
    connection was refused, so that nothing can have been sent.
author:
  - oceanbase.ops contributors (@oceanbase-ops)
extends_documentation_fragment:
  - oceanbase.ops.obshell
attributes:
  check_mode:
    description: In check mode only V(GET) and V(HEAD) are sent; everything else returns no task and says that it would change something.
    support: partial
    details: The module cannot know what a request would do.
  diff_mode:
    description: Returns what has changed in diff mode.
    support: none
    details: The module cannot know what a request changes.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: partial
    details: As idempotent as the route that is called.
options:
  path:
    description:
      - The route below C(/api/v1), such as V(/ob/scale_out). It may hold a query.
    type: str
    required: true
  method:
    description: The HTTP method.
    type: str
    choices: [GET, HEAD, POST, PUT, PATCH, DELETE]
    default: GET
  query:
    description: Values to append to the path as its query. A list repeats its key.
    type: dict
  body:
    description: The body, sent as encrypted JSON.
    type: dict
seealso:
  - module: oceanbase.ops.wait_for_task
  - module: oceanbase.ops.obshell_last_task
"""

EXAMPLES = r"""
- name: Add a server to the cluster
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /ob/scale_out
    body:
      agentInfo: {ip: 10.0.0.4, port: 2886}
      zone: zone2
      obConfigs: {}
  register: submit

- name: Go on when it is really part of the cluster
  oceanbase.ops.wait_for_task:
    obshell: "{{ my_cluster }}"
    task_id: "{{ submit.task_ids }}"

- name: Ask who is in the cluster
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    path: /ob/info
  register: members

- name: Take a server out of the cluster
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /ob/scale_in
    body:
      agent_info: {ip: 10.0.0.4, port: 2886}
"""

RETURN = r"""
task_ids:
  description: The ids of the tasks in the answer. Empty when there is nothing to wait for, as after status 204 and in check mode.
  returned: success
  type: list
  elements: str
  sample: ["11"]
tasks:
  description: The facts of the tasks in the answer, each as RV(oceanbase.ops.obshell_last_task#module:task).
  returned: success
  type: list
  elements: dict
  sample: []
task:
  description: The only one of RV(tasks), else null.
  returned: success
  type: dict
  sample: null
status:
  description: The HTTP status; null where nothing was sent.
  returned: success
  type: int
  sample: 200
data:
  description: What the server answered, without its envelope; null where it answered nothing.
  returned: success
  type: raw
  sample: {"agent_info": []}
error:
  description: What failed, as data. The RV(ignore:kind) says what sort of failure it is.
  returned: failure
  type: dict
  sample:
    kind: refused
    server: http://10.0.0.1:2886
    status: 400
    code: Agent.Identify.NotSupportOperation
    server_message: "'10.0.0.4:2886' is 'CLUSTER AGENT', instead of 'SINGLE', does not support this operation"
    trace_id: 3f4f1eb4e9b6e9f9
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import arguments, errors, obshell, obshell_dag, transport


def run(module: AnsibleModule, client: obshell.ObshellClient) -> dict[str, Any]:
    method, path = module.params["method"], module.params["path"]
    if not path.startswith("/") or path.startswith(("//", "/api/v1/")):
        raise errors.InvalidOption(
            "path", "it begins with one slash and goes on below /api/v1"
        )
    changing = method not in ("GET", "HEAD")
    if changing and module.check_mode:
        return _result(None, None, changed=True)
    target = transport.target(path, module.params["query"])
    reply = client.call(method, target, module.params["body"])
    # 204 is obshell's "nothing to do" (protocol/obshell.md 5).
    return _result(reply.status, reply.data, changed=changing and reply.status != 204)


def _result(status: Any, data: Any, *, changed: bool) -> dict[str, Any]:
    tasks = obshell_dag.tasks_in(data)
    facts = [one.to_dict() for one in tasks]
    return {
        "changed": changed,
        "status": status,
        "data": data,
        "tasks": facts,
        "task": facts[0] if len(facts) == 1 else None,
        "task_ids": [one.id for one in tasks],
    }


def main() -> None:
    module = arguments.Module(
        argument_spec=dict(
            path=dict(type="str", required=True),
            method=dict(
                type="str",
                choices=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
                default="GET",
            ),
            query=dict(type="dict"),
            body=dict(type="dict"),
            **arguments.obshell_options(),
        ),
        supports_check_mode=True,
    )
    try:
        arguments.need_libraries("obshell")
        result = run(module, arguments.obshell_client(module.params["obshell"]))
    except errors.OpsError as e:
        module.fail_json(**e.to_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
