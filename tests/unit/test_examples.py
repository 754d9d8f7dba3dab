# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples that ansible-doc shows stand alone, and name options that there are."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Iterator

import jinja2
import jinja2.nodes
import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

ROOT = Path(__file__).parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
OURS = "oceanbase.ops."
# A connection, as the first example of its page or a comment in it shows one.
CONNECTIONS = {"my_cluster", "my_ocp"}
# What Ansible gives, and the names of loops.
GIVEN = {"omit", "item", "ansible_check_mode", "ansible_playbook_python"}


def module_of(name: str) -> Any:
    return importlib.import_module(
        f"ansible_collections.oceanbase.ops.plugins.modules.{name}"
    )


def tasks(name: str) -> list[dict[str, Any]]:
    return list(flat(yaml.safe_load(module_of(name).EXAMPLES)))


def flat(given: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in given:
        inner = [one[key] for key in ("tasks", "block", "rescue") if key in one]
        if not inner:
            yield one
        for part in inner:
            yield from flat(part)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            bare = key in ("when", "that", "until", "failed_when", "changed_when")
            parts = one if isinstance(one, list) else [one]
            yield from texts([f"{{{{ {p} }}}}" for p in parts] if bare else one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from texts(one)


def names(value: Any) -> set[str]:
    found: set[str] = set()
    for text in texts(value):
        parsed = jinja2.Environment().parse(text)
        used = list(parsed.find_all(jinja2.nodes.Name))
        made = {name.name for name in used if name.ctx == "store"}
        found |= {name.name for name in used} - made
    return found


@pytest.mark.parametrize("name", MODULES)
def test_each_example_uses_what_an_earlier_one_has_made(name: str) -> None:
    known = CONNECTIONS | GIVEN
    for task in tasks(name):
        known |= set(task.get("vars") or {})
        used = {one for one in names(task) if not one.endswith("_password")}
        assert used <= known | {task.get("register")}, task["name"]
        known |= {task["register"]} if "register" in task else set()


@pytest.mark.parametrize("name", MODULES)
def test_each_example_names_options_that_there_are(name: str) -> None:
    called = 0
    for task in tasks(name):
        for key, args in task.items():
            if not str(key).startswith(OURS):
                continue
            spec = module_of(key[len(OURS) :]).spec()["argument_spec"]
            plain = {k: v for k, v in (args or {}).items() if k in spec}
            assert set(plain) == set(args or {}), task["name"]
            for server in ("obshell", "ocp"):
                if isinstance(plain.get(server), dict):
                    options = {server: spec[server]}
                    result = ArgumentSpecValidator(options).validate(
                        {server: plain[server]}
                    )
                    assert not result.error_messages, task["name"]
            called += 1
    assert called
