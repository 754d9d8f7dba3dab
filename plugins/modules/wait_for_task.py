#!/usr/bin/python
# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wait_for_task
short_description: Wait until tasks of obshell or OCP are done, and fail unless they did their work
version_added: 1.0.0
description:
  - Waits until tasks are SUCCEED or FAILED and judges them by state and operator, so that a task that was rolled back
    does not pass for a success.
  - While it waits it shows a line for each change when it happens, and one at least every O(heartbeat) seconds.
  - It outlives restarts and upgrades of what it asks, up to O(max_outage), and changes nothing at the server, except
    with O(on_timeout=cancel).
    Stopping the play does not stop the task.
  - The task fails with one line that names the stage, the sub-task, its host and its last log line.
author:
  - oceanbase.ops contributors (@oceanbase-ops)
extends_documentation_fragment:
  - oceanbase.ops.obshell
  - oceanbase.ops.ocp
  - oceanbase.ops.worker
attributes:
  check_mode:
    description: In check mode it looks once and does not wait. A task that is still running is no failure.
    support: full
  diff_mode:
    description: Returns what has changed in diff mode.
    support: none
    details: Nothing is changed, except with O(on_timeout=cancel).
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
options:
  server:
    description:
      - Which server to ask, where O(obshell) and O(ocp) are both given, or both only in the environment.
      - Otherwise the one that is given is asked, and the environment counts only where none is.
    type: str
    choices: [obshell, ocp]
  task_id:
    description:
      - The ids of the tasks to wait for. An empty list is done at once, so that
        RV(oceanbase.ops.obshell_api#module:task_ids) can be given as it is.
    aliases: [task_ids]
    type: list
    elements: str
  attempt:
    description:
      - What M(oceanbase.ops.obshell_task) or M(oceanbase.ops.ocp_task) returned as RV(oceanbase.ops.obshell_task#module:attempt).
        A server may show the old failure for a while after the operation; it is not taken for the new one.
      - Goes with O(task_id). Null and an empty list are none.
    type: list
    elements: dict
  last:
    description:
      - Wait for the last maintenance task of the V(cluster), or of the first V(agent) in O(obshell.url), instead of
        one whose id is known. For obshell only.
    type: str
    choices: [cluster, agent]
  unfinished:
    description:
      - Wait until nothing is at work, instead of for one task, before something that must not meet a running task.
      - V(cluster) is what the cluster runs, V(agent) what the first agent in O(obshell.url) runs by itself,
        V(agents) what every agent of the cluster runs by itself, and V(all) is both.
      - For OCP V(all) alone, narrowed by O(name), O(cluster_id) and O(tenant_id). A task that has failed counts while a subtask of it is
        still at work.
      - How the tasks end does not matter, but one that has failed and still holds its lock fails the wait and is named.
      - While a list that is needed cannot be had or read whole, or an agent says that it is under maintenance and lists no task,
        nothing is proved and the wait goes on, up to O(max_outage).
    type: str
    choices: [cluster, agent, agents, all]
  newer_than:
    description:
      - With O(last), what M(oceanbase.ops.obshell_last_task) returned as RV(oceanbase.ops.obshell_last_task#module:newer_than)
        before the work was submitted. That is the id of the last task, or V(0) where there was none. The wait then goes on until
        there is a newer one.
      - An empty string is refused, for it may come from a task that did not run.
      - Without it, a last task that is already over at the first look is a failure, for it may be an old one.
    type: str
  name:
    description: With O(last) or O(unfinished), only tasks of this name count.
    type: str
  tenant:
    description: With O(unfinished), only tasks that lock this tenant count. For obshell only.
    type: str
  cluster_id:
    description:
      - With O(unfinished), only tasks of the cluster with this id in OCP count, and those of which its list does not say it.
      - For OCP only; OCP Express has one cluster, and refuses it.
    type: str
  tenant_id:
    description: With O(unfinished), only tasks of the tenant with this id in OCP count, and those of which its list does not say it.
    type: str
  outcome:
    description:
      - The outcomes that let the play go on; any other one fails.
      - See RV(oceanbase.ops.obshell_last_task#module:task.outcome) for what they mean.
    type: list
    elements: str
    choices: [succeeded, passed, rolled_back, cancelled, failed, rollback_failed, unknown]
    default: [succeeded, passed]
  timeout:
    description: Seconds to wait at the most. The task goes on at the server when they are over.
    type: float
    default: 3600
  delay:
    description: Seconds to wait before the first look.
    type: float
    default: 0
  sleep:
    description:
      - Seconds between two looks.
      - Without it there is one look a second in the first minute, then the pause is about 5 % of the time waited, 10 seconds at the most.
    type: float
  max_outage:
    description:
      - Seconds without one good answer after which the wait fails. Each good answer begins them anew.
      - A server that has never answered is given O(max_first_outage).
    type: float
    default: 600
  max_first_outage:
    description:
      - Seconds for which the server may be missing at the start, before its first good answer, such as an agent that the play has
        just installed. A host name that is not known fails at once.
    type: float
    default: 30
  max_stall:
    description:
      - Seconds after which a task in which nothing has moved fails the wait, with O(on_timeout) as where its time is up. A change of
        state, stage or sub-task moves it, and so does a new log line. An outage does not count.
      - Off without it.
    type: float
  on_timeout:
    description:
      - What to do when O(timeout) or O(max_stall) is over.
      - V(fail) fails and says where the task stands.
      - V(continue) lets the play go on, with RV(timed_out) true and RV(resume) to take up the wait later.
      - V(cancel) cancels the task, waits until it is over and fails. What it has started on other agents goes on there
        and is named. Some tasks cannot be cancelled, a scale-out among them; then the message says so and the task goes on.
        Not with O(unfinished), for those tasks are somebody else's.
    type: str
    choices: [fail, continue, cancel]
    default: fail
  log_lines:
    description:
      - The last log lines of each failed sub-task that the result keeps; other lines are left out.
      - With V(0) no line is in the result or in the message.
    type: int
    default: 3
  details:
    description:
      - Whether the result has the nodes and sub-tasks of each task, and RV(changes), RV(outages) and RV(answered_by). Log lines are
        kept only of failed sub-tasks.
      - Without it a result is small however large a task is. The modules that return the facts of a task return all of them.
    type: bool
    default: false
  progress:
    description:
      - V(changes) shows a line for each change and each heartbeat, and a failure in at most six lines, which say what failed, where,
        why, what stays locked, what to do next, and where its log is. V(none) shows nothing.
      - V(logs) shows new lines of the logs of running sub-tasks as well, at most five of each at a time and two a second. OCP is asked
        for these logs with a request each, obshell gives them with the task. What parts of the task on other agents log is not among them.
      - Lines go to the standard output, and to the standard error where C(stdout_callback) is C(json), C(ansible.posix.json) or
        C(ansible.posix.jsonl). V(none) is for all others that read the output as data.
      - With C(no_log) and in check mode nothing is shown. Where it has to run as a process of its own, one line says why, and only a
        failure is shown besides.
    type: str
    choices: [changes, logs, none]
    default: changes
  heartbeat:
    description: Seconds after which a line is shown although nothing has changed.
    type: float
    default: 30
  resume:
    description: The RV(resume) of an earlier run, to go on with its wait. Its time counts as waited.
    type: dict
seealso:
  - module: oceanbase.ops.obshell_api
  - module: oceanbase.ops.obshell_last_task
  - module: oceanbase.ops.ocp_task_info
"""

EXAMPLES = r"""
- name: Stop the cluster
  oceanbase.ops.obshell_api:
    obshell: "{{ my_cluster }}"
    method: POST
    path: /ob/stop
    body:
      scope: {type: GLOBAL}
      force: true
  register: submit

- name: Go on only when the submitted task has done its work
  oceanbase.ops.wait_for_task:
    obshell:
      url: http://10.0.0.1:2886
      password: "{{ root_password }}"
    task_id: "{{ submit.task_ids }}"

- name: Wait for a task instance of OCP, for two hours at the most
  oceanbase.ops.wait_for_task:
    ocp: "{{ my_ocp }}"
    task_id: 35000312
    timeout: 7200

- name: See what the last task was before another tool starts one
  oceanbase.ops.obshell_last_task:
    obshell: "{{ my_cluster }}"
  register: before

- name: Wait for the task that the other tool has started
  oceanbase.ops.wait_for_task:
    obshell: "{{ my_cluster }}"
    last: cluster
    newer_than: "{{ before.newer_than }}"

- name: Let nothing be at work before the upgrade
  oceanbase.ops.wait_for_task:
    obshell: "{{ my_cluster }}"
    unfinished: all

- name: Wait until a rollback has undone the work
  oceanbase.ops.wait_for_task:
    obshell: "{{ my_cluster }}"
    task_id: "11"
    outcome: [rolled_back]
"""

RETURN = r"""
outcome:
  description: The worst outcome among the tasks; null where there was nothing to wait for, and for a last task that is older than the wait.
  returned: when the server was asked
  type: str
  sample: succeeded
done:
  description: Whether all tasks are done.
  returned: when the server was asked
  type: bool
  sample: true
timed_out:
  description: Whether RV(ignore:timeout) was over before all were done.
  returned: when the server was asked
  type: bool
  sample: false
server:
  description: The server that was asked, V(obshell) or V(ocp).
  returned: when the server was asked
  type: str
  sample: obshell
task:
  description:
    - The facts of the only task, as RV(oceanbase.ops.obshell_last_task#module:task); null where there are none or several.
    - RV(ignore:nodes) is null without O(details=true). RV(ignore:failure) then has at most 900 characters; causes that do not fit
      are counted in its RV(ignore:omitted).
  returned: when the server was asked
  type: dict
  sample: null
tasks:
  description:
    - All tasks that were seen, each with RV(ignore:id), RV(ignore:name), RV(ignore:state), RV(ignore:operator), RV(ignore:outcome),
      RV(ignore:locked), RV(ignore:start_time), RV(ignore:end_time) and RV(ignore:cause), as in
      RV(oceanbase.ops.obshell_last_task#module:task); with O(details=true) all of those facts.
    - Of a part of another task, those of the main task, which is the one that has a verdict.
  returned: when the server was asked
  type: list
  elements: dict
  sample: []
elapsed:
  description: Seconds waited.
  returned: when the server was asked
  type: float
  sample: 40.218
stats:
  description: Counters of the wait.
  returned: when the server was asked
  type: dict
  contains:
    polls:
      description: How often the server was looked at.
      type: int
      returned: always
      sample: 21
    requests:
      description: Requests sent.
      type: int
      returned: always
      sample: 44
    bytes:
      description: Bytes received in the bodies of the answers.
      type: int
      returned: always
      sample: 92100
    changes:
      description: How many changes were seen.
      type: int
      returned: always
      sample: 11
    outages:
      description: How often no good answer came.
      type: int
      returned: always
      sample: 0
    sub_tasks_dropped:
      description:
        - How many sub-tasks were left out of RV(ignore:tasks), where a task has more than 1,000. Left out are those that did their work
          or had not begun; the numbers in RV(ignore:progress) count them.
        - The modules that return the facts of a task return all of them.
      type: int
      returned: with O(details=true)
      sample: 0
changes:
  description:
    - What happened, in order, at most the last 200, each with RV(ignore:elapsed) in seconds and RV(ignore:what) of
      V(seen), V(stage), V(state), V(failed) or V(retried) (a sub-task), V(follows) (a main task), V(outage) or V(back).
  returned: with O(details=true)
  type: list
  elements: dict
  sample:
    - elapsed: 0.0
      what: seen
      task_id: "11"
      name: Cluster scale out
      state: RUNNING
      operator: RUN
      outcome: running
      stage: 1
      max_stage: 9
      node: Integrate server config
outages:
  description: When no good answer came, as RV(ignore:from) and RV(ignore:to) in seconds waited, with the last RV(ignore:reason).
  returned: with O(details=true)
  type: list
  elements: dict
  sample: []
answered_by:
  description: The addresses that answered, of those in O(obshell.url), in that order. Empty with OCP.
  returned: with O(details=true)
  type: list
  elements: str
  sample: ["http://10.0.0.1:2886"]
resume:
  description:
    - What a later run must know to go on with this wait; holds no secret.
    - Null, with a warning, where the module runs as a process of its own and a password is so short or common that Ansible
      would hide parts of this as if they were that password. Then O(task_id) waits anew.
  returned: with O(on_timeout=continue), when the time was up
  type: dict
  sample: {"elapsed": 40.2}
error:
  description:
    - What failed, as data. The RV(ignore:kind) says what sort of failure it is.
    - Of a task it has RV(ignore:task_id), RV(ignore:outcome), RV(ignore:where) (the stage, the host and the attempt), RV(ignore:next)
      (a command, or words, for what can be done) and RV(ignore:log) (the command that shows the whole log). The commands want
      nothing but the environment variables of the server.
    - With a failed task that O(outcome) accepts they are there as well, as is RV(ignore:msg), and the module does not fail.
  returned: failure, or a failed task that was asked for
  type: dict
  sample:
    kind: task_failed
    task_id: "11"
    outcome: failed
    where: 5/9 Wait remote start finish, on 10.0.0.4:2886 (asked by 10.0.0.1:2886)
    next: ansible-playbook oceanbase.ops.recover -e task_recover_task_id=11 -e task_recover_operation=retry
    log: ansible localhost -m oceanbase.ops.obshell_task_info -a sub_task_id=15
"""

from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule

from ..module_utils import arguments, connect, transport
from ..module_utils.wait import record, rules, target, waiter


def spec() -> dict[str, Any]:
    return dict(
        argument_spec=dict(
            server=dict(type="str", choices=list(arguments.SERVERS)),
            task_id=dict(type="list", elements="str", aliases=["task_ids"]),
            attempt=dict(type="list", elements="dict"),
            last=dict(type="str", choices=["cluster", "agent"]),
            unfinished=dict(type="str", choices=["cluster", "agent", "agents", "all"]),
            newer_than=dict(type="str"),
            name=dict(type="str"),
            tenant=dict(type="str"),
            cluster_id=dict(type="str"),
            tenant_id=dict(type="str"),
            **rules.options(),
            **rules.progress(),
            resume=dict(type="dict"),
            **arguments.obshell_options(apply_defaults=False),
            **arguments.ocp_options(apply_defaults=False),
        ),
    )


def build(params: Mapping[str, Any], **shared: Any) -> waiter.Wait:
    """Return the wait that the options describe; nothing is sent.

    `shared` may have `show`, which is given each change when it happens.
    """
    earlier = record.Resume.of(params["resume"])
    deadline, tally = transport.Deadline(), transport.Tally()
    known = earlier.servers
    server = connect.chosen_client(params, deadline=deadline, tally=tally, memory=known)
    targets, quiet = target.wanted(params, server)
    shared["logs"] = params["progress"] == "logs"
    shared.update(quiet=quiet, tally=tally, deadline=deadline, earlier=earlier)
    return waiter.Wait(server, targets, rules.checked(params), **shared)


def run(module: AnsibleModule, wait: waiter.Wait) -> dict[str, Any]:
    if not wait.targets and not wait.quiet:
        wait.history.say("nothing")
        return {"msg": "there was nothing to wait for", **wait.result()}
    try:
        wait.look_once() if module.check_mode else wait.run()
    finally:
        for text in dict.fromkeys(wait.warnings):
            module.warn(text)
    return wait.result()


CALL = connect.Call(spec, build, run, waiter.Wait.result)


def main() -> None:
    connect.main(CALL)


if __name__ == "__main__":
    main()
