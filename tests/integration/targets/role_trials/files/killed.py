# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a playbook, and kill it when a server has got a request.

killed.py CONTROL SERVER METHOD PATH[#COUNT] COMMAND...
CONTROL is the URL of the simulator's control port; exits with 0 when it was killed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request


def has_got(control: str, server: str, method: str, path: str) -> bool:
    path, _mark, count = path.partition("#")
    with urllib.request.urlopen(f"{control}/requests?server={server}") as answer:
        seen = json.load(answer)[server]["requests"]
    got = [one for one in seen if one["method"] == method and one["target"] == path]
    return len(got) >= int(count or 1)


def main() -> int:
    control, server, method, path, *command = sys.argv[1:]
    play = subprocess.Popen(command, start_new_session=True)
    while play.poll() is None:
        if has_got(control, server, method, path):
            os.killpg(play.pid, signal.SIGKILL)
            play.wait()
            return 0
        time.sleep(0.1)
    return 1


if __name__ == "__main__":
    sys.exit(main())
