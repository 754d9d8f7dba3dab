# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation site, and the examples that the pages for people hold."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable
from pathlib import Path

from . import trees

# All references are checked: those in the guides, and those to other collections.
LINT = (
    *("antsibull-docs", "lint-collection-docs", "--plugin-docs"),
    *("--check-extra-docs-refs", "--validate-collection-refs=all", "."),
)
SITE_REQUIREMENTS = (
    *("antsibull-docs", "ansible-pygments", "sphinx", "sphinx-ansible-theme>=0.9"),
)
# Labels of Ansible's own documentation, which is asked for them over the network.
FOREIGN = (
    *("action_plugins", "ansible_configuration_settings", "common_return_values"),
)
# The theme breaks no name of a module, and no cell of a table.
_CSS = """
h1 { overflow-wrap: anywhere; }
.wy-table-responsive table td, .wy-table-responsive table th { white-space: normal; }
"""
_UNDEFINED = re.compile(r"undefined label: '?(\w+)'?")
_INVENTORIES = "failed to reach any of the inventories"
_BLOCKS = {
    ".rst": re.compile(r"^\.\. code-block:: yaml\n\n((?:    .*\n|\n)+)", re.MULTILINE),
    ".md": re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL),
}


def site_command(name: str, site: Path) -> list[str]:
    """The command that writes what builds the site of a collection."""
    command = "antsibull-docs sphinx-init --use-current --squash-hierarchy"
    strict = ["--fail-on-error", "--lenient", f"--dest-dir={site}"]
    titles = {"project": name, "title": name, "html-short-title": name}
    options = {**titles, "copyright": f"{name} contributors"}
    named = [f"--{option}={value}" for option, value in options.items()]
    return [*command.split(), *strict, *named, name]


def fit_phones(site: Path) -> None:
    """Let titles and tables of the site break where a screen is narrow."""
    own = site / "own"
    own.mkdir()
    (own / "own.css").write_text(_CSS, encoding="utf-8")
    with (site / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write("\nhtml_static_path = ['own']\nhtml_css_files = ['own.css']\n")


def warnings(log: str) -> list[str]:
    """The warnings and errors of Sphinx that are ours."""
    lines = [line for line in log.splitlines() if re.search("WARNING|ERROR", line)]
    return [line for line in lines if not _is_foreign(line)]


def pages() -> list[Path]:
    """The pages that hold examples."""
    guides = sorted((trees.ROOT / "docs" / "docsite" / "rst").glob("*.rst"))
    return [page for page in [trees.ROOT / "README.md", *guides] if blocks(page)]


def blocks(page: Path) -> list[str]:
    """The YAML examples of a page."""
    found = _BLOCKS[page.suffix].findall(page.read_text(encoding="utf-8"))
    return [textwrap.dedent(block).strip() + "\n" for block in found]


def playbook(page: Path) -> Path:
    """The playbook that tries the examples of a page."""
    return trees.ROOT / "tests" / "guides" / f"{page.stem.lower()}.yml"


def untried(page: Path) -> list[str]:
    """What a page's playbook does not name of its examples."""
    path = playbook(page)
    tried = path.read_text(encoding="utf-8") if path.is_file() else ""
    numbers = range(1, len(blocks(page)) + 1)
    return [
        f"{page.name}: nothing tries example {number}"
        for number in numbers
        if not re.search(rf"\b{number}\.yml", tried)
    ]


def try_command(page: Path, facts: Path) -> list[str]:
    """The command that tries the examples of a page against a running simulator."""
    variables = [f"@{facts}", f"blocks={write_blocks(page, facts)}"]
    options = [f"--extra-vars={value}" for value in variables]
    return ["ansible-playbook", str(playbook(page).relative_to(trees.ROOT)), *options]


def write_blocks(page: Path, facts: Path) -> Path:
    """Write the examples of a page as 1.yml and so on; return their folder.

    Addresses and ids in them become those of the simulator.
    """
    folder = trees.fresh_folder(f"examples/{page.stem.lower()}")
    replaced = _replacements(json.loads(facts.read_text(encoding="utf-8")))
    for number, block in enumerate(blocks(page), 1):
        text = _replaced(block, replaced.items())
        (folder / f"{number}.yml").write_text(text, encoding="utf-8")
    return folder


def _replacements(facts: dict[str, dict[str, dict[str, object]]]) -> dict[str, str]:
    servers = facts["servers"]
    return {
        "http://10.0.0.1:2886": str(servers["agent1"]["url"]),
        "http://10.0.0.2:2886": str(servers["agent2"]["url"]),
        "ip: 10.0.0.4, port: 2886": f"ip: 127.0.0.1, port: {servers['single']['port']}",
        "http://ocp.example.com:8080": str(servers["ocp"]["url"]),
        "task_id: 35000312": 'task_id: "{{ started }}"',
    }


def _replaced(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    for old, new in pairs:
        text = text.replace(old, new)
    return text


def _is_foreign(line: str) -> bool:
    label = _UNDEFINED.search(line)
    return _INVENTORIES in line or bool(label and label[1] in FOREIGN)
