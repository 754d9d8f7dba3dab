# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to the tasks of OceanBase clusters, as events."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

DOCUMENTATION = r"""
---
short_description: What happens to the tasks of OceanBase clusters, as events
version_added: 1.0.0
description:
  - Watches the tasks of one or many clusters, through obshell or OCP, and gives an event for each change that is asked for, once, in order.
  - A task that fails while nobody listens is told of when somebody does again, where C(state_file) is given.
  - The Python that runs ansible-rulebook needs ansible-core, requests and, for obshell, cryptography.
options:
  clusters:
    description:
      - The clusters, each with a C(name) and either C(obshell) or C(ocp), which have the keys of the modules' options of that name.
      - Of several clusters each is complete, and the environment is not read, so that the password of one never reaches another.
      - Give either C(clusters), or C(obshell) or C(ocp) for a single one.
    type: list
    elements: dict
  obshell:
    description:
      - How to reach the obshell of a single cluster, as in the modules, environment variables included. It is named C(oceanbase).
    type: dict
  ocp:
    description:
      - How to reach OCP, as in the modules, environment variables included. It is named C(oceanbase).
    type: dict
  scope:
    description:
      - Whose tasks are watched, those of the cluster, of the first agent in C(url), of all agents there, or all of them. OCP has no scopes.
    type: str
    choices: [cluster, agent, agents, all]
    default: all
  name:
    description:
      - Only tasks of this name.
    type: str
  tenant:
    description:
      - Only tasks about this tenant. obshell tells it from 4.3.1 on.
    type: str
  outcome:
    description:
      - Only these outcomes are told as C(task_done). By default all are.
    type: list
    elements: str
    choices: [succeeded, passed, rolled_back, cancelled, failed, rollback_failed, unknown]
    default: []
  changes:
    description:
      - What is told of. C(task_done) is one event for each end of a task, so that a rule starts one recovery, not two.
    type: list
    elements: str
    choices: [task_seen, task_stage, task_state, task_done, sub_task_failed, sub_task_retried, outage, outage_over]
    default: [task_done]
  interval:
    description:
      - The longest pause between two looks, in seconds, at least 1. It is 1 s while a task is at work, and is stretched while a server does
        not answer, to a minute at most, and to 15 minutes after a refused password.
    type: float
    default: 5
  since:
    description:
      - What is told at the start. V(now) is nothing, V(unfinished) what is at work, or has failed and may hold its lock, V(all) everything
        that is listed, each task read by itself.
    type: str
    choices: [now, unfinished, all]
    default: now
  state_file:
    description:
      - A file that carries what was told over a restart of the rulebook; then C(since) counts for clusters that are not in it. It is written
        after each event. Where the process is killed in between, that event is told once more, with the same C(id).
    type: str
"""

EXAMPLES = r"""
- oceanbase.ops.tasks:
    clusters:
      - name: prod
        obshell:
          url: [http://10.0.0.1:2886, http://10.0.0.2:2886]
          password: "{{ root_password }}"
    outcome: [failed]
    state_file: /var/lib/oceanbase-events.json
"""


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Watch until cancelled; ansible-rulebook calls this."""
    # It runs this file itself, without a loader of collections.
    try:
        from ansible_collections.oceanbase.ops.plugins.module_utils.watch import stream
    except ImportError:
        # As it was called, for a checkout may be linked into its place.
        sys.path.append(str(Path(__file__).absolute().parents[7]))
        from ansible_collections.oceanbase.ops.plugins.module_utils.watch import stream

    await stream.watch(queue, args)
