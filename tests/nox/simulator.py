# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulator that runs as long as a session wants it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nox

from . import trees


@contextmanager
def running(session: nox.Session, collection: Path, *, speed: int) -> Iterator[Path]:
    """Start it; the file with its addresses, as extra variables; stop it."""
    facts = trees.fresh_folder(f"simulator-{session.name}") / "simulator.json"
    python = str(Path(session.bin) / "python")
    command = [python, "-m", "tests.simulator", "--world", "demo"]
    options = ["--ready-file", str(facts), "--speed", str(speed)]
    options += ["--max-seconds", "600"]
    process = subprocess.Popen(command + options, cwd=collection)
    try:
        deadline = time.monotonic() + 30
        while not facts.is_file():
            if process.poll() is not None or time.monotonic() > deadline:
                session.error("the simulator did not start")
            time.sleep(0.1)
        yield facts
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
