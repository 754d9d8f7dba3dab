#!/usr/bin/python
# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: obshell_api
short_description: Call any route of obshell
version_added: 1.0.0
description:
  - Sends one request to obshell, sealed as its own tools do, and returns the answer.
  - Where the answer holds tasks, as those of all routes that start work do, they are returned as facts, with their
    ids to wait for.
  - A request that changes something goes to the next address of O(obshell.url) only when the connection was refused, so that nothing
    can have been sent.
  - A task of the cluster is asked for by its id only where an observer is up, as all modules do. While every observer is
    down the agents would ask each other without end.
author:
  - oceanbase.ops contributors (@oceanbase-ops)
extends_documentation_fragment:
  - oceanbase.ops.obshell
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
    description:
      - The body, of any size. It is sent as encrypted JSON; to obshell 4.2.2 and over a unix socket as JSON.
      - A text whose key ends as a secret's does, such as C(rootPwd), C(password) or C(token), is hidden in the result.
    type: dict
  encrypted_fields:
    description:
      - Keys of O(body) whose texts are encrypted once more, with the agent's public key, as obshell before 4.2.4 wants them, such as
        V(rootPwd) of C(/obcluster/config). Newer ones take both.
    type: list
    elements: str
    default: []
  status_code:
    description:
      - The HTTP statuses that are no failure. With another than V(200) and V(204) the data of the answer is null.
      - Status 401 is always a failure.
    type: list
    elements: int
    default: [200, 204]
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

- name: Read a setting that need not be there
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    path: /tenant/t1
    status_code: [200, 404]
  register: tenant

# Operations that start tasks. Wait for each with task_id: "{{ submit.task_ids }}", which is empty where there was nothing to do.

- name: Take a server out of the cluster
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /ob/scale_in
    body:
      agent_info: {ip: 10.0.0.4, port: 2886}
      force_kill: false
  register: submit

- name: Take a zone out of the cluster
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: DELETE
    path: /zone/zone3
  register: submit

- name: Found a group of agents, with this one as its master
  oceanbase.ops.obshell_api:
    obshell:
      url: http://10.0.0.1:2886
    method: POST
    path: /agent/join
    body:
      agentInfo: {ip: 10.0.0.1, port: 2886}
      zoneName: zone1
  register: submit

- name: Let an agent join the group; this is sent to the agent that joins
  oceanbase.ops.obshell_api:
    obshell:
      url: http://10.0.0.4:2886
    method: POST
    path: /agent/join
    body:
      agentInfo: {ip: 10.0.0.1, port: 2886}
      zoneName: zone2
  register: submit

- name: Let an agent leave the group
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /agent/remove
    body:
      ip: 10.0.0.2
      port: 2886
  register: submit

- name: Name the cluster and set the password of root@sys, which is the next_password from then on
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: PUT
    path: /obcluster/config
    body:
      clusterId: 1
      clusterName: obcluster
      rootPwd: "{{ root_password }}"
    encrypted_fields: [rootPwd] # obshell before 4.2.4 wants it so, newer ones take it
  register: submit

- name: Configure the observers of the cluster to be
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: PUT
    path: /observer/config
    body:
      observerConfig: {memory_limit: 16G}
      scope: {type: GLOBAL, target: []}
  register: submit

- name: Initialize the cluster
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /ob/init
    body:
      import_script: true
  register: submit

- name: Start the observers of a zone
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /ob/start
    body:
      scope: {type: ZONE, target: [zone1]}
  register: submit

- name: Stop one observer
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /ob/stop
    body:
      scope: {type: SERVER, target: ["10.0.0.3:2886"]}
      force: false
  register: submit

- name: Stop a zone (obshell 4.4 and later)
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /ob/zone/zone1/stop
    body:
      freeze_server: true
  register: submit

- name: Check whether the agents can be upgraded
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /agent/upgrade/check
    body:
      version: 4.5.1.0
      release: 12026102010.el7
  register: submit

- name: Upgrade the agents
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /agent/upgrade
    body:
      version: 4.5.1.0
      release: 12026102010.el7
  register: submit

- name: Check whether the cluster can be upgraded
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /ob/upgrade/check
    body:
      version: 4.3.5.3
      release: 103000092025080818.el7
  register: submit

- name: Upgrade the cluster, one zone after the other
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /ob/upgrade
    body:
      version: 4.3.5.3
      release: 103000092025080818.el7
      mode: ROLLING
  register: submit

- name: Create a tenant
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /tenant
    body:
      name: t1
      zone_list:
        - name: zone1
          unit_config_name: small
          unit_num: 1
      root_password: "{{ tenant_password }}"
  register: submit

- name: Drop a tenant into the recycle bin
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: DELETE
    path: /tenant/t1
    body:
      need_recycle: true
  register: submit

- name: Empty the recycle bin of a tenant
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: DELETE
    path: /recyclebin/tenant/t1
  register: submit

- name: Add a replica to a tenant
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /tenant/t1/replicas
    body:
      zone_list:
        - name: zone2
          unit_config_name: small
          unit_num: 1
  register: submit

- name: Change a replica of a tenant
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: PATCH
    path: /tenant/t1/replicas
    body:
      zone_list:
        - zone_name: zone2
          unit_config_name: large
  register: submit

- name: Take a replica from a tenant
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: DELETE
    path: /tenant/t1/replicas
    body:
      zones: [zone2]
  register: submit

- name: Set the primary zone of a tenant
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: PUT
    path: /tenant/t1/primary-zone
    body:
      primary_zone: zone1;zone2
  register: submit

- name: Configure the backup of the cluster
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /obcluster/backup/config
    body:
      backup_base_uri: file:///backup
  register: submit

- name: Back up the cluster
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /obcluster/backup
    body:
      mode: full
  register: submit

- name: Configure the backup of a tenant
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: PATCH
    path: /tenant/t1/backup/config
    body:
      data_base_uri: file:///backup/data
      archive_base_uri: file:///backup/log
  register: submit

- name: Back up a tenant
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /tenant/t1/backup
    body:
      mode: incremental
  register: submit

- name: Restore a tenant
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /tenant/restore
    body:
      data_backup_uri: file:///backup/data
      archive_log_uri: file:///backup/log
      restore_tenant_name: t2
      zone_list:
        - name: zone1
          unit_config_name: small
          unit_num: 1
  register: submit

- name: Stop the restoring of a tenant
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: DELETE
    path: /tenant/t2/restore
  register: submit

- name: Inspect the cluster (obshell 4.4 and later)
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /obcluster/inspection
    body:
      scenario: basic
  register: submit

- name: Add an obproxy; obproxy wants obshell.agent_password
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /obproxy
    body:
      home_path: /home/admin/obproxy
      name: proxy1
      rs_list: 10.0.0.1:2881
  register: submit

- name: Start the obproxy
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /obproxy/start
  register: submit

- name: Stop the obproxy
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /obproxy/stop
  register: submit

- name: Upgrade the obproxy
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /obproxy/upgrade
    body:
      version: 4.3.3.0
      release: "5"
  register: submit

- name: Remove the obproxy
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: DELETE
    path: /obproxy
  register: submit

- name: Start seekdb
  oceanbase.ops.obshell_api:
    obshell: {url: "http://10.0.0.9:2886", password: "{{ root_password }}"}
    method: POST
    path: /seekdb/start
  register: submit

- name: Stop seekdb, after a minor freeze
  oceanbase.ops.obshell_api:
    obshell: {url: "http://10.0.0.9:2886", password: "{{ root_password }}"}
    method: POST
    path: /seekdb/stop
    body:
      terminate: true
  register: submit

- name: Restart seekdb
  oceanbase.ops.obshell_api:
    obshell: {url: "http://10.0.0.9:2886", password: "{{ root_password }}"}
    method: POST
    path: /seekdb/restart
  register: submit

- name: Make the standby the primary
  oceanbase.ops.obshell_api:
    obshell: {url: "http://10.0.0.9:2886", password: "{{ root_password }}"}
    method: POST
    path: /seekdb/standby/switchover
    body:
      peer_host: 10.0.0.9
      peer_obshell_port: 2886
  register: submit

- name: Activate a standby whose primary is lost
  oceanbase.ops.obshell_api:
    obshell: {url: "http://10.0.0.9:2886", password: "{{ root_password }}"}
    method: POST
    path: /seekdb/standby/activate
  register: submit
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
server_message:
  description: What the server said, where its status is an error that O(status_code) expects; else null.
  returned: success
  type: str
  sample: null
answered_by:
  description: The addresses that answered, of those in O(obshell.url).
  returned: success
  type: list
  elements: str
  sample: ["http://10.0.0.1:2886"]
data:
  description: What the server answered, without its envelope; null where it answered nothing.
  returned: success
  type: raw
  sample: {"agent_info": []}
error:
  description:
    - What failed, as data. The RV(ignore:kind) says what sort of failure it is.
    - Where the lock of another task refused, RV(ignore:unfinished) has the ids of those that may hold it, to wait for.
  returned: failure
  type: dict
  sample:
    kind: refused
    url: http://10.0.0.1:2886
    status: 400
    code: Agent.Identify.NotSupportOperation
    server_message: "'10.0.0.4:2886' is 'CLUSTER AGENT', instead of 'SINGLE', does not support this operation"
    trace_id: 3f4f1eb4e9b6e9f9
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import arguments, connect, errors, transport
from ..module_utils.obshell import client as obshell
from ..module_utils.obshell import locks, mapping
from ..module_utils.task import results

PATIENCE = 90.0  # seconds for a request that changes something
_NOTHING = {"status": None, "data": None, "server_message": None, "task_ids": []}
LOOK = "what is unfinished (obshell_task_info with unfinished=all)"


def spec() -> dict[str, Any]:
    return dict(
        argument_spec=dict(
            **arguments.call_options(),
            body=dict(type="dict"),
            encrypted_fields=dict(type="list", elements="str", default=[]),
            status_code=dict(type="list", elements="int", default=[200, 204]),
            **arguments.obshell_options(),
        ),
    )


def build(params: dict[str, Any]) -> obshell.ObshellClient:
    # obshell may hold a request for 60 s until a task that it stops is over.
    reads = params["method"] in arguments.READING
    more = {} if reads else {"patience": PATIENCE}
    return connect.obshell_client(params, **more)


def run(module: AnsibleModule, client: obshell.ObshellClient) -> dict[str, Any]:
    method = module.params["method"]
    path = arguments.path(module.params["path"], "/api/v1")
    changing = method not in arguments.READING
    if changing and module.check_mode:
        return {"changed": True, **_NOTHING, **results.full([]), "answered_by": []}
    target = transport.target(path, module.params["query"])
    how: dict[str, Any] = {"expected": tuple(module.params["status_code"])}
    how["encrypted"] = arguments.texts(module.params, "encrypted_fields", "body")
    try:
        reply = client.call(method, target, module.params["body"], **how)
    except errors.OpsError as e:
        if changing:
            locks.name_holders(client, e)
            errors.add_doubt(e, LOOK)
        raise
    with errors.accepted(reply.status, changing=changing):
        tasks = mapping.tasks_in(reply.data)
    return {
        # 204 is obshell's "nothing to do" (protocol/obshell.md 5).
        "changed": changing and reply.status < 300 and reply.status != 204,
        "status": reply.status,
        "data": reply.data,
        "server_message": reply.said if reply.status >= 300 else None,
        "answered_by": client.answered,
        **results.full(tasks),
        "task_ids": [one.id for one in tasks],
    }


CALL = connect.Call(spec, build, run)


def main() -> None:
    connect.main(CALL)


if __name__ == "__main__":
    main()
