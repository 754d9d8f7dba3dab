# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write diagrams into a folder: of what was recorded, and of odd names.

python -m ansible_collections.oceanbase.ops.tests.mermaid FOLDER
check.mjs reads them with Mermaid's own parser.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ansible_collections.oceanbase.ops.plugins.filter import task_mermaid
from ansible_collections.oceanbase.ops.tests import recordings
from ansible_collections.oceanbase.ops.tests.unit.plugins import drawable


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    found = {
        f"{name}-{at}": facts
        for name in recordings.NAMES
        for at, facts in enumerate(drawable.recorded(name))
    }
    found |= {f"named-{at}": drawable.named(n) for at, n in enumerate(drawable.NAMES)}
    for name, facts in found.items():
        for kind in ("gantt", "flowchart"):
            source = task_mermaid.task_mermaid(facts, kind=kind)
            (folder / f"{name}-{kind}.mmd").write_text(source, encoding="utf-8")


if __name__ == "__main__":
    main()
