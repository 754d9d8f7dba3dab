# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m tests.simulator`: serve a world until told to stop."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from . import Simulator, rehearsal, setups
from .clock import RealClock, TurnedClock
from .control import Control
from .message import Seen


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator")
    parser.add_argument("--ready-file", help="JSON with URLs and credentials")
    parser.add_argument("--speed", type=float, help="of the clock, by default 1")
    parser.add_argument(
        "--turned", action="store_true", help="a clock that only /clock/advance moves"
    )
    parser.add_argument("--world", choices=sorted(setups.WORLDS), help="default: demo")
    parser.add_argument(
        "--rehearsal", help="YAML that says what is to happen, see rehearsal.py"
    )
    parser.add_argument("--max-seconds", type=float, default=600.0)
    parser.add_argument("--log", help="file for one line per request")
    return parser.parse_args(argv)


class Runner:
    """A world, its control port, and the reasons to stop."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.stopped = threading.Event()
        self._log_lock = threading.Lock()
        path = options.rehearsal
        self.rehearsal = rehearsal.load(path) if path else rehearsal.Rehearsal()
        self.world = self._build({})
        self.control = Control(self.world, rebuild=self._rebuild)
        self.control.on_shutdown = self.stopped.set
        try:
            self._rehearse()
        except rehearsal.Wrong:
            self.close()
            raise

    def _build(self, ports: dict[str, int]) -> setups.World:
        turned = self.options.turned
        clock: Any = TurnedClock(time.time()) if turned else None
        speed = self.options.speed or self.rehearsal.speed or 1.0
        sim = Simulator(clock=clock or RealClock(speed), log=self._line)
        world = self.options.world or self.rehearsal.world or "demo"
        return setups.WORLDS[world](sim, ports)

    def _rebuild(self) -> setups.World:
        ports = self.world.ports()
        self.world.sim.close()
        self.world = self.control.world = self._build(ports)
        self._rehearse()
        return self.world

    def _rehearse(self) -> None:
        calls = self.control.calls
        self.rehearsal.play(self.world, lambda name, args: calls[name](args))

    def _line(self, name: str, seen: Seen) -> None:
        if not self.options.log:
            return
        line = (
            f"{seen.time:.3f} {name} {seen.method} {seen.target} {seen.status}"
            f" {seen.err_code or '-'}\n"
        )
        with self._log_lock, open(self.options.log, "a", encoding="utf-8") as file:
            file.write(line)

    def describe(self) -> dict[str, Any]:
        control = {"control": self.control.server.url, "pid": os.getpid()}
        return {**self.world.describe(), **control}

    def run(self) -> None:
        parent = os.getppid()
        until = time.monotonic() + self.options.max_seconds
        while not self.stopped.wait(0.2):
            if os.getppid() != parent or time.monotonic() > until:
                break
        # The answer to /shutdown has to leave before its server does.
        time.sleep(0.05)
        self.close()

    def close(self) -> None:
        self.control.server.stop()
        self.world.sim.close()


def write_atomically(path: str, payload: dict[str, Any]) -> None:
    """Write beside the file and rename: who sees it sees all of it."""
    folder = Path(path).resolve().parent
    with tempfile.NamedTemporaryFile(
        "w", dir=folder, delete=False, encoding="utf-8"
    ) as file:
        json.dump(payload, file, indent=2)
    os.replace(file.name, path)


def main(argv: list[str] | None = None) -> int:
    options = arguments(argv)
    try:
        runner = Runner(options)
    except rehearsal.Wrong as e:
        print(e, file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: runner.stopped.set())
    if options.ready_file:
        write_atomically(options.ready_file, runner.describe())
    else:
        json.dump(runner.describe(), sys.stdout, indent=2)
        print(flush=True)
    runner.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
