# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Start the tracker node, RViz with ``rviz:=true`` and the browser panel with ``web:=true``.

ros2 launch rlt_ros tracker.launch.py image_topic:=/camera/image_raw rviz:=true

The node brings itself up, or with ``autostart:=false`` this file takes it through its life cycle,
or with ``managed:=true`` that is left to a life-cycle manager, such as Nav2's.
"""

from __future__ import annotations

import os
from pathlib import Path

from ament_index_python.packages import (
    PackageNotFoundError,
    get_package_prefix,
    get_package_share_directory,
)
from launch.action import Action
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    OpaqueFunction,
    RegisterEventHandler,
)
from launch.event_handlers import OnProcessStart
from launch.events import matches_action
from launch.logging import get_logger
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node
from launch_ros.event_handlers import OnStateTransition
from launch_ros.events.lifecycle import ChangeState
from launch_ros.utilities import make_namespace_absolute, prefix_namespace
from lifecycle_msgs.msg import Transition

from launch import LaunchContext, LaunchDescription
from rlt_ros.ros.interface.launch_arguments import (
    NODE_NAME,
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
    "autostart": (
        "true",
        "the node configures and activates itself; false: this launch file does, and says when it"
        " fails",
    ),
    "managed": (
        "false",
        "leave the life cycle to a manager: with Nav2's, name NAMESPACE/tracker in its node_names"
        " and set its bond_timeout to 0.0",
    ),
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


def start(context: LaunchContext) -> list[Action]:
    """Return the tracker node and what brings it up, and panel and RViz where they are wanted.

    RViz is left out, with a warning, where it is not installed.

    Raises:
        LaunchArgumentError: names a wrong argument; nothing is started.
    """
    given = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
    use_sim_time = as_bool("use_sim_time", given["use_sim_time"])
    wants_rviz, wants_web = as_bool("rviz", given["rviz"]), as_bool("web", given["web"])
    managed = as_bool("managed", given["managed"])
    autostart = as_bool("autostart", given["autostart"]) and not managed
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

    # Given only where it is wanted: a parameter file may have its own word on it.
    own = {} if autostart else {"autostart": False}
    tracker = LifecycleNode(
        package="rlt_ros",
        executable="tracker_node",
        name=NODE_NAME,
        namespace=namespace,
        parameters=[str(file), {"use_sim_time": use_sim_time, **own}],
        remappings=[("image_raw", image_topic)],
        ros_arguments=["--log-level", given["log_level"]],
        output="screen",
    )
    actions = [tracker] if autostart or managed else [*bring_up(tracker), tracker]
    if wants_web:
        # It finds trackers by itself, so it has no namespace.
        panel = Node(
            package="rlt_ros",
            executable="rlt-panel",
            arguments=["--host", given["web_host"], "--port", given["web_port"]],
            parameters=[{"use_sim_time": use_sim_time}],
            output="screen",
        )
        actions.append(panel)
    if not wants_rviz:
        return actions
    if not _is_installed("rviz2"):
        distribution = os.environ.get("ROS_DISTRO", "$ROS_DISTRO")
        log.warning(
            "rviz2 is not installed, so the tracker starts without it: sudo apt install"
            f" ros-{distribution}-rviz2"
        )
        return actions
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
    return [*actions, rviz]


def bring_up(tracker: LifecycleNode) -> list[Action]:
    """Return what configures a node as soon as its process runs, and activates it after that."""

    def change(transition: int) -> list[Action]:
        event = ChangeState(
            lifecycle_node_matcher=matches_action(tracker), transition_id=transition
        )
        return [EmitEvent(event=event)]

    started = OnProcessStart(
        target_action=tracker, on_start=change(Transition.TRANSITION_CONFIGURE)
    )
    configured = OnStateTransition(
        target_lifecycle_node=tracker,
        start_state="configuring",
        goal_state="inactive",
        entities=change(Transition.TRANSITION_ACTIVATE),
    )
    return [RegisterEventHandler(started), RegisterEventHandler(configured)]


def _is_installed(package: str) -> bool:
    try:
        get_package_prefix(package)
    except PackageNotFoundError:
        return False
    return True
