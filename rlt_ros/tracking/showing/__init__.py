# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of what the classifier thinks, made when asked for; tracking needs none of it."""
