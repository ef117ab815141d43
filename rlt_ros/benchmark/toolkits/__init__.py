# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Our trackers inside the field's own toolkits; each needs an extra that its module names."""
