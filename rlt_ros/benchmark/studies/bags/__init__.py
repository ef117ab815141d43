# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Measuring on rosbags, and turning sequences into bags and back; needs rosbags, but no ROS."""
