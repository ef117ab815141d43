# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From results and status to messages."""
