# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How trackers are run: OTB's TRE and SRE, and VOT-2016's supervised protocol."""
