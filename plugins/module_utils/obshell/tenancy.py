# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant of a cluster: which ways it has to its states, and what is told of it."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ..wait import within
from . import creating, dropping, errand, looking, tenants

Tenancy = errand.Errand[tenants.Tenant]
KIND: errand.Kind[tenants.Tenant] = errand.Kind(
    tenants.KEY, tenants.facts, tenants.shown
)

_WAYS: dict[
    str, Callable[[looking.Looker, tenants.Wish], errand.Way[tenants.Tenant]]
] = {"present": creating.Creating, "absent": dropping.Dropping}
STATES = tuple(_WAYS)


def work(
    asker: looking.Looker,
    wish: tenants.Wish,
    submit: Callable[[Mapping[str, Any]], Any],
    waits: within.Waits,
) -> Tenancy:
    """Return what brings a tenant to the state that is asked for."""
    way = _WAYS[wish.state](asker, wish)
    return errand.Errand(KIND, way, asker, submit, waits)
