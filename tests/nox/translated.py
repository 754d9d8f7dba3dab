# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which translated page is older than its source.

docs/zh/sources.json holds, for each page, its source and the SHA-256 that it had when
it was translated. Without nox: python -m tests.nox.translated [--translated PAGE ...]
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "docs" / "zh" / "sources.json"


def known() -> dict[str, dict[str, str]]:
    """The translated pages with their source and its digest, paths from the root."""
    return dict(json.loads(SOURCES.read_text(encoding="utf-8")))


def digest(path: str) -> str:
    return hashlib.sha256((ROOT / path).read_bytes()).hexdigest()


def outdated() -> list[str]:
    """A line for each page whose source has changed since."""
    return [
        f"{page}: {one['source']} has changed since it was translated"
        for page, one in known().items()
        if digest(one["source"]) != one["sha256"]
    ]


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--translated"]:
        pages = known()
        for page in arguments[1:] or list(pages):
            pages[page]["sha256"] = digest(pages[page]["source"])
        SOURCES.write_text(json.dumps(pages, indent=2) + "\n", encoding="utf-8")
        return 0
    lines = outdated()
    print("\n".join(lines or ["every translated page is as new as its source"]))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
