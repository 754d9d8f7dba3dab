# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serve agents that are reached in all ways, until the folder is gone.

Run in the collection's root, with the folder for sockets, certificates and ready.json.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, os.getcwd())

from tests.simulator import Simulator, tls  # noqa: E402 - needs the path

SECONDS = 300.0


def main(folder: Path) -> None:
    certificates = tls.make(folder)
    socket = str(folder / "obshell.sock")
    with Simulator() as sim:
        cluster = sim.cluster(agents=2, password="Root.pw-1")
        secure = sim.single(
            ssl_context=tls.server_context(certificates, client_auth=True)
        )
        sim.single(unix_path=socket)
        old = sim.cluster(version="4.2.2.0", auth_v1=True, password="Root.pw-1")
        seekdb = sim.seekdb(password="Root.pw-1")
        locked = sim.single()
        locked.agent_password = "Agent.pw-1"
        ready = {
            "plain": [agent.url for agent in cluster.agents],
            "old": old.agents[0].url,
            "seekdb": seekdb.url,
            "own_password": locked.url,
            "secure": secure.url,
            "socket": f"unix://{socket}",
            "certificates": vars(certificates),
        }
        written = folder / "ready.part"
        written.write_text(json.dumps(ready), encoding="utf-8")
        written.rename(folder / "ready.json")
        until = time.monotonic() + SECONDS
        while folder.exists() and time.monotonic() < until:
            time.sleep(0.2)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
