# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What `make setup` says while it installs."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

MAKE_VENV = Path(__file__).resolve().parents[2] / "tools" / "make_venv.py"


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    module: dict[str, Any] = runpy.run_path(str(MAKE_VENV))["run_logged"].__globals__
    monkeypatch.setitem(module, "LOG", tmp_path / "setup.log")
    monkeypatch.setitem(module, "INTERVAL", 0.1)
    return module


def test_a_silent_step_shows_the_time_and_what_came_last(
    setup: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    setup["run_logged"](["sh", "-c", "echo Collecting torch; sleep 2"], "")
    said = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    assert ["1", "s", "Collecting torch"] in said


def test_a_failed_step_shows_its_end_and_the_advice(
    setup: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(setup["SetupError"], match=r"^Check the network\. .*setup\.log$"):
        setup["run_logged"](["sh", "-c", "echo no route; exit 1"], "Check the network.")
    assert capsys.readouterr().err == "no route\n"
    assert "no route\n" in (tmp_path / "setup.log").read_text()
