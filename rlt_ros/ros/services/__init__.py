# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What others ask of the node, and their answers."""
