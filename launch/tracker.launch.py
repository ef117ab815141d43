# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Start the tracker node, RViz with ``rviz:=true`` and the browser panel with ``web:=true``.

ros2 launch rlt_ros tracker.launch.py image_topic:=/camera/image_raw rviz:=true
"""

from __future__ import annotations

import os
from pathlib import Path

from ament_index_python.packages import (
    PackageNotFoundError,
    get_package_prefix,
    get_package_share_directory,
)
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.logging import get_logger
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.utilities import make_namespace_absolute, prefix_namespace

from launch import LaunchContext, LaunchDescription
from rlt_ros.ros.interface.launch_arguments import (
    as_bool,
    check_log_level,
    check_names,
    check_port,
    checked_parameter_file,
    misspelt,
    unheard_parameters,
)

CONFIG = Path(get_package_share_directory("rlt_ros")) / "config"
OUTPUT_TOPICS = ("annotated_image", "attention_map")

ARGUMENTS = {
    "namespace": ("rlt", "of node and topics"),
    "image_topic": (
        "image_raw",
        "images to track in; a relative name is taken in the namespace",
    ),
    "params_file": (str(CONFIG / "tracker.yaml"), "parameters of the node"),
    "use_sim_time": ("false", "follow /clock"),
    "log_level": ("info", "of the node: debug, info, warn, error or fatal"),
    "rviz": ("false", "open RViz as well"),
    "web": ("false", "serve the browser panel as well; it shows all trackers of this ROS domain"),
    "web_host": ("127.0.0.1", "address that the panel listens on; 0.0.0.0 is all, with a token"),
    "web_port": ("8765", "port of the panel"),
}


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, and what starts the nodes once they are known."""
    return LaunchDescription(
        [
            *(
                DeclareLaunchArgument(name, default_value=default, description=description)
                for name, (default, description) in ARGUMENTS.items()
            ),
            OpaqueFunction(function=start),
        ]
    )


def start(context: LaunchContext) -> list[Node]:
    """Return the tracker node, and panel and RViz where they are wanted and RViz is installed.

    Raises:
        LaunchArgumentError: names a wrong argument; nothing is started.
    """
    given = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
    use_sim_time = as_bool("use_sim_time", given["use_sim_time"])
    wants_rviz, wants_web = as_bool("rviz", given["rviz"]), as_bool("web", given["web"])
    check_port("web_port", given["web_port"])
    check_log_level(given["log_level"])
    namespace, image_topic = given["namespace"], given["image_topic"]
    pushed = context.launch_configurations.get("ros_namespace")  # by a launch file that includes us
    full_namespace = make_namespace_absolute(prefix_namespace(pushed, namespace)) or "/"
    check_names(full_namespace, image_topic)
    file = checked_parameter_file(given["params_file"])
    log = get_logger("rlt_ros")
    for problem in misspelt(context.launch_configurations, ARGUMENTS):
        log.warning(problem)
    if problem := unheard_parameters(file, full_namespace):
        log.warning(problem)

    tracker = Node(
        package="rlt_ros",
        executable="tracker_node",
        namespace=namespace,
        parameters=[str(file), {"use_sim_time": use_sim_time}],
        remappings=[("image_raw", image_topic)],
        ros_arguments=["--log-level", given["log_level"]],
        output="screen",
    )
    # It finds trackers by itself, so it has no namespace.
    address = ["--host", given["web_host"], "--port", given["web_port"]]
    panel = Node(
        package="rlt_ros",
        executable="rlt-panel",
        arguments=address,
        parameters=[{"use_sim_time": use_sim_time}],
        output="screen",
    )
    nodes = [tracker, panel] if wants_web else [tracker]
    if not wants_rviz:
        return nodes
    if not _is_installed("rviz2"):
        distribution = os.environ.get("ROS_DISTRO", "$ROS_DISTRO")
        log.warning(
            "rviz2 is not installed, so the tracker starts without it: sudo apt install"
            f" ros-{distribution}-rviz2"
        )
        return nodes
    # The displays name the topics of namespace rlt: remapped, they follow the arguments.
    rviz = Node(
        package="rviz2",
        executable="rviz2",
        namespace=namespace,
        arguments=["--display-config", str(CONFIG / "rlt.rviz")],
        parameters=[{"use_sim_time": use_sim_time}],
        remappings=[
            ("/rlt/image_raw", image_topic),
            *((f"/rlt/{topic}", topic) for topic in OUTPUT_TOPICS),
        ],
    )
    return [*nodes, rviz]


def _is_installed(package: str) -> bool:
    try:
        get_package_prefix(package)
    except PackageNotFoundError:
        return False
    return True
