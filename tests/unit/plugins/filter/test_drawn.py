# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pictures of a task: of all that was recorded, of hostile names, by hand."""

from __future__ import annotations

import html.parser
import re
from dataclasses import replace

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.oceanbase.ops.plugins.filter import (
    task_gantt,
    task_mermaid,
    task_report,
    task_tree,
)
from ansible_collections.oceanbase.ops.plugins.test import task_ok
from ansible_collections.oceanbase.ops.tests import recordings
from ansible_collections.oceanbase.ops.tests.unit.plugins import drawable, scripted

DRAWN = {
    "tree": task_tree.task_tree,
    "gantt": task_gantt.task_gantt,
    "mermaid": task_mermaid.task_mermaid,
    "report": task_report.task_report,
}


class Page(html.parser.HTMLParser):
    """Reads a page: its tags in pairs, and what it would load."""

    EMPTY = ("meta", "br", "rect")

    def __init__(self, text):
        super().__init__()
        self.open, self.loads, self.tags = [], [], set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        known = dict(attrs)
        self.loads += [known[key] for key in ("src", "srcset", "data") if key in known]
        if not known.get("href", "#").startswith("#"):
            self.loads.append(known["href"])
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.EMPTY:
            assert self.open.pop() == tag


@pytest.mark.parametrize("name", recordings.NAMES)
def test_all_that_was_recorded_can_be_drawn(name):
    drawn = 0
    for facts in drawable.recorded(name):
        drawn += 1
        shown = {kind: draw(facts) for kind, draw in DRAWN.items()}
        lines = shown["gantt"].splitlines()
        assert max(map(len, lines)) <= 100
        assert len(lines) == len(facts["nodes"]) + 2
        for text in (shown["tree"], shown["gantt"]):
            assert all(line.isprintable() for line in text.splitlines())
        page = Page(shown["report"])
        assert (page.open, page.loads) == ([], [])
        for kind in ("gantt", "flowchart"):
            check_mermaid(task_mermaid.task_mermaid(facts, kind=kind), kind)
    assert drawn or name == "vendor-docs"


TASK_LINE = re.compile(
    r"    \d+ [\w .()/+-]+ :(done, |crit, |active, )?n\d+, -?\d+, -?\d+$", re.ASCII
)
NODE_LINE = re.compile(r'    n\d+\["[\w ._/:#;-]*"\]:::[a-z]+$')


def check_mermaid(source, kind):
    """Check each line by the grammar that Mermaid documents."""
    head, *lines = source.splitlines()
    assert head == ("gantt" if kind == "gantt" else "flowchart TD")
    for line in lines:
        if kind == "gantt":
            known = (
                "    title ",
                "    dateFormat x",
                "    axisFormat ",
                "    section ",
            )
            assert line.startswith(known) or TASK_LINE.match(line), line
        else:
            edge = re.match(r"    n\d+ --> n\d+$", line)
            assert edge or NODE_LINE.match(line) or line.startswith("    classDef ")


@pytest.mark.parametrize("kind", DRAWN)
def test_no_name_or_log_of_a_server_becomes_anything_but_text(kind):
    facts = drawable.named(drawable.ODD)
    shown = DRAWN[kind](facts)
    assert "\x1b" not in shown and "\u202e" not in shown
    if kind == "report":
        page = Page(shown)
        assert not page.tags & {"img", "script"}
        assert (page.open, page.loads) == ([], [])
    if kind == "mermaid":
        for one in ("gantt", "flowchart"):
            check_mermaid(task_mermaid.task_mermaid(facts, kind=one), one)


def at(seconds):
    return f"2026-01-01T00:{seconds // 60:02}:{seconds % 60:02}Z"


def node(number, state, start, end, *subs, operator="RUN"):
    return replace(
        scripted.NODE,
        id=str(number),
        name=f"Step {number}",
        state=state,
        operator=operator,
        start_time=at(start) if start is not None else None,
        end_time=at(end) if end is not None else None,
        upstreams=(str(number - 1),) if number > 1 else (),
        sub_tasks=subs,
    )


LINES = ["begun", "ERROR: [Common.Unexpected]: no space left"]
BAD = replace(
    scripted.SUB,
    name="Install",
    state="FAILED",
    task_logs=LINES,
    execute_times=2,
    execute_agent={"ip": "10.0.0.4", "port": 2886},
)
NODES = (
    node(1, "SUCCEED", 0, 10),
    node(2, "FAILED", 10, 40, BAD),
    node(3, "PENDING", None, None),
)
FACTS = scripted.at(
    "FAILED", start_time=at(0), end_time=at(40), stage=2, max_stage=3, nodes=NODES
).to_dict()


def test_a_tree_shows_the_steps_and_what_failed_in_them():
    assert task_tree.task_tree(FACTS, ascii=True).splitlines() == [
        "Cluster scale out 11  FAILED  0:40  0/1 sub-tasks",
        "|- + Step 1  0:10",
        "|- x Step 2  0:30",
        "|  `- x Install on 10.0.0.4:2886, attempt 2: no space left",
        "`- . Step 3",
    ]


def test_bars_stand_where_the_steps_were_in_time():
    head, first, second, third, scale = task_gantt.task_gantt(
        FACTS, width=60, ascii=True
    ).splitlines()
    room = len(first.split("|")[1])
    assert first == "Step 1 |" + ("#" * (room // 4)).ljust(room) + "| 0:10"
    assert second.split("|")[1] == ("x" * (room - room // 4)).rjust(room)
    assert second.endswith("| 0:30 failed")
    assert third.split("|")[1].strip() == ""
    assert scale.split() == ["0:00", "0:40"]
    assert head.startswith("Cluster scale out 11  FAILED")


def test_a_flowchart_has_the_edges():
    source = task_mermaid.task_mermaid(FACTS, kind="flowchart")
    assert "    n1 --> n2\n    n2 --> n3\n" in source
    assert '    n2["Step 2 0#58;30"]' not in source
    assert '    n2["Step 2 0:30"]:::failed' in source


def test_a_report_opens_what_failed_and_folds_the_rest():
    page = task_report.task_report(FACTS, title="Last night")
    assert "<title>Last night</title>" in page
    assert page.count("<details open>") == 1
    assert "<strong>no space left</strong>" in page
    assert page.count("<article") == 1 and "<nav>" not in page
    two = task_report.task_report([FACTS, FACTS])
    assert two.count("<article") == 2 and "<nav><h1>2 tasks</h1>" in two


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
@pytest.mark.parametrize(
    "facts, words",
    [
        ({**FACTS, "nodes": None}, "have no nodes: details: true"),
        (None, "the facts of a task are expected"),
        ("text", "the facts of a task are expected"),
        ({"id": "11"}, "the facts of a task are expected"),
        ([FACTS, {}], "the facts of a task are expected"),
        ({**FACTS, "nodes": [1]}, "cannot be read"),
        ({**FACTS, "nodes": [{"id": "1"}]}, "cannot be read"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_way_to_have_it(draw, facts, words):
    with pytest.raises(AnsibleFilterError, match=words):
        draw(facts)


@pytest.mark.parametrize("options", [{"width": 5}, {"width": "x"}, {"colour": "red"}])
def test_an_odd_option_is_refused(options):
    with pytest.raises(AnsibleFilterError, match="oceanbase.ops.task_gantt"):
        task_gantt.task_gantt(FACTS, **options)


def test_600_sub_tasks_are_drawn_in_a_page_that_opens():
    subs = tuple(replace(BAD, id=str(n), name=f"Install {n}") for n in range(600))
    facts = scripted.at("FAILED", nodes=(node(1, "FAILED", 0, 9, *subs),)).to_dict()
    assert len(task_tree.task_tree(facts).splitlines()) == 23
    page = task_report.task_report(facts)
    assert page.count("<details") == 600 and len(page) < 2**20


OUTCOMES = {"succeeded": True, "passed": True, "failed": False, "running": False}


@pytest.mark.parametrize("outcome, ok", OUTCOMES.items())
def test_a_task_is_ok_when_it_did_its_work(outcome, ok):
    assert task_ok.task_ok({"outcome": outcome}) is ok


def test_no_task_is_not_ok_and_what_is_none_is_refused():
    assert task_ok.task_ok(None) is False
    with pytest.raises(AnsibleFilterError, match="facts of a task"):
        task_ok.task_ok({"failed": False})
