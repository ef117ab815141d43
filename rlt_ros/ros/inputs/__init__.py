# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the camera's topic to an RGB array: a subscription that fits, and what its images mean."""
