# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reading and writing rosbag2 recordings in code; needs the package rosbags, but no ROS."""
