# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Command-line tools that need no ROS."""
