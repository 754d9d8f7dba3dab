# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server is about to show is looked for until it does, or for a minute."""

from __future__ import annotations

from typing import Callable, TypeVar

from .. import errors

LOOKS, TICK = 60, 1.0  # so often, seconds apart

Seen = TypeVar("Seen")


def until(
    look: Callable[[], Seen],
    holds: Callable[[Seen], bool],
    *,
    sleep: Callable[[float], None],
    looks: int = LOOKS,
    submitted: bool = False,
) -> tuple[Seen, bool]:
    """Look until it holds, at most a minute; return what was seen and whether so.

    Outages are outlived for as long, but not by the first look of one who has not
    `submitted` anything yet: that fails at once, as any query does. So does what no
    asking again mends.
    """
    failed: errors.OpsError | None = None
    seen: list[Seen] = []
    for number in range(looks):
        if number:
            sleep(TICK)
        try:
            seen, failed = [look()], None
        except errors.OpsError as e:
            if not e.transient or not (seen or submitted):
                raise
            failed = e
            continue
        if holds(seen[0]):
            return seen[0], True
    if failed is not None:
        raise failed
    return seen[0], False
