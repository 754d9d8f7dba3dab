# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is likely meant by options that are refused. Pure."""

from __future__ import annotations

import difflib
import re
from typing import Any, Iterator, Mapping

from . import arguments, errors

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day"}
_SPAN = re.compile(r"(\d{1,6}) ?([smhd])[a-z]{0,7}")
_URLS = {"obshell": "http://10.0.0.1:2886", "ocp": "http://ocp.example.com:8080"}
# How Ansible begins to say that a value is of another type than the option.
_OF_TYPES = ("unable to convert to", "dictionary requested", "sub parameter field")


def without_url(given: Mapping[str, Any], option: str) -> errors.InvalidOption:
    """Return the error for a server of which no address is given."""
    text = f"give its address, or set {arguments.variable(option, 'url')}"
    if any(given.get(key) for key in (*arguments.SECRETS, "username")):
        text += (
            "; if module_defaults give it, a task's dictionary replaces theirs whole"
        )
    return errors.InvalidOption(f"{option}.url", text)


def refused(text: str, given: Mapping[str, Any], spec: Mapping[str, Any]) -> str:
    """Return why Ansible refuses options, `text` in its words, with what may be meant.

    Of what was given only names and spans of time are shown: all else may be a secret.
    """
    of_names, of_values = list(_names(given, spec)), list(_values(given, spec))
    if of_values and any(words in text for words in _OF_TYPES):
        return " ".join([*of_names, "; ".join(of_values)])
    return " ".join([*of_names, text])


def _names(
    given: Mapping[str, Any], spec: Mapping[str, Any], above: str = ""
) -> Iterator[str]:
    known = [
        *spec,
        *(alias for one in spec.values() for alias in one.get("aliases", ())),
    ]
    for name, value in given.items():
        options = spec.get(name, {}).get("options")
        if isinstance(value, dict) and options:
            yield from _names(value, options, f"{name}.")
        elif name not in known and not str(name).startswith("_ansible"):
            close = difflib.get_close_matches(str(name).lower(), known, 1)
            if close:
                yield f"{above}{name} is no option: did you mean {above}{close[0]}?"


def _values(
    given: Mapping[str, Any], spec: Mapping[str, Any], above: str = ""
) -> Iterator[str]:
    for name, value in given.items():
        kind = spec.get(name, {}).get("type")
        if value is None:
            continue
        if isinstance(value, dict) and kind == "dict":
            yield from _values(value, spec[name].get("options") or {}, f"{name}.")
        elif isinstance(value, str) and kind == "dict" and name in _URLS:
            yield (
                f"{name}: a dictionary is expected, such as "
                f"{name}: {{url: {_URLS[name]}, password: ...}}"
            )
        elif kind == "list" and spec[name].get("elements") == "dict":
            yield from _dictionaries(f"{above}{name}", value, spec[name])
        elif isinstance(value, str) and kind in ("float", "int"):
            yield from _number(f"{above}{name}", value, kind)


def _dictionaries(name: str, value: Any, option: Mapping[str, Any]) -> Iterator[str]:
    # Ansible leaves out elements that it cannot convert.
    if isinstance(value, list) and value and all(isinstance(i, dict) for i in value):
        return
    options = option.get("options") or {}
    needed = [key for key, one in options.items() if one.get("required")]
    told = f", each with {' and '.join(needed)}" if needed else ""
    yield f"{name}: a list of dictionaries is expected{told}"


def _number(name: str, value: str, kind: str) -> Iterator[str]:
    try:
        float(value)
    except ValueError:
        what = "a number" if kind == "int" else "a number of seconds"
        if span := _SPAN.fullmatch(value.strip().lower()):
            many, unit = int(span[1]), span[2]
            units = f"{_UNITS[unit]} is" if many == 1 else f"{_UNITS[unit]}s are"
            spelt = "write" if unit == "s" else f"{many} {units}"
            number = many * _SECONDS[unit]
            yield f"{name}: '{value.strip()}' is not {what}; {spelt} {number}"
        else:
            yield f"{name}: {what} is expected"
