# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines as real servers log them (tests/recordings), and what of them is the cause."""

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils.task import cause

UNEXPECTED = "ERROR: [Common.Unexpected]: Unexpected error: "
LINES = {
    f"{UNEXPECTED}dag 22130706433028871 Local scale out failed: [Start observer] "
    f"{UNEXPECTED}observer: cannot start\n: exit status 1": (
        "observer: cannot start: exit status 1"
    ),
    "ERROR: /bin/bash: line 1: /opt/ob1/bin/observer: No such file or directory\n"
    ": exit status 127": (
        "/bin/bash: line 1: /opt/ob1/bin/observer: No such file or directory: "
        "exit status 127"
    ),
    "ERROR: [Task.Param.NotSet]: Parameter 'observerPid' is not set": (
        "Parameter 'observerPid' is not set"
    ),
    "ERROR: [MySQL.Error]: MySQL error: Error 4733 (HY000): zone 'zone1' resource": (
        "Error 4733 (HY000): zone 'zone1' resource"
    ),
    "2026-11-21 17:03:24.529  WARN 17005 --- [pool-manual-subtask-executor2,11772e] "
    "c.o.o.task.engine.runner.RunnerFactory   : Execute task failed": (
        "Execute task failed"
    ),
    "java.lang.IllegalStateException: demo failure: install cannot reach it": (
        "demo failure: install cannot reach it"
    ),
    "Caused by: java.lang.InterruptedException: sleep interrupted": "sleep interrupted",
    "sub task cancelled": "sub task cancelled",
    "ERROR:": "ERROR:",
    "ERROR: ": "ERROR:",
    "one\r\ntwo\n\n three": "one / two / three",
    "[notes] are no prefix": "[notes] are no prefix",
    "http: no such host": "http: no such host",
    "": "",
}


@pytest.mark.parametrize("line, words", LINES.items())
def test_of_a_line_the_words_are_left(line, words):
    assert cause.essence(line) == words


def test_of_a_long_line_the_end_is_kept_which_says_why():
    text = cause.essence(f"ERROR: add db1: {'x' * 1000}: observer: cannot start")
    assert len(text) == cause.MOST
    assert text.startswith("add db1: xxx")
    assert text.endswith("xx: observer: cannot start")
    assert len(cause.essence("x\n" * 500_000)) <= cause.MOST


@pytest.mark.parametrize("most", [20, 40, 41, 240])
def test_what_is_cut_is_as_long_as_it_may_be(most):
    text = "".join(chr(97 + number % 26) for number in range(500))
    shown = cause.cut(text, most)
    assert len(shown) == most
    start, end = shown.split(" ... ")
    assert text.startswith(start) and text.endswith(end)
    assert len(end) > len(start)
    assert cause.cut(text[:most], most) == text[:most]
