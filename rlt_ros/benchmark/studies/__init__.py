# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a command asks: trackers run, timed or scored, and what is told of them."""
