# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes that are measured, and the simulator in a process of its own."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence

from . import memory

HERE = Path(__file__).parent
COLLECTIONS = HERE.parents[4]
PACKAGE = "ansible_collections.oceanbase.ops.tests.benchmarks"
FULL = bool(os.environ.get("BENCH_FULL"))
ROUNDS = 20


def rounds(quick: int) -> int:
    """Return how often to measure: 20 times, or less where that takes too long."""
    return ROUNDS if FULL else quick


@dataclass(frozen=True)
class Run:
    """One process that has ended: its CPU time with all that it has started."""

    cpu: float
    seconds: float
    output: str
    events: list[dict[str, Any]] = field(default_factory=list)
    memory: float = 0.0  # the most that all of them had at once, in MiB, if watched


class Simulator:
    """What the simulator's process tells and takes."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts

    def call(self, name: str, **arguments: Any) -> Any:
        """Post one call to the control port."""
        body = json.dumps(arguments).encode()
        url = f"{self.facts['control']}/{name}"
        with urllib.request.urlopen(url, body, timeout=60) as answer:
            return json.load(answer)

    def requests(self, server: str) -> Any:
        url = f"{self.facts['control']}/requests?server={server}"
        with urllib.request.urlopen(url, timeout=60) as answer:
            return json.load(answer)[server]["requests"]

    def start(self, scenario: str, on: str = "cluster", **options: Any) -> str:
        found = self.call("start", on=on, scenario=scenario, **options)
        return str(found["task_id"])


@contextmanager
def simulator(world: str = "demo", *, speed: float = 1.0) -> Iterator[Simulator]:
    """Serve a world until the block is left."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        command = [sys.executable, "-m", f"{PACKAGE}.serve", "--world", world]
        options = ["--ready-file", str(ready), "--speed", str(speed)]
        process = subprocess.Popen(
            [*command, *options, "--max-seconds", "3600"], env=environment()
        )
        try:
            deadline = time.monotonic() + 120
            while not ready.is_file():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the simulator did not start")
                time.sleep(0.1)
            yield Simulator(json.loads(ready.read_text(encoding="utf-8")))
        finally:
            process.terminate()
            process.wait(timeout=30)


def environment(**more: str) -> dict[str, str]:
    """An environment in which Ansible and Python see this collection alone."""
    dropped = ("ANSIBLE_", "OBSHELL_", "OCEANBASE_OCP_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
    return {
        **kept,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_CONFIG": str(HERE / "ansible.cfg"),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(COLLECTIONS),
        **more,
    }


class Child:
    """A process that runs; `end()` waits for it."""

    def __init__(self, command: Sequence[str], **environ: str) -> None:
        # A file for its output: nobody has to read while it runs.
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115 - end() closes it
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            command,
            env=environment(**environ),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def end(self, *, expected: Sequence[int] = (0,)) -> Run:
        """Return what the process cost; RuntimeError where it failed."""
        _pid, status, usage = os.wait4(self._process.pid, 0)
        seconds = time.monotonic() - self._began
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self._output.seek(0)
        output = self._output.read()
        self._output.close()
        if self._process.returncode not in expected:
            raise RuntimeError(f"exit {self._process.returncode}:\n{output[-4000:]}")
        return Run(usage.ru_utime + usage.ru_stime, seconds, output)


class Play:
    """A playbook that runs on localhost or on hosts that all are localhost."""

    def __init__(
        self,
        tasks: Sequence[dict[str, Any]],
        *,
        hosts: dict[str, dict[str, Any]] | None = None,
        forks: int | None = None,
        watched: bool = False,
        **keywords: Any,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        hosts = hosts or {"localhost": {}}
        local = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
        }
        inventory = {"all": {"hosts": hosts, "vars": local}}
        play = {"hosts": "all", "gather_facts": False, "tasks": tasks, **keywords}
        for name, content in (("inventory.json", inventory), ("play.json", [play])):
            (folder / name).write_text(json.dumps(content), encoding="utf-8")
        self._stamps = folder / "stamps"
        self._stamps.touch()
        playbook = str(Path(sys.executable).with_name("ansible-playbook"))
        self._child = Child(
            [
                *(playbook, "-i", str(folder / "inventory.json")),
                *("--forks", str(forks or max(5, len(hosts)))),
                str(folder / "play.json"),
            ],
            ANSIBLE_HOME=str(folder),
            BENCH_STAMPS=str(self._stamps),
        )
        self._peak = memory.Peak(self._child.pid) if watched else None

    def end(self) -> Run:
        run = self._child.end()
        lines = self._stamps.read_text(encoding="utf-8").splitlines()
        self._folder.cleanup()
        events = [json.loads(line) for line in lines]
        peak = self._peak.end() if self._peak else 0.0
        return Run(run.cpu, run.seconds, run.output, events, peak)


def probe(name: str, *arguments: str) -> dict[str, Any]:
    """Run one of this package's modules in a fresh process; return its JSON.

    `cpu` is added to it.
    """
    run = Child([sys.executable, "-m", f"{PACKAGE}.{name}", *arguments]).end()
    return {**json.loads(run.output.splitlines()[-1]), "cpu": run.cpu}


def interleaved(
    count: int, actions: dict[str, Callable[[], float]]
) -> dict[str, list[float]]:
    """Measure each action in turn, that many times."""
    found: dict[str, list[float]] = {name: [] for name in actions}
    for _round in range(count):
        for name, action in actions.items():
            found[name].append(action())
    return found


def ratio(values: Sequence[float], others: Sequence[float]) -> float:
    """Return the median of the ratios of what was measured side by side."""
    return statistics.median(a / b for a, b in zip(values, others))
