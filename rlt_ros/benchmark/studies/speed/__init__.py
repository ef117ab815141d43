# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How fast trackers are: time per frame and stage, updates, memory, and how cost grows."""
