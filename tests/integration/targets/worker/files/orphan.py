# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kill a playbook when it shows the first line of a wait; tell what it leaves.

orphan.py COMMAND...
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

PATIENCE = 60.0  # until the first line
BOUND = 20.0  # what still lives then does not end by itself


def main() -> int:
    with subprocess.Popen(
        sys.argv[1:],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    ) as process:
        late = threading.Timer(PATIENCE, process.kill)
        late.start()
        workers: list[int] = []
        for line in process.stdout or ():
            print(line, end="")
            if " | task " in line:
                workers = children(process.pid)
                break
        late.cancel()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        print(f"workers: {len(workers)}")
        deadline = time.monotonic() + BOUND
        while any(map(lives, workers)) and time.monotonic() < deadline:
            time.sleep(0.1)
        left = [pid for pid in workers if lives(pid)]
        print(f"left: {len(left)}")
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    return 0


def children(parent: int) -> list[int]:
    """Return the processes that another one has started, and those have."""
    found = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    pairs = [tuple(map(int, line.split())) for line in found.stdout.splitlines()]
    own = [pid for pid, of in pairs if of == parent]
    return own + [pid for one in own for pid, of in pairs if of == one]


def lives(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be reaped does not."""
    found = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return bool(found.stdout.strip()) and not found.stdout.startswith("Z")


if __name__ == "__main__":
    sys.exit(main())
