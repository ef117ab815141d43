# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One command for whoever has a GPU: does it agree with the CPU, how fast, and why not more.

What is imported here needs PyTorch, NumPy, OpenCV and SciPy, and no more: a checkout will do.
"""
