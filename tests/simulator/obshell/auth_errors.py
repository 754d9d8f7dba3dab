# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""obshell's errors where it does not let a request in (protocol 1.2, 1.7 and 2)."""

from __future__ import annotations

from . import errors
from .era import Era


def unauthorized(
    name: str,
    text: str,
    reason: str,
    *,
    login_failed: bool = False,
    prefix: str = "Unauthorized: ",
) -> errors.Problem:
    return errors.Problem(
        f"Security.Authentication.{name}",
        401,
        prefix + text,
        code=10008,
        old=(401, 10008, f"Verification failed: {reason}"),
        login_failed=login_failed,
    )


def decrypt_failed(text: str, era: Era, *, seekdb: bool = False) -> errors.Problem:
    return errors.Problem(
        "Security.Authentication.Header.DecryptFailed",
        401,
        f"Decrypt http header failed: {text}",
        code=1 if era.since(4, 4, 2) and not seekdb else 0,
        old=(401, 10008, "Verification failed: header decrypt failed"),
        untraced=True,
    )


def keys_invalid() -> errors.Problem:
    return errors.Problem(
        "Request.Body.Decrypt.AES.KeyAndIv.Invalid",
        500,
        "Unauthorized: AES key and IV size error",
        old=(401, 10008, "Verification failed: body decrypt failed"),
        untraced=True,
    )


def header_missing() -> errors.Problem:
    return errors.Problem(
        "Request.Header.NotFound",
        400,
        "X-OCS-Agent-Header or X-OCS-Header not found in http request header",
        old=(401, 10008, "Verification failed: header not found"),
    )


def uri_mismatch() -> errors.Problem:
    return unauthorized("Header.UriMismatch", "URI mismatch", "uri mismatch", prefix="")


def expired() -> errors.Problem:
    return unauthorized("Expired", "Authentication expired", "auth expired")


def timestamp_invalid(text: str) -> errors.Problem:
    go = f'strconv.ParseInt: parsing "{text}": invalid syntax'
    return unauthorized(
        "Timestamp.Invalid", f"Invalid timestamp: {text}, err: {go}", go
    )


def wrong_root_password() -> errors.Problem:
    return unauthorized(
        "IncorrectOceanbasePassword",
        "OceanBase password is incorrect",
        "access denied: oceanbase password is incorrect",
        login_failed=True,
    )


def wrong_seekdb_password() -> errors.Problem:
    return unauthorized(
        "IncorrectseekdbPassword",
        "seekdb password is incorrect",
        "",
        login_failed=True,
    )


def wrong_agent_password() -> errors.Problem:
    return unauthorized(
        "IncorrectAgentPassword",
        "Agent password is incorrect",
        "access denied: agent password is incorrect",
        login_failed=True,
    )


def use_agent_password(why: str, old: str) -> errors.Problem:
    return unauthorized(
        "WithAgentPassword", f"Should use agent_password to verify: {why}", old
    )


def use_root_password() -> errors.Problem:
    return unauthorized(
        "WithOceanBasePassword",
        "Should use oceanbase_password to verify: agent password is not initialized",
        "agent password is not initialized, use oceanbase password to verify",
    )


def session_invalid() -> errors.Problem:
    return unauthorized("SessionInvalid", "Session is invalid", "", prefix="")


def no_aes_key() -> errors.Problem:
    return errors.Problem("Request.AESKey.NotFound", 400, "AES key not found")


def unix_denied() -> errors.Problem:
    return errors.Problem(
        "Security.User.PermissionDenied",
        401,
        "Permission denied",
        old=(401, 10000, None),
        untraced=True,
    )
