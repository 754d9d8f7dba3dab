# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server is about to show is looked for until it does, or for a minute."""

from __future__ import annotations

from typing import Callable, TypeVar

from .. import errors, transport

LOOKS, TICK = 60, 1.0  # so often, seconds apart

Seen = TypeVar("Seen")


def until(
    look: Callable[[], Seen],
    holds: Callable[[Seen], bool],
    *,
    sleep: Callable[[float], None],
    looks: int = LOOKS,
    submitted: bool = False,
    deadline: transport.Deadline | None = None,
) -> tuple[Seen, bool]:
    """Look until it holds, at most a minute; return what was seen and whether so.

    Outages are outlived for as long, but not by the first look of one who has not
    `submitted` anything yet: that fails at once, as any query does. So does what no
    asking again mends. With the `deadline` of the client, a minute is one also where
    requests hang; only the first look takes as long as any query.
    """
    limit = deadline or transport.Deadline()
    try:
        return _until(look, holds, sleep, looks, submitted, limit)
    finally:
        limit.at = None


def _until(
    look: Callable[[], Seen],
    holds: Callable[[Seen], bool],
    sleep: Callable[[float], None],
    looks: int,
    submitted: bool,
    deadline: transport.Deadline,
) -> tuple[Seen, bool]:
    end = deadline.clock() + looks * TICK
    failed: errors.OpsError | None = None
    seen: list[Seen] = []
    for number in range(looks):
        if number:
            sleep(TICK)
            deadline.at = end
            if deadline.limit(TICK) <= 0:
                break
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
