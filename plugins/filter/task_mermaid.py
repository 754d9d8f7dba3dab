# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter task_mermaid."""

from __future__ import annotations

DOCUMENTATION = r"""
name: task_mermaid
version_added: 1.0.0
short_description: Draws a task as a diagram for Mermaid
author:
  - oceanbase.ops contributors (@oceanbase-ops)
description:
  - Returns the source of a diagram that GitHub, GitLab and others draw from a fenced block C(mermaid).
  - The facts need their nodes. The modules that return the facts of a task have them, and M(oceanbase.ops.wait_for_task) with
    C(details=true).
options:
  _input:
    description: The facts of a task, or a list of them.
    type: raw
    required: true
  kind:
    description: V(gantt) is bars over time, V(flowchart) the steps with their edges, as OCP has them.
    type: str
    choices: [gantt, flowchart]
    default: gantt
seealso:
  - module: oceanbase.ops.obshell_task_info
  - module: oceanbase.ops.ocp_task_info
"""

EXAMPLES = r"""
- name: Write it into the notes of the change
  ansible.builtin.copy:
    dest: notes.md
    mode: '0644'
    content: |
      ```mermaid
      {{ info.task | oceanbase.ops.task_mermaid }}
      ```
"""

RETURN = r"""
_value:
  description: The source of the diagram; of several tasks one behind the other.
  type: str
"""

from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils import errors
from ..module_utils.task import mermaid


def task_mermaid(facts: Any, **options: Any) -> str:
    try:
        return mermaid.mermaid(facts, **options)
    except (errors.OpsError, TypeError) as e:
        raise AnsibleFilterError(f"oceanbase.ops.task_mermaid: {e}") from e


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Any]:
        return {"task_mermaid": task_mermaid}
