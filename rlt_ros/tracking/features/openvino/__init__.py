# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The frozen networks by OpenVINO; each file is named as the one that it stands in for."""
