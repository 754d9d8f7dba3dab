#!/usr/bin/python
# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: obshell_upgrade
short_description: Upgrade obshell or OceanBase in a cluster through obshell, behind its own check
version_added: 1.0.0
description:
  - Upgrades the agents of an OceanBase cluster, or its observers, to a package, and succeeds when the cluster itself says that all run it.
  - It looks first at what all run, at what an earlier run has left behind, and at what is at work. Where all run it already nothing is sent.
  - Nothing may be at work in the cluster or at any agent, and nothing that failed may hold a lock. Then obshell checks the packages and
    the hosts, which changes nothing and locks nothing, and only behind a good check the upgrade is submitted.
  - The upgrade is submitted once. One of an earlier run to the same package is taken up, running or failed, whatever the versions are by
    then, and so is a check that still runs. A check that failed is done anew.
  - It waits as M(oceanbase.ops.wait_for_task) does, with the same lines, and then looks which versions all run.
  - Upload the packages to obshell before, by its own tools, for each architecture of the cluster.
  - The role P(oceanbase.ops.cluster_upgrade#role) upgrades obshell and then OceanBase with it, and recovers what fails.
notes:
  - Upgrades were tried against a simulator only, which follows obshell's documentation and source. Refusals were seen on a real server.
  - All agents are away for some seconds when they restart, and may come back with another key. With O(mode=STOPSERVICE) no task of the
    cluster can be read while all observers are down. Give C(max_outage) in O(wait_options) time for both.
  - Replicas catch up, and leaders come back, after the upgrade; no route of obshell tells of that.
author:
  - oceanbase.ops contributors (@oceanbase-ops)
extends_documentation_fragment:
  - oceanbase.ops.obshell
  - oceanbase.ops.once
  - oceanbase.ops.worker
attributes:
  check_mode:
    description:
      - In check mode only questions are asked, so that obshell's own check is not done. A task that was left behind is looked at once, and
        not at all with O(wait=false).
    support: full
  diff_mode:
    description: Returns the versions before and after, each once.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
options:
  component:
    description:
      - V(obshell) upgrades the agents. Those that run a later version than the package are left alone, for the package of OceanBase brings
        an obshell too, to which an upgrade of OceanBase takes the agents.
      - V(oceanbase) upgrades the observers. Each must run exactly this version and release.
    type: str
    choices: [obshell, oceanbase]
    required: true
  package:
    description: The package by its version, its release and its distribution, as its file is named, such as V(4.3.5.4-104000042025090916.el7).
    type: str
    required: true
  upgrade_dir:
    description: The folder on the hosts into which packages are unpacked. By default C(upgrade) in the home of obshell.
    type: str
    default: ""
  mode:
    description:
      - With O(component=oceanbase), V(ROLLING) upgrades one zone after the other, and needs three of them. V(STOPSERVICE) stops all observers
        at once.
    type: str
    choices: [ROLLING, STOPSERVICE]
    default: ROLLING
  freeze_server:
    description: With O(component=oceanbase), whether there is a minor freeze before observers are stopped.
    type: bool
    default: false
  wait_for_others:
    description:
      - Whether to wait for a task of somebody else, also with O(wait=false). Otherwise the module is refused, and names it.
      - One that has failed and keeps its lock is an error either way.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until the upgrade is done, and to look whether all run the new version.
      - With V(false) it still waits for obshell's own check, without which nothing is submitted. It returns when the upgrade is submitted,
        with RV(task_ids) to wait for. Behind that wait, the same call in check mode tells whether all run it.
    type: bool
    default: true
  wait_options:
    description:
      - How to wait, as options of M(oceanbase.ops.wait_for_task), which are checked as they are there - C(timeout), C(delay), C(sleep),
        C(max_outage), C(max_first_outage), C(max_stall), C(heartbeat), C(log_lines), C(details) and C(progress).
      - They hold for each wait by itself, that for the check and that for the upgrade. C(max_first_outage) holds for the first look too, since
        an earlier run may have been killed while all agents restart.
    type: dict
    default: {}
seealso:
  - module: oceanbase.ops.wait_for_task
  - module: oceanbase.ops.obshell_task
"""

EXAMPLES = r"""
- name: Upgrade the observers, one zone after the other
  oceanbase.ops.obshell_upgrade:
    obshell:
      url: [http://10.0.0.1:2886, http://10.0.0.2:2886, http://10.0.0.3:2886]
      password: "{{ root_password }}"
    component: oceanbase
    package: 4.3.5.4-104000042025090916.el7
    wait_options:
      timeout: 14400
      max_outage: 1800

- name: Upgrade the agents
  oceanbase.ops.obshell_upgrade:
    obshell: "{{ my_cluster }}"
    component: obshell
    package: 4.5.1.0-12026102010.el7

- name: Upgrade a cluster of one zone, which is away meanwhile
  oceanbase.ops.obshell_upgrade:
    obshell: "{{ my_cluster }}"
    component: oceanbase
    package: 4.3.5.4-104000042025090916.el7
    mode: STOPSERVICE
    freeze_server: true
    wait_options:
      max_outage: 3600

- name: Submit an upgrade, and do something else meanwhile
  oceanbase.ops.obshell_upgrade:
    obshell: "{{ my_cluster }}"
    component: oceanbase
    package: 4.3.5.4-104000042025090916.el7
    wait: false
  register: upgrade

- name: Wait for it later
  oceanbase.ops.wait_for_task:
    obshell: "{{ my_cluster }}"
    task_id: "{{ upgrade.task_ids }}"
  when: upgrade.task_ids | length > 0
"""

RETURN = r"""
changed:
  description: Whether this run has submitted the upgrade, or would in check mode. A check alone changes nothing.
  returned: always
  type: bool
  sample: true
reason:
  description:
    - V(versions) where all run it already, V(submitted) where the upgrade was submitted, or would be, V(taken_up) where that of an earlier
      run is there.
    - With a failure, V(check) where obshell's own check was not good, or not waited for to its end; nothing was changed then. V(locked)
      where another task is at work or holds a lock. RV(ignore:error.unfinished) has the ids of such tasks, to wait for. Null where it had
      not been decided yet.
  returned: when the server was asked
  type: str
  sample: submitted
versions:
  description:
    - The version and the release that each server runs of the component, as they were seen last, by the address of its agent. Null of one
      that does not say so.
    - Null where nothing had been seen yet.
  returned: when the server was asked
  type: dict
  sample: {"10.0.0.1:2886": 4.3.5.4-104000042025090916, "10.0.0.2:2886": 4.3.5.4-104000042025090916}
task_ids:
  description:
    - The id of the task that does the work, for O(oceanbase.ops.wait_for_task#module:task_id). Empty in check mode, unless one was left
      behind, and where there is nothing to do.
    - Of a check that was not good, its id.
  returned: when the server was asked
  type: list
  elements: str
  sample: ["12"]
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
  description: The outcome of the task that was waited for last, as RV(oceanbase.ops.wait_for_task#module:outcome).
  returned: when it waited
  type: str
  sample: succeeded
elapsed:
  description: Seconds waited.
  returned: when it waited
  type: float
  sample: 10.305
stats:
  description: Counters of the wait, as RV(oceanbase.ops.wait_for_task#module:stats).
  returned: when it waited
  type: dict
  sample: {"polls": 6, "requests": 14, "bytes": 14100, "changes": 4, "outages": 0}
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
    unfinished: ["12"]
"""

import time
from typing import Any, Callable, Mapping

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import arguments, connect, errands
from ..module_utils.obshell import looking, upgrades, upgrading


def spec() -> dict[str, Any]:
    return dict(
        argument_spec=dict(
            component=dict(
                type="str", choices=list(upgrades.COMPONENTS), required=True
            ),
            package=dict(type="str", required=True),
            upgrade_dir=dict(type="str", default=""),
            mode=dict(type="str", choices=list(upgrades.MODES), default="ROLLING"),
            freeze_server=dict(type="bool", default=False),
            wait_for_others=dict(type="bool", default=False),
            wait=dict(type="bool", default=True),
            wait_options=dict(type="dict", default={}),
            **arguments.obshell_options(),
        ),
    )


def build(
    params: Mapping[str, Any],
    sleep: Callable[[float], None] = time.sleep,
    **shared: Any,
) -> upgrading.Upgrade:
    """Return what upgrades the component; nothing is sent."""
    wish = upgrades.Wish.of(params)
    cluster, waits = errands.asking(connect.obshell_client, params, sleep, shared)
    submit = errands.submitting(params)
    return upgrading.work(looking.Looker(cluster, sleep), wish, submit, waits)


def run(module: AnsibleModule, upgrade: upgrading.Upgrade) -> dict[str, Any]:
    upgrade.hear(module.warn)
    return upgrade.bring(check=module.check_mode, wait=module.params["wait"])


CALL = connect.Call(spec, build, run, lambda upgrade: upgrade.result)


def main() -> None:
    connect.main(CALL)


if __name__ == "__main__":
    main()
