# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell or OceanBase is upgraded: obshell's own check first, then the upgrade."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Mapping, Sequence

from .. import errors
from ..task import messages, task
from ..wait import soon, within
from . import errand, lists, locks, looking, roster, upgrades

KIND: errand.Kind[upgrades.Versions] = errand.Kind(
    upgrades.KEY, upgrades.facts, upgrades.shown
)
CHECK = "check"
_UNKNOWN = "It is not known what the cluster runs, or what is at work in it."
_TOO_FEW = "UnableToRollingUpgrade"
Sight = looking.Sight[upgrades.Versions]


class Upgrading:
    """By an upgrade, whose task is there, or whose check was good."""

    method = "POST"

    def __init__(
        self, asker: looking.Looker, wish: upgrades.Wish, patience: float
    ) -> None:
        self.asker, self.wish = asker, wish
        self._looks = max(1, round(patience / soon.TICK))
        self.path, self.done = wish.what.path, f"upgraded to {wish.package}"

    def look(self) -> Sight:
        """Return what is to be done; raise Refused where it cannot be.

        All may run the new version while the upgrade still works or has failed, so its
        task goes first.
        """
        return self._patiently(self._sight)

    def _patiently(self, look: Callable[[], looking.Seen]) -> looking.Seen:
        """Look, and again where that says nothing: all agents may restart just now."""

        def known() -> looking.Seen:
            try:
                return look()
            except errors.Unreachable as e:
                e.transient = e.reason != "name"
                raise

        try:
            return self.asker.until(
                known, lambda seen: True, looks=self._looks, submitted=True
            )[0]
        except errors.OpsError as e:
            if e.transient:
                e.message = f"{_UNKNOWN} {e.message}"
            raise

    def _sight(self) -> Sight:
        found = self._found()
        listed = lists.unfinished(self.asker.cluster, "all", details=False)
        if listed.never:
            raise listed.never
        if listed.missing:
            raise errors.Unavailable("; ".join(listed.missing))
        mine = [one for one in listed.tasks if one.name in self.wish.upgrades]
        self._check_single(mine)
        if mine:
            return looking.Sight(looking.TAKE_UP, found, mine[0].id, listed.tasks)
        is_so = self.wish.is_so(found)
        what = looking.HOLDS if is_so else looking.SUBMIT
        return looking.Sight(what, found, None, listed.tasks)

    def _found(self) -> upgrades.Versions:
        return self.wish.found(roster.servers(self.asker.cluster))

    def _found_again(self) -> upgrades.Versions:
        """Ask behind the work, when who has just restarted may say anything."""
        try:
            return self._found()
        except (errors.AuthRefused, errors.TlsFailure):
            raise
        except errors.OpsError as e:
            raise errors.Unavailable(e.message, **e.details) from e

    def _check_single(self, mine: Sequence[task.Task]) -> None:
        """Refuse to choose one of several upgrades to the same by chance."""
        if len(mine) < 2:
            return
        told = [
            f"{messages.named(one)}, {one.state} at stage {messages.where(one)}"
            for one in mine
        ]
        error = errors.Refused(
            f"there is more than one unfinished upgrade to {self.wish.package}: "
            f"{'; '.join(told)}. Wait for what is at work, and recover with "
            "obshell_task what has failed, until one is left at the most; then run "
            "this again.",
            unfinished=[one.id for one in mine],
        )
        error.result = {"reason": "locked"}
        raise error

    def locks(self, sight: Sight) -> Sequence[task.Task]:
        """Return what is at work anywhere, or failed and holds a lock.

        A check of the same package is not in the way: it is waited for before.
        """
        busy = self._patiently(lambda: locks.busy(self.asker.cluster, "all"))
        return [one for one in busy if one.name != self.wish.check]

    def body(self) -> Mapping[str, Any]:
        """Return the body of the request."""
        return self.wish.body(check=False)

    def verify(self) -> upgrades.Versions | None:
        """Return the versions when all run what was asked for."""
        try:
            found, is_so = self.asker.until(
                self._found_again, self.wish.is_so, submitted=True
            )
            if is_so:
                return found
            runs = ", ".join(upgrades.shown(found)[upgrades.KEY]) or "nothing is known"
        except errors.OpsError as e:
            runs = e.message
        raise errors.WaitError(
            f"The task succeeded, but not all run {self.wish.named} "
            f"{self.wish.target}: {runs}"
        )

    def outlook(self, found: upgrades.Versions | None) -> dict[str, Any]:
        """Return what a diff will show when it is done."""
        return {upgrades.KEY: [self.wish.target]}

    def told(self) -> str | None:
        """Return nothing: versions say it all."""
        return None

    def cause(self, failed: task.Facts) -> str | None:
        """Return no cause but those that the task itself tells."""
        return None

    def advice(self, failed: task.Facts) -> str:
        """Return what to do about a task that has failed."""
        return looking.choice("obshell allows until it has restarted its agents")


class Checking(Upgrading):
    """By obshell's own check, which changes nothing and locks nothing."""

    def __init__(
        self, asker: looking.Looker, wish: upgrades.Wish, patience: float
    ) -> None:
        super().__init__(asker, wish, patience)
        self.path += "/check"
        self.done += ", and nothing was changed"
        self._is_good = False

    def _sight(self) -> Sight:
        """Return what is to be done; it holds where no check is needed, any more."""
        sight = super()._sight()
        if sight.what != looking.SUBMIT:
            return looking.Sight(looking.HOLDS, sight.found)
        runs = [one for one in sight.unfinished if one.name == self.wish.check]
        for one in runs:
            if one.state in task.ACTIVE:
                return looking.Sight(looking.TAKE_UP, sight.found, one.id)
        return looking.Sight(looking.HOLDS, sight.found) if self._is_good else sight

    def body(self) -> Mapping[str, Any]:
        """Return the body of the request."""
        return self.wish.body(check=True)

    def verify(self) -> upgrades.Versions | None:
        """Return nothing: that its task succeeded is all that there is of it."""
        self._is_good = True
        return None

    def advice(self, failed: task.Facts) -> str:
        """Return what to do about a check that was not good."""
        return "Run it again when the cause is gone; it checks anew."


@dataclass
class Upgrade:
    """A component on its way to a package: the check, and behind it the upgrade."""

    checking: errand.Errand[upgrades.Versions]
    upgrading: errand.Errand[upgrades.Versions]

    def __post_init__(self) -> None:
        self.waits = self.upgrading.waits
        self.result = self.upgrading.result

    @property
    def notes(self) -> list[str]:
        """What is to be warned of about the agents themselves."""
        return self.upgrading.notes

    def close(self) -> None:
        """Leave no connection and no thread behind."""
        self.upgrading.close()

    def hear(self, warn: Callable[[str], None]) -> None:
        """Give warnings to this function."""
        self.checking.hear(warn)
        self.upgrading.hear(warn)

    def bring(self, *, check: bool, wait: bool) -> dict[str, Any]:
        """Upgrade it and return the result; an error carries what is known of it.

        Without `wait` the check is waited for all the same. With `check` it is not
        asked for: obshell's own check is a request that makes a task.
        """
        with self._told():
            if not check:
                self._see_checked()
            return self.upgrading.bring(check=check, wait=wait)

    def _see_checked(self) -> None:
        """Return when a check was good, and none of the same package is at work."""
        reason = None
        while reason != upgrades.KEY:
            try:
                reason = self.checking.bring(check=False, wait=True)["reason"]
            except errors.OpsError as e:
                e.result["changed"] = False
                if e.result.get("reason") in ("submitted", "taken_up"):
                    e.result["reason"] = CHECK
                    e.details.pop("next", None)  # not to recover it, but to check anew
                    self._name(e)
                raise

    def _name(self, e: errors.OpsError) -> None:
        """Say what was not done where the wait for the check itself ended badly."""
        way = self.checking.way
        if isinstance(e, errors.WaitError) and not isinstance(e, errors.TaskFailed):
            e.message = f"{way.wish.named} was not {way.done}. {e.message}"

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Say of a refusal what was not done for it, and what would help."""
        way = self.upgrading.way
        try:
            yield
        except errors.OpsError as e:
            if e.result.get("reason") == "locked":
                e.message = f"{way.wish.named} was not upgraded: {e.message}"
            if str(e.details.get("code")).endswith(_TOO_FEW):
                e.message += (
                    f"; {way.wish.named} was not upgraded. With mode STOPSERVICE "
                    "(cluster_upgrade_mode in the role cluster_upgrade) fewer zones "
                    "will do: it stops all observers at once"
                )
            raise


def work(
    asker: looking.Looker,
    wish: upgrades.Wish,
    submit: Callable[[Mapping[str, Any]], Any],
    waits: within.Waits,
) -> Upgrade:
    """Return what brings a component to the package that is asked for."""

    def by(way: errand.Way[upgrades.Versions]) -> errand.Errand[upgrades.Versions]:
        return errand.Errand(KIND, way, asker, submit, waits)

    given = (asker, wish, waits.rules.max_first_outage)
    return Upgrade(by(Checking(*given)), by(Upgrading(*given)))
