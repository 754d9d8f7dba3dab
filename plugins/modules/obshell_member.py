#!/usr/bin/python
# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: obshell_member
short_description: Add a server to a cluster through obshell, take it out, stop, start or restart it
version_added: 1.0.0
description:
  - Brings one server of an OceanBase cluster to a state, and succeeds when the cluster itself says that the state holds.
  - It looks first at who is a member, in which zone and of which version, at what an earlier run has left behind, and at what holds the
    lock. Where the state holds already nothing is sent.
  - The work is submitted once. A task of an earlier run of the same request is taken up, running or failed, and so is that of a run that
    was faster.
  - It waits as M(oceanbase.ops.wait_for_task) does, with the same lines, and then looks whether the server is as asked for.
  - One task is one server. In a loop one server follows the other, and each finds the cluster unlocked.
author:
  - oceanbase.ops contributors (@oceanbase-ops)
extends_documentation_fragment:
  - oceanbase.ops.obshell
  - oceanbase.ops.once
  - oceanbase.ops.worker
attributes:
  check_mode:
    description:
      - In check mode only questions are asked. It fails where it could only be refused. A task that was left behind is looked at once, and
        not at all with O(wait=false).
    support: full
  diff_mode:
    description: Returns the identity, the zone and the status of the member before and after.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: partial
    details: Without O(since) each run with O(state=restarted) restarts the observer.
options:
  state:
    description:
      - V(present) adds the server by a scale-out. Its agent must answer, have the versions of the cluster, and belong to nothing else.
      - V(absent) takes it out by a scale-in, which obshell 4.2.5 and later can. The agent stays SCALING IN then, and must be wiped before it
        can be added again.
      - V(started) and V(stopped) start and stop the observer of a member. A stop is refused unless more than half of the zones, that of
        the server left out, have all their servers ACTIVE.
      - V(restarted) stops the observer as V(stopped) does, and starts it again. A member that is down, as after a run that was killed,
        is only started. Without O(since) each run restarts it.
    type: str
    choices: [present, absent, started, stopped, restarted]
    required: true
  ip:
    description: The address of its agent, as the cluster knows it or is to know it.
    type: str
    required: true
  port:
    description: The port of its agent.
    type: int
    default: 2886
  zone:
    description:
      - The zone of the server. A member in another zone is an error, whatever O(state) is.
      - Needed for O(state=present), where a new zone is made.
    type: str
  config:
    description:
      - With O(state=present), what to configure in its observer, such as C(mysql_port), C(rpc_port) or C(memory_limit).
      - A member is not configured anew.
    type: dict
  url:
    description:
      - The address at which its agent answers, where that is not C(http://ip:port), or C(https://ip:port) where the cluster answers so.
      - With O(state=present), who the agent is, is asked without a password. The password of C(root@sys) is sent there only when the
        cluster itself says that this server is a member, or on its way into it.
    type: str
  agent_password:
    description:
      - With O(state=present), the password of the agent to add, where one was set. It is sent to the cluster, which shows it to that agent.
    type: str
  force_kill:
    description:
      - With O(state=absent), what obshell's own C(force_kill) is set to.
      - With O(state=stopped) and O(state=restarted), V(true) kills the observer at once (C(force)), and V(false) after a minor freeze
        (C(terminate)). The latter follows obshell's documentation; the former was seen on a real server.
    type: bool
    default: false
  since:
    description:
      - With O(state=restarted), a time with its zone, such as V(2026-11-27T22:00:00Z). A member that is ACTIVE, and whose observer was
        started through obshell since then, is left as it is, so that a run can be repeated.
      - The tasks of the member's own agent tell, by the clock of its host. Needs obshell 4.3.0.
    type: str
  wait_for_others:
    description:
      - Whether to wait for a task of somebody else that holds the lock, also with O(wait=false). Otherwise the module is refused, and names
        it.
      - One that has failed and keeps its lock is an error either way.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until the task is done, and to look whether the state holds.
      - With V(false) it returns at once, with RV(task_ids) to wait for. It must be true with O(state=restarted).
    type: bool
    default: true
  wait_options:
    description:
      - How to wait, as options of M(oceanbase.ops.wait_for_task), which are checked as they are there - C(timeout), C(delay), C(sleep),
        C(max_outage), C(max_first_outage), C(max_stall), C(heartbeat), C(log_lines), C(details) and C(progress).
    type: dict
    default: {}
seealso:
  - module: oceanbase.ops.wait_for_task
  - module: oceanbase.ops.obshell_task
"""

EXAMPLES = r"""
- name: Add a server, and go on only when it is part of the cluster
  oceanbase.ops.obshell_member:
    obshell:
      url: http://10.0.0.1:2886
      password: "{{ root_password }}"
    state: present
    ip: 10.0.0.4
    zone: zone2
    config:
      memory_limit: 16G

- name: Take two servers out, one after the other
  oceanbase.ops.obshell_member:
    obshell: "{{ my_cluster }}"
    state: absent
    ip: "{{ item }}"
    wait_options:
      timeout: 7200
  loop: [10.0.0.4, 10.0.0.5]

- name: Stop an observer, where the other zones are whole
  oceanbase.ops.obshell_member:
    obshell: "{{ my_cluster }}"
    state: stopped
    ip: 10.0.0.3

- name: Start it again
  oceanbase.ops.obshell_member:
    obshell: "{{ my_cluster }}"
    state: started
    ip: 10.0.0.3

- name: Restart an observer, but not twice however often this runs tonight
  oceanbase.ops.obshell_member:
    obshell: "{{ my_cluster }}"
    state: restarted
    ip: 10.0.0.3
    since: "2026-11-27T22:00:00Z"

- name: Submit a scale-out, and do something else meanwhile
  oceanbase.ops.obshell_member:
    obshell: "{{ my_cluster }}"
    state: present
    ip: 10.0.0.5
    zone: zone3
    wait: false
  register: member

- name: Wait for it later
  oceanbase.ops.wait_for_task:
    obshell: "{{ my_cluster }}"
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
    - With a failure, V(locked) where another task holds the lock. RV(ignore:error.unfinished) has the ids of such tasks, to wait for.
      Null where it had not been decided yet.
  returned: when the server was asked
  type: str
  sample: submitted
member:
  description: What the cluster knows of the server, as it was seen last; null of one that is no member, and where nothing had been decided yet.
  returned: when the server was asked
  type: dict
  contains:
    ip:
      description: The address of its agent.
      type: str
      returned: always
      sample: 10.0.0.4
    port:
      description: The port of its agent.
      type: int
      returned: always
      sample: 2886
    zone:
      description: Its zone.
      type: str
      returned: always
      sample: zone2
    identity:
      description: What its agent is, such as V(CLUSTER AGENT), V(SCALING OUT) or V(SCALING IN).
      type: str
      returned: always
      sample: CLUSTER AGENT
    status:
      description: The status of its observer, such as V(ACTIVE) or V(INACTIVE); null where it is in no topology.
      type: str
      returned: always
      sample: ACTIVE
    version:
      description: The version of its observer; null where it is in no topology.
      type: str
      returned: always
      sample: 4.3.5.3_103000092025080818
    obshell_version:
      description: The version of its agent.
      type: str
      returned: always
      sample: 4.5.0.0-0
    sql_port:
      description: The port of its observer for SQL.
      type: int
      returned: always
      sample: 2881
    rpc_port:
      description: The port of its observer for other observers.
      type: int
      returned: always
      sample: 2882
task_ids:
  description: The ids of the tasks that do the work, for O(oceanbase.ops.wait_for_task#module:task_id). Empty in check mode, unless one was left behind.
  returned: when the server was asked
  type: list
  elements: str
  sample: ["11"]
tasks:
  description: Heads of the tasks, as RV(oceanbase.ops.wait_for_task#module:tasks).
  returned: when the server was asked
  type: list
  elements: dict
  sample: []
task:
  description: The facts of the only task, as RV(oceanbase.ops.wait_for_task#module:task); null where there is none.
  returned: when the server was asked
  type: dict
  sample: null
outcome:
  description: The outcome of the task, as RV(oceanbase.ops.wait_for_task#module:outcome).
  returned: when it waited
  type: str
  sample: succeeded
elapsed:
  description: Seconds waited.
  returned: when it waited
  type: float
  sample: 40.218
stats:
  description: Counters of the wait, as RV(oceanbase.ops.wait_for_task#module:stats).
  returned: when it waited
  type: dict
  sample: {"polls": 21, "requests": 44, "bytes": 92100, "changes": 11, "outages": 0}
answered_by:
  description: The addresses that answered, of those in O(obshell.url).
  returned: success
  type: list
  elements: str
  sample: ["http://10.0.0.1:2886"]
error:
  description:
    - What failed, as data. The RV(ignore:kind) says what sort of failure it is.
    - Of a task it has the same as RV(oceanbase.ops.wait_for_task#module:error).
  returned: failure
  type: dict
  sample:
    kind: refused
    unfinished: ["11"]
"""

import time
from typing import Any, Callable, Mapping

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import arguments, connect, errands
from ..module_utils.obshell import asked, restarting


def spec() -> dict[str, Any]:
    return dict(
        argument_spec=dict(
            state=dict(type="str", choices=list(restarting.STATES), required=True),
            ip=dict(type="str", required=True),
            port=dict(type="int", default=2886),
            zone=dict(type="str"),
            config=dict(type="dict"),
            url=dict(type="str"),
            agent_password=dict(type="str", no_log=True),
            force_kill=dict(type="bool", default=False),
            since=dict(type="str"),
            wait_for_others=dict(type="bool", default=False),
            wait=dict(type="bool", default=True),
            wait_options=dict(type="dict", default={}),
            **arguments.obshell_options(),
        ),
        required_if=[("state", "present", ["zone"])],
    )


def build(
    params: Mapping[str, Any],
    sleep: Callable[[float], None] = time.sleep,
    **shared: Any,
) -> restarting.Work:
    """Return what brings the member to its state; nothing is sent."""
    cluster, waits = errands.asking(connect.obshell_client, params, sleep, shared)

    def reach(url: str) -> Any:
        return connect.obshell_client({"obshell": {**params["obshell"], "url": [url]}})

    asker = asked.Asker(cluster, sleep, asked.Wish.of(params), reach)
    return restarting.work(asker, errands.submitting(params), waits)


def run(module: AnsibleModule, member: restarting.Work) -> dict[str, Any]:
    member.hear(module.warn)
    return member.bring(check=module.check_mode, wait=module.params["wait"])


CALL = connect.Call(spec, build, run, lambda member: member.result)


def main() -> None:
    connect.main(CALL)


if __name__ == "__main__":
    main()
