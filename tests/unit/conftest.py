# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What unit tests of plugins and those of the simulator ask for."""

from __future__ import annotations

import pytest


@pytest.fixture
def sim():
    # Collections cannot be imported yet when pytest reads this file.
    from ansible_collections.oceanbase.ops.tests.simulator import Simulator, TurnedClock

    with Simulator(clock=TurnedClock()) as running:
        yield running
