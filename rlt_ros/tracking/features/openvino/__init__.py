# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What OpenVINO computes in place of the files of the same names beside this folder."""
