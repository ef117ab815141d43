# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reading frames, drawing results on them and writing them out; no ROS and no tracker in here."""
