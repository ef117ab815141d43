# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From frames and init boxes to results: the one thread that owns the tracker. No ROS in it."""
