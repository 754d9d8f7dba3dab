# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A wait that a module does for its own task: which options it has. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from ..task import verdict
from . import rules

# What such a module itself decides: only what did its work is good.
_DECIDED = {"outcome": verdict.ACCEPTED, "on_timeout": "fail"}


def options() -> dict[str, Any]:
    """Return the spec of the options of such a wait, those of wait_for_task."""
    known = {**rules.options(), **rules.progress()}
    return {name: option for name, option in known.items() if name not in _DECIDED}


def checked(params: Mapping[str, Any]) -> rules.Rules:
    """Return the rules of such a wait; refuse numbers that make no sense."""
    return rules.checked({**params, **_DECIDED})
