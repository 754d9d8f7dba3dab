# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A scenario as it is given: by name, as an object, or as JSON has it."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any, Callable, Mapping, Union

from . import products, scenarios
from .scenario import Cluster, Scenario, Subtask, Tenant

SCENARIOS: dict[str, Callable[..., Scenario]] = {
    factory.__name__: factory
    for factory in (
        scenarios.chain,
        scenarios.fail_once,
        scenarios.fail_always,
        scenarios.slow,
        scenarios.rollback_fails,
        scenarios.parallel,
        scenarios.diamond,
        scenarios.wide_diamond,
        scenarios.flaky,
        scenarios.late_success,
        scenarios.retry_race,
        scenarios.irreversible,
        scenarios.no_rollback,
        scenarios.timed_out,
        scenarios.sys_scheduled,
        scenarios.many,
        products.reinstall_agent,
        products.restart_agent,
        products.add_server,
        products.remove_server,
        products.add_zone,
        products.upgrade,
        products.create_tenant,
        products.restart_cluster,
        products.add_host,
        products.backup,
    )
}
SCENARIOS["install"] = SCENARIOS["chain"]

Given = Union[str, Scenario, Mapping[str, Any]]


def scenario(given: Given, **options: Any) -> Scenario:
    """A scenario by name, as an object, or as JSON gives it.

    Options are those of the scenario's function first, else fields of `Scenario`.
    """
    if isinstance(given, Scenario):
        return dataclasses.replace(given, **_fields(options))
    if isinstance(given, Mapping):
        return _from_json({**given, **options})
    factory = SCENARIOS[given]
    parameters = inspect.signature(factory).parameters
    # `chain` hands what it does not know on to its install subtask.
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    names = {field.name for field in dataclasses.fields(Scenario)}
    fields = {
        key: value
        for key, value in options.items()
        if key not in parameters and (key in names or not takes_any)
    }
    own = {key: value for key, value in options.items() if key not in fields}
    return dataclasses.replace(factory(**own), **_fields(fields))


def _from_json(data: Mapping[str, Any]) -> Scenario:
    subtasks = tuple(Subtask(**_tuples(item)) for item in data["subtasks"])
    return Scenario(**_fields({**data, "subtasks": subtasks}))


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    fields = _tuples(values)
    if isinstance(fields.get("cluster"), Mapping):
        fields["cluster"] = Cluster(**fields["cluster"])
    if isinstance(fields.get("tenant"), Mapping):
        fields["tenant"] = Tenant(**fields["tenant"])
    return fields


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _tuple(value) for key, value in values.items()}


def _tuple(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tuple(item) for item in value)
    return value
