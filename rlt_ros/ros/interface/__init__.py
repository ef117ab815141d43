# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What users see of the node, declared once: topics, parameters, launch arguments, pages."""
