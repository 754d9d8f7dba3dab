# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What needs no play; plays are in the targets worker and module_wait_for_task."""

from __future__ import annotations

import datetime
import os
import sys
from pathlib import Path

import pytest
from ansible_collections.oceanbase.ops.plugins.module_utils import connect
from ansible_collections.oceanbase.ops.plugins.modules import wait_for_task
from ansible_collections.oceanbase.ops.plugins.plugin_utils import worker

OWN = Path(sys.executable)


def refusal(args):
    spec = wait_for_task.spec()
    checked = connect.validated(spec, args)
    return worker._refusal(checked, "oceanbase.ops.wait_for_task", spec)


def test_a_mistyped_option_is_named_and_its_value_is_not():
    refused = refusal({"task_id": ["11"], "obshell": {"pasword": "secret-1"}})
    assert refused["failed"] is True
    assert "Unsupported parameters" in refused["msg"]
    assert "obshell.pasword" in refused["msg"]
    assert "secret-1" not in str(refused)


def test_a_wrong_value_names_its_option():
    assert "timeout" in refusal({"task_id": ["11"], "timeout": "soon"})["msg"]


def test_what_fits_is_not_refused():
    assert refusal({"task_id": ["11"], "timeout": "60"}) is None


def test_options_are_what_a_module_gets_plain_and_of_their_type():
    class Sealed:
        def __str__(self):
            return "from a vault"

    args = {"task_id": [11], "timeout": "60", "obshell": {"password": Sealed()}}
    params = connect.validated(wait_for_task.spec(), args).validated_parameters
    assert params["task_id"] == ["11"] and params["timeout"] == 60.0
    assert params["obshell"]["password"] == "from a vault"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05"),
    ],
)
def test_a_time_is_written_as_ansible_writes_it_for_a_module(given, told):
    args = {"task_id": [given]}
    params = connect.validated(wait_for_task.spec(), args).validated_parameters
    assert params["task_id"] == [told]


def test_another_name_of_this_python_is_this_python(tmp_path, monkeypatch):
    real = tmp_path / "real" / "python3"
    one, other = tmp_path / "one" / "bin", tmp_path / "other" / "bin"
    for folder in (real.parent, one, other):
        folder.mkdir(parents=True)
    real.write_text("")
    for path in (one / "python", one / "python3.12", other / "python"):
        path.symlink_to(real)
    monkeypatch.setattr(sys, "executable", str(one / "python"))
    assert worker.is_this(str(one / "python3.12"))
    assert not worker.is_this(str(other / "python"))
    assert not worker.is_this(str(real))
    assert not worker.is_this("python3")
    assert not worker.is_this(str(one / "python9"))


def test_environment_and_folder_hold_for_a_while_and_are_gone_afterwards(tmp_path):
    before, folder = dict(os.environ), os.getcwd()
    with worker._surroundings({"OBSHELL_URL": "http://a", "N": 1}, str(tmp_path)):
        assert (os.environ["OBSHELL_URL"], os.environ["N"]) == ("http://a", "1")
        assert Path.cwd() == tmp_path
    assert (dict(os.environ), os.getcwd()) == (before, folder)


def test_they_are_gone_after_an_error_too(tmp_path):
    before, folder = dict(os.environ), os.getcwd()
    with pytest.raises(KeyError), worker._surroundings({"A_B": "1"}, str(tmp_path)):
        raise KeyError
    assert (dict(os.environ), os.getcwd()) == (before, folder)
