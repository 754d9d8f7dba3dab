# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The test task_ok."""

from __future__ import annotations

DOCUMENTATION = r"""
name: task_ok
version_added: 1.0.0
short_description: Tells whether a task did its work
author:
  - oceanbase.ops contributors (@oceanbase-ops)
description:
  - True where the outcome of a task is V(succeeded) or V(passed). False for any other one, and for null.
  - Ansible's own tests, such as C(is succeeded), are about the results of Ansible's tasks. On the facts of a failed task of OceanBase
    C(is succeeded) is true, for that is no failed result.
options:
  _input:
    description: The facts of a task, as modules return them, or null.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Stop where the last task did not do its work
  ansible.builtin.assert:
    that: last.task is oceanbase.ops.task_ok
"""

RETURN = r"""
_value:
  description: Whether it did its work.
  type: bool
"""

from typing import Any, Mapping

from ansible.errors import AnsibleFilterError

from ..module_utils.task import verdict


def task_ok(facts: Any) -> bool:
    if facts is None:
        return False
    if not isinstance(facts, Mapping) or "outcome" not in facts:
        raise AnsibleFilterError(
            "oceanbase.ops.task_ok: the facts of a task are expected, as wait.task, "
            "or null"
        )
    return facts["outcome"] in verdict.ACCEPTED


class TestModule:
    """What Ansible asks for."""

    def tests(self) -> dict[str, Any]:
        return {"task_ok": task_ok}
