#!/usr/bin/python
# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: obshell_task_info
short_description: Get tasks, nodes and logs from obshell
version_added: 1.0.0
description:
  - Returns tasks of obshell by their ids, those that are unfinished, all tasks ever, one node, or one sub-task with its whole log.
  - A list that could not be had is named in RV(missing) and warned of; it is never passed off as empty. Where none of the
    lists could be had, the module fails.
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
  task_id:
    description:
      - Ids of tasks. Write them as strings, since they may have more digits than numbers keep.
      - A task of one agent is asked of that agent first, where it is among O(obshell.url), and else of the others.
    type: list
    elements: str
  unfinished:
    description:
      - Whose unfinished tasks are listed, meaning those that are at work, and those that have failed and were neither mended nor passed.
      - V(cluster) is the cluster that the agents belong to. Any member answers.
      - V(agent) is the first agent in O(obshell.url).
      - V(agents) is every agent in O(obshell.url), and the others that these know of.
      - V(all) is the cluster and every agent.
      - An unfinished task is not always one that runs or holds a lock. Its state tells.
    type: str
    choices: [cluster, agent, agents, all]
  history:
    description:
      - Whose tasks are listed, finished and unfinished, since the cluster or the agent was set up. Scopes as for O(unfinished),
        but an agent's own tasks are listed only where it is in O(obshell.url).
      - obshell never forgets a task, so use O(limit). Needs obshell 4.3.0.
    type: str
    choices: [cluster, agent, agents, all]
  node_id:
    description: The id of one node.
    type: str
  sub_task_id:
    description: The id of one sub-task, whose log is returned whole.
    type: str
  name:
    description: Only tasks of this name, in lists.
    type: str
  tenant:
    description: Only tasks that are about this tenant and lock it, in lists. Needs obshell 4.3.1.
    type: str
  outcome:
    description:
      - Only tasks of these outcomes, in lists; see RV(oceanbase.ops.obshell_last_task#module:task.outcome).
      - Without O(details) a part of another task, and a task with passed nodes, cannot be told from others.
    type: list
    elements: str
    choices: [succeeded, passed, rolled_back, cancelled, failed, rollback_failed, unknown, part, running]
  limit:
    description:
      - At most this many tasks of the cluster, and of each agent, in lists; the newest first.
      - The clocks of agents and of the database differ, so their tasks are not mixed by time.
    type: int
  details:
    description: Whether nodes, sub-tasks and logs are wanted. Without them answers are small, however many tasks there are.
    type: bool
    default: true
seealso:
  - module: oceanbase.ops.obshell_last_task
  - module: oceanbase.ops.obshell_task
  - module: oceanbase.ops.wait_for_task
"""

EXAMPLES = r"""
- name: Get a task
  oceanbase.ops.obshell_task_info:
    obshell:
      url: http://10.0.0.1:2886
      password: "{{ root_password }}"
    task_id: "11"
  register: info

- name: Show why it failed
  ansible.builtin.debug:
    var: info.task.failure
  when: info.task.outcome == 'failed'

- name: Ask what is unfinished, of the cluster and of every agent
  oceanbase.ops.obshell_task_info:
    obshell: "{{ my_cluster }}"
    unfinished: all
    details: false
  register: unfinished

- name: Stop here when something runs, or when that could not be found out
  ansible.builtin.assert:
    that:
      - unfinished.missing == []
      - unfinished.tasks | selectattr('outcome', 'eq', 'running') | list == []

- name: Get the last ten scale-outs of the cluster
  oceanbase.ops.obshell_task_info:
    obshell: "{{ my_cluster }}"
    history: cluster
    name: Cluster scale out
    limit: 10

- name: Get the whole log of the sub-task that failed
  oceanbase.ops.obshell_task_info:
    obshell: "{{ my_cluster }}"
    sub_task_id: "{{ info.task.failure.sub_task_id }}"
  when:
    - info.task.failure is not none
    - info.task.failure.sub_task_id is not none
"""

RETURN = r"""
task:
  description: The only one of RV(tasks), else null.
  returned: success
  type: dict
  sample: null
tasks:
  description:
    - The facts of the tasks, each as RV(oceanbase.ops.obshell_last_task#module:task).
    - Asked for by O(task_id) they are in that order. Of lists, those of the cluster are first, then those of each agent, each newest first.
  returned: success
  type: list
  elements: dict
  sample: []
node:
  description: The node, as an element of RV(oceanbase.ops.obshell_last_task#module:task.nodes); it names no neighbours. Null without O(node_id).
  returned: success
  type: dict
  sample: null
sub_task:
  description: The sub-task, as an element of RV(oceanbase.ops.obshell_last_task#module:task.nodes[].sub_tasks). Null without O(sub_task_id).
  returned: success
  type: dict
  sample: null
logs:
  description: The lines of the sub-task's log, in the order of its runs. Empty without O(sub_task_id).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The number of the line; null before obshell 4.3.0, which has the lines alone.
      type: int
      returned: always
      sample: 79
    execute_times:
      description: The run that wrote it, rollbacks counted; null before obshell 4.3.0.
      type: int
      returned: always
      sample: 1
    log_content:
      description: The line.
      type: str
      returned: always
      sample: observer health check, retry [2/300]
    create_time:
      description: When it was written, as the server says; null before obshell 4.3.0.
      type: str
      returned: always
      sample: "2026-01-21T09:13:29.212632928Z"
missing:
  description: One line for each list that could not be had, or not whole. Empty when RV(tasks) is all there is.
  returned: success
  type: list
  elements: str
  sample: ["http://10.0.0.1:2886 is a MASTER agent: it belongs to no cluster, so it has no cluster's tasks to list"]
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
    kind: task_not_found
    url: http://10.0.0.1:2886
    status: 404
    code: Task.NotFound
    server_message: "Task not found: record not found"
    trace_id: 22b2d55a6ca3a3fa
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import arguments, connect, errors
from ..module_utils.obshell import client as obshell
from ..module_utils.obshell import ids, lists, locks
from ..module_utils.task import results, verdict

WHAT = ("task_id", "unfinished", "history", "node_id", "sub_task_id")
FILTERS = ("name", "tenant", "outcome", "limit")


def spec() -> dict[str, Any]:
    return dict(
        argument_spec=dict(
            task_id=dict(type="list", elements="str"),
            unfinished=dict(type="str", choices=list(lists.SCOPES)),
            history=dict(type="str", choices=list(lists.SCOPES)),
            node_id=dict(type="str"),
            sub_task_id=dict(type="str"),
            name=dict(type="str"),
            tenant=dict(type="str"),
            outcome=dict(type="list", elements="str", choices=list(verdict.OUTCOMES)),
            limit=dict(type="int"),
            details=dict(type="bool", default=True),
            **arguments.obshell_options(),
        ),
        mutually_exclusive=[WHAT],
        required_one_of=[WHAT],
    )


def run(module: AnsibleModule, client: obshell.ObshellClient) -> dict[str, Any]:
    params = module.params
    result: dict[str, Any] = {"node": None, "sub_task": None, "logs": [], "missing": []}
    narrow = {name: params[name] for name in FILTERS if params[name] not in (None, [])}
    if narrow and not (params["unfinished"] or params["history"]):
        raise errors.InvalidOption(min(narrow), "it is for unfinished and history")
    found = []
    if params["node_id"] is not None:
        node = client.node(ids.checked(params["node_id"], "node_id"))
        result["node"] = node.to_dict()
    elif params["sub_task_id"] is not None:
        id = ids.checked(params["sub_task_id"], "sub_task_id")
        sub_task, result["logs"] = client.sub_task(id)
        result["sub_task"] = sub_task.to_dict()
    elif params["task_id"] is not None:
        wanted = ids.all_checked(params["task_id"], "task_id")
        found = [client.fetch(id, details=params["details"]) for id in wanted]
    else:
        kind = "unfinished" if params["unfinished"] else "history"
        found, result["missing"] = lists.find(
            client, kind, params[kind], details=params["details"], **narrow
        )
    for line in result["missing"]:
        module.warn(line)
    facts = results.full(locks.told(client, found))
    return {**facts, "answered_by": client.answered, **result}


CALL = connect.Call(spec, connect.obshell_client, run)


def main() -> None:
    connect.main(CALL)


if __name__ == "__main__":
    main()
