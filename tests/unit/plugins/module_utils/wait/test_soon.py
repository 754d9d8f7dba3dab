# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors, transport
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import soon

AWAY = errors.Unreachable("away", reason="reset")
WRONG = errors.InvalidAnswer("wrong")


class Looks:
    """What is seen at one look after the other; the last one stays."""

    def __init__(self, *seen):
        self.seen, self.slept = list(seen), 0.0

    def look(self):
        found = self.seen.pop(0) if len(self.seen) > 1 else self.seen[0]
        if isinstance(found, Exception):
            raise found
        return found

    def sleep(self, seconds):
        self.slept += seconds

    def until(self, wanted, **more):
        more["sleep"] = self.sleep
        return soon.until(self.look, lambda seen: seen == wanted, **more)


def test_what_holds_at_once_is_not_waited_for():
    looks = Looks(1)
    assert looks.until(1) == (1, True) and looks.slept == 0


def test_what_shows_later_is_seen():
    looks = Looks(0, 0, 1)
    assert looks.until(1) == (1, True) and looks.slept == 2


def test_what_never_shows_is_given_up_after_a_minute():
    looks = Looks(0)
    assert looks.until(1) == (0, False) and 59 <= looks.slept <= 60


def test_an_outage_is_outlived_but_not_by_the_first_look():
    assert Looks(0, AWAY, AWAY, 1).until(1) == (1, True)
    with pytest.raises(errors.Unreachable):
        Looks(AWAY, 1).until(1)
    assert Looks(AWAY, 1).until(1, submitted=True) == (1, True)


def test_an_outage_that_does_not_end_is_told():
    with pytest.raises(errors.Unreachable):
        Looks(0, AWAY).until(1)


def test_what_no_asking_again_mends_fails_at_once():
    looks = Looks(0, WRONG, 1)
    with pytest.raises(errors.InvalidAnswer):
        looks.until(1, submitted=True)


def test_looks_that_take_long_are_given_up_after_a_minute_too():
    looks = Looks(AWAY)
    deadline = transport.Deadline(clock=lambda: looks.slept)
    limits = []

    def hang():
        limits.append(deadline.limit(30))
        looks.slept += limits[-1]
        return looks.look()

    with pytest.raises(errors.Unreachable, match="away"):
        soon.until(hang, bool, sleep=looks.sleep, submitted=True, deadline=deadline)
    assert limits == [30, 29] and looks.slept == 61
    assert deadline.at is None
