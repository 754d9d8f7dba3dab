# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scripted lives of OCP tasks.

A `Scenario` says what each subtask does when it runs; when it runs is the engine's
business (`engine`). Names of recorded tasks (Demo ...) and the message of their
failure are those of recordings/ocp-express-4.2.2.
"""

from __future__ import annotations

import dataclasses
import inspect
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Union

ALWAYS = 10**9
"""As a number of failures: fails at every execution."""

REFUSED = (
    "java.lang.IllegalStateException: demo failure: install cannot reach"
    " 198.51.100.7:2881"
)


@dataclass(frozen=True)
class Subtask:
    """What one subtask does; `after` holds the keys of its upstreams.

    `failures` counts executions and retries from the first on; `rollback_failures`
    the same for rollbacks. `cancel_seconds` is how long the work goes on after it was
    interrupted. `automatic_retries` are the engine's own, without a caller. Without a
    `timeout` (seconds, for each run) there is one that does not matter.
    """

    name: str
    after: tuple[str, ...] = ()
    key: str = ""
    seconds: float = 1.0
    timeout: int | None = None
    failures: int = 0
    cause: str = REFUSED
    rollback_seconds: float = 0.3
    rollback_failures: int = 0
    rollback_cause: str = "java.lang.IllegalStateException: undo refused"
    cancel_seconds: float = 0.9
    automatic_retries: int = 0
    prohibit_rollback: bool = False
    skippable: bool = True
    parallel_index: int = -1
    lines: tuple[str, ...] = ()
    class_name: str = "com.oceanbase.ocp.demo.DemoSubtasks"

    @property
    def handle(self) -> str:
        """What `after` of other subtasks and tests call it."""
        return self.key or self.name

    @property
    def limit(self) -> int:
        """The timeout that answers show."""
        if self.timeout is not None:
            return self.timeout
        return max(120, int(self.seconds) + 60)


@dataclass(frozen=True)
class Cluster:
    """The cluster a task belongs to; `id` is OCP's own."""

    id: int = 1
    name: str = "obcluster"
    ob_cluster_id: int = 1
    type: str = "PRIMARY"


@dataclass(frozen=True)
class Tenant:
    """The tenant a task belongs to; OCP Express shows `ob_tenant_id` and name only."""

    id: int = 1
    name: str = "tpcc"
    ob_tenant_id: int = 1002
    mode: str = "MYSQL"


@dataclass(frozen=True)
class Scenario:
    """The life of a task.

    `overtaken`: the worker that sets the task's state comes before the one that retries
    (protocol/ocp.md, 8.1). `words` replaces status words in answers, for words that no
    version is known to have. `shown_edges` are edges (from, to) that answers show and
    the engine ignores: keys, or ids of nothing. `vanishes_after` is the retention time
    in seconds after the end.
    """

    name: str
    subtasks: tuple[Subtask, ...]
    type: str = "MANUAL"
    prohibit_rollback: bool = False
    overtaken: bool = False
    cluster: Cluster | None = None
    tenant: Tenant | None = None
    host_id: int | None = None
    vanishes_after: float | None = None
    words: tuple[tuple[str, str], ...] = ()
    shown_edges: tuple[tuple[str | int, str | int], ...] = ()


Given = Union[str, Scenario, Mapping[str, Any]]


def _chain(*subtasks: Subtask) -> tuple[Subtask, ...]:
    linked: list[Subtask] = []
    for subtask in subtasks:
        after = (linked[-1].handle,) if linked else ()
        linked.append(dataclasses.replace(subtask, after=after))
    return tuple(linked)


def chain(seconds: float = 2.0, **install: Any) -> Scenario:
    """Prepare, install, finish (recordings 5 to 13); options are those of install."""
    return Scenario(
        "Demo chain",
        _chain(
            Subtask("Demo prepare", seconds=seconds),
            Subtask("Demo install", **{"seconds": seconds, **install}),
            Subtask("Demo finish", seconds=seconds),
        ),
    )


def fail_once(seconds: float = 1.0) -> Scenario:
    """Install fails at its first run; a retry mends it (17 to 36)."""
    return chain(seconds, failures=1)


def fail_always(seconds: float = 1.0) -> Scenario:
    """Install fails at every run; a rollback is possible (37 to 58)."""
    return chain(seconds, failures=ALWAYS)


def slow(seconds: float = 20.0, cancel_seconds: float = 0.9) -> Scenario:
    """One subtask, long enough to be cancelled (83 to 96)."""
    subtask = Subtask("Demo install", seconds=seconds, cancel_seconds=cancel_seconds)
    return Scenario("Demo one", (subtask,))


def rollback_fails(seconds: float = 0.0) -> Scenario:
    """Install fails, then the undo of prepare (97 to 118)."""
    cause = "java.lang.IllegalStateException: demo failure: undo of prepare refused"
    return Scenario(
        "Demo chain",
        _chain(
            Subtask(
                "Demo prepare",
                seconds=seconds,
                rollback_failures=ALWAYS,
                rollback_cause=cause,
            ),
            Subtask("Demo install", seconds=seconds, failures=ALWAYS),
            Subtask("Demo finish", seconds=seconds),
        ),
    )


def parallel(hosts: int = 3, seconds: float = 1.0) -> Scenario:
    """Prepare, one install for each host, finish; of tenant 1002 (119 to 128)."""
    installs = tuple(
        Subtask(
            "Demo install",
            ("Demo prepare",),
            key=f"Demo install {i}",
            seconds=seconds,
            parallel_index=i,
        )
        for i in range(hosts)
    )
    ends = tuple(install.handle for install in installs)
    return Scenario(
        "Demo parallel",
        (Subtask("Demo prepare", seconds=seconds),)
        + installs
        + (Subtask("Demo finish", ends, seconds=seconds),),
        tenant=Tenant(),
    )


def diamond(failures: int = 1, install_seconds: float = 6.0) -> Scenario:
    """Check fails at once while its sibling runs on (135 to 146)."""
    return Scenario(
        "Demo diamond",
        (
            Subtask("Demo prepare", seconds=0.0),
            Subtask("Demo install", ("Demo prepare",), seconds=install_seconds),
            Subtask("Demo check", ("Demo prepare",), seconds=0.0, failures=failures),
            Subtask("Demo finish", ("Demo install", "Demo check"), seconds=0.0),
        ),
    )


def wide_diamond(
    subtasks: int = 30, seconds: float = 2.0, failed: tuple[int, ...] = (7, 2)
) -> Scenario:
    """Fan out, fan in; two of the first ten fail, 0.2 s apart, `failed` in order.

    The others go on, so the task is RUNNING until the last of them is done (8.18).
    """
    work = tuple(
        Subtask(
            f"Install on 198.51.100.{i}",
            ("Prepare",),
            seconds=seconds / 2 + 0.2 * failed.index(i) if i in failed else seconds,
            parallel_index=i,
            failures=ALWAYS if i in failed else 0,
            cause=f"java.io.IOException: host 198.51.100.{i}: no space left on device",
        )
        for i in range(subtasks - 2)
    )
    ends = tuple(subtask.handle for subtask in work)
    return Scenario(
        "Install on all hosts",
        (Subtask("Prepare"),) + work + (Subtask("Finish", ends),),
    )


def flaky(
    failures: int = 1,
    retries: int = 2,
    seconds: float = 0.0,
    overtaken: bool = False,
) -> Scenario:
    """A subtask that the engine itself retries (147 to 167)."""
    return Scenario(
        "Demo flaky",
        _chain(
            Subtask("Demo prepare", seconds=0.0),
            Subtask(
                "Demo flaky",
                seconds=seconds,
                failures=failures,
                automatic_retries=retries,
            ),
        ),
        overtaken=overtaken,
    )


def late_success() -> Scenario:
    """The last automatic retry succeeds, the task stays FAILED (324 to 334)."""
    return flaky(failures=2, overtaken=True)


def retry_race() -> Scenario:
    """FAILED before the last automatic retry, which fails too (304 to 310)."""
    return flaky(failures=ALWAYS, overtaken=True)


def irreversible() -> Scenario:
    """Rollback becomes forbidden when the first subtask runs (168 to 175)."""
    return Scenario(
        "Demo irreversible",
        _chain(
            Subtask("Demo irreversible", seconds=2.0, prohibit_rollback=True),
            Subtask("Demo install", seconds=0.0, failures=ALWAYS),
        ),
    )


def no_rollback() -> Scenario:
    """A task that was submitted without rollback (176 to 182)."""
    return Scenario(
        "Demo norollback",
        _chain(
            Subtask("Demo prepare", seconds=0.0),
            Subtask("Demo install", seconds=0.0, failures=ALWAYS),
        ),
        prohibit_rollback=True,
    )


def timed_out() -> Scenario:
    """A subtask with more work than its timeout allows (183 to 189)."""
    return Scenario(
        "Demo short",
        _chain(
            Subtask("Demo prepare", seconds=0.0),
            Subtask("Demo short-timeout", seconds=8.0, timeout=3),
        ),
    )


def sys_scheduled() -> Scenario:
    """A built-in scheduled task, whose log holds nothing (200, 201)."""
    name = "Collect all tenants mini compactions"
    return Scenario(
        "Collect all tenants major compactions",
        (Subtask(name, seconds=0.0, timeout=600),),
        type="SYS_SCHEDULED",
    )


def many(subtasks: int = 1000, seconds: float = 0.0) -> Scenario:
    """Fan out to many subtasks; ten of them run at a time."""
    work = tuple(
        Subtask(f"Step {i}", ("Prepare",), seconds=seconds, parallel_index=i)
        for i in range(subtasks - 2)
    )
    ends = tuple(subtask.handle for subtask in work)
    return Scenario(
        "Many steps", (Subtask("Prepare"),) + work + (Subtask("Finish", ends),)
    )


def product(
    name: str,
    *steps: str,
    seconds: float = 2.0,
    fails: str = "",
    failures: int = ALWAYS,
    **fields: Any,
) -> Scenario:
    """A chain of steps with the names that OCP gives them."""
    return Scenario(
        name,
        _chain(
            *(
                Subtask(
                    step,
                    seconds=seconds,
                    timeout=max(600, int(seconds) * 2),
                    failures=failures if step == fails else 0,
                    class_name="com.oceanbase.ocp.obops.internal.Step",
                )
                for step in steps
            )
        ),
        **fields,
    )


def reinstall_agent(seconds: float = 2.0, fails: str = "") -> Scenario:
    """The sample of the vendor's documentation (recordings/vendor-docs, 5)."""
    return product(
        "Reinstall OCP agent",
        "Prepare reinstalling OCP agent",
        "Uninstall ocp agent",
        "Install ocp agent",
        "Finish reinstalling OCP agent",
        seconds=seconds,
        fails=fails,
    )


def restart_agent(seconds: float = 0.0, fails: str = "") -> Scenario:
    """The product task of recordings 190 to 198."""
    return product(
        "Restart OB agent",
        "Prepare restart OB agent",
        "Restart OB agent",
        "Finish OB agent operation",
        seconds=seconds,
        fails=fails,
    )


def add_server(
    seconds: float = 2.0, fails: str = "", failures: int = ALWAYS
) -> Scenario:
    return product(
        "Add OBServer",
        "Prepare add observer",
        "Install observer",
        "Start observer",
        "Add observer to cluster",
        "Finish add observer",
        seconds=seconds,
        fails=fails,
        failures=failures,
        cluster=Cluster(),
    )


def add_zone(seconds: float = 2.0, fails: str = "") -> Scenario:
    return product(
        "Add zone",
        "Prepare add zone",
        "Install observer",
        "Start observer",
        "Add zone to cluster",
        "Finish add zone",
        seconds=seconds,
        fails=fails,
        cluster=Cluster(),
    )


def upgrade(seconds: float = 3.0, fails: str = "") -> Scenario:
    return product(
        "Upgrade OB cluster",
        "Check before upgrade",
        "Upgrade check script",
        "Upgrade zone1",
        "Upgrade zone2",
        "Upgrade zone3",
        "Upgrade post script",
        "Finish upgrade",
        seconds=seconds,
        fails=fails,
        cluster=Cluster(),
    )


def create_tenant(seconds: float = 1.0, fails: str = "") -> Scenario:
    return product(
        "Create tenant",
        "Prepare tenant",
        "Create resource pool",
        "Create tenant",
        "Finish create tenant",
        seconds=seconds,
        fails=fails,
        cluster=Cluster(),
        tenant=Tenant(),
    )


def restart_cluster(seconds: float = 2.0, fails: str = "") -> Scenario:
    return product(
        "Restart OB cluster",
        "Prepare restart",
        "Stop observers",
        "Start observers",
        "Finish restart",
        seconds=seconds,
        fails=fails,
        cluster=Cluster(),
    )


def add_host(seconds: float = 2.0, fails: str = "") -> Scenario:
    return product(
        "Add host",
        "Prepare host",
        "Install ocp agent",
        "Collect host information",
        "Finish add host",
        seconds=seconds,
        fails=fails,
        host_id=1,
    )


def backup(seconds: float = 2.0, fails: str = "") -> Scenario:
    return product(
        "Backup now",
        "Prepare backup",
        "Start backup",
        "Wait backup finish",
        seconds=seconds,
        fails=fails,
        cluster=Cluster(),
        tenant=Tenant(),
    )


SCENARIOS: dict[str, Callable[..., Scenario]] = {
    factory.__name__: factory
    for factory in (
        chain,
        fail_once,
        fail_always,
        slow,
        rollback_fails,
        parallel,
        diamond,
        wide_diamond,
        flaky,
        late_success,
        retry_race,
        irreversible,
        no_rollback,
        timed_out,
        sys_scheduled,
        many,
        reinstall_agent,
        restart_agent,
        add_server,
        add_zone,
        upgrade,
        create_tenant,
        restart_cluster,
        add_host,
        backup,
    )
}
SCENARIOS["install"] = SCENARIOS["chain"]


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
