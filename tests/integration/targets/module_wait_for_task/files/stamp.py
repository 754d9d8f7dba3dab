# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command and write the seconds at which each line arrived before the line."""

from __future__ import annotations

import subprocess
import sys
import time


def main() -> int:
    with subprocess.Popen(
        sys.argv[1:],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    ) as process:
        for line in process.stdout or ():
            print(f"{time.monotonic():.1f} {line}", end="", flush=True)
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
