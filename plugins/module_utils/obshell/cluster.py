# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The agents of one cluster: which is asked next, and who has answered."""

from __future__ import annotations

from typing import Any, Callable, Sequence

from .. import errors, transport
from . import agents, ids, login, replies

Check = Callable[[agents.Agent], None]
OBSERVER_UP = 3


class Cluster:
    """Asks one agent or the next, as they were named.

    `answered` holds the addresses that gave what was asked for, in that order.
    """

    def __init__(self, named: Sequence[agents.Agent]) -> None:
        self._agents = list(named)
        self.answered: list[str] = []

    @property
    def named(self) -> list[agents.Agent]:
        """The agents as they were named; the first one is the scope `agent`."""
        return list(self._agents)

    @property
    def members(self) -> list[agents.Agent]:
        """Who answered last first: a dead agent must not cost each poll a wait.

        For what any member of the cluster can answer.
        """
        return sorted(self._agents, key=lambda agent: not agent.answered_last)

    @property
    def memory(self) -> dict[str, Any]:
        """Plain data without a secret: what each agent's successor may reuse."""
        return {agent.url: agent.memory for agent in self._agents}

    def close(self) -> None:
        """Leave no connection and no thread behind."""
        for agent in self._agents:
            agent.close()

    def ask(
        self,
        path: str,
        asked: Sequence[agents.Agent],
        *,
        details: bool = True,
        check: Check | None = None,
        panics: bool = False,
    ) -> tuple[replies.Reply, agents.Agent]:
        """Return the first reply that is not an outage, and who gave it.

        `check` raises where an agent must not be asked; `panics` hands a panic back.
        """
        query = None if details else {"show_details": False}
        target = transport.target(path, query)
        failures: list[errors.OpsError] = []
        for left, agent in zip(range(len(asked), 0, -1), asked):
            agent.share(left)
            try:
                if check:
                    check(agent)
                reply = agent.call("GET", target)
            except errors.AuthRefused as e:
                if not agent.mute:
                    raise
                failures.append(e)
                continue
            except (errors.Unreachable, errors.Unavailable, errors.Refused) as e:
                failures.append(e)
                continue
            if failed := self._failed(path, reply, agent, panics=panics):
                failures.append(failed)
                continue
            self._note(agent)
            return reply, agent
        raise errors.of_all(failures)

    def _failed(
        self, path: str, reply: replies.Reply, agent: agents.Agent, *, panics: bool
    ) -> errors.OpsError | None:
        """Return the error of a reply for which another agent is to be asked."""
        what = f"GET {agent.url}{login.PREFIX}{path}"
        if reply.status >= 500 and not (panics and replies.panicked(reply)):
            return replies.refusal(what, reply, agent.url)
        if reply.error:
            return None
        known = replies.details(reply, agent.url)
        return errors.of_a_gateway(f"{what}: {reply.said}", known)

    def send(
        self,
        method: str,
        target: str,
        body: Any,
        asked: Sequence[agents.Agent],
        *,
        check: Check | None = None,
        encrypted: Sequence[str] = (),
    ) -> tuple[replies.Reply, agents.Agent]:
        """Return the reply of the first agent that a request reached.

        `encrypted` names the values of the body that the agent wants so.
        """
        last: errors.OpsError | None = None
        for agent in asked:
            try:
                if check:
                    check(agent)
                agent.prepare()
                sent = agent.encrypted(body, encrypted)
            except errors.OpsError as e:
                e.details["sent"] = False
                if not e.transient:
                    raise
                last = e
                continue
            try:
                reply = agent.call(method, target, sent)
            except errors.Unreachable as e:
                e.details["sent"] = errors.may_be_served(e)
                if method not in ("GET", "HEAD") and e.details["sent"]:
                    raise
                last = e
                continue
            except errors.AuthRefused as e:
                if not agent.mute:
                    raise
                last = e
                continue
            self._note(agent)
            return reply, agent
        raise last or AssertionError("there is always an agent to ask")

    def _note(self, agent: agents.Agent) -> None:
        """Remember who answered, for the result and for the next question."""
        if agent.url not in self.answered:
            self.answered.append(agent.url)
        for one in self._agents:
            one.answered_last = one is agent

    def nearest(self, id: str) -> list[agents.Agent]:
        """Return the agents, the one that a local id names first."""
        owner = ids.owner_of(id)
        return sorted(self.members, key=lambda agent: agent.address != owner)


def observer_is_up(agent: agents.Agent) -> None:
    """Raise where a cluster task must not be asked for (protocol/obshell.md 12.4).

    seekdb keeps its tasks at the agent: they are there while the database is not.
    """
    status = agent.status()
    if status.get("obState") == OBSERVER_UP or agent.seekdb:
        return
    known: dict[str, Any] = {"url": agent.url, "ob_state": status.get("obState")}
    if replies.identity_in(status) == "SINGLE":
        raise errors.Refused(
            f"{agent.url} is a SINGLE agent: it belongs to no cluster and has no "
            "cluster tasks (ids that begin with 1); name a member in obshell.url",
            **known,
        )
    raise errors.Unavailable(
        f"{agent.url}: its observer is not up (obState {status.get('obState')}), so a "
        "cluster task is not asked for",
        **known,
    )
