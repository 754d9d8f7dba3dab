# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The times that servers write, as seconds. Pure."""

from __future__ import annotations

import re
from calendar import timegm

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(\.\d+)?"
    r"(?:Z|([+-])(\d\d):?(\d\d))$"
)


def moment(text: str | None) -> float | None:
    """Return unix seconds of an ISO 8601 time with 0 to 9 fraction digits, or None."""
    found = _TIME.match(text or "")
    if not found:
        return None
    numbers = [int(part) for part in found.group(1, 2, 3, 4, 5, 6)]
    sign, hours, minutes = found.group(8, 9, 10)
    if not (numbers[0] and 1 <= numbers[1] <= 12 and 1 <= numbers[2] <= 31):
        return None
    offset = int(hours) * 3600 + int(minutes) * 60 if sign else 0
    seconds = timegm((*numbers, 0, 0, 0)) + float(found.group(7) or 0)
    return seconds + offset if sign == "-" else seconds - offset


def duration(start: str | None, end: str | None) -> float | None:
    """Return the seconds between two times; None where one is not known."""
    first, last = moment(start), moment(end)
    return None if first is None or last is None else round(max(0.0, last - first), 6)


def clock(seconds: float) -> str:
    """Return seconds as people read them: `2:10`, `1:02:10`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
