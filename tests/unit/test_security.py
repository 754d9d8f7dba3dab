# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What SECURITY.md promises is held by a test, or said by a section of the protocol."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
MODEL = PAGE.partition("## Who can do what")[2].partition("\n## ")[0]
PROMISES = [
    item.replace("\n  ", " ") for item in re.findall(r"(?ms)^- .*?[.;]$", MODEL)
]
TESTS = sorted(set(re.findall(r"`(test_\w+)`", PAGE)))
CITED = sorted(set(re.findall(r"docs/protocol/(\w+\.md), (\d+(?:\.\d+)*)", PAGE)))


@pytest.mark.parametrize("promise", PROMISES, ids=lambda text: text[2:40])
def test_each_promise_names_what_holds_it(promise: str) -> None:
    assert re.search(r"`test_\w+`|docs/protocol/\w+\.md", promise)


@pytest.mark.parametrize("name", TESTS)
def test_a_test_that_the_page_names_is_there(name: str) -> None:
    found = [
        path
        for path in (ROOT / "tests" / "unit").rglob("test_*.py")
        if f"def {name}(" in path.read_text(encoding="utf-8")
    ]
    assert len(found) == 1


@pytest.mark.parametrize("page, section", CITED)
def test_a_section_that_the_page_cites_is_there(page: str, section: str) -> None:
    text = (ROOT / "docs" / "protocol" / page).read_text(encoding="utf-8")
    assert re.search(rf"(?m)^#+ {re.escape(section)}\.? ", text)


def test_the_page_makes_promises() -> None:
    assert len(PROMISES) >= 9
    assert len(TESTS) >= 12
    assert len(CITED) >= 4
