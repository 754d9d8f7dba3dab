# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Single values of OCP's JSON: ids, texts, words, numbers. Pure."""

from __future__ import annotations

import re
from typing import Any


def to_id(value: Any) -> str | None:
    """Return an id as a string: OCP mixes numbers and strings (8.3); None for no id."""
    found = text(value)
    if found is None or isinstance(value, float) or not re.match(r"[0-9]+$", found):
        return None
    return found.lstrip("0") or "0"


def text(value: Any) -> str | None:
    """Return a text or a number as text; None for anything else."""
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return str(value)
    return None


def word(value: Any) -> str:
    """Return a word in capitals; empty for anything else."""
    return value.strip().upper() if isinstance(value, str) else ""


def number(value: Any) -> int | None:
    """Return a whole number; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def flag(value: Any) -> bool | None:
    """Return true or false; None for anything else."""
    return value if isinstance(value, bool) else None
