# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A default or a list of words has one source; whoever repeats it is held to it."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml
from ansible_collections.oceanbase.ops.plugins.doc_fragments import obshell, ocp
from ansible_collections.oceanbase.ops.plugins.module_utils.task import verdict
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import rules
from ansible_collections.oceanbase.ops.plugins.modules import wait_for_task

ROOT = Path(__file__).parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
ROLES = sorted(path.parents[1].name for path in ROOT.glob("roles/*/meta/main.yml"))
FRAGMENTS = {
    "oceanbase.ops.obshell": obshell.ModuleDocFragment,
    "oceanbase.ops.ocp": ocp.ModuleDocFragment,
}
WAIT = wait_for_task.spec()["argument_spec"]
# A name of a role's variable without the role's, that means something else in a wait.
OTHERS = ("server", "task_id", "obshell", "ocp")


def module_of(name: str) -> Any:
    return importlib.import_module(
        f"ansible_collections.oceanbase.ops.plugins.modules.{name}"
    )


def documented(module: Any) -> dict[str, Any]:
    doc = yaml.safe_load(module.DOCUMENTATION)
    options = dict(doc.get("options") or {})
    for name in doc["extends_documentation_fragment"]:
        if name in FRAGMENTS:
            options.update(yaml.safe_load(FRAGMENTS[name].DOCUMENTATION)["options"])
    return options


def facts(options: dict[str, Any], inside: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, default and choices of each option, those inside it too."""
    for name, option in options.items():
        choices = option.get("choices")
        yield name, option.get("default"), list(choices) if choices else None
        for key, *rest in facts(option.get(inside) or {}, inside):
            yield (f"{name}.{key}", *rest)


@pytest.mark.parametrize("name", MODULES)
def test_the_documentation_says_the_defaults_and_choices_of_the_spec(name):
    module = module_of(name)
    said = sorted(facts(documented(module), "suboptions"), key=lambda fact: fact[0])
    true = sorted(
        facts(module.spec()["argument_spec"], "options"), key=lambda fact: fact[0]
    )
    assert said == true


def test_the_options_of_a_wait_have_the_defaults_of_its_rules():
    for name, field in rules.Rules.__dataclass_fields__.items():
        default = WAIT[name].get("default")
        expected = list(field.default) if name == "outcome" else field.default
        assert default == expected, name


def entry_points(role: str) -> dict[str, Any]:
    path = ROOT / "roles" / role / "meta" / "argument_specs.yml"
    return yaml.safe_load(path.read_text("utf-8"))["argument_specs"]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_the_defaults_that_it_documents(role):
    path = ROOT / "roles" / role / "defaults" / "main.yml"
    given = yaml.safe_load(path.read_text("utf-8"))
    documented_defaults: dict[str, Any] = {}
    for point in entry_points(role).values():
        for name, option in point["options"].items():
            if "default" in option:
                known = documented_defaults.setdefault(name, option["default"])
                assert known == option["default"], name
    assert given == documented_defaults


@pytest.mark.parametrize("role", ROLES)
def test_a_role_takes_how_to_wait_in_one_dictionary_and_says_nothing_twice(role):
    for point in entry_points(role).values():
        assert point["options"][f"{role}_wait_options"]["type"] == "dict"
        for name, option in point["options"].items():
            short = name[len(role) + 1 :]
            assert short not in rules.Rules.__dataclass_fields__, name
            if short in WAIT and short not in OTHERS:
                assert option["type"] == WAIT[short]["type"], name


@pytest.mark.parametrize("role", ROLES)
def test_a_role_refuses_what_it_decides_itself_about_a_wait(role):
    tasks = (ROOT / "roles" / role / "tasks" / "main.yml").read_text("utf-8")
    refused = re.search(rf"{role}_wait_options \| intersect\(\[(.*?)\]", tasks, re.S)
    named = set(re.findall(r"'(\w+)'", refused.group(1)))
    aliases = {alias for option in WAIT.values() for alias in option.get("aliases", ())}
    free = {"details", "progress", *rules.Rules.__dataclass_fields__}
    assert named == (set(WAIT) | aliases) - free | {"outcome", "on_timeout"}


def words(text: str) -> set[str]:
    return set(re.findall(rf"\b({'|'.join(verdict.OUTCOMES)})\b", text))


def test_the_outcomes_are_documented_with_the_facts_and_as_the_verdicts():
    returned = yaml.safe_load(module_of("obshell_last_task").RETURN)
    outcome = returned["task"]["contains"]["outcome"]["description"]
    assert words(" ".join(outcome)) == set(verdict.OUTCOMES)
    page = (ROOT / "docs" / "docsite" / "rst" / "verdicts.rst").read_text("utf-8")
    rows = re.findall(r"^   \* - ``(\w+)``$", page, re.MULTILINE)
    assert rows and set(rows) <= set(verdict.OUTCOMES)
    assert set(verdict.DONE) <= set(rows)


def test_a_role_that_lists_outcomes_lists_known_ones():
    for path in ROOT.glob("roles/*/tasks/*.yml"):
        for found in re.findall(r"outcome: \[(.*)\]", path.read_text("utf-8")):
            assert set(found.split(", ")) <= set(verdict.DONE), path


def test_the_guides_say_the_default_of_the_outcomes_that_open():
    page = (ROOT / "docs" / "docsite" / "rst" / "verdicts.rst").read_text("utf-8")
    assert f"is ``[{', '.join(verdict.ACCEPTED)}]`` unless" in page
