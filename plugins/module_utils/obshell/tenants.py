# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tenants a cluster has, as an agent tells it, and what is asked for of one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence

from .. import errors, roster
from ..task import task
from . import cluster, endpoints, login, replies

KEY = "tenant"
LONG = 2000  # characters of a locality
NORMAL = "NORMAL"
SYS = "sys"
TOLD_SINCE = (4, 3, 1)  # before it no task says which tenant it is about
_NAME = re.compile(r"[A-Za-z0-9_~#+-]{1,127}")  # what obshell accepts
_PATH = "/obcluster/info"
_REPLICA = re.compile(r"([A-Z_]+)(?:\{[^{}]*\})?@([\w.-]+)")


@dataclass(frozen=True)
class Tenant:
    """A tenant; what is not known is None."""

    name: str
    id: int | None = None
    mode: str | None = None
    status: str | None = None
    locality: str | None = None
    primary_zone: str | None = None

    @property
    def replicas(self) -> Mapping[str, list[str]] | None:
        """The types of its replicas by their zones; None where that cannot be read."""
        found: dict[str, list[str]] = {}
        for part in (self.locality or "").split(","):
            replica = _REPLICA.fullmatch(part.strip())
            if not replica:
                return None
            found.setdefault(replica.group(2), []).append(replica.group(1))
        return found

    @property
    def zones(self) -> list[str] | None:
        """Its zones; None where they cannot be read."""
        replicas = self.replicas
        return None if replicas is None else sorted(replicas)


@dataclass(frozen=True)
class Wish:
    """What is asked for; zones and config as obshell takes them."""

    state: str
    name: str
    zones: Sequence[Mapping[str, Any]] = ()
    root_password: str | None = field(default=None, repr=False)
    config: Mapping[str, Any] = field(default_factory=dict)
    need_recycle: bool = False
    wait_for_others: bool = False

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Wish:
        """Return what options ask for; refuse what cannot be asked for."""
        given = {key: params[key] for key in cls.__dataclass_fields__}
        name, zones = given["name"], [_given(one) for one in given["zones"] or ()]
        if not _NAME.fullmatch(name):
            shown = errors.printable(name, 60)
            reason = f"'{shown}' is no name of a tenant: letters, digits and -_~#+"
            raise errors.InvalidOption("name", reason)
        if given["state"] == "absent" and name == SYS:
            raise errors.InvalidOption("name", "the tenant sys cannot be dropped")
        if given["state"] == "present" and not zones:
            raise errors.InvalidOption("zones", "at least one zone is expected")
        named = [one["name"] for one in zones]
        if len(set(named)) < len(named):
            raise errors.InvalidOption("zones", "a zone is there twice")
        if any(one["unit_num"] < 1 for one in zones):
            raise errors.InvalidOption("zones", "unit_num is 1 at least")
        config = _given(given["config"] or {})
        return cls(**{**given, "zones": zones, "config": config})

    @property
    def named(self) -> str:
        """How messages call it."""
        return f"Tenant {self.name}"

    def refused(self, reason: str, **known: Any) -> errors.Refused:
        """Return the error of what cannot be done to it."""
        return errors.Refused(f"{self.named} {reason}", **known)

    def differs(self, tenant: Tenant) -> str | None:
        """Return where a tenant is, and where not, if it was asked to be elsewhere.

        A type of replicas is compared where one is asked for. What cannot be read is
        no proof.
        """
        found = tenant.replicas
        if found is None:
            return f"in '{tenant.locality}', which cannot be read"
        asked = {one["name"]: one.get("replica_type") for one in self.zones}
        pairs = asked.items()
        same = set(found) == set(asked) and all(
            kind is None or found[zone] == [kind.upper()] for zone, kind in pairs
        )
        wanted = [f"{kind.upper()}@{zone}" if kind else zone for zone, kind in pairs]
        return None if same else f"in {tenant.locality}, not in {', '.join(wanted)}"


def zone_options() -> dict[str, Any]:
    """Return the spec of what a tenant gets in a zone."""
    return dict(
        name=dict(type="str", required=True),
        unit_config_name=dict(type="str", required=True),
        unit_num=dict(type="int", default=1),
        replica_type=dict(type="str"),
    )


def config_options() -> dict[str, Any]:
    """Return the spec of what else obshell's request for a tenant has."""
    return dict(
        mode=dict(type="str", choices=["MYSQL", "ORACLE"]),
        primary_zone=dict(type="str"),
        whitelist=dict(type="str"),
        charset=dict(type="str"),
        collation=dict(type="str"),
        read_only=dict(type="bool"),
        comment=dict(type="str"),
        variables=dict(type="dict"),
        parameters=dict(type="dict"),
        scenario=dict(type="str"),
        import_script=dict(type="bool"),
    )


def find(client: endpoints.Endpoints, name: str) -> Tenant | None:
    """Return a tenant, None where the cluster has none of that name.

    One in the recycle bin has another name, and is not listed. Raises Unavailable
    where the answer tells no tenants, as it does with status 200 while the database is
    away; where it lacks `sys`, which every cluster has; and where any tenant came or
    went while it was asked about.
    """
    reply, agent = client.cluster.ask(
        _PATH, client.cluster.members, check=cluster.observer_is_up
    )
    what = f"GET {agent.url}{login.PREFIX}{_PATH}"
    if reply.code.startswith("OB.Tenant."):
        known = replies.details(reply, agent.url)
        raise errors.Unavailable(f"{what}: {reply.said}", **known)
    if reply.status != 200:
        raise replies.refusal(what, reply, agent.url)
    known = reply.data if isinstance(reply.data, dict) else {}
    listed = known.get("tenants")
    names = [_name(one) for one in listed] if isinstance(listed, list) else []
    if SYS not in names or None in names:
        raise errors.Unavailable(f"{what}: it does not tell all tenants", url=agent.url)
    if name not in names:
        return None
    return _tenant(name, (listed or ())[names.index(name)], what)


def facts(tenant: Tenant | None) -> task.Facts | None:
    """Return what is told of a tenant in a result."""
    if tenant is None:
        return None
    return {**vars(tenant), "zones": tenant.zones}


def shown(tenant: Tenant | None) -> task.Facts:
    """Return what a diff shows of a tenant; nulls of one that is none."""
    return {key: getattr(tenant, key, None) for key in ("status", "zones")}


def _name(listed: Any) -> str | None:
    name = listed.get("tenant_name") if isinstance(listed, dict) else None
    return name if isinstance(name, str) else None


def _tenant(name: str, listed: Mapping[str, Any], what: str) -> Tenant:
    row = roster.Row(listed, what)
    id, locality = listed.get("tenant_id"), listed.get("locality")
    primary = listed.get("primary_zone")
    return Tenant(
        name=name,
        id=id if isinstance(id, int) else None,
        mode=row.name("mode"),
        status=row.name("status"),
        locality=errors.printable(locality, LONG) if locality else None,
        primary_zone=errors.printable(primary, LONG) if primary else None,
    )


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if value is not None}
