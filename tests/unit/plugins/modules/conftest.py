# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module as Ansible does: JSON in, JSON out; or call its run() with a fake."""

from __future__ import annotations

import contextlib
import json
from unittest import mock

import pytest
from ansible.module_utils import basic

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:  # before ansible-core 2.17

    @contextlib.contextmanager
    def patch_module_args(args):
        given = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
        with mock.patch.object(basic, "_ANSIBLE_ARGS", given):
            yield


PASSWORD = "s3cret 'pä$$ wörd"


@pytest.fixture
def run_main(capsys):
    """Return what a module prints when it is run with these arguments."""

    def run(module, args, *, check_mode=False):
        capsys.readouterr()
        given = {**args, "_ansible_check_mode": check_mode}
        with patch_module_args(given), pytest.raises(SystemExit) as end:
            module.main()
        result = json.loads(capsys.readouterr().out)
        assert bool(end.value.code) == bool(result.get("failed"))
        return result

    return run


@pytest.fixture
def create_module():
    """Return a module that can only do what run() may do."""

    def create(params, *, check_mode=False):
        allowed = ["params", "check_mode", "warn", "deprecate"]
        module = mock.Mock(spec_set=allowed)
        module.params, module.check_mode = params, check_mode
        return module

    return create


@pytest.fixture
def cluster(sim):
    return sim.cluster(agents=2, password=PASSWORD)


@pytest.fixture
def connection(cluster):
    """Return the option `obshell` for all agents of the cluster."""
    return {"url": [agent.url for agent in cluster.agents], "password": PASSWORD}


@pytest.fixture
def sent(sim):
    """Return how to list what all agents were asked, as method and path."""

    def requests():
        return [
            f"{seen.method} {seen.target}"
            for agent in sim.agents
            for seen in agent.server.requests
        ]

    return requests


@pytest.fixture
def refused(run_main, sent):
    """Check that a module refuses arguments, naming the option, and sends nothing."""

    def check(module, args, option, *words):
        result = run_main(module, args)
        assert result["failed"] is True
        assert option in result["msg"]
        for word in words:
            assert word in result["msg"]
        assert "Traceback" not in json.dumps(result)
        assert PASSWORD not in json.dumps(result, ensure_ascii=False)
        assert sent() == []
        return result

    return check
