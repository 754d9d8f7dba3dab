# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is looked at in a tarball before it is released."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from . import pythons, trees

if TYPE_CHECKING:
    import nox

# What users of a collection need, and what its importers read.
WANTED = {
    *("CHANGELOG.rst", "CONTRIBUTING.md", "COPYING", "FILES.json", "LICENSES"),
    "MANIFEST.json",
    *("README.md", "README.zh-CN.md", "REUSE.toml", "SECURITY.md", "changelogs"),
    *("docs", "extensions", "meta", "playbooks", "plugins", "requirements.txt"),
    "roles",
}
UNWANTED = re.compile(r"(^|/)(__pycache__|\.[^/]+|tests|recordings)(/|$)|\.pyc$")
REQUIREMENTS = ("cryptography", "requests")
# What imports a release on Galaxy today, and on Automation Hub.
IMPORTERS = {
    "current": (
        *("galaxy-importer", "ansible-lint>=26"),
        pythons.requirement(pythons.newest_core()),
    ),
    "hub": (
        *("galaxy-importer==0.4.31", "ansible-lint==24.12.2", "ansible-compat<25"),
        pythons.requirement("2.16"),
    ),
}
OWN = "https://github.com/oceanbase-ops/oceanbase.ops/"
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_OWN_FILE = re.compile(re.escape(OWN) + r"(?:blob|tree)/main/([^\s)>\"'`#]+)")
LINT = ("ansible-lint", "--offline", "--profile", "production")
_IMPORTER = """\
[galaxy-importer]
CHECK_REQUIRED_TAGS = True
LOG_LEVEL_MAIN = INFO
OFFLINE_ANSIBLE_LINT = True
RUN_ANSIBLE_DOC = True
RUN_ANSIBLE_LINT = True
RUN_ANSIBLE_TEST = False
RUN_FLAKE8 = True
"""


def imported(session: nox.Session, tarball: Path, *, env: dict[str, str]) -> list[str]:
    """Import a tarball; what an importer finds in it.

    Its exit code is 0 for what its linters find.
    """
    config = tarball.with_name("galaxy-importer.cfg")
    config.write_text(_IMPORTER, encoding="utf-8")
    log = session.run(
        *("python", "-m", "galaxy_importer.main", str(tarball)),
        env={**env, "GALAXY_IMPORTER_CONFIG": str(config)},
        silent=True,
    )
    session.log(str(log))
    return findings(str(log))


def findings(log: str) -> list[str]:
    """The lines of an importer's log that a release must not have."""
    return [line for line in log.splitlines() if re.match(r"(WARNING|ERROR)\b", line)]


def unready(root: Path, tag: str) -> list[str]:
    """Why this tree cannot be released under a tag; empty where it can be."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", tag):
        return [f"the tag {tag!r} is no version: TAG=1.0.0, without a prefix"]
    galaxy = (root / "galaxy.yml").read_text(encoding="utf-8")
    version = re.findall(r"^version: *(\S+)$", galaxy, re.MULTILINE)
    found = []
    if version != [tag]:
        found.append(f"the tag is {tag}, and galaxy.yml has {', '.join(version)}")
    changes = root / "CHANGELOG.rst"
    told = changes.read_text(encoding="utf-8") if changes.is_file() else ""
    if f"\nv{tag}\n=" not in told:
        found.append(f"CHANGELOG.rst has no {tag}: run antsibull-changelog release")
    left = sorted(path.name for path in (root / "changelogs/fragments").glob("*.y*ml"))
    if left:
        found.append(f"changes that CHANGELOG.rst does not have: {', '.join(left)}")
    return found


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


def broken_links(root: Path) -> list[str]:
    """Links of the pages for people that lead to no file of this tree.

    Galaxy shows the README alone, so there each link has to be absolute.
    """
    found = []
    for page in sorted(root.rglob("*")):
        if page.suffix not in (".md", ".rst", ".yml") or _is_hidden(page, root):
            continue
        text = page.read_text(encoding="utf-8")
        name = page.relative_to(root)
        lost = [path for path in _OWN_FILE.findall(text) if not (root / path).exists()]
        found += [f"{name}: {path} is no file of this tree" for path in lost]
        if page.suffix == ".md":
            found += [f"{name}: {problem}" for problem in _bad_relative(page, root)]
    return found


def _bad_relative(page: Path, root: Path) -> list[str]:
    links = _LINK.findall(page.read_text(encoding="utf-8"))
    relative = [link for link in links if not re.match(r"[a-z]+:|#", link)]
    if page == root / "README.md":
        return [f"{link} leads nowhere on Galaxy" for link in relative]
    targets = {link: page.parent / link.partition("#")[0] for link in relative}
    return [f"{link} is no file" for link, to in targets.items() if not to.exists()]


def _is_hidden(page: Path, root: Path) -> bool:
    parts = page.relative_to(root).parts
    return not page.is_file() or any(part.startswith(".") for part in parts)


def introspected(
    session: nox.Session, collection: Path, *, env: dict[str, str]
) -> list[str]:
    """What an execution environment with the collection would lack."""
    root = str(trees.collections_path(collection))
    command = ("ansible-builder", "introspect", "--sanitize", root)
    with session.chdir(collection):
        return missing_requirements(str(session.run(*command, env=env, silent=True)))


def missing_requirements(introspected: str) -> list[str]:
    """Python libraries that ansible-builder does not name in its answer."""
    return [
        f"ansible-builder did not find {name}"
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
