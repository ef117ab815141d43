# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pixels as cameras and files give them, and as the tracker wants them: 8-bit RGB."""
