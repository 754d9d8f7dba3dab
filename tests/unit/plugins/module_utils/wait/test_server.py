# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import inspect

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    client as obshell,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import client as ocp
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import server

FACE = sorted(name for name in vars(server.Server) if not name.startswith("_"))


@pytest.mark.parametrize("client", [obshell.ObshellClient, ocp.OcpClient])
@pytest.mark.parametrize("name", FACE)
def test_both_clients_show_the_whole_face_with_the_same_words(client, name):
    """The types are mypy's to compare."""
    wanted, found = getattr(server.Server, name), getattr(client, name)
    if isinstance(wanted, property):
        assert isinstance(found, (property, str))
        return
    given = inspect.signature(found).parameters.values()
    asked = inspect.signature(wanted).parameters.values()
    assert [(one.name, one.kind, one.default) for one in given] == [
        (one.name, one.kind, one.default) for one in asked
    ]


def test_the_face_has_what_the_design_says():
    words = {"fetch", "last", "known", "busy", "cancel", "explained"}
    assert words | {"answered", "memory", "server"} <= set(FACE)
