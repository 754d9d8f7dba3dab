# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import asdict

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import rules

# Of each option the last value that makes sense, and the first that does not.
EDGES = [
    ("max_first_outage", 0.0, -0.1),
    ("max_outage", 0.0, -0.1),
    ("delay", 0.0, -0.1),
    ("log_lines", 0, -1),
    ("max_stall", 1.0, 0.9),
    ("sleep", 0.1, 0.09),
    ("heartbeat", 1.0, 0.9),
    ("sleep", 600.0, 600.1),
    ("delay", 599.9, 600.0),
    ("timeout", 0.1, 0.0),
    ("outcome", ["failed"], []),
]


@pytest.mark.parametrize("option, right, wrong", EDGES)
def test_numbers_that_make_no_sense_are_refused_at_their_edge(option, right, wrong):
    given = {**asdict(rules.Rules(timeout=600.0)), option: right}
    found = getattr(rules.checked(given), option)
    assert found == (tuple(right) if option == "outcome" else right)
    with pytest.raises(errors.InvalidOption) as caught:
        rules.checked({**given, option: wrong})
    assert caught.value.details["option"] == option
