# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked for of an upgrade, and which versions a cluster runs. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, Mapping, Optional, Sequence

from .. import errors, roster
from ..task import task
from . import ids

KEY = "versions"
MODES = ("ROLLING", "STOPSERVICE")
Versions = Dict[str, Optional[str]]
"""What each server runs, by the address of its agent; None where that is not known."""

_PACKAGE = re.compile(r"([0-9]+(?:[.][0-9]+)+)-([0-9]+)[.][A-Za-z0-9_.]+")
# Without the distribution, agents as VERSION-NUMBER and observers as VERSION_NUMBER
# (protocol/obshell.md 5.1), of which more may follow.
_RUNS = re.compile(r"([0-9]+(?:[.][0-9]+)*)[-_]([0-9]+)")


@dataclass(frozen=True)
class Component:
    """What can be upgraded: its route, and the names of its tasks (5.1).

    `newer`: a later version than the one asked for is as good.
    """

    named: str
    path: str
    check: str
    upgrades: Sequence[str]
    newer: bool
    runs: Callable[[roster.Server], bool]
    version: Callable[[roster.Server], str | None]


# The package of OceanBase brings an obshell too, which may be later than asked for.
COMPONENTS = {
    "obshell": Component(
        "obshell",
        "/agent/upgrade",
        "Upgrade check obshell",
        ("Upgrade obshell",),
        True,
        lambda server: server.identity is not None,
        lambda server: server.obshell_version,
    ),
    "oceanbase": Component(
        "OceanBase",
        "/ob/upgrade",
        "Upgrade check OB",
        ("OB rolling upgrade", "OB stop service upgrade"),
        False,
        lambda server: (server.status or server.version) is not None,
        lambda server: server.version,
    ),
}


@dataclass(frozen=True)
class Wish:
    """What is asked for."""

    component: str
    package: str
    upgrade_dir: str = ""
    mode: str = MODES[0]
    freeze_server: bool = False
    wait_for_others: bool = False

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Wish:
        """Return what options ask for; refuse what cannot be asked for."""
        wish = cls(**{key: params[key] for key in cls.__dataclass_fields__})
        if not _PACKAGE.fullmatch(wish.package):
            reason = (
                f"'{errors.printable(wish.package, 80)}' is none: a version, a release "
                "and a distribution are expected, as 4.3.5.4-104000042025090916.el7"
            )
            raise errors.InvalidOption("package", reason)
        return wish

    @property
    def what(self) -> Component:
        """What is to be upgraded."""
        return COMPONENTS[self.component]

    @property
    def named(self) -> str:
        """How messages call it."""
        return self.what.named

    @property
    def target(self) -> str:
        """The version and the release that all are to run."""
        return _release(self.package) or self.package

    @property
    def check(self) -> str:
        """The name of the task that checks whether it could be done."""
        return f"{self.what.check} {self.package}"

    @property
    def upgrades(self) -> list[str]:
        """The names that its task may have; one of another mode is as good."""
        return [f"{name} {self.package}" for name in self.what.upgrades]

    def body(self, *, check: bool) -> dict[str, Any]:
        """Return the body of the request."""
        version, _dash, release = self.package.partition("-")
        body: dict[str, Any] = {"version": version, "release": release}
        body["upgradeDir"] = self.upgrade_dir
        if self.component == "oceanbase" and not check:
            body.update(mode=self.mode, freeze_server=self.freeze_server)
        return body

    def found(self, servers: Sequence[roster.Server]) -> Versions:
        """Return which versions servers run of what is to be upgraded."""
        known = [one for one in servers if self.what.runs(one)]
        return {
            ids.address(one.ip, one.port): _release(self.what.version(one) or "")
            for one in known
        }

    def is_so(self, found: Versions) -> bool:
        """Tell whether all run what is asked for; nobody is no proof."""
        return bool(found) and all(self._is_good(one) for one in found.values())

    def _is_good(self, version: str | None) -> bool:
        if self.what.newer and version:
            return _numbers(version) >= _numbers(self.target)
        return version == self.target


def facts(found: Versions | None) -> task.Facts | None:
    """Return what is told of the versions in a result."""
    return None if found is None else dict(found)


def shown(found: Versions | None) -> task.Facts:
    """Return what a diff shows of the versions: each once."""
    return {KEY: sorted(one or "unknown" for one in set((found or {}).values()))}


def _release(text: str) -> str | None:
    """Return a version and its release as `4.3.5.4-104000042025090916`."""
    known = _RUNS.match(text)
    return "-".join(known.groups()) if known else None


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall("[0-9]+", version)]
