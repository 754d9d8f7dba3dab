# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter task_report."""

from __future__ import annotations

DOCUMENTATION = r"""
name: task_report
version_added: 1.0.0
short_description: Draws tasks as one HTML page
author:
  - oceanbase.ops contributors (@oceanbase-ops)
description:
  - Returns a page with the verdict, bars over time, the steps and the logs. It asks for no other resource, and is readable on a
    telephone and in print. All text of servers in it is escaped.
  - The facts need their nodes. The modules that return the facts of a task have them, and M(oceanbase.ops.wait_for_task) with
    C(details=true).
options:
  _input:
    description: The facts of a task, or a list of them.
    type: raw
    required: true
  title:
    description: The title of the page.
    type: str
    default: OceanBase tasks
seealso:
  - module: oceanbase.ops.obshell_task_info
  - module: oceanbase.ops.ocp_task_info
"""

EXAMPLES = r"""
- name: Keep what happened
  ansible.builtin.copy:
    dest: report.html
    mode: '0644'
    content: "{{ info.tasks | oceanbase.ops.task_report }}"
"""

RETURN = r"""
_value:
  description: The page.
  type: str
"""

from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils import errors
from ..module_utils.task import report


def task_report(facts: Any, **options: Any) -> str:
    try:
        return report.report(facts, **options)
    except (errors.OpsError, TypeError) as e:
        raise AnsibleFilterError(f"oceanbase.ops.task_report: {e}") from e


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Any]:
        return {"task_report": task_report}
