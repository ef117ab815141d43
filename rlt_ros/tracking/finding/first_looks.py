# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How the target looks in its first frame, for verification to compare with."""

from __future__ import annotations

import itertools

import numpy as np
from torch import Tensor

from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.compute.stopping import check_stop
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.features.extractor import FeatureExtractor
from rlt_ros.tracking.images import Image
from rlt_ros.tracking.learning.augmentation import shrunk, turned

# Sides of a target that is turned over those which it gets in the search region, or more.
TURNED_DETAIL = 2.0


def turned_looks(
    config: TrackerConfig, extractor: FeatureExtractor, image: Image, target: Boxes
) -> list[Tensor]:
    """Return features ``(1, D)`` of the target in the first frame, turned and mirrored.

    Args:
        config: how often it is turned, see ``turned_looks``.
        extractor: has observed the frame, and stays as it is.
        image: ``(H, W, 3)`` RGB, the frame.
        target: ``(4,)`` in it.
    """
    looks = []
    steps = config.turned_looks
    # Turning a very large target takes long, and its search region is shrunk anyway.
    image, target = shrunk(image, target, TURNED_DETAIL * config.region_target_size)
    for mirrored, step in itertools.product((False, True), range(steps)):
        if mirrored or step:
            check_stop()
            piece, box = turned(image, target, 2.0 * np.pi * step / steps, mirrored)
            looks.append(extractor.glance(piece, box).features(box[None]))
    return looks
