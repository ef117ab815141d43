# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the frames so far to a classifier and a box regressor."""
