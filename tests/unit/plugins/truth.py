# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The obshell scenarios of the truth table, for the tests and for the benchmarks.

Each says what the server does and what the gate must make of it. The clock is turned
by the sleeping of whoever waits; only what hangs costs real time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable

from ansible_collections.oceanbase.ops.plugins.module_utils import errors, transport
from ansible_collections.oceanbase.ops.plugins.module_utils.obshell import (
    connection as obshell_connection,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.ocp import (
    connection as ocp_connection,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import (
    record,
    target,
    waiter,
)
from ansible_collections.oceanbase.ops.plugins.module_utils.wait import (
    rules as wait_rules,
)
from ansible_collections.oceanbase.ops.tests.simulator.obshell import (
    cluster as obshell_cluster,
)

PASSWORD = "Root.pw-1"
NEXT = "Root.pw-2"
DATABASE_ZONE = obshell_cluster.DATABASE_ZONE


class Case:
    """A simulator with one server of each kind, and a wait for one task of it."""

    def __init__(self, sim):
        self.sim = sim
        self.cluster = sim.cluster(agents=2, password=PASSWORD)
        self.ocp = sim.ocp(username="admin", password=PASSWORD)
        self.events = []

    def after(self, seconds, event):
        """Let something happen while the wait sleeps."""
        self.events.append((self.sim.clock.now() + seconds, event))
        self.events.sort(key=lambda pair: pair[0])

    def sleep(self, seconds):
        until = self.sim.clock.now() + seconds
        while self.events and self.events[0][0] <= until:
            when, event = self.events.pop(0)
            self.sim.clock.advance(max(when - self.sim.clock.now(), 0))
            event()
        self.sim.clock.advance(until - self.sim.clock.now())

    @property
    def agent(self):
        return self.cluster.agents[0]

    def change_password(self):
        self.cluster.set_password(NEXT)
        self.agent.password = NEXT

    def wait(
        self,
        *task_ids,
        server="obshell",
        quiet=None,
        connection=None,
        resume=None,
        show=None,
        **rules,
    ):
        earlier = record.Resume.of(resume)
        deadline = transport.Deadline(clock=self.sim.clock.now)
        tally = transport.Tally()
        url = self.agent.url if server == "obshell" else self.ocp.url
        given = {
            "url": [url] if server == "obshell" else url,
            "username": "admin",
            "password": PASSWORD,
            "request_timeout": 30,
            **(connection or {}),
        }
        make = {"obshell": obshell_connection.client, "ocp": ocp_connection.client}
        client = make[server](
            given,
            deadline=deadline,
            tally=tally,
            memory=earlier.servers,
            sleep=self.sleep,
        )
        return waiter.Wait(
            client,
            [target.Target(task_id=task_id) for task_id in task_ids],
            wait_rules.Rules(**{"timeout": 1200, "details": True, **rules}),
            quiet,
            tally=tally,
            deadline=deadline,
            clock=self.sim.clock.now,
            sleep=self.sleep,
            show=show,
            earlier=earlier,
        )


def end(wait):
    """Run a wait and return the word it ends with and what it says."""
    try:
        wait.run()
    except errors.TaskFailed as e:
        return e.details["outcome"], e.message
    return wait.result()["outcome"], ""


@dataclass(frozen=True)
class Scenario:
    """What happens, from `start` on, and the outcome that the gate must find.

    `error` stands in place of an outcome where no verdict can be had. `logins` is what
    the server counts as failed, where that matters.
    """

    name: str
    start: Callable[[Case], str]
    outcome: str = "succeeded"
    said: str = ""
    error: Any = None
    outage: bool = False
    logins: int | None = None
    connection: Any = field(default_factory=dict)  # or what gives it for a case

    def __str__(self) -> str:
        return self.name

    def connected(self, case: Case) -> dict[str, Any]:
        """Return the option `obshell` where it differs from the usual one."""
        given = self.connection
        return dict(given(case)) if callable(given) else dict(given)

    @property
    def opens(self) -> bool:
        return self.error is None and self.outcome in ("succeeded", "passed")


def _started(ready: str, *, seconds: float = 0.0, **options: Any) -> Any:
    def start(case: Case) -> str:
        task_id = case.cluster.start(ready, **options)
        case.sim.clock.advance(seconds)
        return task_id

    return start


ENDS = [
    Scenario(f"a task that ends: {name}", _started(ready, **options), outcome, said)
    for name, ready, options, outcome, said in [
        ("succeeded", "succeeded", {}, "succeeded", ""),
        ("failed, to be passed later", "passed", {}, "failed", "'Step 2' (2/3)"),
        ("failed", "failed", {}, "failed", "the work failed"),
        (
            "one of three sub-tasks failed",
            "failed",
            {"sub_tasks": 3},
            "failed",
            "the work failed",
        ),
        (
            "failed without a log line",
            "failed_silently",
            {},
            "failed",
            "'Step 2' (2/3)",
        ),
        ("failed, to be retried later", "retried", {}, "failed", "'Step 2' (2/3)"),
        (
            "failed, to be rolled back later",
            "rolled_back",
            {},
            "failed",
            "'Step 2' (2/3)",
        ),
        ("cancelled", "cancelled", {}, "cancelled", "was cancelled"),
        ("200 sub-tasks succeeded", "many", {}, "succeeded", ""),
    ]
]
MENDED = [
    Scenario(
        f"asked after somebody's {name}", _started(ready, seconds=30), outcome, said
    )
    for name, ready, outcome, said in [
        (
            "rollback",
            "rolled_back",
            "rolled_back",
            "rolled back: its work was undone",
        ),
        ("pass", "passed", "passed", ""),
        ("retry", "retried", "succeeded", ""),
    ]
]


def _at_server(kind: str, **options: Any) -> Any:
    return lambda case, server: server.faults.add(kind, count=3, **options)


# A request that hangs is given up soon; no other one is, however busy the machine.
HANGING = ("hang", "trickle", "trickle_body")
IMPATIENT = {"request_timeout": 0.3}
FAULTS = {
    "refuse": lambda case, server: server.faults.add("refuse", seconds=20),
    "reset": _at_server("reset"),
    "close": _at_server("close"),
    "hang": _at_server("hang"),
    "trickle": _at_server("trickle"),
    "trickle_body": _at_server("trickle_body"),
    "500": _at_server("status", status=500),
    "503": _at_server("status", status=503),
    "429": _at_server("status", status=429, headers={"Retry-After": "7"}),
    "502 page": _at_server("html", status=502),
    "page": _at_server("html"),
    "truncated": _at_server("truncated"),
    "short": _at_server("truncated", form="short"),
    "foreign": _at_server("foreign"),
    "redirect": _at_server("redirect", status=302),
    **{
        f"{status} page of a gateway": _at_server("html", status=status)
        for status in (400, 403, 404, 408, 410, 425)
    },
}
PHASES = {"middle": 8.0, "end": 14.0}


def _while_it_runs(phase: str, event: Callable[[Case], None]) -> Any:
    """Let it happen when the task is in its middle, or at its last tick."""

    def start(case: Case) -> str:
        task_id = case.cluster.start("succeeded", stages=8)
        case.after(PHASES[phase], lambda: event(case))
        return task_id

    return start


def patience(name: str) -> dict[str, Any]:
    """Return what the option `obshell` or `ocp` has with this fault."""
    return IMPATIENT if name in HANGING else {}


def _fault(name: str) -> Callable[[Case], None]:
    return lambda case: FAULTS[name](case, case.agent.server)


FAULTY = [
    Scenario(
        f"three answers spoilt ({name}) at the {phase}",
        _while_it_runs(phase, _fault(name)),
        outage=True,
        connection=patience(name),
    )
    for name in FAULTS
    for phase in PHASES
]


def _undone_then(name: str) -> Any:
    def start(case: Case) -> str:
        task_id = case.cluster.start("rolled_back", stages=2)
        case.sim.clock.advance(9)
        FAULTS[name](case, case.agent.server)
        return task_id

    return start


UNDONE = [
    Scenario(
        f"asked after a rollback, three answers spoilt ({name})",
        _undone_then(name),
        "rolled_back",
        connection=patience(name),
    )
    for name in ["reset", "503", "502 page", "hang", "refuse"]
]
RESTARTS = [
    Scenario(
        f"the agent restarts at the {phase}, 90 s down",
        _while_it_runs(phase, lambda case: case.agent.restart(down=90)),
        outage=True,
    )
    for phase in PHASES
]
KEYS = [
    Scenario(
        f"the agent's key changes at the {phase}",
        _while_it_runs(phase, lambda case: case.agent.rotate_key()),
        logins=0,
    )
    for phase in PHASES
]


def _wrong_clock(seconds: float) -> Any:
    def start(case: Case) -> str:
        case.agent.skew = seconds
        jump = _while_it_runs("middle", lambda c: setattr(c.agent, "skew", -seconds))
        return jump(case)

    return start


CLOCKS = [
    Scenario(
        f"the agent's clock is {'behind' if seconds < 0 else 'ahead'} by an hour and "
        "jumps by two",
        _wrong_clock(seconds),
    )
    for seconds in (-3600, 3600)
]


def _observers_down(case: Case) -> str:
    task_id = case.cluster.start("succeeded", stages=8)

    def all_down() -> None:
        for agent in case.cluster.agents:
            agent.observer_down()

    def all_up() -> None:
        for agent in case.cluster.agents:
            agent.observer_up()

    case.after(8, all_down)
    case.after(60, all_up)
    return task_id


OBSERVERS_DOWN = Scenario("all observers are down for 52 s", _observers_down)


def _password_has_changed(case: Case) -> str:
    task_id = case.cluster.start("long")
    case.change_password()
    return task_id


PASSWORD_ANNOUNCED = Scenario(
    "the password changes, the next one is known",
    _while_it_runs("middle", Case.change_password),
    logins=1,
    connection={"next_password": NEXT},
)
PASSWORD_UNKNOWN = Scenario(
    "the password has changed and is not known",
    _password_has_changed,
    error=errors.AuthRefused,
    said="obshell.password",
    logins=1,
)


def _with_password(password: str) -> Any:
    def start(case: Case) -> str:
        case.cluster.set_password(password)
        return str(case.cluster.start("succeeded", stages=4))

    return start


def _at_first(kind: str) -> Any:
    def start(case: Case) -> str:
        task_id = case.cluster.start("long")
        case.agent.server.faults.add(kind)
        return task_id

    return start


FIRST_CONTACT = [
    Scenario(f"at first contact {name}", _at_first(kind), error=error)
    for name, kind, error in [
        ("a web page", "html", errors.InvalidAnswer),
        ("JSON of somebody else", "foreign", errors.InvalidAnswer),
        ("nobody listens", "refuse", errors.Unreachable),
    ]
]


def _named(*places: str) -> Callable[[Case], dict[str, Any]]:
    """Return the addresses of these, in this order, as the option `obshell`."""

    def connection(case: Case) -> dict[str, Any]:
        members = case.cluster.agents
        known = {
            "first": lambda: members[0].url,
            "second": lambda: members[1].url,
            "single": lambda: case.sim.single().url,
            "nobody": lambda: "http://127.0.0.1:1",
            "another cluster": lambda: _another(case).agents[0].url,
        }
        return {"url": [known[place]() for place in places]}

    return connection


def _another(case: Case) -> Any:
    """Return another cluster, whose first task is of the same id."""
    other = case.sim.cluster(agents=1, password=PASSWORD)
    other.start("failed_silently")
    return other


ADDRESSES = [
    Scenario(
        f"the addresses are {' and '.join(places)}",
        _started("succeeded", stages=8),
        connection=_named(*places),
    )
    for places in [
        ("single", "first"),
        ("first", "single"),
        ("nobody", "first"),
        ("nobody", "single", "second"),
    ]
]


def _first_goes_away(case: Case) -> str:
    task_id = case.cluster.start("succeeded", stages=8)
    case.after(4, lambda: case.agent.server.faults.add("refuse", seconds=900))
    return task_id


FAIL_OVER = [
    Scenario(
        "the agent goes away, and the next one is another cluster's",
        _first_goes_away,
        error=errors.OtherTask,
        said="another cluster",
        connection=_named("first", "another cluster"),
    ),
    Scenario(
        "the agent goes away, and the next one answers",
        _first_goes_away,
        connection=_named("first", "second"),
    ),
]


def _vanishes(case: Case) -> str:
    task_id = case.cluster.start("succeeded", stages=8)
    gone = {"code": 1000, "err_code": "Task.NotFound", "message": "record not found"}
    fault = {"status": 404, "path": f"/dag/{task_id}", **gone}
    case.after(6, lambda: case.agent.server.faults.add("status", **fault))
    return task_id


VANISHED = Scenario(
    "the task is gone after it was seen",
    _vanishes,
    error=errors.TaskNotFound,
    said="when it was last seen",
)
SHORT_PASSWORDS = [
    Scenario(
        f"the password is {password}",
        _with_password(password),
        connection={"password": password},
    )
    for password in ("0", "Step", "RUNNING")
]
ALL = [
    *(*ENDS, *MENDED, *FAULTY, *UNDONE, *RESTARTS, *KEYS, *CLOCKS),
    *(OBSERVERS_DOWN, PASSWORD_ANNOUNCED, PASSWORD_UNKNOWN, *FIRST_CONTACT),
    *(*ADDRESSES, *FAIL_OVER, VANISHED, *SHORT_PASSWORDS),
]
