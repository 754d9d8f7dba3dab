# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter task_tree."""

from __future__ import annotations

DOCUMENTATION = r"""
name: task_tree
version_added: 1.0.0
short_description: Draws a task as a tree of text
author:
  - oceanbase.ops contributors (@oceanbase-ops)
description:
  - Returns a line for each node with how it stands and how long it took, and one for each sub-task that failed or runs, with its
    host and the last words of its log.
  - The facts need their nodes. The modules that return the facts of a task have them, and M(oceanbase.ops.wait_for_task) with
    C(details=true).
options:
  _input:
    description: The facts of a task, or a list of them.
    type: raw
    required: true
  ascii:
    description: Whether to use plain ASCII signs.
    type: bool
    default: false
seealso:
  - module: oceanbase.ops.obshell_task_info
  - module: oceanbase.ops.ocp_task_info
"""

EXAMPLES = r"""
- name: Show what the task did
  ansible.builtin.debug:
    msg: "{{ (info.task | oceanbase.ops.task_tree).splitlines() }}"
"""

RETURN = r"""
_value:
  description: The lines, joined by newlines.
  type: str
"""

from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils import errors
from ..module_utils.task import tree


def task_tree(facts: Any, **options: Any) -> str:
    try:
        return tree.tree(facts, **options)
    except (errors.OpsError, TypeError) as e:
        raise AnsibleFilterError(f"oceanbase.ops.task_tree: {e}") from e


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Any]:
        return {"task_tree": task_tree}
