# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.tests.nox import guides


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("a.rst:1: WARNING: undefined label: 'common_return_values' [ref.ref]", 0),
        (
            "WARNING: failed to reach any of the inventories with the following:",
            0,
        ),
        ("a.rst:1: WARNING: undefined label: 'ours' [ref.ref]", 1),
        ("a.rst:1: ERROR: Unexpected indentation.", 1),
        ("writing output... [ 22%] docsite/guide_ocp", 0),
    ],
)
def test_only_labels_of_other_sites_are_passed_over(line: str, count: int) -> None:
    assert len(guides.warnings(line)) == count


def test_each_example_of_each_page_is_tried() -> None:
    pages = guides.pages()
    assert pages
    assert [page.name for page in pages if guides.untried(page)] == []
