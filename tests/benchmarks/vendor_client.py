# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's own client (PyPI: obshell) and its own wait.

On a turned clock its pauses turn the clock, and its host's clock is the servers'.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ..unit.plugins import truth

VERSION = "0.0.9"


def client(port: int, password: str) -> Any:
    import obshell
    from obshell.auth import PasswordAuth

    return obshell.ClientSet("127.0.0.1", port, PasswordAuth(password)).v1


def wait(case: truth.Case, task_id: str) -> Any:
    """Wait for a task with the vendor's wait_dag_succeed, on the case's clock."""
    from obshell.auth import password
    from obshell.service import client_v1

    clock = SimpleNamespace(sleep=case.sleep, time=case.sim.clock.wall)
    client_v1.time = password.time = clock
    return client(case.agent.port, truth.PASSWORD).wait_dag_succeed(task_id)
