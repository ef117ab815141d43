# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The launch file, where `launch` and `launch_ros` are installed."""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip(
    "launch_ros",
    reason="launch_ros is not on PyPI; source a ROS 2 installation to test the launch file",
)

from launch.actions import (
    DeclareLaunchArgument,
    RegisterEventHandler,
    SetLaunchConfiguration,
    Shutdown,
)
from launch.event_handlers import OnProcessIO
from launch_ros.actions import Node

from launch import LaunchDescription, LaunchService

FILE = Path(__file__).parents[2] / "launch" / "tracker.launch.py"


@pytest.fixture
def description() -> LaunchDescription:
    made: LaunchDescription = runpy.run_path(str(FILE))["generate_launch_description"]()
    return made


def test_its_arguments_are_described(description: LaunchDescription) -> None:
    arguments = [item for item in description.entities if isinstance(item, DeclareLaunchArgument)]
    assert {argument.name for argument in arguments} == {
        *("namespace", "image_topic", "params_file", "use_sim_time", "log_level", "rviz")
    }
    assert all(argument.description for argument in arguments)


def test_rviz_opens_only_when_asked_for(description: LaunchDescription) -> None:
    nodes = [item for item in description.entities if isinstance(item, Node)]
    assert [node.node_executable for node in nodes] == ["tracker_node", "rviz2"]
    assert nodes[0].condition is None
    assert nodes[1].condition is not None


def test_it_starts_the_node_on_the_image_topic(
    description: LaunchDescription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", str(1 + os.getpid() % 100))
    said: list[str] = []

    def listen(event: Any) -> Shutdown | None:
        said.append(event.text.decode())
        return Shutdown(reason="it runs") if "the tracker is ready" in "".join(said) else None

    handler = OnProcessIO(on_stdout=listen, on_stderr=listen)
    topic = SetLaunchConfiguration("image_topic", "/camera/image_raw")
    service = LaunchService()
    service.include_launch_description(
        LaunchDescription([RegisterEventHandler(handler), topic, *description.entities])
    )
    assert service.run() == 0, "".join(said)
    assert "/camera/image_raw" in "".join(said)
    assert "the tracker is ready" in "".join(said)
    assert "Traceback" not in "".join(said)
