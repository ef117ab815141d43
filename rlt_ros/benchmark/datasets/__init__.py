# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Annotated sequences of OTB, VOT, GOT-10k and UAV123, plain videos with boxes, and made ones."""

from rlt_ros.benchmark.datasets.dataset import Dataset
from rlt_ros.benchmark.datasets.errors import DatasetError
from rlt_ros.benchmark.datasets.opening import LAYOUTS, open_dataset
from rlt_ros.benchmark.datasets.scenarios.spec import ScenarioSpec, write_spec
from rlt_ros.benchmark.datasets.sequence import Sequence

__all__ = [
    "LAYOUTS",
    "Dataset",
    "DatasetError",
    "ScenarioSpec",
    "Sequence",
    "open_dataset",
    "write_spec",
]
