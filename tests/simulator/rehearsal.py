# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file that says what is to happen in a world: what fails, how long it takes.

Its keys are `world` and `speed`, as on the command line, and calls of the control port
(control.py), each with a list of their options. They are made when the world begins,
and anew after each /reset. The page "Rehearse a failure" of the documentation has it.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Mapping

from . import setups
from .obshell import errors, scenarios
from .ocp import given

# In the order in which they are made: what a task meets is there before it begins.
CALLS = ("set", "password", "on_submit", "start", "agent", "faults")
_NAMED = {"set": "server", "agent": "server", "faults": "server"}
_RUNS = (
    *("fails", "start_fails", "delete_fails", "unpack_fails", "backup_fails"),
    "tenant_fails",
)
_TOLD = {
    "() got an unexpected keyword argument ": "there is no option ",
    "() missing 1 required positional argument: ": "it needs the option ",
    "() missing 1 required keyword-only argument: ": "it needs the option ",
}
KEYS = ("world", "speed", *CALLS)


class Wrong(ValueError):
    """What is wrong in a file, where, and what may have been meant."""


@dataclass(frozen=True)
class Rehearsal:
    """What a file says; `calls` are in the order in which they are made."""

    path: str = ""
    world: str | None = None
    speed: float | None = None
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def play(self, world: Any, call: Callable[[str, dict[str, Any]], Any]) -> None:
        """Make the calls; raise Wrong for the first that cannot be."""
        for where, name, options in self.calls:
            self._check(where, name, options, world)
            try:
                call(name, dict(options))
            except (
                errors.Problem,
                KeyError,
                TypeError,
                ValueError,
                AttributeError,
            ) as e:
                raise Wrong(f"{self.path}: {where}: {_said(e)}") from e

    def _check(
        self, where: str, name: str, options: Mapping[str, Any], world: Any
    ) -> None:
        key = "on" if "on" in options else _NAMED.get(name, "on")
        known = world.starters if key == "on" else world.servers
        self._one_of(where, key, options.get(key), known)
        # OCP's `fails` names a subtask.
        ocp = hasattr(known[options[key]], "engine")
        for word in _RUNS:
            if not ocp and not isinstance(options.get(word, []), list):
                raise Wrong(f"{self.path}: {where}: {word}: a list of runs is expected")
        if "target" in options:
            self._one_of(where, "target", options["target"], world.servers)
        if name in ("start", "on_submit"):
            scenario = options.get("scenario")
            if not (ocp and isinstance(scenario, dict)):
                names = given.SCENARIOS if ocp else scenarios.READY
                self._one_of(where, "scenario", scenario, names)

    def _one_of(self, where: str, key: str, value: Any, known: Iterable[str]) -> None:
        if value not in list(known):
            raise Wrong(f"{self.path}: {where}: {key} {_unknown(value, sorted(known))}")


def load(path: str) -> Rehearsal:
    """Return what a file says; raise Wrong where it cannot be understood."""
    import yaml  # comes with ansible-core, and only files need it

    try:
        with open(path, encoding="utf-8") as file:
            said = yaml.safe_load(file) or {}
    except OSError as e:
        raise Wrong(f"{path}: {e.strerror}") from e
    except yaml.YAMLError as e:
        raise Wrong(f"{path}: it is not YAML: {' '.join(str(e).split())}") from e
    if not isinstance(said, dict):
        raise Wrong(f"{path}: keys are expected: {', '.join(KEYS)}")
    for key in said:
        if key not in KEYS:
            raise Wrong(f"{path}: the key {_unknown(key, KEYS)}")
    if said.get("world", "demo") not in setups.WORLDS:
        raise Wrong(f"{path}: world {_unknown(said['world'], sorted(setups.WORLDS))}")
    speed = said.get("speed")
    if speed is not None and not (type(speed) in (int, float) and speed > 0):
        raise Wrong(f"{path}: speed: a number above 0 is expected")
    return Rehearsal(path, said.get("world"), speed, list(_calls(path, said)))


def _calls(
    path: str, said: Mapping[str, Any]
) -> Iterable[tuple[str, str, dict[str, Any]]]:
    for name in CALLS:
        rows = said.get(name) or []
        if not isinstance(rows, list):
            raise Wrong(f"{path}: {name}: a list is expected, an entry for each call")
        for number, options in enumerate(rows, 1):
            where = f"{name}, entry {number}"
            if not isinstance(options, dict):
                raise Wrong(f"{path}: {where}: keys and values are expected")
            # YAML reads `on` as true.
            yield where, name, {
                "on" if key is True else key: value for key, value in options.items()
            }


def _unknown(value: Any, known: Iterable[str]) -> str:
    """Say that a word is not known, which are, and which may have been meant."""
    names = list(known)
    near = difflib.get_close_matches(str(value), names, 1)
    meant = f"; did you mean {near[0]}?" if near else ""
    shown = "is missing" if value is None else f"{value!r} is not known"
    return f"{shown}{meant} (one of {', '.join(names)})"


def _said(e: Exception) -> str:
    if isinstance(e, KeyError):
        return f"{e.args[0]!r} is missing, or not known"
    text = str(e)
    for words, told in _TOLD.items():
        _function, found, option = text.partition(words)
        if found:
            return told + option
    return text
