# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pages for people quote is what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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
