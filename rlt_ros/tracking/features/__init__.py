# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From boxes in a frame to the numbers that the classifier sees."""
