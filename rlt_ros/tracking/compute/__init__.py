# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the computer gives: devices, threads, queues, number formats, and an end in time."""
