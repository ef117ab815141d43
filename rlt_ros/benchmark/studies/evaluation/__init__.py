# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trackers x sequences x seeds, in one pass, from many starts, with restarts, or lost."""
