# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebooks, run by ansible-rulebook on the simulator."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from ansible_collections.oceanbase.ops.tests.simulator import Simulator
from ansible_collections.oceanbase.ops.tests.simulator.clock import RealClock
from ansible_collections.oceanbase.ops.tests.simulator.obshell import scenarios

ROOT = Path(__file__).resolve().parents[2]
RULEBOOKS = ROOT / "extensions" / "eda" / "rulebooks"
COLLECTIONS = ROOT.parents[2]
GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_events.rst"
_BLOCK = re.compile(r"^\.\. code-block:: yaml\n\n((?:    .*\n|\n)+)", re.MULTILINE)
PASSWORD = "right"
LIMIT = 180.0  # seconds
ERROR = "observer: cannot start"


def task(fails):
    """A task that is called a scale-out and whose second stage fails at these runs."""
    return scenarios.long_task(
        name="Cluster scale out",
        stages=2,
        seconds=1,
        fail_stage=2,
        fails=fails,
        error=ERROR,
    )


def family(pid):
    """Return a process and all that it has started, the eldest first."""
    listing = ["ps", "-e", "-o", "pid=,ppid="]
    told = subprocess.run(listing, check=True, capture_output=True, text=True).stdout
    pairs = [tuple(map(int, line.split())) for line in told.splitlines()]
    found = [pid]
    for parent in found:
        found += [child for child, above in pairs if above == parent]
    return found


class Played:
    """A rulebook that runs; what it says is kept line by line."""

    def __init__(self, rulebook, folder, env, variables):
        inventory = folder / "inventory.yml"
        inventory.write_text(
            "all: {hosts: {localhost: {ansible_connection: local,"
            f" ansible_python_interpreter: {sys.executable}}}}}}}\n"
        )
        given = folder / "vars.yml"
        given.write_text(json.dumps(variables))
        command = Path(sys.executable).parent / "ansible-rulebook"
        self.said = []
        self._process = subprocess.Popen(
            [command, "--rulebook", rulebook, "-i", inventory, "--vars", given]
            + ["--print-events"],
            env=env,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            self.said.append(line.rstrip())

    def text(self):
        return "\n".join(self.said)

    def until(self, what):
        """Return when `what` holds; all that was said is shown when it never does."""
        end = time.monotonic() + LIMIT
        while not what():
            assert time.monotonic() < end, self.text()
            assert self._process.poll() is None, self.text()
            time.sleep(0.1)

    def end(self):
        """Kill it, and all that it has started, which has sessions of its own."""
        if self._process.poll() is None:
            for pid in reversed(family(self._process.pid)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join()


@pytest.fixture(name="sim")
def _sim():
    with Simulator(clock=RealClock()) as running:
        yield running


@pytest.fixture(name="cluster")
def _cluster(sim):
    return sim.cluster(password=PASSWORD)


@pytest.fixture(name="play")
def _play(cluster, tmp_path):
    running = []

    def play(rulebook, **variables):
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        env = {
            "HOME": str(tmp_path),
            "PATH": path,
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "OBSHELL_URL": cluster.agents[0].url,
            "OBSHELL_PASSWORD": PASSWORD,
        }
        if "JAVA_HOME" in os.environ:
            env["JAVA_HOME"] = os.environ["JAVA_HOME"]
        running.append(Played(rulebook, tmp_path, env, variables))
        return running[-1]

    yield play
    for one in running:
        one.end()


def looks(cluster):
    """Return how often an agent was asked for its last task, which ends a look."""
    asked = [one.target for one in cluster.agents[0].server.requests]
    return sum("/maintain/agent" in one for one in asked)


def retries(cluster):
    asked = [one.method for one in cluster.agents[0].server.requests]
    return asked.count("POST")


def of(cluster, id):
    """Return the state that a task has now."""
    with cluster.world.lock:
        cluster.world.catch_up()
    (dag,) = [
        one for one in cluster.store.dags if cluster.store.generic_id(one.number) == id
    ]
    return dag.state


def test_a_failed_scale_out_is_retried_once_and_succeeds(cluster, play, tmp_path):
    playing = play(
        "oceanbase.ops.recover", oceanbase_state_file=str(tmp_path / "state.json")
    )
    playing.until(lambda: looks(cluster))
    id = cluster.start(task(fails=(1,)))
    playing.until(lambda: of(cluster, id) == "SUCCEED")
    playing.until(lambda: "PLAY RECAP" in playing.text())
    assert "failed=0" in playing.text()
    assert "needs somebody" not in playing.text()
    assert retries(cluster) == 1


def test_what_fails_again_is_not_retried_again_but_told(cluster, play, tmp_path):
    playing = play(
        "oceanbase.ops.recover", oceanbase_state_file=str(tmp_path / "state.json")
    )
    playing.until(lambda: looks(cluster))
    id = cluster.start(task(fails=(1, 2, 3)))
    playing.until(lambda: "needs somebody" in playing.text())
    assert f"{id} needs somebody: {ERROR}" in playing.text()
    assert retries(cluster) == 1


def test_the_example_of_the_guide_runs(cluster, play, tmp_path):
    block = textwrap.dedent(_BLOCK.search(GUIDE.read_text()).group(1))
    own = {
        "[http://10.0.0.1:2886, http://10.0.0.2:2886]": cluster.agents[0].url,
        "/var/lib": str(tmp_path),
    }
    for shown, real in own.items():
        assert shown in block
        block = block.replace(shown, real)
    rulebook = tmp_path / "guide.yml"
    rulebook.write_text(block)
    playing = play(rulebook, root_password=PASSWORD)
    playing.until(lambda: looks(cluster))
    cluster.start(task(fails=(1,)))
    playing.until(lambda: f"Cluster scale out: {ERROR}" in playing.text())


def test_a_failure_while_nobody_listened_is_recovered_from(cluster, play, tmp_path):
    file = str(tmp_path / "state.json")
    first = play("oceanbase.ops.recover", oceanbase_state_file=file)
    first.until(lambda: looks(cluster) > 1)
    first.end()
    id = cluster.start(task(fails=(1,)))
    end = time.monotonic() + LIMIT
    while of(cluster, id) != "FAILED":
        assert time.monotonic() < end
        time.sleep(0.1)
    second = play("oceanbase.ops.recover", oceanbase_state_file=file)
    second.until(lambda: of(cluster, id) == "SUCCEED")
    assert retries(cluster) == 1


def test_without_a_disk_what_is_unfinished_is_recovered_from(cluster, play, tmp_path):
    text = (RULEBOOKS / "recover.yml").read_text()
    kept = 'state_file: "{{ oceanbase_state_file }}"'
    assert kept in text
    rulebook = tmp_path / "recover.yml"
    rulebook.write_text(text.replace(kept, "since: unfinished"))
    id = cluster.start(task(fails=(1,)))
    end = time.monotonic() + LIMIT
    while of(cluster, id) != "FAILED":
        assert time.monotonic() < end
        time.sleep(0.1)
    playing = play(rulebook)
    playing.until(lambda: of(cluster, id) == "SUCCEED")
    assert retries(cluster) == 1


@pytest.fixture(name="hook")
def _hook():
    """A webhook: its address, and what was posted to it."""
    posted = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            size = int(self.headers["Content-Length"])
            posted.append(json.loads(self.rfile.read(size)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format, *args):
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", posted
        server.shutdown()


def test_an_end_is_posted(cluster, play, hook):
    url, posted = hook
    playing = play("oceanbase.ops.announce", oceanbase_webhook=url)
    playing.until(lambda: looks(cluster))
    id = cluster.start(task(fails=()))
    playing.until(lambda: posted)
    assert [posted[0][key] for key in ("what", "cluster")] == ["task_done", "oceanbase"]
    assert (posted[0]["task"]["id"], posted[0]["task"]["outcome"]) == (id, "succeeded")
    assert PASSWORD not in playing.text()


def test_without_a_webhook_it_is_shown(cluster, play):
    playing = play("oceanbase.ops.announce", oceanbase_webhook="")
    playing.until(lambda: looks(cluster))
    id = cluster.start(task(fails=()))
    told = f"OceanBase oceanbase: Cluster scale out {id} succeeded: done"
    playing.until(lambda: told in playing.text())
    cluster.agents[0].stop()
    playing.until(lambda: "OceanBase oceanbase: outage: GET" in playing.text())
    cluster.agents[0].start()
