# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is wrong around the node, in words: no images, lost ones, something connected wrongly."""
