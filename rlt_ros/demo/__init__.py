# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`make demo`: a real video through the real node, and pictures of what came out."""
