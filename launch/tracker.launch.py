# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Start the tracker node, and RViz with ``rviz:=true``.

ros2 launch rlt_ros tracker.launch.py image_topic:=/camera/image_raw rviz:=true
"""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch.actions import DeclareLaunchArgument
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue

from launch import LaunchDescription

OUTPUT_TOPICS = ("annotated_image", "attention_map")


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, the node and RViz."""
    config = Path(get_package_share_directory("rlt_ros")) / "config"
    arguments = [
        DeclareLaunchArgument("namespace", default_value="rlt", description="of node and topics"),
        DeclareLaunchArgument(
            "image_topic",
            default_value="image_raw",
            description="images to track in; a relative name is taken in the namespace",
        ),
        DeclareLaunchArgument(
            "params_file",
            default_value=str(config / "tracker.yaml"),
            description="parameters of the node",
        ),
        DeclareLaunchArgument("use_sim_time", default_value="false", description="follow /clock"),
        DeclareLaunchArgument(
            "log_level",
            default_value="info",
            description="of the node: debug, info, warn, error or fatal",
        ),
        DeclareLaunchArgument("rviz", default_value="false", description="open RViz as well"),
    ]
    namespace = LaunchConfiguration("namespace")
    image_topic = LaunchConfiguration("image_topic")
    use_sim_time = ParameterValue(LaunchConfiguration("use_sim_time"), value_type=bool)
    tracker = Node(
        package="rlt_ros",
        executable="tracker_node",
        namespace=namespace,
        parameters=[
            ParameterFile(LaunchConfiguration("params_file")),
            {"use_sim_time": use_sim_time},
        ],
        remappings=[("image_raw", image_topic)],
        ros_arguments=["--log-level", LaunchConfiguration("log_level")],
        output="screen",
    )
    # The displays name the topics of namespace rlt: remapped, they follow the arguments.
    rviz = Node(
        package="rviz2",
        executable="rviz2",
        namespace=namespace,
        arguments=["--display-config", str(config / "rlt.rviz")],
        parameters=[{"use_sim_time": use_sim_time}],
        remappings=[
            ("/rlt/image_raw", image_topic),
            *((f"/rlt/{topic}", topic) for topic in OUTPUT_TOPICS),
        ],
        condition=IfCondition(LaunchConfiguration("rviz")),
    )
    return LaunchDescription([*arguments, tracker, rviz])
