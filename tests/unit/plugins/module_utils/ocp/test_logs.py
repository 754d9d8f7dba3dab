# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import logs as ocp_logs
from ansible_collections.oceanbase.ops.tests import recordings
from ansible_collections.oceanbase.ops.tests.unit.plugins import calm, ocp_served
from hypothesis import given
from hypothesis import strategies as st

HEAD = "2026-11-21 17:03:24.529  WARN 17005 --- [pool-1,a,b] c.o.Runner   : "
REFUSED = "java.lang.IllegalStateException: demo failure: install cannot reach "
BEGIN = "############{EXECUTE}{2026-11-21T17:03:23.5+08:00}############"


def log(number):
    return ocp_served.recorded(number)["log"]


def cut(record):
    """Store a record as OCP does, and read it as OCP does."""
    data = record.encode("utf-8")
    pieces = [data[at : at + 2048] for at in range(0, max(len(data), 1), 2048)]
    return [piece.decode("utf-8", "replace") for piece in pieces]


def broken(record):
    """Return the record with one U+FFFD for each character that a cut breaks."""
    found, size = [], 0
    for character in record:
        before, size = size, size + len(character.encode("utf-8"))
        whole = before // 2048 == (size - 1) // 2048
        found.append(character if whole else ocp_logs.LOST)
    return "".join(found)


def lines(text):
    return [line.rstrip() for line in text.split("\n") if line.rstrip()]


@pytest.mark.parametrize(
    ("number", "operations"),
    [
        (24, ["EXECUTE"]),
        (36, ["EXECUTE", "RETRY"]),
        (56, ["EXECUTE", "RETRY", "ROLLBACK"]),
        (118, ["EXECUTE", "ROLLBACK", "ROLLBACK", "ROLLBACK_SKIP"]),
        (92, ["EXECUTE", "CANCEL"]),
        (201, ["EXECUTE"]),
        (272, []),
    ],
)
def test_a_recorded_log_is_split_into_its_runs(number, operations):
    found = ocp_logs.runs(ocp_logs.lines_of(log(number)))
    assert [run.operation for run in found] == operations
    assert all(run.time.startswith("2026-11-21T") for run in found)


def test_no_word_of_a_recorded_log_is_broken():
    # Frames of a stack trace are lines of one form, so a broken one shows.
    seen = 0
    for exchange in recordings.load("ocp-express-4.2.2"):
        body = exchange["response"]["body"]
        text = body.get("data", {}) if isinstance(body, dict) else {}
        text = text.get("log") if isinstance(text, dict) else None
        for line in ocp_logs.lines_of(text or ""):
            if ".java:" in line:
                assert line.startswith("\tat ") and line.endswith("]"), line
                seen += 1
    assert seen > 100
    whole = "\tat java.base/java.util.concurrent.ThreadPoolExecutor$Worker.run"
    assert any(line.startswith(whole) for line in ocp_logs.lines_of(log(72)))


@pytest.mark.parametrize(
    ("number", "last"),
    [
        (24, REFUSED + "198.51.100.7:2881 (operation execute)"),
        (194, "java.lang.RuntimeException: Agent username not specified."),
        # The engine's own records say what the exception does not: it took too long.
        (189, "elapsed=3, timeout=3"),
        (346, "Subtask timeout, name=Demo prepare, executedSeconds=290, timeout=120"),
        (92, "install: cancel asked"),
    ],
)
def test_the_last_line_of_an_explanation_tells(number, last):
    found = ocp_logs.explanation(log(number), 5)
    assert found[-1].endswith(last)
    assert not any("\tat " in line or "Set state" in line for line in found)
    assert ocp_logs.explanation(log(number), 1) == found[-1:]


def test_a_run_of_the_operation_is_taken_where_the_task_has_gone_on():
    # Rolled back in vain twice, then skipped: the log was read after that.
    found = ocp_logs.explanation(log(118), 5, "ROLLBACK")
    assert found[-1].endswith("demo failure: undo of prepare refused")
    assert ocp_logs.explanation(log(118), 5, "RETRY") == ocp_logs.explanation(
        log(118), 5
    )


def test_a_log_that_tells_nothing_explains_nothing():
    assert ocp_logs.explanation(log(201), 5) == []
    assert ocp_logs.explanation("", 5) == []
    assert ocp_logs.explanation(log(24), 0) == []


def test_the_root_cause_comes_before_the_exception_around_it():
    text = "\n".join(
        [
            BEGIN,
            HEAD + "Execute task failed",
            "java.lang.RuntimeException: add server failed",
            "\tat com.oceanbase.A.run(A.java:1)",
            "Caused by: java.net.ConnectException: Connection refused",
            "\t... 12 common frames omitted",
            "Set state for subtask: 7, operation:EXECUTE, state: FAILED",
        ]
    )
    assert ocp_logs.explanation(text, 9)[-1] == (
        "Caused by: java.net.ConnectException: Connection refused"
    )


def test_what_follows_a_line_of_trouble_belongs_to_it():
    text = "\n".join([BEGIN, HEAD + "command failed", "no space left on device", ""])
    assert ocp_logs.explanation(text, 9)[-1] == "no space left on device"


def test_a_run_without_trouble_tells_with_its_last_line():
    text = "\n".join([BEGIN, HEAD.replace("WARN", "INFO") + "step 1", "step 2"])
    assert ocp_logs.explanation(text, 9)[-1] == "step 2"


def test_a_log_that_is_capped_says_what_is_left_out_and_of_which_run_it_is():
    whole = ocp_logs.lines_of(log(36))
    found = ocp_logs.capped(log(36), 3)
    assert found[0] == f"[{len(whole) - 4} earlier lines are left out]"
    assert found[1].startswith("############{RETRY}")
    assert found[2:] == whole[-3:]
    assert ocp_logs.capped(log(36), len(whole)) == whole
    six = ocp_logs.capped(log(36), 6)
    assert six[1:] == whole[-6:] and six[1].startswith("############{RETRY}")


TEXT = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\ufffd\r"),
    max_size=200,
)


@calm.CALM
@given(st.lists(TEXT, max_size=4), st.integers(1, 300), st.integers(0, 4))
def test_records_that_were_cut_are_whole_again(texts, times, odd):
    records = [HEAD + "x" * odd + text * times + "\n" for text in texts]
    stored = "\n".join([BEGIN] + [piece for record in records for piece in cut(record)])
    expected = [BEGIN]
    for record in records:
        expected += lines(broken(record))
    assert ocp_logs.lines_of(stored) == expected


@calm.CALM
@given(st.text(max_size=500), st.lists(st.integers(0, 5000), max_size=5))
def test_a_text_cut_anywhere_loses_nothing_but_blanks(text, cuts):
    text = text * 8
    for at in cuts:
        text = text[:at] + "\n" + text[at:]
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    bare = "".join(whole.split()).replace(ocp_logs.LOST, "")
    found = ocp_logs.lines_of(text)
    assert "".join("".join(found).split()).replace(ocp_logs.LOST, "") == bare
    ocp_logs.explanation(text, 5)
    ocp_logs.runs(found)


def test_halves_of_a_surrogate_pair_are_one_character_again():
    record = HEAD + "x" * (2045 - len(HEAD))
    assert ocp_logs.lines_of(record + "\ud83d\n\ude00!")[0] == record + "\U0001f600!"


def test_a_newline_of_the_record_itself_is_kept_where_no_cut_can_be():
    first = HEAD + "x" * (2048 - len(HEAD))
    assert ocp_logs.lines_of(first + "\n\tat a.B.c(B.java:1)")[0] == first
    assert ocp_logs.lines_of(first + "\n" + HEAD + "next") == [first, HEAD + "next"]


OUT_OF_TIME = (
    "2026-11-21 17:06:33.711  WARN 17005 --- [pool-subtask-executor3,,] "
    "c.o.o.t.e.c.w.s.TimeoutSubtaskWorker     : Receive timeout callback, id=42, "
    "name=Demo short-timeout, elapsed=3, timeout=3"
)
TRACE = [
    "java.lang.RuntimeException: interrupted at step 3",
    "\tat com.oceanbase.ocp.demo.DemoSubtasks.work(DemoSubtasks.java:23)",
    "Caused by: java.lang.InterruptedException: sleep interrupted",
]


@pytest.mark.parametrize(
    "lines",
    [[OUT_OF_TIME], [*TRACE, OUT_OF_TIME], [OUT_OF_TIME, *TRACE], [OUT_OF_TIME, "x"]],
    ids=["alone", "behind the trace", "before the trace", "before anything"],
)
def test_that_it_ran_out_of_time_tells_wherever_it_stands(lines):
    separator = "############{EXECUTE}{2026-11-21T17:06:30+08:00}############"
    text = "\n".join([separator, "begun", *lines])
    assert ocp_logs.explanation(text, 3)[-1] == OUT_OF_TIME
