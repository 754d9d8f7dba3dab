# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The execution environment, as far as it goes without a container engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml
from ansible_collections.oceanbase.ops.tests.runner import jobs

DEFINITION = (
    jobs.ROOT / "extensions" / "execution_environment" / "execution-environment.yml"
)


def test_ansible_builder_takes_the_definition(tmp_path):
    subprocess.run(
        [Path(sys.executable).parent / "ansible-builder", "create"]
        + ["--file", str(DEFINITION), "--context", str(tmp_path)]
        + ["--output-filename", "Containerfile"],
        check=True,
        stdout=subprocess.PIPE,
        timeout=jobs.PATIENCE,
    )
    asked = (tmp_path / "_build" / "requirements.yml").read_text(encoding="utf-8")
    assert yaml.safe_load(asked) == {"collections": [{"name": "oceanbase.ops"}]}
    steps = (tmp_path / "Containerfile").read_text(encoding="utf-8")
    base = yaml.safe_load(DEFINITION.read_text(encoding="utf-8"))["images"]
    assert f"ARG EE_BASE_IMAGE=\"{base['base_image']['name']}\"" in steps
    assert "introspect.py introspect" in steps
