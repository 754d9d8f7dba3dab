# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import attempt
from ansible_collections.oceanbase.ops.tests.unit.plugins import scripted

BROKEN = scripted.replace(
    scripted.NODE,
    state="FAILED",
    sub_tasks=(scripted.replace(scripted.SUB, state="FAILED", execute_times=1),),
)
OLD = scripted.at("FAILED", nodes=(BROKEN,))


def again(times, operator="RUN", state="FAILED"):
    sub = scripted.replace(BROKEN.sub_tasks[0], execute_times=times)
    node = scripted.replace(BROKEN, sub_tasks=(sub,))
    return scripted.at(state, operator, nodes=(node,))


def test_an_attempt_is_known_by_its_operator_and_what_failed_in_it():
    assert attempt.of(OLD) == {
        "task_id": "11",
        "operator": "RUN",
        "sub_tasks": {"11": 1},
    }


@pytest.mark.parametrize(
    "now, old",
    [
        (OLD, True),
        (again(2), False),
        (again(1, "ROLLBACK"), False),
        (again(1, state="RUNNING"), False),
    ],
)
def test_only_the_same_failure_is_the_old_one(now, old):
    assert attempt.is_old(attempt.of(OLD), now) is old


def test_without_an_attempt_every_failure_counts():
    assert not attempt.is_old(None, OLD)


def test_a_failure_in_which_nothing_failed_is_never_taken_for_the_old_one():
    bare = scripted.at("FAILED", nodes=())
    assert not attempt.is_old(attempt.of(bare), bare)


class Reader:
    def __init__(self, *answers):
        self.answers = list(answers)

    def fetch(self, id, *, details=True):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def shown(*answers):
    naps, warnings = [], []
    seen = attempt.shown(
        Reader(*answers),
        OLD,
        lambda now: now != OLD,
        sleep=naps.append,
        warn=warnings.append,
    )
    return seen, len(naps), warnings


def test_it_is_looked_again_until_the_operation_shows():
    away = errors.Unavailable("HTTP 503")
    assert shown(OLD, away, OLD, again(2)) == (again(2), 3, [])


def test_after_ten_looks_the_task_is_as_it_was():
    assert shown(*[OLD] * 10) == (OLD, 9, [])


def test_what_could_not_be_read_is_null_and_warned_of():
    seen, naps, [warning] = shown(*[errors.Unavailable("HTTP 503")] * 10)
    assert (seen, naps) == (None, 9)
    assert "could not be read" in warning and "HTTP 503" in warning


def test_what_no_waiting_mends_is_not_asked_for_again():
    seen, naps, [warning] = shown(errors.Refused("HTTP 403"))
    assert (seen, naps) == (None, 0) and "HTTP 403" in warning
