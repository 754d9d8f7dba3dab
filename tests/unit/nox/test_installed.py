# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

from ansible_collections.oceanbase.ops.tests.nox import installed


def test_only_what_users_need_is_left_and_all_of_it_is_documented(
    tmp_path: Path,
) -> None:
    collection = tmp_path / "ansible_collections" / "oceanbase" / "ops"
    for name in (
        *("MANIFEST.json", "README.md", "docs/guide.rst", "tests/unit/test_a.py"),
        *("plugins/modules/one.py", "plugins/modules/_private.py"),
        *("plugins/filter/two.yml", "plugins/modules/three.txt"),
        *("roles/four/meta/argument_specs.yml", "extensions/audit/event_query.yml"),
        "extensions/eda/plugins/event_source/five.py",
    ):
        (collection / name).parent.mkdir(parents=True, exist_ok=True)
        (collection / name).touch()
    assert installed.keep_public(tmp_path) == collection
    left = {path.name for path in collection.iterdir()}
    assert left == {"MANIFEST.json", "extensions", "plugins", "roles"}
    assert [path.name for path in (collection / "extensions").iterdir()] == ["eda"]
    assert installed.documented(collection) == [
        ("module", "one"),
        ("filter", "two"),
        ("role", "four"),
    ]
