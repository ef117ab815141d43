# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frozen convolutional backbones behind one interface."""

from __future__ import annotations

from pathlib import Path

from rlt_ros.tracking.errors import WeightsError
from rlt_ros.tracking.features.backbones.base import Backbone, FeatureLevel
from rlt_ros.tracking.features.backbones.efficientnet_lite0 import EfficientNetLite0
from rlt_ros.tracking.features.backbones.vgg_m import HOW_TO_GET as VGG_M_HOW_TO_GET
from rlt_ros.tracking.features.backbones.vgg_m import VggM

__all__ = ["Backbone", "EfficientNetLite0", "FeatureLevel", "VggM", "load_backbone"]


def load_backbone(name: str, weights: str) -> Backbone:
    """Load a backbone by its name in the settings.

    Args:
        name: "efficientnet_lite0" or "vgg_m".
        weights: path of the weight file; empty for the installed one.

    Raises:
        WeightsError: the file is missing, damaged or of another network.
    """
    path = Path(weights).expanduser() if weights else None
    if name == "efficientnet_lite0":
        return EfficientNetLite0(path)
    if path is None:
        raise WeightsError(f"backbone vgg_m needs a weight file; {VGG_M_HOW_TO_GET}")
    return VggM(path)
