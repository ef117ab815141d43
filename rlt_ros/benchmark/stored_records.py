# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The frame records of a finished benchmark, for example to fit a calibration curve to them."""

from __future__ import annotations

from rlt_ros.benchmark.measures.frame_records import FrameRecord
from rlt_ros.benchmark.runs.output_folder import ReportError, StoredRecord, read_records

__all__ = ["FrameRecord", "ReportError", "StoredRecord", "read_records"]
