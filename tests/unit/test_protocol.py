# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whoever cites a section of a protocol page cites one that is there.

A section is the number of a heading, or the bold number of an item below it. A
citation is one number or several, joined by a comma, "and" or "to",

- behind the name of a page, with or without the folders before it, in any file, or
- alone in parentheses, "section" or "protocol" before them or not, or alone in a
  comment, in the comments and docstrings of Python files. The path says whose page is
  meant: one of its words is obshell or ocp.

So a version or a decimal is none as long as a word stands beside it, and whole numbers
joined by "to" alone in parentheses are exchanges of a recording.
"""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path
from typing import Iterator, NamedTuple

import pytest
from ansible_collections.oceanbase.ops.tests import recordings

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "protocol"
FOLDERS = ("docs", "extensions", "playbooks", "plugins", "roles", "tests")
SERVERS = ("obshell", "ocp")

# A space, or the end of a line and what begins the next one of a comment.
GAP = r"(?:[ \t]+|[ \t]*\n[ \t]*(?:#[ \t]*)?)"
NUMBER = r"\d{1,2}(?:\.\d{1,2}){0,2}(?!\w|\.\d)"
NUMBERS = rf"{NUMBER}(?:(?:,|,?{GAP}and|{GAP}to){GAP}{NUMBER})*"
PAGE = re.compile(r"\bprotocol/([\w-]+\.md)\b")
EXPLICIT = re.compile(rf"\b(obshell|ocp)\.md`?,?{GAP}({NUMBERS})")
IN_PARENTHESES = re.compile(rf"\((?:(?:protocol{GAP})?(?:section{GAP})?)({NUMBERS})\)")
IN_A_COMMENT = re.compile(r"#[ \t]*(\d{1,2}(?:\.\d{1,2}){1,2})[ \t]*$", re.MULTILINE)

HEADING = re.compile(r"#{2,4} (\d+(?:\.\d+)*)\.? ")
ITEM = re.compile(r"- \*\*(\d+(?:\.\d+)+)\*\* ")
OWN = re.compile(r"§(\d+(?:\.\d+)*)")


class Citation(NamedTuple):
    page: str | None
    section: str
    place: str


def sections_of(page: str) -> list[str]:
    """Return the numbers of a page's headings and items, in their order."""
    found: list[str] = []
    heading = ""
    for line in page.splitlines():
        if match := HEADING.match(line):
            heading = match[1]
            found.append(heading)
        elif match := ITEM.match(line):
            assert match[1].rpartition(".")[0] == heading, line
            found.append(match[1])
    return found


def page_of(server: str) -> str:
    return (PAGES / f"{server}.md").read_text("utf-8")


def server_of(path: Path) -> str | None:
    """Return the server whose file it is, None for both's or nobody's."""
    words = set(re.split(r"[\W_]+", path.as_posix()))
    named = [server for server in SERVERS if server in words]
    return named[0] if len(named) == 1 else None


def prose_of(source: str) -> str:
    """Return Python source with all but comments and docstrings blanked."""
    lines = io.StringIO(source).readlines()
    kept = [re.sub(r"[^\n]", " ", line) for line in lines]
    before = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        begins = before in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        if token.type == tokenize.COMMENT or begins and token.type == tokenize.STRING:
            (first, start), (last, end) = token.start, token.end
            for row in range(first - 1, last):
                left = start if row == first - 1 else 0
                right = end if row == last - 1 else len(lines[row])
                shown = lines[row][left:right]
                kept[row] = kept[row][:left] + shown + kept[row][right:]
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            before = token.type
    return "".join(kept)


def citations_in(path: Path, text: str) -> Iterator[Citation]:
    """Yield what a file cites; `path` counts from the collection's folder."""

    def cited(
        page: str | None, match: re.Match[str], numbers: str
    ) -> Iterator[Citation]:
        line = text.count("\n", 0, match.start()) + 1
        for section in re.findall(NUMBER, numbers):
            yield Citation(page, section, f"{path.as_posix()}:{line}")

    for match in EXPLICIT.finditer(text):
        yield from cited(match[1], match, match[2])
    if path.suffix != ".py":
        return
    server, prose = server_of(path), prose_of(text)
    for pattern in (IN_PARENTHESES, IN_A_COMMENT):
        for match in pattern.finditer(prose):
            # A whole number alone says little where the path names no server.
            if "." in match[1] or server and "to" not in match[1]:
                yield from cited(server, match, match[1])


def files() -> Iterator[tuple[Path, str]]:
    """Yield path and text of the project's own files, without what tools leave."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    for path in sorted([*found, *ROOT.glob("*.md")]):
        inside = path.relative_to(ROOT)
        made = {"__pycache__", "output"}.intersection(inside.parts)
        hidden = any(part.startswith(".") for part in inside.parts)
        if made or hidden or not path.is_file():
            continue
        try:
            yield inside, path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue


FILES = list(files())
CITATIONS = [found for path, text in FILES for found in citations_in(path, text)]


def wrong(citations: list[Citation]) -> list[str]:
    """Return a line for each citation that leads nowhere."""
    there = {server: set(sections_of(page_of(server))) for server in SERVERS}
    return [
        f"{place}: {section} is " + (f"not in {page}.md" if page else "of which page?")
        for page, section, place in citations
        if page is None or section not in there[page]
    ]


def read(line: str, path: str = "plugins/module_utils/ocp/list.py") -> list[str]:
    """Return what one line of a file cites, as page and section."""
    return [
        f"{page} {section}" for page, section, _place in citations_in(Path(path), line)
    ]


@pytest.mark.parametrize(
    ("line", "sections"),
    [
        ("# as seen (PAGE 3.2).", ["3.2"]),
        ("# as seen (protocol/PAGE, 3.3 to 3.5 and 8)", ["3.3", "3.5", "8"]),
        ("# as seen (docs/protocol/PAGE 3.9,\n# 10.4)", ["3.9", "10.4"]),
        ("KEY = 1  # as seen (10.1.8).", ["10.1.8"]),
        ('def f():\n    """As seen (1.7, 10.1)."""', ["1.7", "10.1"]),
        ("# Who is there (protocol section 7)", ["7"]),
        ("PATHS = ()  # 2.12", ["2.12"]),
    ],
)
def test_a_citation_is_read(line: str, sections: list[str]) -> None:
    assert read(line.replace("PAGE", "ocp.md")) == [
        f"ocp {number}" for number in sections
    ]


@pytest.mark.parametrize(
    "line",
    [
        "# since 4.3.1, and (OCP 4.3.1) too",
        "# a wait (0.2 s) and (recordings 5 to 13), (17 to 36), (286)",
        "VERSION = (4.3)",
        "MESSAGE = 'no words for people (4.3)'",
        "# after protocol/PAGE, by 3 readers",
    ],
)
def test_a_version_a_decimal_or_a_recording_is_no_citation(line: str) -> None:
    assert read(line.replace("PAGE", "ocp.md")) == []


def test_a_section_alone_in_the_file_of_no_server_is_an_error() -> None:
    assert read("# as seen (3.2)", "plugins/module_utils/task.py") == ["None 3.2"]
    [line] = wrong([Citation(None, "3.2", "task.py:1")])
    assert line == "task.py:1: 3.2 is of which page?"


def test_each_citation_leads_to_a_section() -> None:
    assert wrong(CITATIONS) == []


@pytest.mark.parametrize(
    ("server", "folder", "least"),
    [
        ("obshell", "plugins", 50),
        ("obshell", "tests", 75),
        ("ocp", "plugins", 30),
        ("ocp", "tests", 55),
    ],
)
def test_citations_are_found_in_each_wing(server: str, folder: str, least: int) -> None:
    own = [c for c in CITATIONS if c.page == server and c.place.startswith(folder)]
    assert len(own) >= least


def test_each_page_that_is_named_is_there() -> None:
    named = {(str(path), name) for path, text in FILES for name in PAGE.findall(text)}
    assert len(named) >= 10
    assert [place for place in named if not (PAGES / place[1]).is_file()] == []


@pytest.mark.parametrize("server", SERVERS)
def test_a_page_has_each_section_once_and_what_it_cites_itself(server: str) -> None:
    page = page_of(server)
    sections = sections_of(page)
    assert len(set(sections)) == len(sections)
    cited = set(OWN.findall(page))
    assert len(cited) >= 10
    assert cited - set(sections) == set()


@pytest.mark.parametrize(
    ("server", "section", "name", "least"),
    [
        ("obshell", "12", "obshell-cluster-4.5.0.0", 30),
        ("ocp", "8", "ocp-express-4.2.2", 25),
    ],
)
def test_a_recording_that_a_section_cites_is_there(
    server: str, section: str, name: str, least: int
) -> None:
    text = page_of(server).split(f"\n## {section}. ")[1].split("\n## ")[0]
    # One digit in parentheses is a number of stages.
    groups = re.findall(r"\((\d\d[\d\s,;-]*)[;)]", text)
    cited = {int(n) for group in groups for n in re.findall(r"\d+", group)}
    assert len(cited) >= least
    assert cited - set(recordings.by_number(name)) == set()


@pytest.mark.parametrize("server", SERVERS)
def test_a_recording_that_a_page_names_is_there(server: str) -> None:
    name_and_numbers = r"`((?:obshell|ocp)-(?:\w+-)?\d[\d.]+|vendor-docs)`([\d, to]*)"
    named = re.findall(name_and_numbers, page_of(server))
    assert len(named) >= 4
    for name, numbers in named:
        assert name in recordings.NAMES
        there = recordings.by_number(name)
        assert [n for n in re.findall(r"\d+", numbers) if int(n) not in there] == []
