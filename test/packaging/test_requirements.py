# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The lists of requirements agree with each other and with what README tells to install."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"


def requirements(path: Path) -> list[Requirement]:
    """The requirements of a file and of those that it includes, as pip would read them."""
    found: list[Requirement] = []
    for line in path.read_text().splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("-r "):
            found += requirements(path.parent / text.removeprefix("-r "))
        elif text:
            found.append(Requirement(text))
    return found


def allows(path: Path, name: str, version: str, python: str) -> bool:
    """Whether a file leads to a package, and lets it have this version in that Python."""
    named = [
        one
        for one in requirements(path)
        if one.name == name
        and (one.marker is None or one.marker.evaluate({"python_version": python}))
    ]
    return bool(named) and all(one.specifier.contains(version) for one in named)


def test_types_are_checked_with_the_oldest_numpy_that_is_allowed() -> None:
    (oldest,) = requirements(TOOLS / "requirements-oldest.txt")
    (numpy,) = (one for one in requirements(ROOT / "requirements.txt") if one.name == "numpy")
    (version,) = (one.version for one in oldest.specifier)
    assert numpy.specifier.contains(version)
    assert not numpy.specifier.contains("1.25.2")
    assert version.startswith("1.26.")


@pytest.mark.parametrize("python", ["3.10", "3.12"])  # Ubuntu 22.04 and 24.04
def test_a_workspace_gets_what_fits_cv_bridge_and_colcon(python: str) -> None:
    workspace = TOOLS / "requirements-workspace.txt"
    assert allows(workspace, "numpy", "1.26.4", python)
    assert not allows(workspace, "numpy", "2.0.0", python)
    assert allows(workspace, "setuptools", "79.0.1", python)
    assert not allows(workspace, "setuptools", "84.0.0", python)
    names = {one.name for one in requirements(workspace)}
    assert {"torch", "rosbags"} <= names


def test_files_that_readme_names_in_a_workspace_are_there() -> None:
    named = set(re.findall(r"src/rlt_ros/(\S+)", (ROOT / "README.md").read_text()))
    assert "tools/requirements-workspace.txt" in named
    assert all((ROOT / name).is_file() for name in named)
