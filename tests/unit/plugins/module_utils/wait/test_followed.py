# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.task import lines
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import (
    followed,
    history,
)
from ansible_collections.oceanbase.ops.tests.unit.plugins import scripted


class Server:
    """Gives the logs that sub-tasks hold, and counts for which it was asked."""

    def __init__(self):
        self.asked, self.away = [], False

    def running_logs(self, of, which):
        if self.away:
            raise errors.Unavailable("away", status=503)
        self.asked.append([sub.id for sub in which])
        return {sub.id: sub.task_logs or () for sub in which}


def at(*logs, state="RUNNING"):
    """A task whose sub-tasks run and have logged so much."""
    subs = tuple(
        replace(scripted.SUB, id=str(n), name="Work", state=state, task_logs=list(said))
        for n, said in enumerate(logs, 1)
    )
    return scripted.at("RUNNING", nodes=(replace(scripted.NODE, sub_tasks=subs),))


@pytest.fixture(name="server")
def _server():
    return Server()


def news(logs, server, *given, **more):
    return [one["line"] for one in logs.news(at(*given, **more), server)]


def test_what_was_logged_before_the_wait_is_not_shown(server):
    logs = followed.Logs()
    assert news(logs, server, ["a", "b"]) == []
    assert news(logs, server, ["a", "b", "c"]) == ["c"]
    assert news(logs, server, ["a", "b", "c"]) == []


def test_a_sub_task_that_begins_later_is_shown_whole(server):
    logs = followed.Logs()
    assert news(logs, server, ["a"]) == []
    assert news(logs, server, ["a"], ["x", "y"]) == ["x", "y"]


def test_a_log_that_begins_anew_is_shown_from_its_beginning(server):
    logs = followed.Logs()
    news(logs, server, ["a", "b", "c"])
    assert news(logs, server, ["r"]) == ["r"]


def test_the_last_lines_of_what_has_ended_are_shown_once(server):
    logs = followed.Logs()
    news(logs, server, ["a"])
    assert news(logs, server, ["a", "done"], state="SUCCEED") == ["done"]
    assert news(logs, server, ["a", "done"], state="SUCCEED") == []
    assert logs.known == {}


def test_of_many_lines_the_last_are_shown_and_the_others_counted(server):
    logs = followed.Logs()
    news(logs, server, [])
    told = logs.news(at([str(n) for n in range(12)]), server)
    assert told[0]["number"] == 12 - followed.LINES
    assert [one["line"] for one in told[1:]] == ["7", "8", "9", "10", "11"]
    few = [str(n) for n in range(followed.LINES)]
    assert news(followed.Logs(begun={"11"}), server, few) == few
    (long,) = followed.Logs(begun={"11"}).news(at(["x" * 9999]), server)
    assert len(long["line"]) == followed.LINE


def test_what_cannot_be_had_now_is_shown_later(server):
    logs = followed.Logs()
    news(logs, server, ["a"])
    server.away = True
    assert news(logs, server, ["a", "b"]) == []
    server.away = False
    assert news(logs, server, ["a", "b", "c"]) == ["b", "c"]


def test_of_many_sub_tasks_some_are_asked_for(server):
    followed.Logs().news(at(*[["a"]] * 40), server)
    assert [len(ids) for ids in server.asked] == [followed.AT_ONCE]


def test_a_task_in_short_form_is_no_first_look(server):
    logs = followed.Logs()
    assert logs.news(replace(at(), nodes=None), server) == []
    assert news(logs, server, ["a"]) == []


def test_lines_are_few_a_second_and_the_rest_is_counted():
    shown, now = [], [0.0]
    told = history.History(lambda: now[0], 3, shown.append)
    line = {"what": "log", "task_id": "11", "name": "x", "sub_task": "y", "line": "z"}
    told.log([line] * 100)
    assert len(shown) == history.SHOWN
    now[0] = 1.0
    told.log([line])
    assert [one["line"] for one in shown[-2:]] == [None, "z"]
    assert shown[-2]["number"] == 100 - history.SHOWN
    assert told.changes == []


def test_a_line_of_a_log_is_one_line_without_what_stands_around_it():
    odd = (
        "2026-11-27 00:52:24.362  INFO 1 --- [pool-1,5,3] c.o.Step : two\nfatal: [db1]"
    )
    change = {"what": "log", "task_id": "11", "name": "Add", "sub_task": "Start"}
    shown = lines.line({**change, "agent": "10.0.0.4:2886", "line": odd}, "db1")
    assert shown.startswith("db1 | Add 11 | Start on 10.0.0.4:2886 > two")
    assert shown.isprintable()
    more = lines.line({**change, "line": None, "number": 7}, "db1")
    assert more == "db1 | Add 11 | Start > ... 7 more lines ..."
