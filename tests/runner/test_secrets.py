# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret of a credential is in an event, in the output or in an artifact."""

from __future__ import annotations

import base64
import contextlib
import html
import json
import shlex
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import quote, quote_plus

import pytest
import yaml
from ansible_collections.oceanbase.ops.tests.runner import jobs

OF_OBSHELL = "Zw3i&9/+h'%$\"x"
OF_OCP = "q0 Vu;8|<~>#!4m"
OF_NOBODY = "k7=Hb^2,?y"
ALL_OF_IT = {"ANSIBLE_VERBOSITY": "4"}


def forms(secret):
    """A secret as it may be written, in ten encodings and those within another."""
    once = json.dumps(secret)[1:-1]
    raw = secret.encode()
    coded = {
        "plain": secret,
        "JSON": once,
        "JSON in JSON": json.dumps(once)[1:-1],
        "Python": repr(secret)[1:-1],
        "shell": shlex.quote(secret),
        "HTML": html.escape(secret),
        "URL": quote(secret, safe=""),
        "form": quote_plus(secret),
        "base64": base64.b64encode(raw).decode(),
        "base64 of URLs": base64.urlsafe_b64encode(raw).decode(),
        "Basic": base64.b64encode(f"admin:{secret}".encode()).decode(),
        "hexadecimal": raw.hex(),
    }
    return {
        **coded,
        **{f"{name} in JSON": json.dumps(x)[1:-1] for name, x in coded.items()},
    }


def leaks(job, *secrets):
    return found(job.written(), *secrets)


def found(text, *secrets):
    """The encodings in which a text shows one of these secrets."""
    return [
        name
        for secret in secrets
        for name, form in forms(secret).items()
        if form in text
    ]


def tasks_of(playbook):
    play = yaml.safe_load((jobs.PROJECT / playbook).read_text(encoding="utf-8"))[0]
    return [task["name"] for task in play["tasks"]]


@pytest.fixture(name="wrong")
def _wrong(obshell, ocp):
    """Credentials that are refused."""
    of_obshell = dict.fromkeys(("password", "next_password"), OF_OBSHELL)
    return {
        "obshell": {**obshell, **of_obshell},
        "ocp": {**ocp, "password": OF_OCP},
    }


def test_a_leak_would_be_found(launch):
    job = launch("leak.yml", environment={"ONLY_HERE": OF_NOBODY})
    assert job.finish() == "successful"
    assert leaks(job, OF_NOBODY)


def test_asked_with_all_that_ansible_can_show(launch, obshell, ocp):
    job = launch("ask.yml", environment=ALL_OF_IT, obshell=obshell, ocp=ocp)
    assert job.finish() == "successful"
    assert "ansible-playbook [core" in job.stdout()
    assert not leaks(job, obshell["password"], ocp["password"])


@pytest.mark.parametrize(
    "variable", ["OBSHELL_PASSWORD", "OCEANBASE_OCP_PASSWORD", "ONLY_HERE"]
)
def test_refused_and_mistyped(launch, wrong, variable):
    environment = {**ALL_OF_IT, "ONLY_HERE": OF_NOBODY}
    job = launch("fail.yml", {"variable": variable}, environment=environment, **wrong)
    assert job.finish() == "successful"
    for name in tasks_of("fail.yml"):
        result = job.results(name)[-1]
        assert ("pasword" if "mistyped" in name else "password") in result["msg"], name
    assert not leaks(job, OF_OBSHELL, OF_OCP, OF_NOBODY)


class Echo(BaseHTTPRequestHandler):
    """Repeats what it was sent, once a key to seal with was fetched behind it."""

    behind = ""
    open_paths = ("/api/v1/info", "/api/v1/secret", "/api/v1/status", "/api/v1/time")

    def answer(self):
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.behind and self.path in self.open_paths:
            with urllib.request.urlopen(self.behind + self.path) as answer:
                return self.reply(200, answer.read())
        said = f"{self.command} {self.path} {dict(self.headers)} {sent!r}"
        self.server.sealed += [
            self.headers[name]
            for name in ("X-OCS-Header", "Authorization")
            if name in self.headers
        ]
        error = {"code": 1, "errCode": "Odd", "message": said}
        body = {"successful": False, "status": 500, "error": error, "data": said}
        return self.reply(500, json.dumps(body).encode())

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = do_PATCH = answer

    def log_message(self, *args):
        """Print nothing."""


class Page(Echo):
    """Answers everything with a page that shows what it was sent."""

    def answer(self):
        return self.reply(200, f"<html>{html.escape(str(self.headers))}".encode())

    do_GET = do_POST = answer


@contextlib.contextmanager
def listening(kind, behind=""):
    handler = type("Handler", (kind,), {"behind": behind})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.sealed = []
    server.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def processes():
    """The command lines of all processes, those that end meanwhile left out."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield path.read_bytes().decode(errors="replace")


def test_each_module_fails_in_many_ways(launch, obshell, ocp, tmp_path):
    agent = obshell["url"].split(",")[0]
    commands = set()
    with listening(Echo, agent) as echo, listening(Echo) as ocp_echo, listening(
        Page
    ) as page:
        addresses = {
            "refusing": {"obshell": agent, "ocp": ocp["url"]},
            "echoing": {"obshell": echo.url, "ocp": ocp_echo.url},
            "page": {"obshell": page.url, "ocp": page.url},
        }
        environment = {
            **ALL_OF_IT,
            "ANSIBLE_KEEP_REMOTE_FILES": "1",
            "ANSIBLE_LOCAL_TEMP": str(tmp_path / "local"),
            "ANSIBLE_REMOTE_TEMP": str(tmp_path / "remote"),
            "ANSIBLE_LOG_PATH": str(tmp_path / "play.log"),
            "OBSHELL_PASSWORD": OF_OBSHELL,
            "OCEANBASE_OCP_PASSWORD": OF_OCP,
        }
        job = launch("secrets.yml", {"addresses": addresses}, environment=environment)
        status = job.finish(lambda: commands.update(processes()))
        sealed = [*echo.sealed, *ocp_echo.sealed]
    assert status == "successful", job.stdout()[-2000:]
    calls = [
        event["event_data"]
        for event in job.events()
        if event["event"] == "runner_on_failed"
    ]
    assert len(calls) == 143
    assert len({call["task_action"] for call in calls}) == 12
    assert len(sealed) >= 16
    assert not leaks(job, OF_OBSHELL, OF_OCP)
    assert not found("\n".join(commands), OF_OBSHELL, OF_OCP)
    assert not found((tmp_path / "play.log").read_text("utf-8"), OF_OBSHELL, OF_OCP)
    assert not [one for one in sealed if one in job.written()]
    # What Ansible itself keeps of a module holds its options; nothing else does.
    kept = [path for path in (tmp_path / "remote").rglob("*") if path.is_file()]
    assert kept
    assert {path.name.split("_")[0] for path in kept} == {"AnsiballZ"}
