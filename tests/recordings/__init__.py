# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What real servers answered; README.md in this folder says what and from where."""

from __future__ import annotations

import functools
import json
import lzma
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NAMES = (
    "obshell-4.2.3.0",
    "obshell-4.3.0.0",
    "obshell-4.5.0.0",
    "obshell-cluster-4.2.3.0",
    "obshell-cluster-4.5.0.0",
    "obshell-seekdb-4.5.0.0",
    "ocp-express-4.2.2",
    "vendor-docs",
)


@functools.lru_cache(maxsize=None)
def load(name: str) -> list[dict[str, Any]]:
    """Return the exchanges of one recording, in order, each a dict.

    Keys: n, slug, request, response; note and since_submit_ms where known. The
    list is shared by all callers: copy what you change.
    """
    with lzma.open(HERE / f"{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@functools.lru_cache(maxsize=None)
def by_number(name: str) -> dict[int, dict[str, Any]]:
    """Return the exchanges of one recording by their number ``n``."""
    return {exchange["n"]: exchange for exchange in load(name)}
