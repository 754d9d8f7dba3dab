# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Where a call runs."""

    DOCUMENTATION = r"""
attributes:
  action:
    description:
      - Its action plugin runs it in Ansible's own process, at a tenth of the cost, where that is the same. So it is with a local
        connection, as on C(localhost), and no other user, no C(async), no other Python named and no C(PYTHON*) or C(LD_*) variable
        in C(environment), if that Python has the libraries.
      - Otherwise it runs as any module does. With C(-v) a line says why.
    support: full
  async:
    description: Supports C(async). It is then a process of its own.
    support: full
notes:
  - Run the modules on the controller, with C(hosts) or C(delegate_to) V(localhost). Database hosts usually have neither the libraries
    nor the credentials.
  - The variable C(oceanbase_ops_in_worker), set to V(false), lets it run as a process of its own always. Try that first where you
    suspect the way it runs, and tell of it in a bug report.
"""
