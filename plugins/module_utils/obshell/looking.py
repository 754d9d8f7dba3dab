# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a look asks of a cluster, what it sees there, and what locks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Generic, Mapping, Protocol, Sequence, TypeVar

from .. import errors, transport
from ..task import messages, task
from ..wait import soon
from . import client as obshell
from . import ids, lists

CLUSTER_AGENT = "CLUSTER AGENT"
AGAIN = "Run this again when the cause is gone."
HOLDS, SUBMIT, TAKE_UP = "holds", "submit", "take_up"


Seen = TypeVar("Seen")
Found = TypeVar("Found")


class Wish(Protocol):
    """What is asked for of one thing of a cluster."""

    @property
    def named(self) -> str:
        """How messages call it."""

    @property
    def wait_for_others(self) -> bool:
        """Whether to wait for what holds the lock."""


def _silent(text: str) -> None:
    """Give no warning."""


@dataclass
class Looker:
    """Asks a cluster; sleep is a parameter, in seconds.

    `deadline` is that of the cluster's client.
    """

    cluster: obshell.ObshellClient
    sleep: Callable[[float], None]
    deadline: transport.Deadline | None = field(default=None, init=False)
    warn: Callable[[str], None] = field(default_factory=lambda: _silent, init=False)

    @property
    def clients(self) -> list[obshell.ObshellClient]:
        """Whom it asks."""
        return [self.cluster]

    def who(self) -> Mapping[str, Any]:
        """Return the /info of the agent of the cluster that answers; it must be one."""
        info = info_of(self.cluster)
        if info.get("identity") != CLUSTER_AGENT:
            raise errors.Refused(
                f"{self.cluster.answered[0]} is {info.get('identity')}, not an agent "
                "of a cluster; obshell.url wants members"
            )
        return info

    def listed(self) -> list[task.Task]:
        """Return what is unfinished of the cluster, by a list that is whole."""
        found = lists.unfinished(self.cluster, "cluster")
        if found.missing:
            raise errors.Unavailable("; ".join(found.missing))
        return found.tasks

    def unfinished(
        self,
        *names: str,
        sure: int,
        unsure: str,
        look: Callable[[], Sequence[task.Task]] | None = None,
    ) -> Sequence[task.Task]:
        """Return what is unfinished, by default of the cluster, sure whom it is about.

        Tasks of these names that run tell that only from the stage `sure` on; `unsure`
        is what is said where one stands still before.
        """

        def settled(found: Sequence[task.Task]) -> bool:
            return not any(_is_early(one, names, sure) for one in found)

        found, is_settled = self.until(look or self.listed, settled)
        if not is_settled:
            raise errors.Unavailable(unsure)
        return found

    def until(
        self,
        look: Callable[[], Seen],
        holds: Callable[[Seen], bool],
        *,
        looks: int = soon.LOOKS,
        submitted: bool = False,
    ) -> tuple[Seen, bool]:
        """Look until it holds, at most a minute (soon.until)."""
        return soon.until(
            look,
            holds,
            sleep=self.sleep,
            looks=looks,
            submitted=submitted,
            deadline=self.deadline,
        )


@dataclass(frozen=True)
class Sight(Generic[Found]):
    """What a look has seen: what is to be done, with what, and what is unfinished.

    `left` is the task that an earlier run of the same request left behind.
    """

    what: str
    found: Found | None = None
    left: str | None = None
    unfinished: Sequence[task.Task] = ()


def choice(undone: str) -> str:
    """Return what to do about a failed task that can be retried, or undone."""
    return (
        "Choose: retry the task with obshell_task, when the cause is gone, or roll it "
        f"back, which {undone}; then run this again."
    )


def info_of(client: obshell.ObshellClient) -> Mapping[str, Any]:
    """Return the /info of the first agent that answers, which wants no password."""
    data = client.call("GET", "/info").data
    return data if isinstance(data, dict) else {}


def check_locks(holders: Sequence[task.Task]) -> None:
    """Raise Refused, with their ids as `unfinished`, where any task holds the lock."""
    if not holders:
        return
    error = errors.Refused(
        " ".join(_lock(one) for one in holders),
        unfinished=[one.id for one in holders],
    )
    error.result = {"reason": "locked"}
    raise error


def of_cluster(tasks: Sequence[task.Task], left: str | None) -> list[task.Task]:
    """Return what locks the cluster, or may, besides the task that was left behind.

    obshell before 4.3.1 does not say what a task locks.
    """
    return [one for one in tasks if one.id != left and _locks_cluster(one)]


def _locks_cluster(one: task.Task) -> bool:
    if one.locked is False or not ids.is_cluster(one.id):
        return False
    return one.maintenance is None or one.maintenance["scope"] == "cluster"


def _is_early(one: task.Task, names: Sequence[str], sure: int) -> bool:
    runs = one.outcome == "running" and one.operator == "RUN"
    return one.name in names and runs and (one.stage or 0) < sure


def _lock(one: task.Task) -> str:
    whose = "The cluster" if ids.is_cluster(one.id) else ids.owner_of(one.id)
    if one.maintenance and one.maintenance["scope"] == "tenant":
        whose = f"Tenant {one.maintenance['key']}"
    advice = (
        "Recover it first, as the role task_recover does."
        if one.done
        else "Try again when it is over, or set wait_for_others to true."
    )
    begun = (
        f", begun at {one.start_time} by the clock of the database"
        if one.start_time
        else ""
    )
    held = f"{whose} is locked by {messages.named(one)},"
    if one.locked is False:
        held = f"T{messages.named(one)[1:]} is"
    stands = f"{one.state} at stage {messages.where(one)}"
    return errors.line(f"{held} {stands}{begun}. {advice}")
