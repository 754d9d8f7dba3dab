# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wait that wait_for_task makes of its options, without Ansible around it."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import waiter
from ansible_collections.oceanbase.ops.plugins.modules import wait_for_task


def wait(facts: dict[str, Any], **options: Any) -> waiter.Wait:
    """Return the wait; `facts` has url and password unless a server is in options."""
    if "ocp" not in options:
        options["obshell"] = {"url": facts["url"], "password": facts["password"]}
    checked = ArgumentSpecValidator(wait_for_task.spec()["argument_spec"]).validate(
        options
    )
    if checked.error_messages:
        raise ValueError("; ".join(checked.error_messages))
    return wait_for_task.build(checked.validated_parameters)
