#!/usr/bin/python
# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: obshell_last_task
short_description: Get the last maintenance task from obshell
version_added: 1.0.0
description:
  - Returns the last maintenance task of the cluster, of one agent, or of every agent, as obshell's
    C(maintain) routes give it.
  - The last one is the newest, whatever became of it. It is usually old and finished, so it says nothing
    about work that was submitted since; to gate on that use M(oceanbase.ops.wait_for_task).
author:
  - oceanbase.ops contributors (@oceanbase-ops)
extends_documentation_fragment:
  - oceanbase.ops.obshell
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
  scope:
    description:
      - Whose last task is asked for.
      - V(cluster) is the cluster that the agents belong to. Any member answers.
      - V(agent) is the first agent in O(obshell.url).
      - V(agents) is every agent of the cluster. The asked agent collects them and silently leaves out those
        that have none or do not answer; tasks of the cluster itself are not among them.
    type: str
    choices: [cluster, agent, agents]
    default: cluster
seealso:
  - module: oceanbase.ops.wait_for_task
  - module: oceanbase.ops.obshell_api
"""

EXAMPLES = r"""
- name: Look at the cluster's last maintenance task
  oceanbase.ops.obshell_last_task:
    obshell:
      url: http://10.0.0.1:2886
      password: "{{ root_password }}"
  register: last

- name: Stop here while it locks the cluster, or may
  ansible.builtin.assert:
    that: last.task.locked is false
    fail_msg: "{{ last.task.name }} {{ last.task.id }} is {{ last.task.outcome }}"
  when: last.task is not none

- name: Show the last task of every agent
  oceanbase.ops.obshell_last_task:
    obshell: "{{ my_cluster }}"
    scope: agents
"""

RETURN = r"""
task:
  description:
    - The facts of the only task, or null when there is none, and when there are several.
    - Tasks of obshell and of OCP have the same shape, with every key always present. What is not known is null.
  returned: success
  type: dict
  contains:
    id:
      description: The id to give back to the server.
      type: str
      returned: always
      sample: "11"
    dag_id:
      description: The id as a number; null for OCP.
      type: int
      returned: always
      sample: 1
    name:
      description: The name of the task.
      type: str
      returned: always
      sample: Cluster scale out
    state:
      description: V(READY), V(RUNNING), V(SUCCEED) or V(FAILED). A word that is not known here stays as it is.
      type: str
      returned: always
      sample: SUCCEED
    operator:
      description: What is being done, such as V(RUN), V(RETRY), V(ROLLBACK), V(CANCEL), V(PASS) or V(SKIP).
      type: str
      returned: always
      sample: RUN
    outcome:
      description:
        - The verdict of this moment.
        - V(running), V(succeeded), V(passed), V(rolled_back), V(failed), V(rollback_failed), V(cancelled),
          V(unknown) for an operator that is not known here, or V(part) for a part of another task, which has
          no verdict of its own.
      type: str
      returned: always
      sample: succeeded
    done:
      description: Whether RV(task.outcome) is neither V(running) nor V(part).
      type: bool
      returned: always
      sample: true
    stage:
      description: The stage that the task stands at, counted from 1. For OCP, the finished subtasks and one.
      type: int
      returned: always
      sample: 9
    max_stage:
      description: The number of stages. For OCP, of subtasks.
      type: int
      returned: always
      sample: 9
    start_time:
      description: When it started, as the server wrote it; null before.
      type: str
      returned: always
      sample: "2024-01-09T20:40:01.706073+08:00"
    end_time:
      description: When it ended, as the server wrote it; null before.
      type: str
      returned: always
      sample: "2024-01-09T20:40:30.319822+08:00"
    duration:
      description: Seconds between start and end; null until both are known.
      type: float
      returned: always
      sample: 28.613749
    progress:
      description:
        - RV(ignore:done), RV(ignore:total) and RV(ignore:percent), counted in sub-tasks.
        - While and after a rollback, the sub-tasks to undo and those undone.
      type: dict
      returned: always
      sample: {"done": 9, "total": 9, "percent": 100}
    maintenance:
      description:
        - What the task locks while it is unfinished, and mostly when it has failed (RV(ignore:locked) tells), as RV(ignore:scope) (V(cluster), V(agent),
          V(tenant) or V(obproxy)) and RV(ignore:key) (the tenant's name).
        - Null where nothing is locked, for OCP, and for obshell before 4.3.1, which does not tell.
      type: dict
      returned: always
      sample: {"scope": "cluster", "key": null}
    locked:
      description:
        - Whether the task holds its lock, so that others are refused. True while it is unfinished, and after a failure
          unless the step that failed releases it, as that of most tenants' tasks does.
        - Null where that cannot be known, for OCP's unfinished and failed tasks, and where the agent cannot be asked.
      type: bool
      returned: always
      sample: false
    skipped:
      description: Names of the nodes and sub-tasks that were passed or skipped, so were not done.
      type: list
      elements: str
      returned: always
      sample: []
    main_task:
      description: The id of the task that this one is a part of.
      type: str
      returned: always
      sample: null
    sub_dags:
      description: The ids of its parts on other agents, by address.
      type: dict
      returned: always
      sample: null
    cause:
      description: What the first root cause of a V(FAILED) task says in its log, on one line, without what stands around it; else null.
      type: str
      returned: always
      sample: null
    failure:
      description:
        - Null unless the state is V(FAILED). Else the first root cause, with RV(ignore:node), RV(ignore:sub_task),
          RV(ignore:sub_task_id), RV(ignore:agent), RV(ignore:attempts) and the last RV(ignore:logs), and
          RV(ignore:also) for the other root causes.
        - Where what failed is a part on another agent, that one is RV(ignore:agent), and RV(ignore:asked_by) is the
          agent that followed it; else that is null.
        - The RV(ignore:sub_task) is null where nothing inside failed, as after a cancel.
      type: dict
      returned: always
      sample: null
    server:
      description: V(obshell) or V(ocp).
      type: str
      returned: always
      sample: obshell
    additional_data:
      description: What the server adds. For OCP, its cluster, tenant, creator, type, executor and more.
      type: dict
      returned: always
      sample: {}
    nodes:
      description: The steps, in the order in which they run; null without details.
      type: list
      elements: dict
      returned: always
      contains:
        id:
          description: The id of the node.
          type: str
          returned: always
          sample: "19"
        node_id:
          description: The id as a number; null for OCP.
          type: int
          returned: always
          sample: 9
        name:
          description: The name of the node.
          type: str
          returned: always
          sample: Finish
        state:
          description: As for the task, and V(PENDING) before it begins.
          type: str
          returned: always
          sample: SUCCEED
        operator:
          description: As for the task.
          type: str
          returned: always
          sample: RUN
        start_time:
          description: When it started.
          type: str
          returned: always
          sample: "2024-01-09T20:40:29.293371+08:00"
        end_time:
          description: When it ended.
          type: str
          returned: always
          sample: "2024-01-09T20:40:30.305541+08:00"
        duration:
          description: Seconds between start and end.
          type: float
          returned: always
          sample: 1.01217
        additional_data:
          description: What the server adds.
          type: dict
          returned: always
          sample: null
        upstreams:
          description: Ids of the nodes that must succeed before it.
          type: list
          elements: str
          returned: always
          sample: ["18"]
        downstreams:
          description: Ids of the nodes that wait for it.
          type: list
          elements: str
          returned: always
          sample: []
        sub_tasks:
          description: What runs in the node, on its hosts.
          type: list
          elements: dict
          returned: always
          contains:
            id:
              description: The id of the sub-task.
              type: str
              returned: always
              sample: "19"
            task_id:
              description: The id as a number; null for OCP.
              type: int
              returned: always
              sample: 9
            name:
              description: The name of the sub-task.
              type: str
              returned: always
              sample: Finish
            state:
              description: V(PENDING), V(READY), V(RUNNING), V(CANCELING), V(SUCCEED) or V(FAILED).
              type: str
              returned: always
              sample: SUCCEED
            operator:
              description: As for the task.
              type: str
              returned: always
              sample: RUN
            start_time:
              description: When it started.
              type: str
              returned: always
              sample: "2024-01-09T20:40:29.312032+08:00"
            end_time:
              description: When it ended.
              type: str
              returned: always
              sample: "2024-01-09T20:40:29.337821+08:00"
            duration:
              description: Seconds between start and end.
              type: float
              returned: always
              sample: 0.025789
            additional_data:
              description: What the server adds.
              type: dict
              returned: always
              sample: null
            execute_times:
              description: How often it was run; obshell counts rollbacks too.
              type: int
              returned: always
              sample: 1
            execute_agent:
              description: The RV(ignore:ip) and RV(ignore:port) of the host that runs it. OCP gives no port.
              type: dict
              returned: always
              sample: {"ip": "10.0.0.1", "port": 2886}
            followed:
              description: The agent on which it has begun a part of the task, or saw one fail, as V(ip:port), where its log says so.
              type: str
              returned: always
              sample: null
            task_logs:
              description: The lines of its log, of all its runs; null before it starts.
              type: list
              elements: str
              returned: always
              sample: []
tasks:
  description: The facts of all tasks found, each as RV(task).
  returned: success
  type: list
  elements: dict
  sample: []
newer_than:
  description:
    - What M(oceanbase.ops.wait_for_task) takes as O(oceanbase.ops.wait_for_task#module:newer_than) to wait for the next task.
      It is the id of the last one, and V(0) where there was none.
    - Null with O(scope=agents).
  returned: success
  type: str
  sample: "11"
missing:
  description: One line for what could not be had. Empty when RV(tasks) is all there is.
  returned: success
  type: list
  elements: str
  sample: []
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
    kind: auth
    url: http://10.0.0.1:2886
    status: 401
    code: Security.Authentication.IncorrectOceanbasePassword
    server_message: "Unauthorized: OceanBase password is incorrect"
    trace_id: 22b2d55a6ca3a3fa
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import arguments, connect
from ..module_utils.obshell import client as obshell
from ..module_utils.obshell import locks
from ..module_utils.task import results


def spec() -> dict[str, Any]:
    return dict(
        argument_spec=dict(
            scope=dict(
                type="str", choices=["cluster", "agent", "agents"], default="cluster"
            ),
            **arguments.obshell_options(),
        ),
    )


def run(module: AnsibleModule, client: obshell.ObshellClient) -> dict[str, Any]:
    scope = module.params["scope"]
    missing = None
    if scope == "agents":
        found, missing = client.last_of_agents()
    else:
        last = client.last(scope)
        found = [last] if last else []
    if missing:
        module.warn(missing)
    newer_than = None if scope == "agents" else (found[0].id if found else "0")
    return {
        **results.full(locks.told(client, found)),
        "newer_than": newer_than,
        "missing": [missing] if missing else [],
        "answered_by": client.answered,
    }


CALL = connect.Call(spec, connect.obshell_client, run)


def main() -> None:
    connect.main(CALL)


if __name__ == "__main__":
    main()
