# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From boxes to numbers: per run, per attribute, per seed; nothing is run or written here."""
