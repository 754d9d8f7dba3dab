# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job as AWX runs it: injected by its own code, and run by ansible-runner."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Sequence

import yaml
from awx_plugins.interfaces import _temporary_private_credential_api as credentials
from awx_plugins.interfaces import _temporary_private_inject_api as injecting

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Path(__file__).parent / "project"
TYPES = ROOT / "playbooks" / "files" / "awx"
LOCALHOST = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
}
INVENTORY = {"all": {"hosts": {"localhost": LOCALHOST}}}
PATIENCE = 600.0  # seconds, also beside other stages


def credential_type(name: str) -> dict[str, Any]:
    """Return a credential type of the collection as AWX's API takes it."""
    return dict(yaml.safe_load((TYPES / f"{name}.yml").read_text(encoding="utf-8")))


def inject(
    name: str, fields: dict[str, Any], folder: Path
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the environment that AWX gives to a job, and what of it AWX shows."""
    (folder / "env").mkdir(parents=True, exist_ok=True)
    env: dict[str, str] = {}
    shown: dict[str, str] = {}
    kind = SimpleNamespace(
        managed=False, custom_injectors=None, **credential_type(name)
    )
    credential = credentials.Credential(fields)
    arguments: list[str] = []
    injecting.inject_credential(kind, credential, env, shown, arguments, str(folder))
    if arguments:
        raise ValueError(f"a credential through extra variables: {arguments}")
    # AWX mounts the folder of the job as /runner.
    inside = {
        key: value.replace("/runner/", f"{folder}/") for key, value in env.items()
    }
    return inside, shown


class Job:
    """One launch of a playbook; its events can be read while it runs."""

    def __init__(
        self,
        folder: Path,
        playbook: str,
        env: dict[str, str],
        variables: dict[str, Any],
        sources: Sequence[Path] = (),
    ) -> None:
        self.folder = folder
        # AWX tells it every job; here it also says which processes are the job's.
        mark = {"AWX_PRIVATE_DATA_DIR": str(folder)}
        self._mark = f"AWX_PRIVATE_DATA_DIR={folder}".encode()
        _write(folder / "env" / "envvars", {**env, **mark})
        _write(folder / "env" / "extravars", variables)
        _write(folder / "inventory" / "hosts.json", INVENTORY)
        for source in sources:
            shutil.copy(source, folder / "inventory")
        # What users copy, in a folder of its own, beside the playbooks of these tests.
        shutil.copytree(PROJECT, folder / "project")
        given = folder / "project" / "given"
        given.mkdir()
        for path in (TYPES / "project").glob("*.txt"):
            shutil.copy(path, given / path.stem)
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        # A process of its own: it forks, and the simulator's threads are in this one.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ansible_runner", "run", str(folder)]
            + ["--playbook", playbook, "--ident", "1", "--quiet"],
            env={**os.environ, **mark, "PATH": path},
            stdin=subprocess.DEVNULL,
        )

    def events(self) -> list[dict[str, Any]]:
        """Return the events so far, in their order."""
        found = (self.folder / "artifacts" / "1" / "job_events").glob("[0-9]*.json")
        paths = [path for path in found if "partial" not in path.name]
        paths.sort(key=lambda path: int(path.name.split("-")[0]))
        return [json.loads(path.read_text(encoding="utf-8")) for path in paths]

    def lines(self) -> list[str]:
        """Return the lines that are events of their own, as those of a wait are."""
        events = self.events()
        return [e["stdout"] for e in events if e["event"] == "verbose" and e["stdout"]]

    def until(
        self,
        seen: Callable[[list[str]], Any],
        what: str,
        then: Callable[[], Any] = lambda: None,
    ) -> None:
        """Wait until `seen` says yes to the lines; call `then` while it does not."""
        deadline = time.monotonic() + PATIENCE
        while not seen(self.lines()):
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise AssertionError(f"no {what} in\n{self.stdout()}")
            then()
            time.sleep(0.1)

    def finish(self, meanwhile: Callable[[], Any] = lambda: None) -> str:
        """Wait for the end, calling `meanwhile`; return what AWX calls that end.

        The end of a job that `meanwhile` kills is "killed".
        """
        deadline = time.monotonic() + PATIENCE
        while self._process.poll() is None:
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"the job did not end\n{self.stdout()}")
            meanwhile()
            time.sleep(0.1)
        status = self.folder / "artifacts" / "1" / "status"
        return status.read_text(encoding="utf-8") if status.exists() else "killed"

    def kill(self) -> None:
        """Kill everything at once, as AWX does with the container of the job."""
        while pids := self._processes():
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        self._process.wait(PATIENCE)

    def _processes(self) -> list[int]:
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                if self._mark in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
            except OSError:  # gone, or somebody else's
                continue
        return found

    def stdout(self) -> str:
        """Return what AWX shows as the job's output."""
        return "\n".join(event["stdout"] for event in self.events())

    def results(self, task: str) -> list[dict[str, Any]]:
        """Return what the task of that name returned, event by event."""
        data = [event.get("event_data", {}) for event in self.events()]
        return [one["res"] for one in data if one.get("task") == task and "res" in one]

    def written(self) -> str:
        """Return all that the job left: its events, its output, what it set.

        But for `command`: there ansible-runner writes the environment of the job, and
        AWX takes nothing from it.
        """
        files = [path for path in self.folder.glob("artifacts/**/*") if path.is_file()]
        texts = [
            path.read_text(encoding="utf-8", errors="replace")
            for path in files
            if path.name != "command"
        ]
        if not texts:
            raise AssertionError("the job left nothing")
        return "\n".join(texts)


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
