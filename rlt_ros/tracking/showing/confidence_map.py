# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Showing how sure the classifier is of each place: the confidence map around one box."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes, from_centres
from rlt_ros.tracking.features.extractor import FeatureExtractor
from rlt_ros.tracking.learning.classifier import TARGET, Classifier


class ConfidenceMap(NamedTuple):
    """How likely a box of the target's size is the target, by its centre.

    Attributes:
        probability: ``(R, C)`` float32, 0..1 by the classifier's soft-max, from top left on.
        area: ``(4,)`` the part of the frame that the R x C equal cells cover, in pixels; a value
            belongs to the box centred in its cell.
    """

    probability: NDArray[np.float32]
    area: Boxes


def confidence_map(
    extractor: FeatureExtractor, classifier: Classifier, box: Boxes, cells: int
) -> ConfidenceMap:
    """Score boxes of one size all over the search region.

    Args:
        extractor: has observed the frame.
        classifier: gives the scores.
        box: ``(4,)`` whose size the boxes have.
        cells: along the longer side of the region; those of the other side are about as large.
    """
    x, y, width, height = extractor.area.tolist()
    cell = max(width, height) / cells
    columns, rows = max(1, round(width / cell)), max(1, round(height / cell))
    across = x + (np.arange(columns) + 0.5) * width / columns
    down = y + (np.arange(rows) + 0.5) * height / rows
    places = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
    boxes = from_centres(places, np.broadcast_to(box[2:], places.shape))
    with torch.no_grad():
        scores = classifier(extractor.features(boxes)).softmax(dim=1)[:, TARGET]
    return ConfidenceMap(scores.cpu().numpy().reshape(rows, columns), extractor.area.copy())
