# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection awx.awx, which the session `runner` sets a simulated AWX up with."""

from __future__ import annotations

import zipfile
from pathlib import Path

import nox

from . import trees

# The community's package of collections: the only place on PyPI that has awx.awx. It
# left that package with version 14.
_PACKAGE = "ansible==11.*"
_FOLDER = "ansible_collections/awx/awx/"


def download(session: nox.Session, name: str) -> Path:
    """Download awx.awx into a scratch folder; return its collections path."""
    folder = trees.fresh_folder(name)
    options = ("--quiet", "--no-deps", "--dest", str(folder))
    session.run("pip", "download", *options, _PACKAGE)
    (wheel,) = folder.glob("ansible-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.startswith(_FOLDER)]
        archive.extractall(folder, names)
    wheel.unlink()
    return folder
