# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trackers that a benchmark runs, ours and OpenCV's, behind one contract."""
