# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How to reach OCP."""

    DOCUMENTATION = r"""
options:
  ocp:
    description:
      - How to reach OCP or OCP Express.
      - Keep it in one variable, or leave keys out and set the environment variable that each key names.
        The environment is read where the module runs; an empty value counts as not given.
      - A dictionary given here replaces the one of C(module_defaults) whole.
    type: dict
    suboptions:
      url:
        description:
          - OCP's address, such as V(http://ocp.example.com:8080).
          - Environment variable E(OCEANBASE_OCP_URL).
        type: str
      username:
        description:
          - Name of the user, for HTTP Basic authentication.
          - Environment variable E(OCEANBASE_OCP_USERNAME).
        type: str
      password:
        description:
          - Password of O(ocp.username).
          - Environment variable E(OCEANBASE_OCP_PASSWORD).
        type: str
      access_key:
        description:
          - Access key, to sign requests with instead of sending a password. OCP 4.0.2 and newer; OCP Express has none.
          - Environment variable E(OCEANBASE_OCP_ACCESS_KEY).
        type: str
      secret_key:
        description:
          - Secret of O(ocp.access_key).
          - Environment variable E(OCEANBASE_OCP_SECRET_KEY).
        type: str
      base_path:
        description:
          - Where the API begins; V(/api/v1) for OCP Express.
          - Environment variable E(OCEANBASE_OCP_BASE_PATH).
        type: str
        default: /api/v2
      validate_certs:
        description:
          - Whether to check the server's certificate, with https.
          - Environment variable E(OCEANBASE_OCP_VALIDATE_CERTS).
        type: bool
        default: true
      ca_path:
        description:
          - File with the certificates of the authorities that are trusted.
          - Environment variable E(OCEANBASE_OCP_CA_PATH).
        type: path
      client_cert:
        description:
          - PEM file with the client's certificate, and with its key where O(ocp.client_key) is not given.
          - Environment variable E(OCEANBASE_OCP_CLIENT_CERT).
        type: path
      client_key:
        description:
          - PEM file with the client's key.
          - Environment variable E(OCEANBASE_OCP_CLIENT_KEY).
        type: path
      use_proxy:
        description:
          - Whether to use the proxies of the environment, such as E(http_proxy).
          - Environment variable E(OCEANBASE_OCP_USE_PROXY).
        type: bool
        default: false
      request_timeout:
        description:
          - Seconds that one request may take, from the first byte sent to the last one received; 30 seconds without it.
          - Environment variable E(OCEANBASE_OCP_REQUEST_TIMEOUT).
        type: float
requirements:
  - requests >= 2.20
"""
