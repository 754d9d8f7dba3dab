# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Mapping

from ansible.module_utils.parsing.convert_bool import boolean

from ..modules import obshell_member
from ..plugin_utils import live


class ActionModule(live.Action):
    call = obshell_member.CALL

    def progress(self, options: Mapping[str, Any]) -> str:
        """Return what its wait is to show: nothing where there is none."""
        waits = (options.get("wait", True), options.get("wait_for_others", False))
        if not any(boolean(one, strict=False) for one in waits):
            return "none"
        given = options.get("wait_options")
        return str(given.get("progress") if isinstance(given, Mapping) else None)
