# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`. tools/env.sh` sets up a shell, or says in one line why it does not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OTHER_ROS = "another ROS 2 than this shell's ({}). First run: make setup"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the scripts and an environment that was made without an installed ROS."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "ready.json").write_text(json.dumps({"python": "3", "ros": ""}))
    (tmp_path / "install").mkdir()
    (tmp_path / "install" / "local_setup.bash").touch()
    return tmp_path


def source(checkout: Path, shell: str = "bash", **variables: str) -> tuple[int, str, list[str]]:
    """Return the status, the VIRTUAL_ENV that is set, and the lines that are said."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    status = "$status" if shell == "fish" else "$?"
    result = subprocess.run(
        [shell, "-c", f'. tools/env.sh; echo "{status} $VIRTUAL_ENV"'],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "HOME": str(checkout), **variables},
        capture_output=True,
        text=True,
    )
    code, _, environment = result.stdout.rstrip("\n").partition(" ")
    return int(code), environment, result.stderr.splitlines()


def test_a_finished_environment_is_set_up_without_a_word(checkout: Path) -> None:
    assert source(checkout) == (0, str(checkout / ".venv"), [])


@pytest.mark.parametrize("shell", ["dash", "zsh", "fish"])
def test_another_shell_is_told_to_use_bash(checkout: Path, shell: str) -> None:
    code, environment, (line,) = source(checkout, shell)
    assert (code, environment) == (1, "")
    assert line == "tools/env.sh works in bash only: start bash, then: . tools/env.sh"


def test_before_setup_it_names_setup(checkout: Path) -> None:
    (checkout / ".venv" / "ready.json").unlink()
    code, environment, (line,) = source(checkout)
    assert (code, environment) == (1, "")
    assert line.endswith(OTHER_ROS.format("none is sourced"))


def test_it_refuses_an_environment_made_for_another_ros(checkout: Path) -> None:
    code, environment, (line,) = source(checkout, ROS_DISTRO="jazzy")
    assert (code, environment) == (1, "")
    assert line.endswith(OTHER_ROS.format("jazzy"))


def test_before_the_build_it_names_what_is_missing(checkout: Path) -> None:
    (checkout / "install" / "local_setup.bash").unlink()
    code, environment, (line,) = source(checkout)
    assert (code, environment) == (0, str(checkout / ".venv"))
    assert "is not built yet" in line
    assert line.endswith("Run: make setup")
