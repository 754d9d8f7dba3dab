# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which stages each of the long commands runs."""

from __future__ import annotations

from . import pythons

CORE = pythons.newest_core()
OLDEST, NEWEST = pythons.released()[0], pythons.released()[-1]
UNITS = (OLDEST, "2.19", NEWEST)
# The Python that the modules of the integration targets are run with.
INTEGRATION = {OLDEST: "3.8", "2.19": "3.12", NEWEST: "3.13"}

# Which integration targets are about roles, as a pattern.
ROLES = "role_.*"

# The longest first: the lanes end together.
TEST = (
    *(f"{name}({CORE})" for name in ("units", "integration", "quick_sanity")),
    *("static", "docs_lint"),
)
DOCS = ("docs_examples", "docs_site", "demo", "docs_lint")
DIST = ("importer(current)", "importer(hub)", "release", "install")
MATRIX = (
    *(
        f"{name}({core})"
        for name in ("target_integration", "role_integration")
        for core in INTEGRATION
    ),
    *(f"target_units({core})" for core in UNITS),
    f"forked_units({OLDEST})",
    f"edge_units({OLDEST})",  # the oldest libraries
    *(f"runner({core})" for core in (OLDEST, NEWEST)),
    *(f"sanity({core})" for core in reversed(pythons.testable())),
    f"slow_units({CORE})",
    "molecule",
    "rulebook",
)
_ENDS = tuple(
    f"{name}({core})"
    for name in (
        *("target_integration", "role_integration"),
        *("runner", "sanity", "edge_units"),
    )
    for core in (OLDEST, NEWEST)
)
_REST = (
    *_ENDS,
    f"quick_forked_units({OLDEST})",
    f"slow_units({CORE})",
    "molecule",
    "rulebook",
)
# What CI runs after TEST: the ends of the matrix, and what no version changes.
REST = tuple(name for name in (*_REST, *DIST, *DOCS, "extras") if name not in TEST)
# What compares the results of the stages above, and of integration in TEST.
REST_LAST = ("coverage_floor",)
