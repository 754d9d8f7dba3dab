#!/usr/bin/python
# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ocp_api
short_description: Call any route of OCP
version_added: 1.0.0
description:
  - Sends one request to OCP or OCP Express and returns the answer.
  - Where the answer names tasks that were started, their ids are returned, to wait for.
  - Where the answer of a request that changes something was lost, look for the task with M(oceanbase.ops.ocp_task_info) before it is
    sent again.
author:
  - oceanbase.ops contributors (@oceanbase-ops)
extends_documentation_fragment:
  - oceanbase.ops.ocp
  - oceanbase.ops.once
  - oceanbase.ops.worker
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
      - The route below O(ocp.base_path), such as V(/ob/clusters). It may hold a query.
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
    description:
      - The body, sent as JSON. Some routes want a list.
      - A text whose key ends as a secret's does, such as C(rootPwd), C(password) or C(token), is hidden in the result.
    type: raw
  task_id_pointer:
    description:
      - Where in the answer the ids of the started tasks are, as a JSON pointer below RV(data), such as V(/taskInstanceId). The step V(*) stands
        for each element.
      - Without it they are looked for where OCP is known to put them, which is right for most routes. An C(id) counts only where the object
        that has it looks like a task.
    type: str
seealso:
  - module: oceanbase.ops.wait_for_task
  - module: oceanbase.ops.ocp_task_info
"""

EXAMPLES = r"""
- name: Add a server to a zone of a cluster
  oceanbase.ops.ocp_api:
    ocp: "{{ my_ocp }}"
    method: POST
    path: /ob/clusters/7/servers
    body:
      zoneName: zone2
      servers: [12]
  register: submit

- name: Go on when it is really part of the cluster
  oceanbase.ops.wait_for_task:
    ocp: "{{ my_ocp }}"
    task_id: "{{ submit.task_ids }}"

- name: Add a zone to a cluster
  oceanbase.ops.ocp_api:
    ocp: "{{ my_ocp }}"
    method: POST
    path: /ob/clusters/7/zones
    body:
      name: zone4
      idcName: idc1
      servers: [13]

- name: Create a tenant
  oceanbase.ops.ocp_api:
    ocp: "{{ my_ocp }}"
    method: POST
    path: /ob/clusters/7/tenants/createTenant
    body:
      name: orders
      mode: MYSQL
      primaryZone: zone1;zone2,zone3
      rootPassword: "{{ tenant_password }}"
      zones:
        - name: zone1
          replicaType: FULL
          resourcePool: {unitSpecName: S1, unitCount: 1}
  no_log: true

- name: Upgrade a cluster
  oceanbase.ops.ocp_api:
    ocp: "{{ my_ocp }}"
    method: POST
    path: /ob/clusters/7/upgrade
    body:
      rpmFileName: oceanbase-ce-4.2.1.8-108000022024072217.el7.x86_64.rpm

- name: Add hosts, with one task for each
  oceanbase.ops.ocp_api:
    ocp: "{{ my_ocp }}"
    method: POST
    path: /compute/hosts/batchCreate
    body:
      hostBasicDataList:
        - innerIpAddress: 10.0.0.4
        - innerIpAddress: 10.0.0.5
      sshPort: 22
      kind: DEDICATED_PHYSICAL_MACHINE
      idcId: 1
      typeId: 1
      credentialId: 3
  register: new_hosts

- name: Add a replica, which wants a list as its body
  oceanbase.ops.ocp_api:
    ocp: "{{ my_ocp }}"
    method: POST
    path: /ob/clusters/7/tenants/21/addReplica
    body:
      - zoneName: zone4
        replicaType: FULL
        resourcePool: {unitSpecName: S1, unitCount: 1}
"""

RETURN = r"""
task_ids:
  description: The ids of the tasks that were started. Empty when there is nothing to wait for, as after status 204 and in check mode.
  returned: success
  type: list
  elements: str
  sample: ["35000312"]
tasks:
  description:
    - The facts of the tasks as far as the answer holds them, each as RV(oceanbase.ops.ocp_task_info#module:task).
    - There can be fewer than RV(task_ids), for some answers hold ids alone.
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
  sample: {"contents": []}
error:
  description:
    - What failed, as data. The RV(ignore:kind) says what sort of failure it is.
    - Where parts of a batch failed although the answer says success, they are in RV(ignore:failed_parts), and the ids of the
      tasks that were started all the same in RV(ignore:task_ids).
  returned: failure
  type: dict
  sample:
    kind: refused
    url: http://ocp.example.com:8080
    status: 409
    code: OBE11020
    server_message: The previous operation is still running
    trace_id: 3f4f1eb4e9b6e9f9
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import arguments, connect, errors, transport
from ..module_utils.ocp import client as ocp
from ..module_utils.ocp import submits
from ..module_utils.task import results

LOOK = "OCP's latest tasks (ocp_task_info)"
_NOTHING = {"status": None, "data": None, **results.full([]), "task_ids": []}


def spec() -> dict[str, Any]:
    return dict(
        argument_spec=dict(
            **arguments.call_options(),
            body=dict(type="raw"),
            task_id_pointer=dict(type="str"),
            **arguments.ocp_options(),
        ),
    )


def run(module: AnsibleModule, client: ocp.OcpClient) -> dict[str, Any]:
    method = module.params["method"]
    path = arguments.path(module.params["path"], client.base_path)
    pointer = module.params["task_id_pointer"]
    submits.started(None, pointer)  # a pointer that is none is refused up front
    changing = method not in arguments.READING
    if changing and module.check_mode:
        return {"changed": True, **_NOTHING}
    target = transport.target(path, module.params["query"])
    try:
        reply = client.call(method, target, module.params["body"])
    except errors.OpsError as e:
        if changing:
            errors.add_doubt(e, LOOK)
        raise
    with errors.accepted(reply.status, changing=changing):
        ids = submits.started(reply.data, pointer)
    submits.check_parts(f"{method} {path}", client.url, reply.data, ids)
    tasks, odd = submits.tasks_in(reply.data)
    if changing and not ids and submits.speaks_of_tasks(reply.data):
        odd.append(f"no task id was found in the answer: {submits.ADVICE}")
    for text in odd:
        module.warn(text)
    return {
        "changed": changing and reply.status != 204,
        "status": reply.status,
        "data": reply.data,
        **results.full(tasks),
        "task_ids": ids,
    }


CALL = connect.Call(spec, connect.ocp_client, run)


def main() -> None:
    connect.main(CALL)


if __name__ == "__main__":
    main()
