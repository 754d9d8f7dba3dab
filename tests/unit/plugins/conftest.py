# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Keep the variables of whoever runs the tests out of them."""
    for name in list(os.environ):
        if name.startswith(("OBSHELL_", "OCEANBASE_OCP_")):
            monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture
def server():
    """Return a simulated OCP."""
    # Collections cannot be imported yet when pytest reads this file.
    from ansible_collections.oceanbase.ops.tests.unit.plugins import ocp_served

    with ocp_served.serving() as served:
        yield served
