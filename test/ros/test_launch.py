# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The launch file, where `launch` and `launch_ros` are installed."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
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
from launch_ros.actions import Node
from ros_domains import in_own_domain

from launch import LaunchContext, LaunchDescription, LaunchService

pytestmark = pytest.mark.usefixtures("launch_loop")
FILE = Path(__file__).parents[2] / "launch" / "tracker.launch.py"


@pytest.fixture
def description() -> LaunchDescription:
    made: LaunchDescription = runpy.run_path(str(FILE))["generate_launch_description"]()
    return made


def test_its_arguments_are_described(description: LaunchDescription) -> None:
    arguments = [item for item in description.entities if isinstance(item, DeclareLaunchArgument)]
    assert {argument.name for argument in arguments} == {
        *("namespace", "image_topic", "params_file", "use_sim_time", "log_level", "rviz"),
        *("autostart", "managed", "web", "web_host", "web_port"),
    }
    assert all(argument.description for argument in arguments)


def launched(description: LaunchDescription, log: Callable[[str], bool], **given: str) -> int:
    """Launch with arguments, until what is said satisfies `log` or launch ends by itself."""

    def listen(event: Any) -> Shutdown | None:
        return Shutdown(reason="enough") if log(event.text.decode()) else None

    handler = OnProcessIO(on_stdout=listen, on_stderr=listen)
    arguments = [SetLaunchConfiguration(name, value) for name, value in given.items()]
    service = LaunchService()
    service.include_launch_description(
        LaunchDescription([RegisterEventHandler(handler), *arguments, *description.entities])
    )
    return int(service.run())


@pytest.fixture(scope="module", autouse=True)
def domain() -> Iterator[None]:
    with in_own_domain():
        yield


def started(file: dict[str, Any], context: LaunchContext) -> list[str]:
    actions = file["start"](context)
    return [str(node.node_executable) for node in actions if isinstance(node, Node)]


@pytest.fixture
def context() -> LaunchContext:
    """Of a launch without arguments."""
    made = LaunchContext()
    for name, (default, _) in runpy.run_path(str(FILE))["ARGUMENTS"].items():
        made.launch_configurations[name] = default
    return made


def test_rviz_opens_only_when_asked_for_and_installed(
    context: LaunchContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = runpy.run_path(str(FILE))
    assert started(file, context) == ["tracker_node"]
    context.launch_configurations["rviz"] = "true"
    monkeypatch.setitem(file["start"].__globals__, "_is_installed", lambda package: True)
    assert started(file, context) == ["tracker_node", "rviz2"]
    monkeypatch.setitem(file["start"].__globals__, "_is_installed", lambda package: False)
    said: list[str] = []
    log = SimpleNamespace(warning=said.append)
    monkeypatch.setitem(file["start"].__globals__, "get_logger", lambda name: log)
    monkeypatch.setenv("ROS_DISTRO", "jazzy")
    assert started(file, context) == ["tracker_node"]
    assert said == [
        "rviz2 is not installed, so the tracker starts without it: sudo apt install ros-jazzy-rviz2"
    ]


def test_the_panel_starts_only_when_asked_for(context: LaunchContext) -> None:
    file = runpy.run_path(str(FILE))
    context.launch_configurations["web"] = "true"
    assert started(file, context) == ["tracker_node", "rlt-panel"]


WRONG_ARGUMENTS = {
    "params_file": ("missing.yaml", "params_file 'missing.yaml' cannot be read"),
    "use_sim_time": ("maybe", "use_sim_time must be true or false"),
    "autostart": ("later", "autostart must be true or false"),
    "managed": ("so", "managed must be true or false"),
    "rviz": ("perhaps", "rviz must be true or false"),
    "web": ("perhaps", "web must be true or false"),
    "web_port": ("http", "web_port must be a number up to 65535"),
    "log_level": ("loud", "log_level must be one of"),
    "namespace": ("bad-name", "namespace '/bad-name' is no ROS name"),
    "image_topic": ("", "image_topic '' is no ROS name"),
}


@pytest.mark.parametrize("name", WRONG_ARGUMENTS)
def test_a_wrong_argument_is_named(context: LaunchContext, name: str) -> None:
    value, said = WRONG_ARGUMENTS[name]
    context.launch_configurations[name] = value
    with pytest.raises(ValueError, match=said):
        started(runpy.run_path(str(FILE)), context)


def test_a_wrong_argument_ends_the_launch_before_anything_starts(
    description: LaunchDescription,
) -> None:
    processes: list[object] = []
    seen = OnProcessStart(on_start=lambda event, context: processes.append(event))
    description.entities.insert(0, RegisterEventHandler(seen))
    assert launched(description, lambda text: True, params_file="missing.yaml") == 1
    assert processes == []


def test_it_starts_the_node_on_the_image_topic(description: LaunchDescription) -> None:
    said: list[str] = []

    def is_ready(text: str) -> bool:
        said.append(text)
        return "the tracker is ready" in "".join(said)

    assert launched(description, is_ready, image_topic="/camera/image_raw") == 0, "".join(said)
    assert "images: /camera/image_raw, init boxes: /rlt/init_box" in "".join(said)
    assert "the tracker is ready" in "".join(said)
    assert "Traceback" not in "".join(said)


def test_it_takes_the_node_through_its_life_cycle(description: LaunchDescription) -> None:
    said: list[str] = []

    def is_up(text: str) -> bool:
        said.append(text)
        return "init boxes: /rlt/init_box" in "".join(said)

    assert launched(description, is_up, autostart="false") == 0, "".join(said)
    text = "".join(said)
    waits = "unconfigured: waits for ros2 lifecycle set /rlt/tracker configure, then activate"
    order = [text.index(words) for words in (waits, "the tracker is ready", "init boxes:")]
    assert order == sorted(order)
    assert "Traceback" not in text


def test_it_leaves_the_life_cycle_to_a_manager(description: LaunchDescription) -> None:
    said: list[str] = []

    def is_up(text: str) -> bool:
        said.append(text)
        return "unconfigured: waits for" in "".join(said)

    assert launched(description, is_up, managed="true") == 0, "".join(said)
    assert "the tracker is ready" not in "".join(said)


def test_it_stays_in_the_namespace_of_who_includes_it(description: LaunchDescription) -> None:
    said: list[str] = []

    def is_there(text: str) -> bool:
        said.append(text)
        return "init boxes:" in "".join(said)

    launched(description, is_there, ros_namespace="/robot1")
    assert "images: /robot1/rlt/image_raw, init boxes: /robot1/rlt/init_box" in "".join(said)
    assert "sets nothing" not in "".join(said)
