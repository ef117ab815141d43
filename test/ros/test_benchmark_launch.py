# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The benchmark's launch file, where `launch` is installed."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip(
    "launch_ros",
    reason="launch_ros is not on PyPI; source a ROS 2 installation to test the launch file",
)
pytest.importorskip("rosbags", reason="bags are read and written with the package rosbags")

from launch.actions import DeclareLaunchArgument, SetLaunchConfiguration
from ros_domains import own_domain

from launch import LaunchContext, LaunchDescription, LaunchService
from rlt_ros.bags.images import write_frames
from rlt_ros.bags.writer import BagWriter, jazzy_types

pytestmark = pytest.mark.usefixtures("launch_loop")
FILE = Path(__file__).parents[2] / "launch" / "benchmark.launch.py"


@pytest.fixture
def module() -> dict[str, Any]:
    return runpy.run_path(str(FILE))


def exit_code(module: dict[str, Any], given: dict[str, str]) -> int:
    """Launch with arguments, to the end."""
    service = LaunchService()
    service.include_launch_description(
        LaunchDescription(
            [
                *(SetLaunchConfiguration(name, value) for name, value in given.items()),
                *module["generate_launch_description"]().entities,
            ]
        )
    )
    return int(service.run())


def test_its_arguments_are_described(module: dict[str, Any]) -> None:
    description = module["generate_launch_description"]()
    arguments = [item for item in description.entities if isinstance(item, DeclareLaunchArgument)]
    assert {argument.name for argument in arguments} == {
        *("bag", "out", "rate", "set", "image_topic", "init", "init_topic", "truth_topic"),
        *("tracker", "params_file", "max_frames"),
    }
    assert all(argument.description for argument in arguments)


def test_arguments_become_options(module: dict[str, Any]) -> None:
    values = dict.fromkeys(module["OPTIONS"], "")
    values |= {"bag": "b", "out": "o", "rate": "0.5", "set": "seed=1 device=cpu", "init": "1,2,3,4"}
    command = module["command_line"](values)
    assert command[1:] == [
        *("bag", "b", "--real-time", "--rate", "0.5", "--out", "o", "--init=1,2,3,4"),
        *("--set", "seed=1", "--set", "device=cpu"),
    ]


def test_a_tilde_is_the_home_folder(
    module: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    values = dict.fromkeys(module["OPTIONS"], "")
    values |= {"bag": "~/drive", "out": "~/out/drive", "rate": "1.0", "set": ""}
    values |= {"params_file": "~/mine.yaml"}
    command = module["command_line"](values)
    assert command[2] == "/home/somebody/drive"
    assert command[command.index("--out") + 1] == "/home/somebody/out/drive"
    assert command[-1] == "--params-file=/home/somebody/mine.yaml"


def test_a_misspelt_argument_is_named(
    module: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    log = SimpleNamespace(warning=said.append)
    monkeypatch.setitem(module["benchmark"].__globals__, "get_logger", lambda name: log)
    context = LaunchContext()
    context.launch_configurations.update(dict.fromkeys(module["OPTIONS"], ""))
    context.launch_configurations.update(bag="b", out="o", rate="1.0", set="", max_frame="10")
    module["benchmark"](context)
    assert said == ["there is no launch argument max_frame: did you mean max_frames?"]


def test_it_measures_a_bag(
    module: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", own_domain())
    rng = np.random.default_rng(2)
    frames = [(n / 10, rng.integers(0, 255, (90, 120, 3), np.uint8)) for n in range(4)]
    with BagWriter(tmp_path / "bag", jazzy_types()) as bag:
        write_frames(bag, "/camera/image_raw", frames, start_ns=10**18)
    given = {
        "bag": str(tmp_path / "bag"),
        "out": str(tmp_path / "out"),
        "init": "30,30,40,40",
        "set": "device=cpu initial_iterations=5",
    }
    assert exit_code(module, given) == 0
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["sent"] == 4


def test_a_failed_benchmark_fails_the_launch(module: dict[str, Any], tmp_path: Path) -> None:
    given = {"bag": str(tmp_path / "missing"), "out": str(tmp_path / "out")}
    assert exit_code(module, given) == 1
