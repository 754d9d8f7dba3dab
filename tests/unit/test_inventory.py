# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin, as Ansible itself reads a file of it.

Ansible's loader finds it: this is not for a Python that only runs modules.
"""

from __future__ import annotations

import json

import pytest
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader
from ansible_collections.oceanbase.ops.tests.unit.plugins import hostile

NAME = "oceanbase.ops.oceanbase"
ROWS = [
    {"ip": f"10.0.0.{n}", "port": 2882, "zoneName": f"zone{n}", "status": status}
    for n, status in ((1, "RUNNING"), (2, "STOPPED"))
]
SERVERS = "/ob/clusters/7/servers"


@pytest.fixture(name="server")
def _server():
    table = {SERVERS: hostile.said({"contents": ROWS})}
    with hostile.serving(hostile.routes(table)) as (server,):
        yield server


@pytest.fixture(name="parse")
def _parse(server, tmp_path):
    """Return what Ansible knows of a file after the plugin has read it."""

    def parse(**more):
        given = {"name": "prod", **hostile.ocp(server), "cluster_id": 7}
        path = tmp_path / "prod.oceanbase.yml"
        path.write_text(json.dumps({"plugin": NAME, "clusters": [given], **more}))
        plugin = inventory_loader.get(NAME)
        assert plugin.verify_file(str(path))
        found = InventoryData()
        plugin.parse(found, DataLoader(), str(path), cache=True)
        if getattr(plugin, "_cache", None):  # as Ansible's own manager does
            plugin.update_cache_if_changed()
        return found

    return parse


def groups(found):
    return {
        name: sorted(host.name for host in group.get_hosts())
        for name, group in found.groups.items()
        if name not in ("all", "ungrouped")
    }


def test_each_server_is_a_host_of_its_groups(parse):
    found = parse()
    assert groups(found) == {
        "prod": ["10.0.0.1", "10.0.0.2"],
        "prod_zone_zone1": ["10.0.0.1"],
        "prod_zone_zone2": ["10.0.0.2"],
        "prod_status_running": ["10.0.0.1"],
        "prod_status_stopped": ["10.0.0.2"],
    }
    known = found.hosts["10.0.0.2"].get_vars()
    assert (known["ansible_host"], known["oceanbase_in_service"]) == ("10.0.0.2", False)


def test_what_every_inventory_plugin_has_is_there(parse):
    found = parse(
        hostnames=["oceanbase_nothing | default('')", "'ob-' ~ oceanbase_zone"],
        compose={"where": "oceanbase_cluster ~ '/' ~ oceanbase_zone"},
        groups={"serving": "oceanbase_in_service"},
        keyed_groups=[{"key": "oceanbase_zone", "prefix": "z"}],
        strict=True,
    )
    assert sorted(found.hosts) == ["ob-zone1", "ob-zone2"]
    assert found.hosts["ob-zone1"].get_vars()["where"] == "prod/zone1"
    assert groups(found)["serving"] == ["ob-zone1"]
    assert groups(found)["z_zone2"] == ["ob-zone2"]


def test_what_is_kept_is_not_asked_for_again(parse, server, tmp_path):
    kept = {"cache_plugin": "ansible.builtin.jsonfile"}
    kept["cache_connection"] = str(tmp_path / "cache")
    first = groups(parse(cache=True, **kept))
    asked = len(server.requests)
    assert groups(parse(cache=True, **kept)) == first
    assert len(server.requests) == asked
    parse(cache=False, **kept)
    assert len(server.requests) > asked


ODD = {
    "one name for two": ({"hostnames": ["'x'"]}, "two servers are named 'x'"),
    "the name of a group": (
        {"hostnames": ["oceanbase_cluster"]},
        "is the name of a gr",
    ),
    "no cluster": ({"clusters": []}, "give at least one"),
}


@pytest.mark.parametrize("more, said", ODD.values(), ids=ODD)
def test_what_is_no_inventory_is_refused_with_its_file(parse, more, said):
    with pytest.raises(Exception, match=f"prod.oceanbase.yml: .*{said}"):
        parse(**more)


def test_another_file_is_not_ours(tmp_path):
    path = tmp_path / "hosts.yml"
    path.write_text("plugin: x")
    assert not inventory_loader.get(NAME).verify_file(str(path))


def test_a_cluster_that_is_away_is_warned_of_where_it_may_be_left_out(parse):
    dead = {"name": "dead", "ocp": {"url": "http://127.0.0.1:1", "username": "u"}}
    dead["ocp"]["password"] = "x"
    found = parse(clusters=[{**dead, "cluster_id": 7}], skip_unreachable=True)
    assert found.hosts == {}
