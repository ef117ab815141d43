# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's ablation studies, its Tables 1 and 2 and Figures 2 and 3, and one of any settings."""
