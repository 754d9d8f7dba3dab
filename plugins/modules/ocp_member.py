#!/usr/bin/python
# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ocp_member
short_description: Add hosts to a cluster through OCP as its servers, or take them out
version_added: 1.0.0
description:
  - Brings hosts into an OceanBase cluster or out of it, and succeeds when OCP itself lists each as a running server of the cluster, or none
    any more.
  - It looks first at how OCP lists the hosts, at what an earlier run has left behind, and at what else is at work in the cluster. Where the
    state holds already nothing is sent.
  - What is missing is submitted once, as one task. A task of an earlier run of the same request is taken up, running or failed; when it
    has done its work, what is still missing is submitted.
  - It waits as M(oceanbase.ops.wait_for_task) does, with the same lines, and then looks whether the hosts are as asked for.
notes:
  - A task of OCP does not say which hosts it is about. Where OCP lists a server as V(CREATING), or with O(state=absent) as V(DELETING), the
    only unfinished task of the cluster whose name is that of such tasks is taken for the one of an earlier run. Where there are several it
    is refused, and they are named.
  - The routes, the statuses and the names of tasks follow OCP's documentation, and were tried against a simulator. They were not seen at a
    real OCP.
author:
  - oceanbase.ops contributors (@oceanbase-ops)
extends_documentation_fragment:
  - oceanbase.ops.ocp
  - oceanbase.ops.once
  - oceanbase.ops.worker
attributes:
  check_mode:
    description:
      - In check mode only questions are asked. It fails where it could only be refused. A task that was left behind is looked at once, and
        not at all with O(wait=false).
    support: full
  diff_mode:
    description: Returns the zone and the status of each server before and after.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
options:
  state:
    description:
      - V(present) adds those of the hosts that are no servers of the cluster. One that is a server already and not V(RUNNING), while nothing
        is at work, is an error.
      - V(absent) takes those out that are servers of the cluster. OCP's task waits until the data of a server has moved to others, for up
        to a week by its documentation.
    type: str
    choices: [present, absent]
    required: true
  cluster_id:
    description: The id of the cluster, which is OCP's own.
    type: str
    required: true
  zone:
    description:
      - The zone of the hosts. A server in another zone is an error, whatever O(state) is.
      - Needed for O(state=present); the zone must be there already.
    type: str
  hosts:
    description: The hosts, each once. All of them are of one zone, and get one task.
    type: list
    elements: dict
    required: true
    suboptions:
      ip:
        description: Its address, by which OCP lists the server.
        type: str
        required: true
      id:
        description:
          - Its id, which is OCP's own, as C(GET /compute/hosts) lists it. Needed for O(state=present).
          - With O(state=absent) it is taken from the list of servers where it is not given. One that the list contradicts is an error.
        type: int
  task_name:
    description:
      - A regular expression for what OCP calls such a task, upper or lower case.
      - By default C(add ob ?server) with O(state=present) and C(delete ob ?server) with O(state=absent), as OCP's documentation has it in English.
    type: str
  wait_for_others:
    description:
      - Whether to wait until whatever else is at work in the cluster is over, however it ends, also with O(wait=false). Otherwise the module
        is refused, and names it.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until the task is done, and to look whether the state holds.
      - With V(false) it returns at once, with RV(task_ids) to wait for. What is missing besides a task that was taken up is then left to the
        next run. Where OCP names no task, the module looks itself, for a minute.
    type: bool
    default: true
  wait_options:
    description:
      - How to wait for each task, as options of M(oceanbase.ops.wait_for_task), which are checked as they are there - C(timeout), C(delay),
        C(sleep), C(max_outage), C(max_first_outage), C(max_stall), C(heartbeat), C(log_lines), C(details) and C(progress).
    type: dict
    default: {}
seealso:
  - module: oceanbase.ops.wait_for_task
  - module: oceanbase.ops.ocp_task
  - module: oceanbase.ops.obshell_member
"""

EXAMPLES = r"""
- name: Add two hosts, and go on only when both are part of the cluster
  oceanbase.ops.ocp_member:
    ocp: "{{ my_ocp }}"
    state: present
    cluster_id: 7
    zone: zone2
    hosts:
      - id: 12
        ip: 10.0.0.4
      - id: 13
        ip: 10.0.0.5

- name: Take one of them out again, and give its data a day to move
  oceanbase.ops.ocp_member:
    ocp: "{{ my_ocp }}"
    state: absent
    cluster_id: 7
    hosts:
      - ip: 10.0.0.5
    wait_options:
      timeout: 86400

- name: Submit it, and do something else meanwhile
  oceanbase.ops.ocp_member:
    ocp: "{{ my_ocp }}"
    state: present
    cluster_id: 7
    zone: zone3
    hosts:
      - id: 14
        ip: 10.0.0.6
    wait: false
  register: member

- name: Wait for it later
  oceanbase.ops.wait_for_task:
    ocp: "{{ my_ocp }}"
    task_id: "{{ member.task_ids }}"
"""

RETURN = r"""
changed:
  description: Whether this run has submitted the work, or would in check mode.
  returned: always
  type: bool
  sample: true
reason:
  description:
    - V(member) where the state holds already, V(submitted) where the work was submitted, or would be, V(taken_up) where the task of an
      earlier run is there.
    - With a failure, V(locked) where another task is at work in the cluster. RV(ignore:error.unfinished) has the ids of such tasks, to wait
      for. Null where it had not been decided yet.
  returned: when OCP was asked
  type: str
  sample: submitted
servers:
  description: Those of the hosts that are servers of the cluster, as OCP listed them last.
  returned: when OCP was asked
  type: list
  elements: dict
  contains:
    ip:
      description: Its address.
      type: str
      returned: always
      sample: 10.0.0.4
    port:
      description: The port of its observer for other observers.
      type: int
      returned: always
      sample: 2882
    host_id:
      description: The id of its host; null where OCP does not list it.
      type: int
      returned: always
      sample: 12
    zone:
      description: Its zone.
      type: str
      returned: always
      sample: zone2
    status:
      description: Its status, such as V(RUNNING), V(CREATING) or V(DELETING).
      type: str
      returned: always
      sample: RUNNING
    version:
      description: The version of its observer.
      type: str
      returned: always
      sample: 4.3.5.3
    sql_port:
      description: The port of its observer for SQL.
      type: int
      returned: always
      sample: 2881
task_ids:
  description: The ids of the tasks that do the work, for O(oceanbase.ops.wait_for_task#module:task_id). Empty in check mode, unless one was left behind.
  returned: when OCP was asked
  type: list
  elements: str
  sample: ["35000312"]
tasks:
  description: Heads of the tasks, as RV(oceanbase.ops.wait_for_task#module:tasks).
  returned: when OCP was asked
  type: list
  elements: dict
  sample: []
task:
  description: The facts of the only task, as RV(oceanbase.ops.wait_for_task#module:task); null where there is none, or two.
  returned: when OCP was asked
  type: dict
  sample: null
outcome:
  description: The outcome of the last task, as RV(oceanbase.ops.wait_for_task#module:outcome).
  returned: when it waited
  type: str
  sample: succeeded
elapsed:
  description: Seconds waited, for both tasks where there were two.
  returned: when it waited
  type: float
  sample: 40.218
stats:
  description: Counters of the wait, as RV(oceanbase.ops.wait_for_task#module:stats).
  returned: when it waited
  type: dict
  sample: {"polls": 21, "requests": 44, "bytes": 92100, "changes": 11, "outages": 0}
error:
  description:
    - What failed, as data. The RV(ignore:kind) says what sort of failure it is.
    - Of a task it has the same as RV(oceanbase.ops.wait_for_task#module:error).
  returned: failure
  type: dict
  sample:
    kind: refused
    unfinished: ["35000311"]
"""

import time
from typing import Any, Callable, Mapping

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import arguments, connect, errands
from ..module_utils.ocp import asked, hosts, membership


def spec() -> dict[str, Any]:
    host = dict(ip=dict(type="str", required=True), id=dict(type="int"))
    return dict(
        argument_spec=dict(
            state=dict(type="str", choices=list(hosts.WAYS), required=True),
            cluster_id=dict(type="str", required=True),
            zone=dict(type="str"),
            hosts=dict(type="list", elements="dict", options=host, required=True),
            task_name=dict(type="str"),
            wait_for_others=dict(type="bool", default=False),
            wait=dict(type="bool", default=True),
            wait_options=dict(type="dict", default={}),
            **arguments.ocp_options(),
        ),
        required_if=[("state", "present", ["zone"])],
    )


def build(
    params: Mapping[str, Any],
    sleep: Callable[[float], None] = time.sleep,
    **shared: Any,
) -> membership.Membership:
    """Return what brings the hosts to their state; nothing is sent."""
    client, waits = errands.asking(connect.ocp_client, params, sleep, shared)
    asker = asked.Asker(hosts.Wish.of(params), client, sleep)
    return membership.Membership(asker, waits)


def run(module: AnsibleModule, member: membership.Membership) -> dict[str, Any]:
    member.hear(module.warn)
    return member.bring(check=module.check_mode, wait=module.params["wait"])


CALL = connect.Call(spec, build, run, lambda member: member.result)


def main() -> None:
    connect.main(CALL)


if __name__ == "__main__":
    main()
