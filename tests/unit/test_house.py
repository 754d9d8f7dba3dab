# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of the house: imports go one way, and no room outgrows its size.

No circle, nothing upwards, nothing from wing to wing.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COLLECTION = "ansible_collections.oceanbase.ops."
WINGS = ("obshell", "ocp")
# Rooms from the roof to the ground: a folder, or a file that is a room of its own. What
# stands on one floor does not see its neighbours.
PLUGINS = (
    ("action", "filter", "test", "inventory"),
    ("plugin_utils", "modules", "module_utils/watch"),
    ("module_utils/clusters", "module_utils/errands"),
    ("module_utils/connect",),
    ("module_utils/obshell", "module_utils/ocp"),
    ("module_utils/wait",),
    ("module_utils/task", "module_utils/transport"),
    ("module_utils/exchange", "module_utils/masking"),
    ("module_utils/adapters", "module_utils/alarms", "module_utils/hints"),
    ("module_utils/arguments", "module_utils/unpacking", "module_utils/roster"),
    ("module_utils/errors",),
    ("doc_fragments",),
)
SIMULATOR = (
    ("__main__",),
    ("rehearsal",),
    ("control", "replay", "setups"),
    ("__init__",),
    ("obshell", "ocp"),
    ("wire",),
    ("faulty",),
    ("faults",),
    ("listener", "reading"),
    ("clock", "message", "tls"),
)
HOUSES = {"plugins": PLUGINS, "tests/simulator": SIMULATOR}
# Who alone may import what is not ours.
GUARDED = {
    "requests": {"module_utils/exchange", "module_utils/adapters"},
    "urllib3": {"module_utils/exchange", "module_utils/adapters"},
    "cryptography": {"module_utils/obshell/auth"},
    "ansible": {"module_utils/arguments", "module_utils/connect"},
}


def files(house: Path) -> Iterator[Path]:
    for path in sorted(house.rglob("*.py")):
        if path.stat().st_size:
            yield path.relative_to(house)


def name_of(path: Path) -> str:
    return path.with_suffix("").as_posix()


def imported(house: Path, package: str, path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and name of each file of the house that a file imports."""
    here = path.parts[:-1]
    for node in ast.walk(ast.parse((house / path).read_text("utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        module = node.module or ""
        if node.level:
            up = len(here) - (node.level - 1)
            if up < 0:
                continue  # out of the house
            folder = [*here[:up], *filter(None, module.split("."))]
        elif f"{module}.".startswith(f"{COLLECTION}{package}."):
            below = module[len(f"{COLLECTION}{package}") :]
            folder = [part for part in below.split(".") if part]
        else:
            continue
        for alias in node.names:
            yield node.lineno, _file(house, "/".join(folder), alias.name)


def _file(house: Path, module: str, name: str) -> str:
    """Return the file that `from module import name` reads the name from."""
    inside = f"{module}/{name}" if module else name
    if (house / f"{inside}.py").is_file():
        return inside
    return (
        module
        if (house / f"{module}.py").is_file()
        else f"{module}/__init__".strip("/")
    )


def room(name: str, floors: tuple[tuple[str, ...], ...]) -> str | None:
    for known in (one for floor in floors for one in floor):
        if name == known or name.startswith(f"{known}/"):
            return known
    return None


def upward(
    house: Path, package: str, floors: tuple[tuple[str, ...], ...]
) -> Iterator[str]:
    """Yield each import that runs up, to a neighbour, or from wing to wing."""
    level = {one: number for number, floor in enumerate(floors) for one in floor}
    for path in files(house):
        own = room(name_of(path), floors)
        if own is None:
            yield f"{path}: no room for it is known; see the list in this test"
            continue
        for line, target in imported(house, package, path):
            other = room(target, floors)
            if other is None or (other != own and level[other] <= level[own]):
                yield f"{path}:{line}: {own} imports {target}, which is not below it"


def circles(house: Path, package: str) -> list[list[str]]:
    """Return the circles of files that import each other, one for each way round."""
    graph = {
        name_of(path): {name for _line, name in imported(house, package, path)}
        for path in files(house)
    }
    found, done = [], set()

    def walk(name: str, way: list[str]) -> None:
        if name in way:
            found.append([*way[way.index(name) :], name])
        elif name not in done:
            for other in sorted(graph.get(name, ())):
                walk(other, [*way, name])
            done.add(name)

    for name in graph:
        walk(name, [])
    return found


@pytest.mark.parametrize("package", HOUSES)
def test_imports_run_down_and_never_from_wing_to_wing(package: str) -> None:
    house = ROOT / package
    assert list(upward(house, package.replace("/", "."), HOUSES[package])) == []


@pytest.mark.parametrize("package", HOUSES)
def test_no_file_imports_itself_in_a_circle(package: str) -> None:
    assert circles(ROOT / package, package.replace("/", ".")) == []


@pytest.mark.parametrize("package", HOUSES)
def test_the_imports_of_the_house_are_read_at_all(package: str) -> None:
    house = ROOT / package
    dotted = package.replace("/", ".")
    read = {
        name for path in files(house) for _line, name in imported(house, dotted, path)
    }
    wings = {name.split("/")[-2] for name in read if "/" in name}
    assert len(read) > 30 and wings >= set(WINGS)


def test_an_action_plugin_imports_the_one_module_of_its_name() -> None:
    house = ROOT / "plugins"
    for path in (house / "action").glob("*.py"):
        inside = path.relative_to(house)
        modules = {
            name
            for _line, name in imported(house, "plugins", inside)
            if name.startswith("modules/")
        }
        assert modules <= {f"modules/{path.stem}"}, inside


@pytest.mark.parametrize("library", GUARDED)
def test_a_library_is_imported_in_its_one_place(library: str) -> None:
    house = ROOT / "plugins"
    users = set()
    for path in files(house / "module_utils"):
        for node in ast.walk(ast.parse((house / "module_utils" / path).read_text())):
            names = []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            if any(name.split(".")[0] == library for name in names):
                users.add(f"module_utils/{name_of(path)}")
    assert users == GUARDED[library]


def test_the_simulator_never_imports_plugins() -> None:
    for path in files(ROOT / "tests" / "simulator"):
        text = (ROOT / "tests" / "simulator" / path).read_text("utf-8")
        imports = [line for line in text.splitlines() if "import" in line]
        assert not [line for line in imports if "plugins" in line], path


# Sizes, in lines


def classes(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


def logic(path: Path) -> int:
    """Return the lines of a module without those of its documentation."""
    text = path.read_text("utf-8")
    documentation = sum(
        (node.end_lineno or 0) - node.lineno + 1
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    )
    return len(text.splitlines()) - documentation


def test_no_file_class_or_module_outgrows_its_size() -> None:
    plugins = ROOT / "plugins"
    large = {}
    for path in (plugins / "module_utils").rglob("*.py"):
        lines = len(path.read_text("utf-8").splitlines())
        large.update({path.name: lines} if lines > 300 else {})
        large.update({name: size for name, size in classes(path) if size > 200})
    sizes = {path.name: logic(path) for path in (plugins / "modules").glob("*.py")}
    assert min(sizes.values()) > 30
    large.update({name: size for name, size in sizes.items() if size > 80})
    assert large == {}


# What a role decides: more would be logic of a module

CONDITIONS = ("when", "until", "that", "failed_when", "changed_when")
EXPRESSION = re.compile(r"{{-?(.*?)-?}}", re.DOTALL)
HANDED_ON = re.compile(r"[\w.]+(\s*\|\s*default\(omit, true\))?")
INCLUDED = re.compile(r"(?:include|import)_tasks: (.*)")


def strings(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from strings(value, str(name))
    elif isinstance(node, list):
        for value in node:
            yield from strings(value, key)
    elif isinstance(node, str):
        yield key, node


def decisions(text: str) -> list[str]:
    """Return the conditions and expressions that do more than hand on a variable."""
    found: list[str] = []
    for key, said in strings(yaml.safe_load(text)):
        parts = [said] if key in CONDITIONS else EXPRESSION.findall(said)
        found += [part for part in parts if not HANDED_ON.fullmatch(part.strip())]
    return found


def tasks_of(entry: Path) -> set[Path]:
    """Return the files of tasks that an entry point of a role reads, by any names."""
    found, left = set(), [entry]
    while left:
        path = left.pop()
        if path in found:
            continue
        found.add(path)
        for name in INCLUDED.findall(path.read_text("utf-8")):
            left += path.parent.glob(EXPRESSION.sub("*", name.strip('"')))
    return found


ENTRIES = [
    (path.parents[1], str(entry))
    for path in sorted(ROOT.glob("roles/*/meta/argument_specs.yml"))
    for entry in yaml.safe_load(path.read_text("utf-8"))["argument_specs"]
]


@pytest.mark.parametrize("role, entry", ENTRIES)
def test_a_role_decides_little(role: Path, entry: str) -> None:
    files = tasks_of(role / "tasks" / f"{entry}.yml") | set(role.glob("vars/*.yml"))
    found = [one for path in files for one in decisions(path.read_text("utf-8"))]
    assert 5 < len(found) <= 30, found


def test_what_a_role_decides_is_counted() -> None:
    text = """
    - when: [ready, not done]
      a: "{{ x }} {{ y.z | default(omit, true) }} {{ x | join }}"
      until: a is success
    """
    assert decisions(text) == ["not done", " x | join ", "a is success"]


# The check itself


HOUSE = {"roof.py": "", "left/one.py": "", "left/two.py": "", "right/one.py": ""}
FLOORS = (("roof",), ("left", "right"), ("ground",))


def built(folder: Path, **changed: str) -> Path:
    plan = {**HOUSE, "ground.py": "x = 1\n"}
    plan.update(
        {name.replace("__", "/") + ".py": text for name, text in changed.items()}
    )
    for name, text in plan.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text or "y = 1\n", "utf-8")
    return folder


@pytest.mark.parametrize(
    "changed, said",
    [
        ({"ground": "from .left import one\n"}, "ground imports left/one"),
        ({"ground": f"from {COLLECTION}house.roof import x\n"}, "ground imports roof"),
        ({"left__one": "from ..right import one\n"}, "left imports right/one"),
        ({"left__one": "def f():\n    from .. import roof\n"}, "left imports roof"),
        ({"cellar": "x = 1\n"}, "no room"),
    ],
)
def test_an_import_that_runs_up_or_across_is_found(
    changed: dict[str, str], said: str, tmp_path: Path
) -> None:
    found = list(upward(built(tmp_path, **changed), "house", FLOORS))
    assert len(found) == 1 and said in found[0]


def test_a_circle_is_found_wherever_it_is_imported(tmp_path: Path) -> None:
    house = built(
        tmp_path,
        left__one="from . import two\n",
        left__two="def late():\n    from .one import y\n",
    )
    assert circles(house, "house") == [["left/one", "left/two", "left/one"]]


def test_what_runs_down_is_no_finding(tmp_path: Path) -> None:
    house = built(
        tmp_path,
        roof="from .left import one\nfrom . import ground\n",
        left__one="from . import two\nfrom ..ground import x\n",
    )
    assert list(upward(house, "house", FLOORS)) == []
    assert circles(house, "house") == []
