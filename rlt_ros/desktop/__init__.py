# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tools with a window, for a desktop that ROS runs on."""
