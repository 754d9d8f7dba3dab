# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fail where Ansible, its Python or the libraries are not what this collection needs.

The last step of the build of an execution environment. Ansible itself is asked which
Python it runs on: an image may have several.
"""

from __future__ import annotations

import re
import subprocess
import sys

CORE = (2, 16)
PYTHON = (3, 10)
LIBRARIES = ("cryptography", "requests")
_CORE = re.compile(r"\[core (\d+)\.(\d+)")
_PYTHON = re.compile(r"python version = (\d+)\.(\d+).*\((\S+)\)")


def complaints(said: str) -> list[str]:
    """Return what is wrong in an image, by what `ansible --version` said in it."""
    core, python = _CORE.search(said), _PYTHON.search(said)
    if core is None or python is None:
        return [f"ansible --version does not say what it is: {said!r}"]
    found = []
    for name, known, least in (
        ("ansible-core", core, CORE),
        ("Python", python, PYTHON),
    ):
        version = (int(known[1]), int(known[2]))
        if version < least:
            found.append(f"{name} is {_dotted(version)}, {_dotted(least)} is needed")
    return found + _libraries(python[3])


def _libraries(interpreter: str) -> list[str]:
    found = []
    for name in LIBRARIES:
        done = subprocess.run(
            [interpreter, "-c", f"import {name}"], capture_output=True, check=False
        )
        if done.returncode:
            found.append(f"{interpreter}, which Ansible runs on, has no {name}")
    return found


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(str(part) for part in version)


def main() -> None:
    """Ask Ansible, and leave with what is wrong."""
    done = subprocess.run(
        ["ansible", "--version"], capture_output=True, text=True, check=True
    )
    if found := complaints(done.stdout):
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
