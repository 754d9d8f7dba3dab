# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import outages

RESET = errors.Unreachable("reset", reason="reset")
REFUSED = errors.Unreachable("refused", reason="refused")
NAME = errors.Unreachable("who", reason="name")
BUSY = errors.Unavailable("busy", wait=7.0)
HTML = errors.InvalidAnswer("html")


def after_contact(budget=100.0):
    budgeted = outages.Outages(budget)
    budgeted.good(0.0)
    return budgeted


def test_an_outage_is_told_at_its_start_and_at_its_end_and_kept():
    wait = after_contact()
    assert [t["what"] for t in wait.bad(RESET, began=10.0, now=11.0)] == ["outage"]
    assert wait.bad(BUSY, began=12.0, now=12.5) == []
    assert wait.wait == 7.0
    assert wait.good(20.0) == [{"what": "back", "task_id": None, "lasted": 10.0}]
    assert wait.to_list() == [{"from": 10.0, "to": 20.0, "reason": "busy"}]
    assert wait.wait is None


def test_the_times_of_an_outage_are_tenths_of_a_second():
    wait = after_contact()
    wait.bad(RESET, began=1.26, now=2.0)
    assert wait.good(7.68) == [{"what": "back", "task_id": None, "lasted": 6.4}]
    assert [(one["from"], one["to"]) for one in wait.to_list()] == [(1.3, 7.7)]


def test_the_budget_is_spent_by_one_outage_and_refilled_by_a_good_answer():
    wait = after_contact(100.0)
    for start in (0.0, 200.0, 400.0):
        wait.bad(RESET, began=start, now=start)
        wait.bad(RESET, began=start + 99, now=start + 99)
        wait.good(start + 99.5)
    wait.bad(RESET, began=600.0, now=600.0)
    with pytest.raises(errors.Unreachable, match="no good answer for 100 s"):
        wait.bad(errors.Unreachable("reset", reason="reset"), began=699.0, now=700.0)


def test_without_a_budget_the_first_error_ends_the_wait():
    with pytest.raises(errors.Unreachable):
        after_contact(0.0).bad(RESET, began=1.0, now=1.0)


def test_at_first_contact_an_unknown_name_is_final():
    with pytest.raises(errors.Unreachable):
        outages.Outages(100.0).bad(NAME, began=0.0, now=0.0)
    assert after_contact().bad(NAME, began=1.0, now=1.0)


def test_at_first_contact_a_refused_connection_is_final_after_half_a_minute():
    wait = outages.Outages(600.0)
    wait.bad(REFUSED, began=0.0, now=0.0)
    wait.bad(REFUSED, began=29.0, now=29.0)
    with pytest.raises(errors.Unreachable, match="max_first_outage"):
        wait.bad(errors.Unreachable("no", reason="refused"), began=30.0, now=30.0)
    known = after_contact(600.0)
    known.bad(REFUSED, began=0.0, now=0.0)
    assert known.bad(REFUSED, began=500.0, now=500.0) == []


def test_a_foreign_page_is_final_at_first_and_a_hiccup_later():
    with pytest.raises(errors.InvalidAnswer):
        outages.Outages(100.0).bad(HTML, began=0.0, now=0.0)
    assert after_contact().bad(HTML, began=1.0, now=1.0)
    with pytest.raises(errors.InvalidAnswer):
        after_contact().bad(
            errors.InvalidAnswer("large", fatal=True), began=1.0, now=1.0
        )


@pytest.mark.parametrize(
    "final",
    [
        errors.AuthRefused("401"),
        errors.Refused("400"),
        errors.TlsFailure("certificate"),
        errors.TaskNotFound("gone"),
    ],
)
def test_what_no_waiting_mends_ends_the_wait(final):
    with pytest.raises(type(final)):
        after_contact().bad(final, began=1.0, now=1.0)


def reset():
    return errors.Unreachable("reset", reason="reset")


def busy():
    return errors.Unavailable("HTTP 503", status=503, code="Common.Unexpected")


@pytest.mark.parametrize("first", [0.0, 10.0, 120.0])
def test_a_server_that_is_not_there_has_the_first_budget(first):
    wait = outages.Outages(600.0, first)
    if first:
        wait.bad(reset(), began=0.0, now=0.0)
        wait.bad(reset(), began=first - 1, now=first - 1)
    with pytest.raises(errors.Unreachable, match="option max_first_outage"):
        wait.bad(reset(), began=first, now=first)


def test_a_server_that_has_answered_has_the_whole_budget():
    wait = outages.Outages(600.0, 10.0)
    wait.good(0.0)
    wait.bad(reset(), began=1.0, now=1.0)
    assert wait.bad(reset(), began=600.0, now=600.0) == []
    with pytest.raises(errors.Unreachable, match=r"option max_outage\)"):
        wait.bad(reset(), began=601.0, now=601.0)


def test_a_server_that_is_there_and_cannot_serve_yet_has_the_whole_budget():
    wait = outages.Outages(600.0, 10.0)
    wait.bad(busy(), began=0.0, now=0.0)
    assert wait.bad(busy(), began=599.0, now=599.0) == []
    with pytest.raises(errors.Unavailable, match=r"option max_outage\)"):
        wait.bad(busy(), began=600.0, now=600.0)


def test_the_first_budget_is_never_larger_than_the_other():
    wait = outages.Outages(20.0, 30.0)
    wait.bad(reset(), began=0.0, now=0.0)
    with pytest.raises(errors.Unreachable, match=r"option max_outage\)"):
        wait.bad(reset(), began=20.0, now=20.0)
