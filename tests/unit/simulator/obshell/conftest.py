# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest


@pytest.fixture
def cluster(sim):
    from ansible_collections.oceanbase.ops.tests.unit.simulator.obshell.asking import (
        PASSWORD,
    )

    return sim.cluster(agents=2, password=PASSWORD)
