#!/usr/bin/python
# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: obshell_tenant
short_description: Create a tenant of a cluster through obshell, or drop it
version_added: 1.0.0
description:
  - Brings one tenant of an OceanBase cluster to a state, and succeeds when the cluster itself says that the state holds.
  - It looks first at which tenants there are and where, at what an earlier run has left behind, and at what holds the lock. Where the
    state holds already nothing is sent.
  - The work is submitted once. A task of an earlier run of the same request is taken up, running or failed, and so is that of a run that
    was faster.
  - It waits as M(oceanbase.ops.wait_for_task) does, with the same lines, and then looks whether the tenant is as asked for.
  - An obshell before 4.3.1 is refused before anything is submitted, for its tasks do not say which tenant they are about.
notes:
  - The failure of a tenant's task releases the lock, but a second task for the same tenant makes the first one useless - obshell then
    neither retries it nor rolls it back. So a creation that has failed is not submitted anew. It is an error until
    M(oceanbase.ops.obshell_task) has retried it or rolled it back.
  - A drop that has failed while its tenant is still there is submitted anew. One that has failed behind that is an error until it is
    retried, for its resource pools may be left.
author:
  - oceanbase.ops contributors (@oceanbase-ops)
extends_documentation_fragment:
  - oceanbase.ops.obshell
  - oceanbase.ops.once
  - oceanbase.ops.worker
attributes:
  check_mode:
    description:
      - In check mode only questions are asked. A task that was left behind is looked at once, and not at all with O(wait=false).
      - Whether there is room for a tenant, and its unit configs, is known to obshell only when it is asked to create it.
    support: full
  diff_mode:
    description: Returns the status and the zones of the tenant before and after.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
options:
  state:
    description:
      - V(present) creates the tenant. One that is there must be C(NORMAL), and in the zones that are asked for; nothing of it is changed.
      - V(absent) drops it, with all that is in it. There is no way back, unless O(need_recycle) is true.
    type: str
    choices: [present, absent]
    required: true
  name:
    description: The name of the tenant - letters, digits and C(-_~#+). The tenant C(sys) cannot be dropped.
    type: str
    required: true
  zones:
    description:
      - The zones of the tenant, and what it gets there. Needed for O(state=present).
      - A tenant that is in other zones, or has replicas of other types than are asked for, is an error. Its unit configs and their number
        are not compared.
    type: list
    elements: dict
    suboptions:
      name:
        description: The name of a zone of the cluster.
        type: str
        required: true
      unit_config_name:
        description: The name of the unit config for its units there, which must exist.
        type: str
        required: true
      unit_num:
        description: The number of its units there.
        type: int
        default: 1
      replica_type:
        description: The type of its replicas there, such as V(FULL) or V(READONLY). Without it obshell makes full ones.
        type: str
  root_password:
    description:
      - With O(state=present), the password of the tenant's C(root). Without it that has none.
      - It is set in the creation only. That of a tenant that is there is not looked at.
    type: str
  config:
    description:
      - With O(state=present), what else obshell's own request for a tenant has. What is left out obshell decides.
      - A tenant that is there is not configured anew, and not compared with it.
    type: dict
    suboptions:
      mode:
        description: The mode of the tenant. Its default is that of obshell, V(MYSQL).
        type: str
        choices: [MYSQL, ORACLE]
      primary_zone:
        description: Its primary zone, such as V(zone1;zone2,zone3). Its default is that of obshell, V(RANDOM).
        type: str
      whitelist:
        description: The addresses that may connect, separated by commas; V(%) means all.
        type: str
      charset:
        description: Its character set.
        type: str
      collation:
        description: Its collation.
        type: str
      read_only:
        description: Whether it is read only.
        type: bool
      comment:
        description: What is said of it.
        type: str
      variables:
        description: Its global variables.
        type: dict
      parameters:
        description: Its parameters.
        type: dict
      scenario:
        description: What it is for, such as V(htap), which obshell has templates for.
        type: str
      import_script:
        description: Whether to run the scripts that OceanBase brings for a new tenant.
        type: bool
  need_recycle:
    description:
      - With O(state=absent), what obshell's own C(need_recycle) is set to. V(true) puts the tenant into the recycle bin, where it keeps its
        resources and has another name. This follows obshell's source, and was not seen on a real server.
      - A drop for good that an earlier run began is then no such task but a lock, and the other way round.
    type: bool
    default: false
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
      - With V(false) it returns at once, with RV(task_ids) to wait for.
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
  - module: oceanbase.ops.obshell_member
"""

EXAMPLES = r"""
- name: Create a tenant, and wait until it is there
  oceanbase.ops.obshell_tenant:
    obshell: "{{ my_cluster }}"
    state: present
    name: shop
    zones:
      - {name: zone1, unit_config_name: small}
      - {name: zone2, unit_config_name: small}
      - {name: zone3, unit_config_name: small}
    root_password: "{{ shop_root_password }}"
    config:
      whitelist: "%"
      primary_zone: zone1
      variables:
        time_zone: "+08:00"

- name: Submit a creation, and do something else meanwhile
  oceanbase.ops.obshell_tenant:
    obshell: "{{ my_cluster }}"
    state: present
    name: stock
    zones:
      - {name: zone1, unit_config_name: small}
    wait: false
  register: stock

- name: Wait for it later
  oceanbase.ops.wait_for_task:
    obshell: "{{ my_cluster }}"
    task_id: "{{ stock.task_ids }}"

- name: Drop a tenant, with all that is in it
  oceanbase.ops.obshell_tenant:
    obshell: "{{ my_cluster }}"
    state: absent
    name: stock
"""

RETURN = r"""
changed:
  description: Whether this run has submitted the work, or would in check mode.
  returned: always
  type: bool
  sample: true
reason:
  description:
    - V(tenant) where the state holds already, V(submitted) where the work was submitted, or would be, V(taken_up) where the task of an
      earlier run is there.
    - With a failure, V(locked) where another task holds the lock of the tenant or of the cluster. RV(ignore:error.unfinished) has the ids
      of such tasks, to wait for. Null where it had not been decided yet.
  returned: when the server was asked
  type: str
  sample: submitted
tenant:
  description: What the cluster knows of the tenant, as it was seen last; null of one that is not there, and where nothing had been decided yet.
  returned: when the server was asked
  type: dict
  contains:
    name:
      description: Its name.
      type: str
      returned: always
      sample: shop
    id:
      description: Its number.
      type: int
      returned: always
      sample: 1002
    mode:
      description: Its mode.
      type: str
      returned: always
      sample: MYSQL
    status:
      description: Its status, such as V(NORMAL).
      type: str
      returned: always
      sample: NORMAL
    locality:
      description: The types of its replicas and their zones, in OceanBase's own words.
      type: str
      returned: always
      sample: FULL{1}@zone1, FULL{1}@zone2, FULL{1}@zone3
    zones:
      description: Its zones, sorted; null where the locality cannot be read.
      type: list
      elements: str
      returned: always
      sample: [zone1, zone2, zone3]
    primary_zone:
      description: Its primary zone.
      type: str
      returned: always
      sample: zone1
task_ids:
  description: The ids of the tasks that do the work, for O(oceanbase.ops.wait_for_task#module:task_id). Empty in check mode, unless one was left behind.
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
  description: The outcome of the task, as RV(oceanbase.ops.wait_for_task#module:outcome).
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
from ..module_utils.obshell import looking, tenancy, tenants


def spec() -> dict[str, Any]:
    return dict(
        argument_spec=dict(
            state=dict(type="str", choices=list(tenancy.STATES), required=True),
            name=dict(type="str", required=True),
            zones=dict(type="list", elements="dict", options=tenants.zone_options()),
            root_password=dict(type="str", no_log=True),
            config=dict(type="dict", options=tenants.config_options()),
            need_recycle=dict(type="bool", default=False),
            wait_for_others=dict(type="bool", default=False),
            wait=dict(type="bool", default=True),
            wait_options=dict(type="dict", default={}),
            **arguments.obshell_options(),
        ),
        required_if=[("state", "present", ["zones"])],
    )


def build(
    params: Mapping[str, Any],
    sleep: Callable[[float], None] = time.sleep,
    **shared: Any,
) -> tenancy.Tenancy:
    """Return what brings the tenant to its state; nothing is sent."""
    wish = tenants.Wish.of(params)
    cluster, waits = errands.asking(connect.obshell_client, params, sleep, shared)
    submit = errands.submitting(params)
    return tenancy.work(looking.Looker(cluster, sleep), wish, submit, waits)


def run(module: AnsibleModule, tenant: tenancy.Tenancy) -> dict[str, Any]:
    tenant.hear(module.warn)
    return tenant.bring(check=module.check_mode, wait=module.params["wait"])


CALL = connect.Call(spec, build, run, lambda tenant: tenant.result)


def main() -> None:
    connect.main(CALL)


if __name__ == "__main__":
    main()
