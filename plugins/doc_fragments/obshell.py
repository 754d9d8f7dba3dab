# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How to reach obshell's agents."""

    DOCUMENTATION = r"""
options:
  obshell:
    description:
      - How to reach the obshell agents of one cluster.
      - Keep it in one variable, or leave keys out and set the environment variable that each key names.
        The environment is read where the module runs; an empty value counts as not given.
      - A dictionary given here replaces the one of C(module_defaults) whole.
    type: dict
    suboptions:
      url:
        description:
          - Addresses of agents, such as V(http://10.0.0.1:2886). The next one is asked when one does not answer.
          - On the host of an agent its unix socket does as well, such as V(unix:///home/admin/oceanbase/run/obshell.sock). It needs no
            password, but root, or the owner of the observer process, as the user that runs the module.
          - A task that belongs to one agent is asked of that agent first, where its address is here.
          - The agent scope means the first of them.
          - The password of C(root@sys) is sent to these addresses and to no other.
          - Environment variable E(OBSHELL_URL), several separated by commas.
        type: list
        elements: str
      password:
        description:
          - Password of C(root@sys). An agent whose identity is SINGLE needs none.
          - Environment variable E(OBSHELL_PASSWORD).
        type: str
      next_password:
        description:
          - Password of C(root@sys) that becomes valid while a task runs, when the task sets it. It is tried once, after O(obshell.password) was refused.
          - Environment variable E(OBSHELL_NEXT_PASSWORD).
        type: str
      agent_password:
        description:
          - Password of the agent itself, where one was set. OBProxy's tasks always want it.
          - Environment variable E(OBSHELL_AGENT_PASSWORD).
        type: str
      public_key_sha256:
        description:
          - SHA-256, in hexadecimal, of the DER bytes of the public keys that are accepted.
            An agent with another key gets nothing; without this option any key is believed.
          - Environment variable E(OBSHELL_PUBLIC_KEY_SHA256), several separated by commas.
        type: list
        elements: str
      validate_certs:
        description:
          - Whether to check the server's certificate, with https.
          - Environment variable E(OBSHELL_VALIDATE_CERTS).
        type: bool
        default: true
      ca_path:
        description:
          - File with the certificates of the authorities that are trusted.
          - Environment variable E(OBSHELL_CA_PATH).
        type: path
      client_cert:
        description:
          - PEM file with the client's certificate, and with its key where O(obshell.client_key) is not given.
          - Environment variable E(OBSHELL_CLIENT_CERT).
        type: path
      client_key:
        description:
          - PEM file with the client's key.
          - Environment variable E(OBSHELL_CLIENT_KEY).
        type: path
      use_proxy:
        description:
          - Whether to use the proxies of the environment, such as E(http_proxy).
          - Environment variable E(OBSHELL_USE_PROXY).
        type: bool
        default: false
      request_timeout:
        description:
          - Seconds that one request may take, from the first byte sent to the last one received.
          - Without it 30 seconds, and 90 for what M(oceanbase.ops.obshell_api) is to change, since some calls wait for a task
            that they stop.
          - Environment variable E(OBSHELL_REQUEST_TIMEOUT).
        type: float
requirements:
  - requests >= 2.20
  - cryptography >= 3.3
notes:
  - obshell 4.2.2 to 4.5 and its seekdb flavour are supported. How to sign is chosen from what the agent says of itself. The clock
    of the agent is measured, and its public key is fetched again when it has changed.
  - Answers of real agents of 4.2.3, 4.3.0 and 4.5.0, with and without a cluster, and of seekdb, were recorded and are played back in
    the tests. The signature of obshell 4.2.2, obproxy's tasks and upgrades were not seen on a real server; what is done with them
    follows from obshell's source, its clients and its documentation.
"""
