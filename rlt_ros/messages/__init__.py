# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What messages mean, as objects with the fields of their definition; needs no ROS, no rosbags."""
