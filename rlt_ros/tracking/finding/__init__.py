# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From what was learned to the target's place in the next frame, and what that is worth."""
