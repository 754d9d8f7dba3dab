# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated OCP on loopback, clients for it, and the samples tests are made from."""

from __future__ import annotations

import contextlib
import copy
import json
from unittest import mock

import pytest
from ansible.module_utils import basic
from ansible_collections.oceanbase.ops.plugins.module_utils import arguments, transport
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import auth as ocp_auth
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import client as ocp
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    connection as ocp_connection,
)
from ansible_collections.oceanbase.ops.tests import recordings
from ansible_collections.oceanbase.ops.tests.simulator import clock, wire
from ansible_collections.oceanbase.ops.tests.simulator.ocp import server as simulated

PASSWORD = "aaAA11__"
KEY, SECRET = "cqammmxBpfGjFlto", "2fc0c299cc94c6be266f2ceece765d4d"
BASIC = {"username": "admin", "password": PASSWORD}
KEYS = {"access_key": KEY, "secret_key": SECRET}


@contextlib.contextmanager
def serving(*, ssl_context=None, **options):
    """Serve a simulated OCP; its clock turns only when told to."""
    given = {"access_key": KEY, "secret_key": SECRET, **options}
    if given.get("express"):
        given = {"base_path": "/api/v1", **options}
    served = simulated.Ocp(clock.TurnedClock(), "admin", PASSWORD, **given)
    served.server = wire.Server(
        served.handle,
        served.clock,
        error_body=served.error_body,
        ssl_context=ssl_context,
    )
    try:
        yield served
        assert served.server.errors == []
    finally:
        served.server.stop()


def options(served, **more):
    """Return the option `ocp` for a server."""
    credentials = {} if {"username", "access_key"} & set(more) else BASIC
    base_path = served.base_path
    return {"url": served.url, "base_path": base_path, **credentials, **more}


def client(served, **more):
    """Return a client on the server's own clock, made as modules make theirs."""
    given = options(served, **more)
    carrier = transport.Transport(given["url"], arguments.Connection(request_timeout=5))
    keys = ("username", "password", "access_key", "secret_key")
    return ocp.OcpClient(
        carrier,
        ocp_auth.Credentials(*(given.get(key) for key in keys)),
        given["base_path"],
        wall_clock=served.clock.now,
        sleep=served.clock.advance,
    )


def made(served, **more):
    """Return a client as modules make it, on the real clock."""
    return ocp_connection.client(options(served, **more))


def recorded(number):
    """Return the data of a recorded answer of OCP Express."""
    exchange = recordings.by_number("ocp-express-4.2.2")[number]
    return copy.deepcopy(exchange["response"]["body"]["data"])


def sample():
    """Return the task instance that the vendor's documentation prints."""
    exchange = recordings.by_number("vendor-docs")[5]
    return copy.deepcopy(exchange["response"]["body"]["data"])


def create_module(*, check_mode=False, **params):
    """Return what run() may touch of a module, and nothing else."""
    names = ["params", "check_mode", "warn"]
    module = mock.Mock(spec_set=names, params=params, check_mode=check_mode)
    return module


def warnings(module):
    return [call.args[0] for call in module.warn.call_args_list]


def run_main(module, capsys, **args):
    """Run a module as Ansible does; return what it prints."""
    given = {key: value for key, value in args.items() if value is not None}
    text = json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode()
    patches = {"_ANSIBLE_ARGS": text}
    if hasattr(basic, "_ANSIBLE_PROFILE"):
        patches["_ANSIBLE_PROFILE"] = "legacy"
    with mock.patch.multiple(basic, **patches), pytest.raises(SystemExit):
        module.main()
    return json.loads(capsys.readouterr().out)
