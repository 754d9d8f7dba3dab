# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the log of a stage says about how many of its checks passed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

CHECK = "check {title}: {verdict}"

_CHECK = re.compile(r"^(?:nox > )?check .+: (ok|failed|skipped)$", re.MULTILINE)
_PYTEST = re.compile(r"^=+ (.*(?:passed|failed|skipped|error).*) in [\d.]+s.*=+$", re.M)
_STARTED = re.compile(
    r"^Running (?:sanity test (.+)|(\S+) integration(?: test)? role)$", re.MULTILINE
)
# ansible-test says each of them twice: when it comes to it, and at the end.
_NOT_FOUND = re.compile(
    r"^WARNING: Skipping (.+) because it could not be found\.$", re.MULTILINE
)
_SKIPPED = re.compile(r"^(?:nox > )?check (.+): skipped$", re.MULTILINE)
_LISTED = re.compile(r"The (\d+) \w+ test\(s\) listed below \(out of \d+\) failed")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Counts:
    """How many checks passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0


def read(log: str, code: int) -> Counts:
    """Count what nox's, pytest's and ansible-test's lines in a log tell.

    A stage that exits with an error has at least one failure; one that says nothing
    countable is one check.
    """
    text = _COLOUR.sub("", log)
    counts = add([_checks(text), _pytest(text), _ansible_test(text, code)])
    if code and not counts.failed:
        return Counts(counts.passed, 1, counts.skipped)
    return counts if counts != Counts() else Counts(passed=1)


def not_tested(log: str) -> list[str]:
    """What was left out because something is missing here, each once, in order."""
    text = _COLOUR.sub("", log)
    return [*_SKIPPED.findall(text), *dict.fromkeys(_NOT_FOUND.findall(text))]


def add(several: Sequence[Counts]) -> Counts:
    """The sum of several counts."""
    return Counts(
        sum(counts.passed for counts in several),
        sum(counts.failed for counts in several),
        sum(counts.skipped for counts in several),
    )


def closing_line(counts: Counts) -> str:
    """The line that ends a run."""
    skipped = f", {counts.skipped} skipped" if counts.skipped else ""
    return f"{counts.passed} passed, {counts.failed} failed{skipped}"


def _checks(text: str) -> Counts:
    verdicts = _CHECK.findall(text)
    numbers = [verdicts.count(word) for word in ("ok", "failed", "skipped")]
    return Counts(*numbers)


def _pytest(text: str) -> Counts:
    return add([_pytest_line(line) for line in _PYTEST.findall(text)])


def _pytest_line(line: str) -> Counts:
    def number(words: str) -> int:
        return sum(map(int, re.findall(rf"(\d+) (?:{words})\b", line)))

    return Counts(number("passed"), number("failed|errors?"), number("skipped"))


def _ansible_test(text: str, code: int) -> Counts:
    names = {sanity or target for sanity, target in _STARTED.findall(text)}
    skipped = len(set(_NOT_FOUND.findall(text)))
    listed = _LISTED.search(text)
    if listed:
        failed = int(listed[1])
        return Counts(max(0, len(names) - failed), failed, skipped)
    # It ends early without a list when it cannot go on: what ran last failed.
    failed = 1 if names and code else 0
    return Counts(len(names) - failed, failed, skipped)
