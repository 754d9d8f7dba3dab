# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest
from ansible_collections.oceanbase.ops.tests.nox import release


def build(folder: Path, files: dict[str, str]) -> Path:
    """A tarball as ansible-galaxy makes them, of these files."""

    def entry(name: str, text: str) -> dict[str, str]:
        return {
            "name": name,
            "chksum_sha256": hashlib.sha256(text.encode()).hexdigest(),
        }

    listing = json.dumps({"files": [entry(*item) for item in files.items()]})
    manifest = json.dumps({"file_manifest_file": entry("FILES.json", listing)})
    path = folder / f"{len(list(folder.iterdir()))}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        held = {**files, "FILES.json": listing, "MANIFEST.json": manifest}
        for name, text in held.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def test_two_builds_of_one_tree_do_not_differ(tmp_path: Path) -> None:
    files = {"README.md": "text", "plugins/modules/a.py": "code"}
    one, two = build(tmp_path, files), build(tmp_path, files)
    assert release.differences(one, two) == []
    assert release.surplus(one) == []


def test_what_differs_is_named(tmp_path: Path) -> None:
    one = build(tmp_path, {"README.md": "text"})
    two = build(tmp_path, {"README.md": "other"})
    assert "two builds differ in README.md" in release.differences(one, two)


@pytest.mark.parametrize(
    "name",
    [
        "tests/unit/test_a.py",
        "plugins/modules/__pycache__/a.pyc",
        "docs/recordings/a.jsonl",
        ".github/workflows/ci.yml",
        "Makefile",
    ],
)
def test_what_users_do_not_need_is_named(tmp_path: Path, name: str) -> None:
    assert release.surplus(build(tmp_path, {name: "x"})) == [
        f"the tarball holds {name}"
    ]


def test_lines_of_an_importer_that_a_release_must_not_have() -> None:
    log = "INFO: fine\nWARNING: a.py:1 W503\nERROR: no tags\nINFO: WARNING is a word"
    assert release.findings(log) == ["WARNING: a.py:1 W503", "ERROR: no tags"]


def test_a_library_that_ansible_builder_did_not_find_is_named() -> None:
    told = "python:\n- 'requests  # from collection oceanbase.ops'\n"
    assert release.missing_requirements(told) == [
        "ansible-builder did not find cryptography"
    ]


def test_a_link_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    own = f"{release.OWN}blob/main/"
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text(
        f"[a]({own}SECURITY.md) [b]({own}docs/gone.rst) [c](docs) [d](https://a.b/c)"
    )
    (tmp_path / "SECURITY.md").write_text("[a](README.md#top) [b](gone.md) [c](#top)")
    (tmp_path / "docs" / "links.yml").write_text(f"url: {own}gone.md\n")
    assert release.broken_links(tmp_path) == [
        "README.md: docs/gone.rst is no file of this tree",
        "README.md: docs leads nowhere on Galaxy",
        "SECURITY.md: gone.md is no file",
        "docs/links.yml: gone.md is no file of this tree",
    ]


READY = {
    "galaxy.yml": "namespace: oceanbase\nversion: 1.2.0\n",
    "CHANGELOG.rst": "Notes\n=====\n\nv1.2.0\n======\n\nv1.1.0\n======\n",
}


@pytest.mark.parametrize(
    ("tag", "changed", "told"),
    [
        ("1.2.0", {}, []),
        ("1.1.0", {}, ["the tag is 1.1.0, and galaxy.yml has 1.2.0"]),
        ("", {}, ["the tag '' is no version: TAG=1.0.0, without a prefix"]),
        (
            "v1.2.0",
            {},
            ["the tag 'v1.2.0' is no version: TAG=1.0.0, without a prefix"],
        ),
        (
            "1.2.0",
            {"CHANGELOG.rst": "Notes\n=====\n\nv1.2.0.1\n========\n"},
            ["CHANGELOG.rst has no 1.2.0: run antsibull-changelog release"],
        ),
        (
            "1.2.0",
            {"changelogs/fragments/gate.yml": "---\n"},
            ["changes that CHANGELOG.rst does not have: gate.yml"],
        ),
    ],
)
def test_a_tag_that_does_not_fit_the_tree_is_refused(
    tmp_path: Path, tag: str, changed: dict[str, str], told: list[str]
) -> None:
    for name, text in {**READY, **changed}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert release.unready(tmp_path, tag) == told


def test_no_changelog_is_no_release(tmp_path: Path) -> None:
    (tmp_path / "galaxy.yml").write_text(READY["galaxy.yml"], encoding="utf-8")
    assert len(release.unready(tmp_path, "1.2.0")) == 1
