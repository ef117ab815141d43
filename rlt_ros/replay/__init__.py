# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Playing a bag into a running node over DDS, and recording what the node says."""
