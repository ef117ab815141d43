# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 node around the tracker library: thin glue, one job per module.

``tracker_node``      topics and parameters in, topics out
``tracking_worker``   the one thread that owns the tracker (no ROS in it)
``parameters``        every parameter of the node, declared once
``messages``          results and status as vision_msgs and rlt_ros messages
``image_conversion``  sensor_msgs/Image <-> RGB arrays
"""
