# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench: one file per command, put together in main."""
