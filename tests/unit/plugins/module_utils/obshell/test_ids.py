# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    ids as obshell_ids,
)

V6 = f"{int(ipaddress.IPv6Address('fd00::1')):039d}"
IDS = [
    ("20168430081028867", "10.10.10.1:2886"),
    ("40168430081028867", "10.10.10.1:2886"),
    ("22130706433028861", "127.0.0.1:2886"),
    (f"3{V6}028867", "[fd00::1]:2886"),
    (f"5{V6}028867", "[fd00::1]:2886"),
    ("11", None),
    ("2", None),
    ("2016843008102886", None),
    ("29999999999028861", None),
    ("3" + "9" * 39 + "028861", None),
    ("60168430081028867", None),
]


@pytest.mark.parametrize("id,address", IDS)
def test_the_agent_that_a_local_id_names(id, address):
    assert obshell_ids.owner_of(id) == address


@pytest.mark.parametrize("id", ["11", "1987654", *[id for id, at in IDS if at]])
def test_ids_that_obshell_gives(id):
    assert obshell_ids.checked(id, "task_id") == id


@pytest.mark.parametrize("id", ["1", "2", "35000312", "9", *[i for i, a in IDS[6:]]])
def test_ids_that_it_does_not_give(id):
    with pytest.raises(errors.InvalidOption, match="^task_id: .* is no id of obshell"):
        obshell_ids.checked(id, "task_id")


def test_whose_ids():
    assert obshell_ids.is_cluster("11") and not obshell_ids.is_cluster("21")
    assert obshell_ids.is_obproxy("4") and obshell_ids.is_obproxy("5")
    assert not obshell_ids.is_obproxy("2")
