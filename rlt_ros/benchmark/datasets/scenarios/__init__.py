# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Made sequences whose target disappears and comes back, with exact truth, out of real photos."""
