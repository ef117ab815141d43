# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs of jobs on this machine or a cluster, what is stored of them and how it is found again."""
