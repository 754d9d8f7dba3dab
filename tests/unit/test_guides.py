# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pages for people quote is what the code says."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from ansible_collections.oceanbase.ops.tests.nox import translated

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "docsite" / "rst" / "guide_troubleshooting.rst"
ENTRY = re.compile(r"^(\S.*) \((``\w+``(?:, ``\w+``)*)\)$", re.MULTILINE)
ENTRIES = ENTRY.findall(PAGE.read_text("utf-8"))
# Two literals that follow one another are one message.
BROKEN = re.compile(r'"\s*\n\s*f?"')
SOURCE = BROKEN.sub(
    "", "".join(p.read_text("utf-8") for p in ROOT.glob("plugins/**/*.py"))
)


def kinds() -> set[str]:
    errors = (ROOT / "plugins" / "module_utils" / "errors.py").read_text("utf-8")
    return set(re.findall(r'^    kind = "(\w+)"$', errors, re.MULTILINE))


@pytest.mark.parametrize("message", [entry[0] for entry in ENTRIES])
def test_a_message_to_look_up_is_one_that_is_given(message: str) -> None:
    assert message in SOURCE


def test_each_kind_of_error_can_be_looked_up() -> None:
    told = set(re.findall(r"\w+", " ".join(entry[1] for entry in ENTRIES)))
    # The base class, and what a wait says besides one of the others.
    assert told == kinds() - {"error", "wait"}


def yaml_of(path: Path) -> list[str]:
    """The YAML examples of a page, as text."""
    text = path.read_text("utf-8")
    if path.suffix == ".md":
        return re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    found = re.findall(
        r"^\.\. code-block:: yaml\n\n((?:    .*\n|\n)+)", text, re.MULTILINE
    )
    return [textwrap.dedent(block).strip() + "\n" for block in found]


@pytest.mark.parametrize("page", translated.known())
def test_a_translated_page_has_the_examples_of_its_source(page: str) -> None:
    source = ROOT / translated.known()[page]["source"]
    if page.endswith("troubleshooting.md"):  # it has tables instead
        text = (ROOT / page).read_text("utf-8")
        assert [m for m, kinds in ENTRIES if f"| `{m}`" not in text] == []
    else:
        assert yaml_of(ROOT / page) == yaml_of(source) != []


def test_every_page_in_another_language_is_known() -> None:
    pages = {
        "README.zh-CN.md",
        *(f"docs/zh/{p.name}" for p in ROOT.glob("docs/zh/*.md")),
    }
    assert pages == set(translated.known())
