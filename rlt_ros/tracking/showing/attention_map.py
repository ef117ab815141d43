# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Showing where the classifier looks: the attention map of one box, over the whole frame."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from rlt_ros.tracking.features.extractor import View
from rlt_ros.tracking.learning.classifier import TARGET, Classifier

# Single pixels' derivatives are noise; this share of the view's side is smoothed over.
SMOOTHING = 1.0 / 48


def attention_image(
    view: View, classifier: Classifier, image_size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Return the target score's attention map (Eq. 2) at the pixels of the frame.

    Args:
        view: the pixels behind the target's features.
        classifier: gives the score.
        image_size: (width, height) of the frame in pixels.

    Returns:
        ``(height, width)`` uint8: positive part of the derivative, summed over the colours,
        smoothed, 255 at its largest; 0 outside the view.
    """
    features = view.features.requires_grad_()
    (gradient,) = torch.autograd.grad(classifier(features)[0, TARGET], features)
    attention = torch.relu(view.pulled(gradient))[0].sum(dim=0).cpu().numpy()
    attention = cv2.GaussianBlur(attention, (0, 0), SMOOTHING * len(attention))
    result = np.zeros(image_size[::-1], np.uint8)
    scale = view.area[2:] / attention.shape[::-1]
    # The pixels that the view reaches; the rest of a large frame is not touched again.
    low = np.maximum(np.floor(view.area[:2] - scale), 0).astype(int)
    high = np.minimum(np.ceil(view.area[:2] + view.area[2:] + scale), image_size).astype(int)
    if (low >= high).any():
        return result
    # OpenCV counts from the centres of the pixels, this package from their edges: hence the halves.
    shift = view.area[:2] - low + scale / 2 - 0.5
    in_frame = cv2.warpAffine(
        attention,
        np.array([[scale[0], 0.0, shift[0]], [0.0, scale[1], shift[1]]]),
        (high - low).tolist(),
        flags=cv2.INTER_LINEAR,
    )
    peak = float(in_frame.max())
    if peak > 0:
        in_frame *= 255.0 / peak
    result[low[1] : high[1], low[0] : high[0]] = np.rint(in_frame)
    return result
