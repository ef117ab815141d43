# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Start a tracker for each of several cameras, in a namespace and a process of its own.

ros2 launch rlt_ros cameras.launch.py cameras:=cameras.yaml

The CPU's threads are divided among them. With one_process:=true they share a process.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_share_directory
from launch.action import Action
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.logging import get_logger
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node
from launch_ros.parameter_descriptions import ParameterValue

from launch import LaunchContext, LaunchDescription
from rlt_ros.ros.interface.cameras import Camera, cameras_of, environments
from rlt_ros.ros.interface.launch_arguments import (
    NODE_NAME,
    as_bool,
    check_log_level,
    checked_parameter_file,
    misspelt,
)

CONFIG = Path(get_package_share_directory("rlt_ros")) / "config"

ARGUMENTS = {
    "cameras": (
        None,
        f"YAML file that lists them; {CONFIG / 'cameras.yaml'} is an example, with comments",
    ),
    "params_file": (
        str(CONFIG / "tracker.yaml"),
        "parameters of all trackers; those in the list of cameras come after it",
    ),
    "use_sim_time": ("false", "follow /clock"),
    "managed": (
        "false",
        "leave the life cycle to a manager: with Nav2's, name NAMESPACE/tracker of each in its"
        " node_names and set its bond_timeout to 0.0",
    ),
    "one_process": (
        "false",
        "run all trackers in one process, which takes less memory; what ends the process ends all",
    ),
    "log_level": ("info", "of the trackers: debug, info, warn, error or fatal"),
}


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, and what starts the trackers once they are known."""
    return LaunchDescription(
        [
            *(
                DeclareLaunchArgument(name, default_value=default, description=description)
                for name, (default, description) in ARGUMENTS.items()
            ),
            OpaqueFunction(function=start),
        ]
    )


def start(context: LaunchContext) -> list[Action]:
    """Return the trackers.

    Raises:
        LaunchArgumentError: names a wrong argument, or a wrong entry of the file; nothing is
            started.
    """
    given = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
    log = get_logger("rlt_ros")
    for problem in misspelt(context.launch_configurations, ARGUMENTS):
        log.warning(problem)
    check_log_level(given["log_level"])
    of_launch: dict[str, Any] = {"use_sim_time": as_bool("use_sim_time", given["use_sim_time"])}
    if as_bool("managed", given["managed"]):
        of_launch["autostart"] = False
    file = checked_parameter_file(given["params_file"])
    together = as_bool("one_process", given["one_process"])
    cameras = cameras_of(given["cameras"], one_process=together)
    found = list(zip(cameras, environments(cameras), strict=True))
    for camera, environment in found:
        log.info(
            f"camera {camera.namespace}: images {camera.image_topic}, CPU threads"
            f" {environment['OMP_NUM_THREADS']}"
        )
    if together:
        process = Node(
            package="rlt_ros",
            executable="tracker_nodes",
            arguments=[given["cameras"]],
            parameters=[str(file), of_launch],
            ros_arguments=["--log-level", given["log_level"]],
            additional_env=found[0][1],
            output="screen",
        )
        return [process]
    return [
        LifecycleNode(
            package="rlt_ros",
            executable="tracker_node",
            name=NODE_NAME,
            namespace=camera.namespace,
            parameters=[str(file), *_as_given(camera), of_launch],
            remappings=[("image_raw", camera.image_topic)],
            ros_arguments=["--log-level", given["log_level"]],
            additional_env=environment,
            output="screen",
        )
        for camera, environment in found
    ]


def _as_given(camera: Camera) -> list[dict[str, Any]]:
    """Return a camera's parameters; launch would take the text '7' for a number."""
    given = {
        name: ParameterValue(value, value_type=str) if isinstance(value, str) else value
        for name, value in camera.parameters.items()
    }
    return [given] if given else []
