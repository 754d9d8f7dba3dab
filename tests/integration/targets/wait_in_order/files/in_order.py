# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn a simulator's clock on, one stage for each round of lines that is read.

    in_order.py CONTROL COMMAND...

The command's output comes through a pipe. A stage is entered when each host has shown
a line of the one before; where a line does not come, the command is ended.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import urllib.request

HOSTS = 3
STAGE_SECONDS = 11  # a second more than a stage takes
PATIENCE = 60.0
LINE = re.compile(r"^(\S+) \| .* \| \d+ % \| (\d)/\d ")


def main() -> int:
    control, command = sys.argv[1], sys.argv[2:]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    ) as process:
        late = threading.Timer(PATIENCE, process.kill)
        late.start()
        seen: set[tuple[str, str]] = set()
        stage = 1
        for line in process.stdout or ():
            print(line, end="")
            found = LINE.match(line)
            if found is None:
                continue
            seen.add((found.group(1), found.group(2)))
            if len([host for host, at in seen if at == str(stage)]) == HOSTS:
                stage += 1
                advance(control)
        late.cancel()
    return process.returncode


def advance(control: str) -> None:
    body = json.dumps({"seconds": STAGE_SECONDS}).encode()
    with urllib.request.urlopen(f"{control}/clock/advance", body) as answer:
        answer.read()


if __name__ == "__main__":
    sys.exit(main())
