# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is looked at in a tarball before it is released."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path

# What users of a collection need, and what its importers read.
WANTED = {
    *("CHANGELOG.rst", "CONTRIBUTING.md", "FILES.json", "LICENSES", "MANIFEST.json"),
    *("README.md", "REUSE.toml", "SECURITY.md", "changelogs", "docs", "extensions"),
    *("meta", "playbooks", "plugins", "requirements.txt", "roles"),
}
UNWANTED = re.compile(r"(^|/)(__pycache__|\.[^/]+|tests|recordings)(/|$)|\.pyc$")
REQUIREMENTS = ("cryptography", "requests")
IMPORTER = """\
[galaxy-importer]
CHECK_REQUIRED_TAGS = True
LOG_LEVEL_MAIN = INFO
OFFLINE_ANSIBLE_LINT = True
RUN_ANSIBLE_DOC = True
RUN_ANSIBLE_LINT = True
RUN_ANSIBLE_TEST = False
RUN_FLAKE8 = True
"""


def importer_configuration(folder: Path) -> Path:
    """Write what galaxy-importer reads."""
    path = folder / "galaxy-importer.cfg"
    path.write_text(IMPORTER, encoding="utf-8")
    return path


def findings(log: str) -> list[str]:
    """The lines of an importer's log that a release must not have."""
    return [line for line in log.splitlines() if re.match(r"(WARNING|ERROR)\b", line)]


def differences(one: Path, two: Path) -> list[str]:
    """What differs between two builds; the time of the archive itself always does."""
    first, second = _checksums(one), _checksums(two)
    names = sorted(first.keys() | second.keys())
    return [
        f"two builds differ in {name}"
        for name in names
        if first.get(name) != second.get(name)
    ]


def surplus(tarball: Path) -> list[str]:
    """What a tarball holds that users do not need."""
    names = sorted(_checksums(tarball))
    return [
        f"the tarball holds {name}"
        for name in names
        if name.split("/")[0] not in WANTED or UNWANTED.search(name)
    ]


def missing_requirements(introspected: str) -> list[str]:
    """Python libraries that ansible-builder did not find in its own answer."""
    return [
        name
        for name in REQUIREMENTS
        if not re.search(rf"^\s*- '?{name}\b", introspected, re.MULTILINE)
    ]


def _checksums(tarball: Path) -> dict[str, str | None]:
    """Each file of a tarball with its checksum as the tarball itself states it."""
    with tarfile.open(tarball) as archive:
        names = [member.name for member in archive.getmembers() if member.isfile()]
        listed = json.loads(_text(archive, "FILES.json"))["files"]
        sums = {entry["name"]: entry["chksum_sha256"] for entry in listed}
        manifest = json.loads(_text(archive, "MANIFEST.json"))
    sums["FILES.json"] = manifest["file_manifest_file"]["chksum_sha256"]
    return {name: sums.get(name, json.dumps(manifest)) for name in names}


def _text(archive: tarfile.TarFile, name: str) -> str:
    stream = archive.extractfile(name)
    if stream is None:
        raise ValueError(f"{name} is no file")
    return stream.read().decode("utf-8")
