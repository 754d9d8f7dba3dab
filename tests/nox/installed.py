# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An installed collection, and what of it is for its users."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import nox

# MANIFEST.json tells ansible-core the version of an installed collection.
PUBLIC = {"MANIFEST.json", "extensions", "meta", "playbooks", "plugins", "roles"}
# Runs the event source as ansible-rulebook does, which has no loader of collections.
SOURCE = """
import asyncio, runpy, sys
main = runpy.run_path(sys.argv[1])["main"]
try:
    asyncio.run(main(asyncio.Queue(), {}))
except Exception as e:
    sys.exit(0 if "give either clusters" in str(e) else f"{type(e)}: {e}")
"""
VERIFY = ("ansible-galaxy", "collection", "verify", "--offline")
_KINDS = {
    **{"modules": "module", "filter": "filter", "test": "test"},
    "inventory": "inventory",
}


def install(
    session: nox.Session, tarball: Path, target: Path, *, env: dict[str, str]
) -> None:
    """Install a tarball as a user does, without a network."""
    options = ("--offline", str(tarball), "-p", str(target))
    session.run("ansible-galaxy", "collection", "install", *options, env=env)


def keep_public(collections: Path) -> Path:
    """Remove all that a user may do without; return the collection's folder."""
    collection = collections / "ansible_collections" / "oceanbase" / "ops"
    for path in collection.iterdir():
        if path.name in PUBLIC:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    for path in (collection / "extensions").iterdir():
        if path.name != "eda":
            shutil.rmtree(path)
    return collection


def source_command(collection: Path) -> list[str]:
    """The command that fails where an installed event source cannot be run."""
    folder = collection / "extensions" / "eda" / "plugins" / "event_source"
    return ["python", "-c", SOURCE, str(folder / "tasks.py")]


def documented(collection: Path) -> list[tuple[str, str]]:
    """Type and name of each plugin and role that ansible-doc can show."""
    plugins = [
        (kind, path.stem)
        for folder, kind in _KINDS.items()
        for path in sorted((collection / "plugins" / folder).glob("[!_]*.*"))
        if path.suffix in (".py", ".yml")
    ]
    specs = sorted((collection / "roles").glob("*/meta/argument_specs.yml"))
    return [*plugins, *(("role", path.parents[1].name) for path in specs)]
