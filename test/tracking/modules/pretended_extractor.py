# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What stands for a feature extractor, and computes as one does."""

from __future__ import annotations

from typing import Any

import torch

from rlt_ros.tracking.compute.runner import Runner
from rlt_ros.tracking.features.extractor import FeatureExtractor


class Computing:
    """Computes with what its features, context features and places are said to be."""

    runner = Runner(torch.device("cpu"))
    computed = FeatureExtractor.computed
    computed_of_places = FeatureExtractor.computed_of_places

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)
