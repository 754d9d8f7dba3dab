# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The members of a submit, checked as the server checks them."""

from __future__ import annotations

from typing import Any

from . import errors


def lower(values: Any) -> dict[str, Any]:
    known = values.items() if isinstance(values, dict) else ()
    return {str(key).lower(): value for key, value in known}


def lacks(values: dict[str, Any], struct: str, *names: str) -> list[str]:
    """What Go's validator says of the fields that are not there."""
    return [
        f"Key: '{struct}.{name}' Error:Field validation for '{name}' failed on the "
        "'required' tag"
        for name in names
        if values.get(name.lower()) in (None, "", 0)
    ]


def check(*lines: str) -> None:
    if lines:
        raise errors.bind_failed("\n".join(lines))
