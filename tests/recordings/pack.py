# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pack recorded exchanges: ``python -m tests.recordings.pack FOLDER``.

FOLDER holds the original ``*.jsonl``; the compact copies are written beside this
file. The same input gives the same bytes. README.md says what is left out.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SUFFIX = ".jsonl.xz"
HEADERS = (
    "allow",
    "connection",
    "content-disposition",
    "content-type",
    "location",
    "set-cookie",
    "transfer-encoding",
)
ORDINARY_AUTH = {"uri": "as sent", "ts": "now+60"}


def cookie_name(line: str) -> str:
    return line.split("=", 1)[0]


def reduce_auth(auth: dict[str, Any] | None) -> dict[str, Any] | None:
    if auth is None:
        return None
    return {k: v for k, v in auth.items() if ORDINARY_AUTH.get(k) != v}


def reduce_request_headers(headers: dict[str, str]) -> dict[str, str]:
    # Version 1 authentication is ciphertext under a key that no longer exists.
    return {k: "given" if k == "X-OCS-Auth" else v for k, v in headers.items()}


def reduce_request(request: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {
        key: request[key]
        for key in ("agent", "transport", "method", "path", "query", "body")
        if key in request
    }
    if "auth" in request:
        kept["auth"] = reduce_auth(request["auth"])
    if "headers" in request:
        kept["headers"] = reduce_request_headers(request["headers"])
    return kept


def reduce_response(response: dict[str, Any]) -> dict[str, Any]:
    headers = {k: v for k, v in response["headers"].items() if k in HEADERS}
    if "set-cookie" in headers:
        headers["set-cookie"] = [cookie_name(line) for line in headers["set-cookie"]]
    return {
        "status": response["status"],
        "headers": headers,
        "body": response["body"],
    }


def reduce_exchange(exchange: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {
        key: exchange[key]
        for key in ("n", "slug", "note", "since_submit_ms")
        if key in exchange
    }
    kept["request"] = reduce_request(exchange["request"])
    kept["response"] = reduce_response(exchange["response"])
    return kept


def pack(text: str) -> bytes:
    """Return the compact form of one original file, given its text."""
    # Not splitlines(): a log may hold other line separators than line feeds.
    lines = (
        json.dumps(
            reduce_exchange(json.loads(line)),
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for line in text.rstrip("\n").split("\n")
    )
    plain = "".join(f"{line}\n" for line in lines).encode("utf-8")
    return lzma.compress(plain, preset=9 | lzma.PRESET_EXTREME)


def main(folder: str) -> None:
    for source in sorted(Path(folder).glob("*.jsonl")):
        original = source.read_bytes()
        target = HERE / f"{source.stem}{SUFFIX}"
        target.write_bytes(pack(original.decode("utf-8")))
        print(f"{hashlib.sha256(original).hexdigest()}  {source.name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
