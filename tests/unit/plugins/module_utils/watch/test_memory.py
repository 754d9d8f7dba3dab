# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import stat

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors
from ansible_collections.oceanbase.ops.plugins.module_utils.watch import memory


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "state.json")


def part(kept, **known):
    return {**kept.of("prod"), **known}


def test_what_is_kept_is_there_for_the_next_one(path):
    kept = memory.Memory(path)
    kept.keep("prod", part(kept, tops={"cluster": 7}))
    kept.keep("test", part(kept, tops={"cluster": 1}))
    kept.close()
    again = memory.Memory(path)
    assert again.of("prod")["tops"] == {"cluster": 7}
    assert again.of("test")["tops"] == {"cluster": 1}
    assert again.of("new")["tops"] == {}
    again.close()


def test_the_file_is_whole_and_of_its_owner_alone(path):
    kept = memory.Memory(path)
    kept.keep("prod", part(kept, outages=3))
    with open(path, encoding="utf-8") as f:
        assert json.load(f)["clusters"]["prod"]["outages"] == 3
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert sorted(os.listdir(os.path.dirname(path))) == [
        "state.json",
        "state.json.lock",
    ]
    kept.close()


def test_two_event_sources_do_not_share_a_file(path):
    kept = memory.Memory(path)
    with pytest.raises(errors.InvalidOption, match="another event source uses it"):
        memory.Memory(path)
    kept.close()
    memory.Memory(path).close()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99, "clusters": {}}'])
def test_a_file_that_cannot_be_read_is_no_empty_one(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    with pytest.raises(errors.InvalidOption, match="cannot be read.*remove it"):
        memory.Memory(path)
    with open(path, encoding="utf-8") as f:
        assert f.read() == text


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(errors.InvalidOption, match="No such file"):
        memory.Memory(str(tmp_path / "missing" / "state.json"))


def test_without_a_file_nothing_is_kept():
    kept = memory.Memory(None)
    kept.keep("prod", part(kept, tops={"cluster": 7}))
    assert kept.of("prod")["tops"] == {}


def test_of_finished_tasks_the_newest_are_remembered():
    work = {"rest": False}
    marks = {"1": work, **{str(n): {"rest": True} for n in range(2, 1500)}}
    kept = memory.trimmed(marks)
    assert len(kept) == memory.MOST + 1
    assert "1" in kept and "2" not in kept and "1499" in kept
