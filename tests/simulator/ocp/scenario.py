# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scripted life of an OCP task.

A `Scenario` says what each subtask does when it runs; when it runs is the engine's
business (`workers`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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


def in_a_row(*subtasks: Subtask) -> tuple[Subtask, ...]:
    """The subtasks, each after the one before it."""
    linked: list[Subtask] = []
    for subtask in subtasks:
        after = (linked[-1].handle,) if linked else ()
        linked.append(replace(subtask, after=after))
    return tuple(linked)
