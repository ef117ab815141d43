# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several tracker nodes in one process, one for each camera of a list.

They share what is loaded once: Python, PyTorch, OpenVINO, OpenCV. Each runs in a thread of its own
and has its own executor, tracker, networks and life cycle; what ends one does not end the others.
"""

from __future__ import annotations

# First: it takes over the signals.
from rlt_ros.ros.tracker_node import TrackerNode, run_in_ros, run_node

# isort: split
import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NoReturn

from rclpy.parameter import Parameter
from rclpy.utilities import remove_ros_args

from rlt_ros.ros.interface.cameras import Camera, cameras_of
from rlt_ros.ros.interface.launch_arguments import LaunchArgumentError

PROGRAM = "tracker_nodes"


def main(args: list[str] | None = None) -> NoReturn:
    """Run the nodes until they are interrupted; the exit code is 1 if one could not start, else 0.

    SIGINT and SIGTERM end them within 3 s, whatever they are doing.
    """
    given = sys.argv if args is None else args
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        usage="%(prog)s CAMERAS [--ros-args ...]",
        description="Track in the images of several cameras, in one process. ROS arguments count"
        " for all trackers; a camera's own parameters come after them.",
    )
    parser.add_argument("cameras", help="YAML file that lists them, as cameras.launch.py has it")
    try:
        file = parser.parse_args(remove_ros_args(given)[1:]).cameras
        cameras = cameras_of(file, one_process=True)
    except LaunchArgumentError as error:
        parser.error(str(error))
    run_in_ros(PROGRAM, lambda: run_nodes(cameras, _namespace(given)), args)


def run_nodes(cameras: Sequence[Camera], namespace: str = "/") -> bool:
    """Run a node for each camera until all have ended; return whether none failed.

    Args:
        cameras: at least one.
        namespace: that those with a relative one are in.
    """
    with ThreadPoolExecutor(len(cameras), "tracker") as threads:
        ends = [
            threads.submit(run_node, partial(tracker_of, camera, namespace)) for camera in cameras
        ]
    return all(end.result() for end in ends)


def tracker_of(camera: Camera, namespace: str) -> TrackerNode:
    """Make a camera's node."""
    own = camera.namespace
    full = own if own.startswith("/") else f"{namespace.rstrip('/')}/{own}"
    # As rules of this node alone, which come before those of the process.
    rules = ("-r", f"__ns:={full}", "-r", f"image_raw:={camera.image_topic}")
    return TrackerNode(
        cli_args=["--ros-args", *rules],
        parameter_overrides=[
            Parameter(name, value=value) for name, value in camera.parameters.items()
        ],
    )


def _namespace(args: Sequence[str]) -> str:
    """Return the namespace that ROS arguments give, which a launch file may have pushed."""
    given = [one.partition(":=")[2] for one in args if one.startswith("__ns:=")]
    return given[-1] if given else "/"


if __name__ == "__main__":
    main()
