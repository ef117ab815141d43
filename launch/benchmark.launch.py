# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Measure the tracker node on a rosbag2 in real time: dropped frames, latency, accuracy.

ros2 launch rlt_ros benchmark.launch.py bag:=drive out:=out/drive init:=120,80,60,90

The benchmark starts the node itself, replays the bag into it over DDS and ends it afterwards:
`rlt-bench bag --real-time`, whose --help says where the init box and the ground truth come from.
"""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import get_package_prefix
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction, Shutdown
from launch.events.process import ProcessExited
from launch.logging import get_logger
from launch.substitutions import LaunchConfiguration

from launch import LaunchContext, LaunchDescription
from rlt_ros.ros.interface.launch_arguments import misspelt

# Handed on under the same name where they are not empty.
OPTIONS = {
    "image_topic": "images to replay; empty takes the bag's only ones",
    "init": "the target's box on the first image as x,y,w,h; empty takes the bag's",
    "init_topic": "vision_msgs/Detection2D that names the target; empty takes the one so called",
    "truth_topic": "vision_msgs/Detection2D per image; empty takes the one ending in ground_truth",
    "tracker": "rlt or rlt:PRESET; empty is rlt",
    "params_file": "parameters of the node; empty takes config/tracker.yaml",
    "max_frames": "stop after so many images; empty replays all",
}
PATHS = ("bag", "out", "params_file")  # no shell expands a ~ after :=


def generate_launch_description() -> LaunchDescription:
    """Return the arguments and the benchmark."""
    return LaunchDescription(
        [
            DeclareLaunchArgument("bag", description="folder of the bag, or one .mcap or .db3"),
            DeclareLaunchArgument("out", description="folder to write results to"),
            DeclareLaunchArgument(
                "rate", default_value="1.0", description="times the recorded speed"
            ),
            DeclareLaunchArgument(
                "set",
                default_value="",
                description="settings of the tracker, KEY=VALUE with spaces between them",
            ),
            *(
                DeclareLaunchArgument(name, default_value="", description=description)
                for name, description in OPTIONS.items()
            ),
            OpaqueFunction(function=benchmark),
        ]
    )


def benchmark(context: LaunchContext) -> list[ExecuteProcess]:
    """Return the process to run, now that the arguments are known; launch ends with it."""
    values = {
        name: LaunchConfiguration(name).perform(context)
        for name in ("bag", "out", "rate", "set", *OPTIONS)
    }
    for problem in misspelt(context.launch_configurations, values):
        get_logger("rlt_ros").warning(problem)
    return [
        ExecuteProcess(
            cmd=command_line(values),
            name="rlt_bench",
            output="screen",
            # Time to end the node, which comes before this process ends.
            sigterm_timeout="30",
            on_exit=finish,
        )
    ]


def finish(event: ProcessExited, _: LaunchContext) -> Shutdown:
    """End the launch with the benchmark, and with an error if it failed.

    Raises:
        RuntimeError: it failed or was stopped; launch has no other way to exit with 1.
    """
    if event.returncode:
        raise RuntimeError(f"the benchmark failed with exit code {event.returncode}, see above")
    return Shutdown(reason="the benchmark is over")


def command_line(values: dict[str, str]) -> list[str]:
    """Return the command for the launch arguments."""
    paths = {name: str(Path(values[name]).expanduser()) for name in PATHS if values[name]}
    values = {**values, **paths}
    tool = Path(get_package_prefix("rlt_ros"), "lib", "rlt_ros", "rlt-bench")
    command = [str(tool), "bag", values["bag"], "--real-time"]
    command += ["--rate", values["rate"], "--out", values["out"]]
    for name in OPTIONS:
        if values[name]:
            command += [f"--{name.replace('_', '-')}={values[name]}"]
    for setting in values["set"].split():
        command += ["--set", setting]
    return command
