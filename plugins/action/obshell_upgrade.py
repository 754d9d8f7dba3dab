# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, Mapping

from ..modules import obshell_upgrade
from ..plugin_utils import live


class ActionModule(live.Errand):
    call = obshell_upgrade.CALL

    def progress(self, options: Mapping[str, Any]) -> str:
        """Return what its waits are to show: the check is waited for always."""
        return super().progress({**options, "wait": True})
