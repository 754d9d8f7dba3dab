# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers of OceanBase clusters as hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: oceanbase
version_added: 1.0.0
short_description: The servers of OceanBase clusters as hosts
author:
  - oceanbase.ops contributors (@oceanbase-ops)
description:
  - Asks obshell or OCP for the servers of clusters. Each becomes a host, in groups by its cluster, and by zone, identity and status
    of that cluster, such as C(prod), C(prod_zone_zone1), C(prod_identity_cluster_agent) and C(prod_status_active).
  - A host has C(ansible_host) and variables that begin with C(oceanbase_), C(oceanbase_cluster), C(oceanbase_ip), C(oceanbase_port),
    C(oceanbase_zone), C(oceanbase_identity), C(oceanbase_status), C(oceanbase_in_service), C(oceanbase_version),
    C(oceanbase_obshell_version), C(oceanbase_obshell_url), C(oceanbase_sql_port), C(oceanbase_rpc_port) and C(oceanbase_host_id). What is not known is null.
    None of them is a secret.
  - Its name is its IP address. Where two servers have the same one, in two clusters or with two agents on one host, each is named with
    its cluster and its port, as C(prod_10.0.0.1_2886).
  - A cluster that does not answer fails the inventory, as does an answer that does not fit together. There is no half an inventory.
  - The file ends in C(oceanbase.yml) or C(oceanbase.yaml).
notes:
  - What OCP is asked for follows from its documentation, and was not seen on a real one.
  - The libraries C(requests) and, for obshell, C(cryptography) belong to the Python that runs Ansible.
extends_documentation_fragment:
  - constructed
  - inventory_cache
options:
  plugin:
    description: Says that a file is for this plugin.
    type: str
    required: true
    choices: [oceanbase.ops.oceanbase]
  clusters:
    description:
      - The clusters. Each has a C(name), which begins the names of its groups, and either C(obshell), or C(ocp) with C(cluster_id),
        which is OCP's own id of it.
      - C(obshell) and C(ocp) have the keys of the modules' option of that name, such as O(oceanbase.ops.wait_for_task#module:obshell) and
        O(oceanbase.ops.wait_for_task#module:ocp). Values may be encrypted by Ansible Vault.
      - What a single cluster leaves out is read from the environment variables that the modules read. Of several each is complete,
        and the environment is not read, so that the password of one never reaches another.
    type: list
    elements: dict
    required: true
  hostnames:
    description:
      - Jinja expressions over the variables of a host; the first that is not empty is its name.
      - Two hosts of one name are an error, as is the name of a group.
    type: list
    elements: str
    default: []
  skip_unreachable:
    description:
      - Whether a cluster that does not answer is left out, with a warning.
      - An inventory source of AWX that overwrites deletes the hosts of such a cluster.
    type: bool
    default: false
"""

EXAMPLES = r"""
# prod.oceanbase.yml, with OBSHELL_URL and OBSHELL_PASSWORD in the environment
plugin: oceanbase.ops.oceanbase
clusters:
  - name: prod
    obshell: {}

# Two clusters, one of them through OCP; each is complete.
# plugin: oceanbase.ops.oceanbase
# clusters:
#   - name: prod
#     obshell:
#       url: [http://10.0.0.1:2886, http://10.0.0.2:2886]
#       password: secret of prod
#   - name: test
#     ocp:
#       url: http://ocp.example.com:8080
#       username: admin
#       password: secret of OCP
#     cluster_id: 7

# Other names, groups by zone over all clusters, what is in service, and a cache.
# plugin: oceanbase.ops.oceanbase
# clusters:
#   - name: prod
#     obshell: {}
# hostnames:
#   - oceanbase_cluster ~ '-' ~ oceanbase_zone ~ '-' ~ oceanbase_port
# keyed_groups:
#   - key: oceanbase_zone
#     prefix: zone
# groups:
#   in_service: oceanbase_in_service
# cache: true
# cache_plugin: ansible.builtin.jsonfile
# cache_connection: /tmp/oceanbase-inventory
"""

from typing import Any

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ..module_utils import errors
from ..plugin_utils import rosters

ENDINGS = ("oceanbase.yml", "oceanbase.yaml")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    """Reads the file, asks each cluster, and tells Ansible."""

    NAME = "oceanbase.ops.oceanbase"

    def verify_file(self, path: str) -> bool:
        return bool(super().verify_file(path)) and path.endswith(ENDINGS)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        try:
            clusters = rosters.checked(self.get_option("clusters"))
            found = self._cached(clusters, self.get_cache_key(path), cache)
            hosts = rosters.hosts(found)
            for host in hosts:
                self._add(host)
        except errors.OpsError as e:
            raise AnsibleParserError(f"{path}: {e.message}") from e

    def _cached(self, clusters: list[Any], key: str, cache: bool) -> dict[str, Any]:
        """Return the servers by cluster: those that are kept, else what is told now."""
        keeps = bool(self.get_option("cache"))
        if keeps and cache and key in self._cache:
            return dict(self._cache[key])
        found, missing = rosters.asked(
            clusters, skip=self.get_option("skip_unreachable")
        )
        for text in missing:
            self.display.warning(text)
        # What is not whole is not kept.
        if keeps and not missing:
            self._cache[key] = found
        return found

    def _add(self, host: rosters.Host) -> None:
        strict = self.get_option("strict")
        name = self._name(host)
        if name in self.inventory.hosts:
            raise errors.InvalidOption("hostnames", f"two servers are named '{name}'")
        if name in self.inventory.groups or name in host.groups:
            raise errors.InvalidOption("hostnames", f"'{name}' is the name of a group")
        self.inventory.add_host(name)
        for key, value in host.variables.items():
            self.inventory.set_variable(name, key, value)
        above = self.inventory.add_group(host.groups[0])
        for group in host.groups[1:]:
            self.inventory.add_child(above, self.inventory.add_group(group))
        for group in host.groups:
            self.inventory.add_child(self.inventory.add_group(group), name)
        variables = self.inventory.get_host(name).get_vars()
        self._set_composite_vars(self.get_option("compose"), variables, name, strict)
        self._add_host_to_composed_groups(
            self.get_option("groups"), variables, name, strict
        )
        self._add_host_to_keyed_groups(
            self.get_option("keyed_groups"), variables, name, strict
        )

    def _name(self, host: rosters.Host) -> str:
        for expression in self.get_option("hostnames"):
            name = self._compose(expression, host.variables)
            if name not in (None, ""):
                return str(name)
        return host.name
