# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a version of obshell has and says, where versions differ."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Era:
    """What a version of obshell has and says."""

    version: tuple[int, ...]

    @classmethod
    def of(cls, version: str) -> Era:
        return cls(tuple(int(part) for part in version.split(".")))

    def since(self, *version: int) -> bool:
        return self.version >= version

    @property
    def key_bits(self) -> int:
        return 1024 if self.since(4, 4, 2) else 512

    @property
    def strings(self) -> bool:
        """errCode instead of numbers."""
        return self.since(4, 3, 1)

    @property
    def lists(self) -> bool:
        """dags/*, main_dags, logs, and forwarding by a FOLLOWER over TCP."""
        return self.since(4, 3, 0)


def worded(line: str, era: Era) -> str:
    """A log line; codes are written in brackets since there are codes (10.2)."""
    if era.strings:
        return line
    return re.sub(r"\[[A-Za-z.]+\]: (Unexpected error: )?", "", line)
