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


def test_uv_is_told_where_pip_was_configured_to_look(
    setup: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://mirror/simple\ntimeout = 5\n"
        "extra-index-url =\n    https://one\n    https://two\n[install]\ntimeout = 60\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.delenv("PIP_DEFAULT_TIMEOUT", raising=False)
    monkeypatch.setenv("PIP_FIND_LINKS", "/wheels /more")
    monkeypatch.setenv("SSL_CERT_FILE", "mine.crt")
    monkeypatch.setenv("PIP_CERT", "pips.crt")
    told = setup["uv_environment"]()
    assert told["UV_DEFAULT_INDEX"] == "https://mirror/simple"
    assert told["UV_INDEX"] == "https://one https://two"
    assert told["UV_HTTP_TIMEOUT"] == "60"
    assert told["UV_FIND_LINKS"] == "/wheels,/more"
    assert "SSL_CERT_FILE" not in told  # uv's own variable is already set


@pytest.mark.parametrize(
    ("there", "distro"),
    [(False, ""), (True, ""), pytest.param(True, "jazzy", id="not asked beside a sourced ROS")],
)
def test_where_uv_cannot_install_pip_does(
    setup: dict[str, Any],
    there: bool,
    distro: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither a mirror without uv nor a uv that fails stops the setup, nor alarms who waits."""
    asked = tmp_path / "asked.txt"

    def command(path: Path, ending: str) -> Path:
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'#!/bin/sh\necho {path.name} "$@" >> {asked}\n{ending}\n')
        path.chmod(0o755)
        return path

    pip = command(tmp_path / "pip", 'case "$*" in *uv==*) exit 1 ;; esac')
    if there:
        command(tmp_path / "bin" / "uv", "echo no such index; exit 2")
    monkeypatch.setitem(setup, "PIP", [str(pip)])
    monkeypatch.setitem(setup, "VENV", tmp_path)
    monkeypatch.setitem(setup, "ROS_DISTRO", distro)

    setup["install"]({"Installing one": ["scipy"], "Installing another": ["numpy"]})
    lines = asked.read_text().splitlines()
    assert any(line.startswith("uv pip install") for line in lines) == (there and not distro)
    assert sum("uv" in line for line in lines) == (not distro)  # tried once, not for each step
    assert lines[-2] == "pip install --no-compile scipy"
    assert lines[-1] == "pip install --no-compile numpy"
    assert capsys.readouterr().err == ""
