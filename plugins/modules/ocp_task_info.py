#!/usr/bin/python
# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ocp_task_info
short_description: Get task instances of OCP, with the logs of their subtasks
version_added: 1.0.0
description:
  - Returns the facts of task instances of OCP or OCP Express, asked for by their ids, or listed with filters.
  - OCP does not say why a task failed; only the logs of its subtasks do. They are read where O(logs) says so, and
    the line that tells is in RV(task.failure).
author:
  - oceanbase.ops contributors (@oceanbase-ops)
extends_documentation_fragment:
  - oceanbase.ops.ocp
  - oceanbase.ops.worker
attributes:
  check_mode:
    description: Reads only, so it does the same in check mode.
    support: full
  diff_mode:
    description: Returns what has changed in diff mode.
    support: none
    details: Nothing is changed.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
options:
  task_id:
    description:
      - The ids of the task instances to return. It is a failure when one does not exist.
      - Without it the tasks are listed, the newest first. An empty list returns no task.
    type: list
    elements: str
  name:
    description: List tasks with this text in their name.
    type: str
  state:
    description: List tasks in these states. OCP calls V(SUCCEED) SUCCESSFUL.
    type: list
    elements: str
    choices: [RUNNING, SUCCEED, FAILED]
  type:
    description:
      - List tasks of this type. OCP Express lists V(MANUAL) ones only.
      - V(SYS_ONECE) is how OCP's documentation spells the type of a system's single task; later ones may answer to V(SYS_ONCE).
    type: str
    choices: [MANUAL, SYS_ONECE, SYS_ONCE, SCHEDULED, SYS_SCHEDULED]
  cluster:
    description:
      - List tasks of clusters with this text in their name.
      - OCP Express has one cluster, and does not name it in its tasks; a warning says that all are returned.
    type: str
  cluster_id:
    description: List tasks of the cluster with this id, which is OCP's own and not OceanBase's.
    type: str
  tenant:
    description: List tasks of tenants with this text in their name.
    type: str
  tenant_id:
    description: List tasks of the tenant with this id, which is OCP's own. For OCP Express it is OceanBase's.
    type: str
  host_id:
    description: List tasks of the host with this id, which is OCP's own.
    type: str
  limit:
    description: The most tasks that a list returns. All pages that this takes are read.
    type: int
    default: 100
  logs:
    description:
      - Whose logs to read, with one request for each subtask.
      - V(failed) reads those of failed subtasks, V(all) of all that have begun, V(none) of none.
      - The default is V(failed) with O(task_id), and V(none) for a list.
      - A listed task of which logs are read is first asked for by its id.
    type: str
    choices: [none, failed, all]
  log_lines:
    description:
      - The most lines of each subtask's log, counted from its end.
      - Where lines are left out, a line in front says how many, and the line with which the run began follows it.
    type: int
    default: 200
seealso:
  - module: oceanbase.ops.wait_for_task
  - module: oceanbase.ops.ocp_task
  - module: oceanbase.ops.ocp_api
"""

EXAMPLES = r"""
- name: See why a task of OCP failed
  oceanbase.ops.ocp_task_info:
    ocp:
      url: http://ocp.example.com:8080
      username: admin
      password: "{{ ocp_password }}"
    task_id: 35000312
  register: info

- name: Show the cause
  ansible.builtin.debug:
    var: info.task.failure

- name: Find what runs on a cluster
  oceanbase.ops.ocp_task_info:
    ocp: "{{ my_ocp }}"
    cluster_id: 7
    state: [RUNNING]
  register: running

- name: Stop unless the cluster is quiet
  ansible.builtin.assert:
    that: running.tasks | length == 0

- name: Read the whole logs of a task of OCP Express
  oceanbase.ops.ocp_task_info:
    ocp:
      url: http://ocp-express:8180
      base_path: /api/v1
    task_id: 4
    logs: all
    log_lines: 10000
"""

RETURN = r"""
task:
  description: The only one of RV(tasks), else null. Its keys are those of RV(oceanbase.ops.obshell_last_task#module:task).
  returned: success
  type: dict
  contains:
    id:
      description: The id to give back to the server. It stays exact beyond 2^53.
      type: str
      returned: always
      sample: "35000312"
    name:
      description: The name of the task.
      type: str
      returned: always
      sample: Reinstall OCP agent
    state:
      description: V(RUNNING), V(SUCCEED) or V(FAILED). A word that is not known here stays as it is.
      type: str
      returned: always
      sample: SUCCEED
    operator:
      description:
        - V(RUN), V(RETRY) or V(ROLLBACK); OCP calls the first EXECUTE.
        - The entries of a list do not tell; there it follows from the subtasks.
      type: str
      returned: always
      sample: RUN
    outcome:
      description: The verdict of this moment, as RV(oceanbase.ops.obshell_last_task#module:task.outcome).
      type: str
      returned: always
      sample: succeeded
    failure:
      description:
        - Null unless the state is V(FAILED). Else the first root cause, a failed subtask without a failed upstream, with
          RV(ignore:node), RV(ignore:sub_task), RV(ignore:sub_task_id), RV(ignore:agent), RV(ignore:attempts) and
          RV(ignore:logs), and RV(ignore:also) for the others.
        - The last of the RV(ignore:logs) is the line that tells, from the last run of the subtask.
        - The RV(ignore:sub_task) is null where no subtask failed. OCP marks a task as failed while an automatic retry is still at
          work, and leaves it so when that succeeds; a retry of the task mends it.
      type: dict
      returned: always
      sample:
        node: Demo install
        sub_task: Demo install
        sub_task_id: "7"
        agent: 192.0.2.2
        attempts: 1
        logs:
          - "java.lang.IllegalStateException: demo failure: install cannot reach 198.51.100.7:2881 (operation execute)"
        also: []
    additional_data:
      description: What OCP adds. Null where it does not tell, as for most of it in a list.
      type: dict
      returned: always
      contains:
        cluster:
          description: The RV(ignore:id), which is OCP's own, and RV(ignore:name) of the cluster.
          type: dict
          returned: always
          sample: {"id": "7", "name": "trade"}
        tenant:
          description: The RV(ignore:id) and RV(ignore:name) of the tenant.
          type: dict
          returned: always
          sample: {"id": "1002", "name": "tpcc"}
        creator:
          description: The user that submitted it.
          type: str
          returned: always
          sample: admin
        type:
          description: V(MANUAL), V(SYS_ONECE), V(SCHEDULED) or V(SYS_SCHEDULED).
          type: str
          returned: always
          sample: MANUAL
        executor:
          description: The node of OCP that works on it.
          type: str
          returned: always
          sample: 192.0.2.2
        prohibit_rollback:
          description: Whether a rollback is refused. It can become true while the task runs.
          type: bool
          returned: always
          sample: false
        create_time:
          description: When it was submitted.
          type: str
          returned: always
          sample: "2021-08-25T15:09:31+08:00"
        task_definition_id:
          description: The id of what is scheduled; V(-1) for a task that was submitted.
          type: str
          returned: always
          sample: "-1"
    nodes:
      description:
        - One node for each subtask, with the same id, in the order in which they run; what is on a par by its start, then by its id.
        - Each has one entry in RV(ignore:sub_tasks), with RV(ignore:task_logs) as O(logs) says.
        - The RV(ignore:additional_data) of that has RV(ignore:description), RV(ignore:series_id), RV(ignore:timeout) in seconds,
          RV(ignore:node_type), RV(ignore:parallel_index), RV(ignore:prohibit_rollback) and RV(ignore:create_time).
      type: list
      elements: dict
      returned: always
      sample:
        - id: "13000335"
          node_id: null
          name: Prepare reinstalling OCP agent
          state: SUCCEED
          operator: RUN
          start_time: "2021-08-25T15:09:32.688+08:00"
          end_time: "2021-08-25T15:09:33.082+08:00"
          duration: 0.394
          additional_data: null
          upstreams: []
          downstreams: ["13000333"]
          sub_tasks:
            - id: "13000335"
              task_id: null
              name: Prepare reinstalling OCP agent
              state: SUCCEED
              operator: RUN
              start_time: "2021-08-25T15:09:32.688+08:00"
              end_time: "2021-08-25T15:09:33.082+08:00"
              duration: 0.394
              additional_data:
                description: Prepare reinstalling OCP agent
                series_id: 3
                timeout: 60
                node_type: JAVA_TASK
                parallel_index: -1
                prohibit_rollback: false
                create_time: "2021-08-25T15:09:31+08:00"
              execute_times: 1
              execute_agent: {"ip": 192.0.2.2, "port": null}
              task_logs: null
tasks:
  description: The facts of the tasks, each as RV(task), in the order of O(task_id), or the newest first.
  returned: success
  type: list
  elements: dict
  sample: []
total:
  description:
    - How many tasks the server says match the filters that it knows; more than RV(tasks) where O(limit) has cut the list.
    - Null with O(task_id), and where the server does not tell.
  returned: success
  type: int
  sample: 8
error:
  description: What failed, as data. The RV(ignore:kind) says what sort of failure it is.
  returned: failure
  type: dict
  sample:
    kind: task_not_found
    url: http://ocp.example.com:8080
    status: 404
    code: "20000"
    server_message: "Task instance {0} not exist."
    trace_id: 7f9c5a3c7c6b4c1d
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import arguments, connect, errors
from ..module_utils.ocp import client as ocp
from ..module_utils.ocp import lists
from ..module_utils.task import results

FILTERS = dict(
    name=dict(type="str"),
    state=dict(type="list", elements="str", choices=["RUNNING", "SUCCEED", "FAILED"]),
    type=dict(
        type="str",
        choices=["MANUAL", "SYS_ONECE", "SYS_ONCE", "SCHEDULED", "SYS_SCHEDULED"],
    ),
    cluster=dict(type="str"),
    cluster_id=dict(type="str"),
    tenant=dict(type="str"),
    tenant_id=dict(type="str"),
    host_id=dict(type="str"),
)


def spec() -> dict[str, Any]:
    return dict(
        argument_spec=dict(
            task_id=dict(type="list", elements="str"),
            **FILTERS,
            limit=dict(type="int", default=100),
            logs=dict(type="str", choices=["none", "failed", "all"]),
            log_lines=dict(type="int", default=200),
            **arguments.ocp_options(),
        ),
    )


def run(module: AnsibleModule, client: ocp.OcpClient) -> dict[str, Any]:
    params = module.params
    arguments.at_least(1, params, "limit", "log_lines")
    by_id, total = params["task_id"] is not None, None
    if not by_id:
        filters = lists.filters({name: params[name] for name in FILTERS})
        for text in lists.cautions(client, filters):
            module.warn(text)
        tasks, total = lists.collect(client, filters, params["limit"], module.warn)
    else:
        given = [name for name in FILTERS if params[name]]
        if given:
            raise errors.InvalidOption(given[0], "it filters a list, not task_id")
        tasks = [client.fetch(id) for id in arguments.task_ids(params["task_id"])]
    which = params["logs"] or ("failed" if by_id else "none")
    facts = []
    for one in tasks:
        known, missing = client.facts(one, which, params["log_lines"], whole=by_id)
        facts.append(known)
        for text in missing:
            module.warn(f"task {one.id}: {text}")
    return {**results.shape(facts), "total": total}


CALL = connect.Call(spec, connect.ocp_client, run)


def main() -> None:
    connect.main(CALL)


if __name__ == "__main__":
    main()
