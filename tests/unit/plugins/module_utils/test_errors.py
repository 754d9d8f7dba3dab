# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import errors


def test_control_characters_of_a_server_are_escaped_and_long_text_is_cut():
    assert errors.printable("a\x1b[31mred\nnext\u200b") == r"a\x1b[31mred\nnext\u200b"
    assert errors.printable("x" * 400, 10) == "x" * 10 + " ..."


def test_a_result_holds_message_kind_details_and_what_was_known():
    error = errors.TaskFailed("it failed", task_id="11")
    error.result = {"elapsed": 3.0}
    assert error.to_result() == {
        "elapsed": 3.0,
        "msg": "it failed",
        "error": {"kind": "task_failed", "task_id": "11"},
    }


def test_every_class_of_the_tree_is_drawn_and_has_its_own_kind():
    kinds = {}
    todo = [errors.OpsError]
    while todo:
        one = todo.pop()
        assert one.__name__ in (errors.__doc__ or "")
        assert one.__doc__
        assert kinds.setdefault(one.kind, one) is one
        todo += one.__subclasses__()
    assert len(kinds) > 10


@pytest.mark.parametrize("kind", [errors.Unreachable, errors.Unavailable])
def test_only_what_may_pass_is_transient(kind):
    assert kind.transient
    assert not errors.Refused.transient
    assert not errors.TlsFailure.transient
    assert not errors.TaskNotFound.transient
