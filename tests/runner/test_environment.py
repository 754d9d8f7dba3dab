# Copyright: (c) 2026, oceanbase.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The execution environments, as far as it goes without a container engine."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.oceanbase.ops.tests.nox import guides
from ansible_collections.oceanbase.ops.tests.runner import jobs

FOLDER = jobs.ROOT / "extensions" / "execution_environment"
AWX = FOLDER / "execution-environment.yml"
GUIDE = jobs.ROOT / "docs" / "docsite" / "rst" / "guide_awx.rst"
DEFINITIONS = [AWX, FOLDER / "execution-environment-aap.yml"]
SAID = """\
ansible [core {core}]
  config file = None
  python version = {python} (main, Jan  1 2026, 00:00:00) [GCC 11] ({path})
  jinja version = 3.1.6
"""

_spec = importlib.util.spec_from_file_location("versions", FOLDER / "versions.py")
versions = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(versions)


def created(definition, folder):
    """Create the build's context; return the steps of its Containerfile."""
    subprocess.run(
        [Path(sys.executable).parent / "ansible-builder", "create"]
        + ["--file", str(definition), "--context", str(folder)]
        + ["--output-filename", "Containerfile"],
        check=True,
        stdout=subprocess.PIPE,
        timeout=jobs.PATIENCE,
    )
    return (folder / "Containerfile").read_text(encoding="utf-8")


def asked(folder):
    path = folder / "_build" / "requirements.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda path: path.stem)
def test_ansible_builder_takes_the_definition(tmp_path, definition):
    steps = created(definition, tmp_path)
    assert asked(tmp_path) == {"collections": [{"name": "oceanbase.ops"}]}
    base = yaml.safe_load(definition.read_text(encoding="utf-8"))["images"]
    assert f"ARG EE_BASE_IMAGE=\"{base['base_image']['name']}\"" in steps
    assert "introspect.py introspect" in steps
    # The check is the last that is done, but for what ansible-builder clears away, and
    # its file is in the context.
    *dummy, check, clear = [one for one in steps.splitlines() if one[:4] == "RUN "]
    assert check == "RUN $PYCMD /tmp/versions.py && rm /tmp/versions.py"
    assert clear == "RUN rm -rf /output"
    assert (tmp_path / "_build" / "checks" / "versions.py").is_file()


def test_the_image_for_awx_names_a_python_and_an_ansible_that_are_supported(tmp_path):
    steps = created(AWX, tmp_path)
    python = re.search(r'ARG PYCMD="/usr/bin/python(\d+)\.(\d+)"', steps)
    assert (int(python[1]), int(python[2])) >= versions.PYTHON
    assert f'ARG PYPKG="python{python[1]}.{python[2]}"' in steps
    named = re.search(r'ANSIBLE_INSTALL_REFS="ansible-core~=(\d+)\.(\d+)\.\d+ ', steps)
    assert (int(named[1]), int(named[2])) >= versions.CORE
    assert 'ansible-runner~=2.4"' in steps


def test_the_floor_of_the_check_is_that_of_the_collection():
    runtime = jobs.ROOT / "meta" / "runtime.yml"
    floor = yaml.safe_load(runtime.read_text(encoding="utf-8"))["requires_ansible"]
    assert floor == ">={}.{}.0".format(*versions.CORE)
    wanted = (jobs.ROOT / "requirements.txt").read_text(encoding="utf-8")
    names = re.findall(r"^([a-z]+)>=", wanted, re.MULTILINE)
    assert names == list(versions.LIBRARIES)


@pytest.mark.parametrize(
    ("core", "python", "told"),
    [
        ("2.16.0", "3.10.2", []),
        ("2.21.1rc1", "3.14.0", []),
        ("2.15.13", "3.10.2", ["ansible-core is 2.15, 2.16 is needed"]),
        (
            *("2.15.13", "3.9.18"),
            ["ansible-core is 2.15, 2.16 is needed", "Python is 3.9, 3.10 is needed"],
        ),
    ],
)
def test_what_is_too_old_is_told(core, python, told):
    said = SAID.format(core=core, python=python, path=sys.executable)
    assert versions.complaints(said) == told


def test_a_python_without_the_libraries_is_told(tmp_path):
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    bare.chmod(0o755)
    said = SAID.format(core="2.19.0", python="3.12.1", path=bare)
    assert versions.complaints(said) == [
        f"{bare}, which Ansible runs on, has no {name}" for name in versions.LIBRARIES
    ]
    assert "does not say what it is" in versions.complaints("nothing")[0]


def test_the_step_itself_passes_with_the_ansible_of_these_tests():
    done = subprocess.run(
        [sys.executable, FOLDER / "versions.py"],
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
        stderr=subprocess.PIPE,
        text=True,
        timeout=jobs.PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_collection_can_come_from_a_tarball(tmp_path):
    galaxy = Path(sys.executable).parent / "ansible-galaxy"
    source = tmp_path / "source"
    # As little as makes a collection: what is tried is where the tarball is looked for.
    for name in ("galaxy.yml", "README.md", "meta", "requirements.txt"):
        path = jobs.ROOT / name
        copy = shutil.copytree if path.is_dir() else shutil.copy
        source.mkdir(exist_ok=True)
        copy(path, source / name)
    here = tmp_path / "definition"
    shutil.copytree(FOLDER, here)
    build = [galaxy, "collection", "build", source, "--output-path", here]
    subprocess.run(build, check=True, stdout=subprocess.PIPE, timeout=jobs.PATIENCE)
    (tarball,) = here.glob("*.tar.gz")
    given = yaml.safe_load(AWX.read_text(encoding="utf-8"))
    said = yaml.safe_load(guides.blocks(GUIDE)[0])
    assert said["additional_build_files"][-1]["src"] == tarball.name
    given["dependencies"] |= said.pop("dependencies")
    given |= said
    definition = here / "tarball.yml"
    definition.write_text(yaml.safe_dump(given), encoding="utf-8")
    steps = created(definition, tmp_path / "context")
    assert "WORKDIR /build" in steps
    subprocess.run(
        [galaxy, "collection", "install", "--offline", "-r", "requirements.yml"],
        cwd=tmp_path / "context" / "_build",
        # In an image nothing is on the path; here the collection itself is.
        env={
            **{key: os.environ[key] for key in ("HOME", "PATH")},
            "ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "installed"),
        },
        check=True,
        stdout=subprocess.PIPE,
        timeout=jobs.PATIENCE,
    )
    ops = tmp_path / "installed" / "ansible_collections" / "oceanbase" / "ops"
    assert (ops / "meta" / "execution-environment.yml").is_file()
