# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What needs no play; plays are in the target module_wait_for_task."""

from __future__ import annotations

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.oceanbase.ops.plugins.action import wait_for_task
from ansible_collections.oceanbase.ops.plugins.modules import wait_for_task as module


def refusal(args):
    spec = ArgumentSpecValidator(module.spec()["argument_spec"])
    return wait_for_task._refusal(spec.validate(args))


def test_a_mistyped_option_is_named_and_its_value_is_not():
    text = refusal({"task_id": ["11"], "obshell": {"pasword": "secret-1"}})
    assert "no such option: obshell.pasword" in text
    assert "secret-1" not in text


def test_a_wrong_value_names_its_option():
    assert "timeout" in refusal({"task_id": ["11"], "timeout": "soon"})


@pytest.mark.parametrize(
    "resume, masked",
    [
        ({"elapsed": 3.0, "targets": [{"task_id": "11"}]}, False),
        ({"elapsed": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"}, True),
        ({"targets": [{"task_id": "********"}]}, True),
        ({"servers": {"http://10.0.0.********:2886": {}}}, True),
    ],
)
def test_a_resume_that_a_short_password_masks_is_noticed(resume, masked):
    assert wait_for_task._masked(resume) == masked


def test_a_result_looks_like_that_of_one_run():
    slice_args = {"task_id": ["11"], "until": "change", "resume": {"elapsed": 1}}
    result = {
        "done": True,
        "resume": {"elapsed": 2},
        "invocation": {"module_args": dict(slice_args)},
    }
    assert wait_for_task._tidied(result, {"task_id": ["11"]}) == {
        "done": True,
        "invocation": {"module_args": {"task_id": ["11"]}},
    }


def test_after_a_timeout_the_result_keeps_what_a_later_wait_needs():
    result = {"timed_out": True, "resume": {"elapsed": 2}}
    assert wait_for_task._tidied(result, {})["resume"] == {"elapsed": 2}
