# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is asking OCP: Basic, access keys, sessions and limits.

After protocol/ocp.md, 2, 6 and 8. The signature is checked by an own reading of 2.3,
from the bytes that arrived.
"""

from __future__ import annotations

import base64
import binascii
import email.utils
import hashlib
import hmac
import random
import urllib.parse
from dataclasses import dataclass, field

from .. import clock as clocks
from .. import message
from .errors import Failure

SIGNED = "OCP-ACCESS-KEY-HMACSHA1 "
SESSION_SECONDS = 1800.0
LOCK_SECONDS = 1800.0
MAX_AGE = 900.0
UNRESERVED = "-._~"


@dataclass
class User:
    """An account; `reads_tasks` and `runs_tasks` are its permissions (6)."""

    name: str
    password: str
    reads_tasks: bool = True
    runs_tasks: bool = True
    failures: int = 0
    locked_until: float = 0.0


@dataclass
class Limit:
    """At most `count` requests in a window of `seconds`."""

    count: int
    seconds: float
    began: float = 0.0
    used: int = 0


@dataclass
class Caller:
    """Who asks, how, and the cookies that the answer sets."""

    user: User
    by_session: bool = False
    basic: bool = False
    cookies: list[str] = field(default_factory=list)


@dataclass
class Session:
    user: User
    token: str
    used: float


class Guard:
    """Decides who a request comes from; counts failed logins and sessions made."""

    def __init__(
        self,
        clock: clocks.Clock,
        *,
        express: bool,
        access_keys: bool,
        rng: random.Random,
        lock_after: int,
    ) -> None:
        self.clock = clock
        self.express = express
        self.access_keys = access_keys
        self.basic = True
        self.lock_after = lock_after
        self.skew = 0.0
        self.users: dict[str, User] = {}
        self.keys: dict[str, tuple[str, str]] = {}
        self.limits: dict[str, Limit] = {}
        self.failed_logins = 0
        self.sessions_made = 0
        self._sessions: dict[str, Session] = {}
        self._rng = rng

    def add_user(self, name: str, password: str, **permissions: bool) -> User:
        self.users[name] = User(name, password, **permissions)
        return self.users[name]

    def identify(self, request: message.Request) -> Caller:
        """The caller; a valid session wins over a wrong password (8.12)."""
        session = self._session(cookies(request).get("JSESSIONID", ""))
        header = request.headers.get("authorization", "")
        basic = header.startswith("Basic ") and self.basic
        if session:
            return Caller(session.user, by_session=True, basic=basic)
        if header[:6].lower() == "basic " and self.basic:
            user = self._check_basic(header)
            return Caller(user, basic=True, cookies=self._new_session(user))
        if header.startswith(SIGNED) and self.access_keys:
            # A signature stands for itself: no session is made of it.
            return Caller(self._check_signature(request, header))
        raise Failure(
            "no_login", debug="Full authentication is required to access this resource"
        )

    def admit(self, user: User) -> list[tuple[str, str]]:
        """Count the request against the user's limit; the headers that say so (6)."""
        limit = self.limits.get(user.name)
        if limit is None:
            return []
        now = self.clock.now()
        if now >= limit.began + limit.seconds:
            limit.began, limit.used = now, 0
        limit.used += 1
        reset = max(1, round(limit.began + limit.seconds - now))
        headers = [
            ("RateLimit-Limit", str(limit.count)),
            ("RateLimit-Remaining", str(max(0, limit.count - limit.used))),
            ("RateLimit-Reset", str(reset)),
        ]
        if limit.used > limit.count:
            raise Throttled(headers)
        return headers

    def csrf_missing(self, request: message.Request, caller: Caller) -> bool:
        """Whether a request by session lacks the CSRF header (2.4, 8.9)."""
        if not caller.by_session or caller.basic:
            return False
        token = cookies(request).get("XSRF-TOKEN", "")
        sent = request.headers.get("x-xsrf-token", "")
        safe = request.method in ("GET", "HEAD", "TRACE", "OPTIONS")
        return not safe and (not token or sent != token)

    def csrf_cookie(self, request: message.Request) -> list[str]:
        """Every caller without the CSRF cookie gets one."""
        if "XSRF-TOKEN" in cookies(request):
            return []
        return [f"XSRF-TOKEN={self._token()}; Path=/"]

    def forget_sessions(self) -> None:
        self._sessions.clear()

    def _session(self, token: str) -> Session | None:
        session = self._sessions.get(token)
        now = self.clock.now()
        if session is None or now > session.used + SESSION_SECONDS:
            return None
        session.used = now
        return session

    def _new_session(self, user: User) -> list[str]:
        token = f"{self._rng.getrandbits(128):032X}"
        self._sessions[token] = Session(user, token, self.clock.now())
        self.sessions_made += 1
        return [f"JSESSIONID={token}; Path=/; HttpOnly"]

    def _token(self) -> str:
        text = f"{self._rng.getrandbits(128):032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def _check_basic(self, header: str) -> User:
        try:
            plain = base64.b64decode(header[6:].strip(), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            raise self._failed("Failed to decode basic authentication token") from None
        name, colon, password = plain.partition(":")
        if not colon:
            raise self._failed("Invalid basic authentication token")
        user = self.users.get(name)
        if user is None:
            # The message is only the name (8.11).
            raise self._failed(name)
        now = self.clock.now()
        if now < user.locked_until:
            raise self._failed(kind="locked")
        # The lower-case scheme is taken for a web login, whose passwords are sealed.
        if not header.startswith("Basic ") or password != user.password:
            self._count(user, now)
            raise self._failed("Bad credentials")
        user.failures = 0
        return user

    def _count(self, user: User, now: float) -> None:
        user.failures += 1
        if self.lock_after and user.failures >= self.lock_after:
            user.locked_until = now + LOCK_SECONDS
            user.failures = 0

    def _failed(self, text: str = "", *, kind: str = "credentials") -> Failure:
        self.failed_logins += 1
        return Failure(kind, message=text, debug=text, login_failed=True)

    def _check_signature(self, request: message.Request, header: str) -> User:
        access_key, _colon, given = header[len(SIGNED) :].partition(":")
        secret, name = self.keys.get(access_key, ("", ""))
        user = self.users.get(name)
        if user is None:
            raise self._failed("The access key does not exist")
        self._check_date(request)
        expected = signature(secret, request)
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise self._failed("The signature does not match")
        return user

    def _check_date(self, request: message.Request) -> None:
        """The request may be 15 minutes old, by the server's own clock."""
        parsed = email.utils.parsedate_tz(request.headers.get("date", ""))
        if parsed is None:
            raise self._failed("The Date header is missing or malformed")
        sent = email.utils.mktime_tz(parsed)
        if abs(self.clock.wall() + self.skew - sent) > MAX_AGE:
            raise self._failed("The request has expired")


class Throttled(Exception):
    """The user's limit is used up; `headers` say until when."""

    def __init__(self, headers: list[tuple[str, str]]) -> None:
        super().__init__("throttled")
        self.headers = headers


def cookies(request: message.Request) -> dict[str, str]:
    pairs = (
        part.partition("=") for part in request.headers.get("cookie", "").split(";")
    )
    return {name.strip(): value.strip() for name, _equals, value in pairs}


def signature(secret: str, request: message.Request) -> str:
    """The signature that `request` should carry (2.3)."""
    digest = hmac.new(secret.encode(), string_to_sign(request).encode(), hashlib.sha1)
    return base64.b64encode(digest.digest()).decode()


def string_to_sign(request: message.Request) -> str:
    """The seven parts, from what arrived."""
    headers = request.headers
    body = request.body
    own = sorted(name for name in headers if name.startswith("x-ocp"))
    return "\n".join(
        [
            request.method.upper(),
            hashlib.md5(body).hexdigest().upper() if body else "",
            headers.get("content-type", ""),
            headers.get("date", ""),
            headers.get("host", ""),
            "\n".join(f"{name}:{headers[name]}" for name in own),
            request.path + canonical_query(request.target),
        ]
    )


def canonical_query(target: str) -> str:
    """Sorted keys, values of one key sorted and joined by a comma, then encoded."""
    query = target.partition("?")[2]
    values: dict[str, list[str]] = {}
    for key, value in urllib.parse.parse_qsl(query, keep_blank_values=True):
        if value:
            values.setdefault(key, []).append(value)
    # By UTF-16 code unit, as Java compares strings.
    keys = sorted(values, key=lambda key: key.encode("utf-16-be"))
    pairs = (f"{encode(key)}={encode(','.join(sorted(values[key])))}" for key in keys)
    joined = "&".join(pairs)
    return f"?{joined}" if joined else ""


def encode(text: str) -> str:
    return urllib.parse.quote(text, safe=UNRESERVED)
