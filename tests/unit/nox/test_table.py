# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

from ansible_collections.oceanbase.ops.tests.nox import table
from ansible_collections.oceanbase.ops.tests.nox.counts import Counts
from ansible_collections.oceanbase.ops.tests.nox.table import Row

FIRST = Row("static", 12.3, Counts(8))
SECOND = Row("extras", 1.0, Counts(2, 1, 3))


def test_the_last_line_sums_the_rows() -> None:
    lines = table.text([FIRST, SECOND], seconds=13.3).splitlines()
    assert lines[-2:] == ["", "10 passed, 1 failed, 3 skipped"]
    assert [line.split()[:2] for line in lines[1:3]] == [
        ["ok", "static"],
        ["FAILED", "extras"],
    ]


def test_a_table_is_kept_for_the_next_command(tmp_path: Path) -> None:
    path = tmp_path / "new" / "table.json"
    assert table.read(path) == ([], 0.0)
    table.write(path, [FIRST, SECOND], seconds=13.3)
    assert table.read(path) == ([FIRST, SECOND], 13.3)
