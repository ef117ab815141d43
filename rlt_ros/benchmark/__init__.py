# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Measuring trackers on annotated sequences; no ROS."""
