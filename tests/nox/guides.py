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

SITE_REQUIREMENTS = (
    *("antsibull-docs", "ansible-pygments", "sphinx", "sphinx-ansible-theme>=0.9"),
)
# Labels of Ansible's own documentation, which is asked for them over the network.
FOREIGN = (
    *("action_plugins", "ansible_configuration_settings", "common_return_values"),
)
_UNDEFINED = re.compile(r"undefined label: '?(\w+)'?")
_INVENTORIES = "failed to reach any of the inventories"
_BLOCKS = {
    ".rst": re.compile(r"^\.\. code-block:: yaml\n\n((?:    .*\n|\n)+)", re.MULTILINE),
    ".md": re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL),
}


def site_options(name: str) -> list[str]:
    """What the site is called."""
    titles = {"project": name, "title": name, "html-short-title": name}
    options = {**titles, "copyright": f"{name} contributors"}
    return [f"--{option}={value}" for option, value in options.items()]


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


def write_blocks(page: Path, facts: Path, playbook: Path) -> Path:
    """Write the examples of a page as 1.yml and so on, for the playbook to try them.

    Addresses in them become those of the simulator.
    """
    folder = trees.fresh_folder(f"examples/{page.stem.lower()}")
    tried = (trees.ROOT / playbook).read_text(encoding="utf-8")
    addresses = _addresses(json.loads(facts.read_text(encoding="utf-8")))
    for number, block in enumerate(blocks(page), 1):
        if f"/{number}.yml" not in tried:
            raise ValueError(f"{playbook} does not try example {number} of {page.name}")
        text = _replaced(block, addresses.items())
        (folder / f"{number}.yml").write_text(text, encoding="utf-8")
    return folder


def _addresses(facts: dict[str, dict[str, dict[str, object]]]) -> dict[str, str]:
    servers = facts["servers"]
    return {
        "http://10.0.0.1:2886": str(servers["agent1"]["url"]),
        "http://10.0.0.2:2886": str(servers["agent2"]["url"]),
        "ip: 10.0.0.4, port: 2886": f"ip: 127.0.0.1, port: {servers['single']['port']}",
        "http://ocp.example.com:8080": str(servers["ocp"]["url"]),
    }


def _replaced(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    for old, new in pairs:
        text = text.replace(old, new)
    return text


def _is_foreign(line: str) -> bool:
    label = _UNDEFINED.search(line)
    return _INVENTORIES in line or bool(label and label[1] in FOREIGN)
