# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scratch copies of the collection, and the home that ansible-test is given."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".nox" / "work"

# ansible-test fetches get-pip from a site of its own; where a file of that name is
# in its cache it takes that. This one installs the pip that Python comes with.
GET_PIP_NAMES = ("get_pip_23_1_2.py", "get_pip_24_2.py", "get_pip_25_2.py")
GET_PIP = """\
import subprocess
import sys


def main():
    subprocess.check_call(
        [sys.executable, "-m", "ensurepip", "--upgrade", "--default-pip"],
        stdout=subprocess.DEVNULL,
    )
    dropped = ("--no-setuptools", "--no-wheel")
    options = [option for option in sys.argv[1:] if option not in dropped]
    if any(not option.startswith("-") for option in options):
        command = [sys.executable, "-m", "pip", "install", "-q"]
        subprocess.check_call(command + options)


if __name__ == "__main__":
    main()
"""


def copy_collection(name: str) -> Path:
    """Bring the scratch copy of that name up to date; return the collection's folder.

    It holds the files that git knows (tracked, or untracked and not ignored), in the
    path that ansible-test and imports want. tests/output stays between runs: it holds
    the virtual environments of ansible-test.
    """
    target = WORK / name / "ansible_collections" / "oceanbase" / "ops"
    wanted = _known_files()
    target.mkdir(parents=True, exist_ok=True)
    # A repository of its own: ansible-test would ask the one around it for the files,
    # and find that all of .nox is ignored there.
    subprocess.run(["git", "init", "--quiet", str(target)], check=True)
    for path in list(target.rglob("*")):
        relative = path.relative_to(target)
        if not (_is_kept(relative) or relative in wanted or path.is_dir()):
            path.unlink()
    for relative in wanted:
        (target / relative).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / relative, target / relative)
    _remove_empty_folders(target)
    return target


def collections_path(collection: Path) -> Path:
    """The folder to name in ANSIBLE_COLLECTIONS_PATH for such a copy."""
    return collection.parents[2]


def make_home(name: str) -> Path:
    """A home for one ansible-test: no two that run at once share one.

    pip behaves in it as in the user's own home, and shares the cache of downloads.
    """
    home = WORK / name / "home"
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for file_name in GET_PIP_NAMES:
        (cache / file_name).write_text(GET_PIP, encoding="utf-8")
    (Path.home() / ".cache" / "pip").mkdir(parents=True, exist_ok=True)
    for shared in (".cache/pip", ".config/pip", ".pip"):
        link = home / shared
        if (Path.home() / shared).exists() and not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(Path.home() / shared)
    return home


def empty_configuration() -> Path:
    """A configuration for Ansible in place of the user's own."""
    path = WORK / "ansible.cfg"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def fresh_folder(name: str) -> Path:
    """An empty folder in the scratch place."""
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _known_files() -> set[Path]:
    command = ["git", "ls-files", "-z", "-co", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    names = (os.fsdecode(name) for name in listing.stdout.split(b"\0") if name)
    # A file that is deleted but not yet committed is still listed.
    return {Path(name) for name in names if (ROOT / name).is_file()}


def _remove_empty_folders(target: Path) -> None:
    for folder, _folders, _files in os.walk(target, topdown=False):
        if not _is_kept(Path(folder).relative_to(target)) and not os.listdir(folder):
            os.rmdir(folder)


def _is_kept(relative: Path) -> bool:
    return relative.parts[:1] == (".git",) or relative.parts[:2] == ("tests", "output")
