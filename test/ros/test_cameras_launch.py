# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The launch file for several cameras, where `launch` and `launch_ros` are installed."""

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
from launch.event_handlers import OnProcessIO, OnProcessStart
from ros_domains import own_domain

from launch import LaunchDescription, LaunchService

pytestmark = pytest.mark.usefixtures("launch_loop")
FILE = Path(__file__).parents[2] / "launch" / "cameras.launch.py"
CAMERAS = """\
parameters: {device: cpu, class_id: '7'}
cameras:
  - {namespace: front, image_topic: /front/camera/image}
  - {namespace: rear, parameters: {max_targets: 3}, cpu_threads: 2}
"""


@pytest.fixture
def description(monkeypatch: pytest.MonkeyPatch) -> LaunchDescription:
    monkeypatch.setenv("ROS_DOMAIN_ID", own_domain())
    made: LaunchDescription = runpy.run_path(str(FILE))["generate_launch_description"]()
    return made


class Launched:
    """What a launch did, until every node listens or it ended by itself."""

    def __init__(
        self, description: LaunchDescription, cameras: Path, nodes: int, **arguments: str
    ) -> None:
        self.environments: list[dict[str, str]] = []
        self.said = ""
        self._nodes = nodes
        service = LaunchService()
        service.include_launch_description(
            LaunchDescription(
                [
                    RegisterEventHandler(OnProcessIO(on_stdout=self._hear, on_stderr=self._hear)),
                    RegisterEventHandler(OnProcessStart(on_start=self._see)),
                    SetLaunchConfiguration("cameras", str(cameras)),
                    *(SetLaunchConfiguration(*argument) for argument in arguments.items()),
                    *description.entities,
                ]
            )
        )
        self.status = int(service.run())

    def _hear(self, event: Any) -> Shutdown | None:
        missing = self._nodes - self.said.count("init boxes: ")
        self.said += event.text.decode()
        enough = self.said.count("init boxes: ") >= self._nodes
        return Shutdown(reason="enough") if missing > 0 and enough else None

    def _see(self, event: Any, _: Any) -> None:
        entries = Path(f"/proc/{event.pid}/environ").read_bytes().decode().split("\0")
        self.environments.append(dict(one.split("=", 1) for one in entries if "=" in one))


def test_its_arguments_are_described(description: LaunchDescription) -> None:
    arguments = [item for item in description.entities if isinstance(item, DeclareLaunchArgument)]
    assert {argument.name for argument in arguments} == {
        *("cameras", "params_file", "use_sim_time", "managed", "one_process", "log_level")
    }
    assert all(argument.description for argument in arguments)


def test_each_camera_has_a_tracker(description: LaunchDescription, tmp_path: Path) -> None:
    file = tmp_path / "cameras.yaml"
    file.write_text(CAMERAS)
    launched = Launched(description, file, nodes=2)
    assert launched.status == 0, launched.said
    assert "images: /front/camera/image, init boxes: /front/init_box" in launched.said
    assert "images: /rear/image_raw, init boxes: /rear/init_box" in launched.said
    assert "Traceback" not in launched.said
    share = str(max(1, len(os.sched_getaffinity(0)) - 2))
    threads = [one["OMP_NUM_THREADS"] for one in launched.environments]
    assert sorted(threads) == sorted([share, "2"])


def test_all_trackers_may_share_a_process(description: LaunchDescription, tmp_path: Path) -> None:
    file = tmp_path / "cameras.yaml"
    file.write_text(CAMERAS.replace(", cpu_threads: 2", ""))
    launched = Launched(description, file, nodes=2, one_process="true", ros_namespace="robot")
    assert launched.status == 0, launched.said
    assert "images: /front/camera/image, init boxes: /robot/front/init_box" in launched.said
    assert "images: /robot/rear/image_raw, init boxes: /robot/rear/init_box" in launched.said
    assert "Traceback" not in launched.said
    (environment,) = launched.environments
    assert environment["OMP_NUM_THREADS"] == str(max(1, len(os.sched_getaffinity(0)) // 2))


def test_a_wrong_entry_ends_the_launch_before_anything_starts(
    description: LaunchDescription, tmp_path: Path
) -> None:
    file = tmp_path / "cameras.yaml"
    file.write_text("cameras: [{namespace: front}, {namespace: front}]")
    launched = Launched(description, file, nodes=1)
    assert (launched.status, launched.environments) == (1, [])
