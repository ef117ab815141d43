# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Copies of the first frame that show the target on other background, or turned.

The paper has nothing like it. A box holds some background; in one frame nothing tells it from the
target, and a classifier that learned it follows it away.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes, centres, from_centres
from rlt_ros.tracking.features.halving import halved, halvings_within

# How far the background moves, in mean target sides (geometric): on to something else, yet near
# enough to show the surroundings that the target is in.
NEAREST, FURTHEST = 0.6, 2.0
# The target is taken to be an ellipse with these shares of the box's sides, to the middle of its
# soft edge and across it. A full 1.0 takes background along and loses most of the gain.
ELLIPSE, EDGE = 0.725, 0.15
# Where the background had the target, an ellipse of these shares is covered with what lies at
# least so many target sides beside it.
VACATED, FILL_NEAREST = 1.0, 1.2
# Sides of a turned piece of an image over the target's.
TURNED_REACH = 3.0


class Swap(NamedTuple):
    """A copy of the first frame with other background.

    Attributes:
        image: ``(H, W, 3)`` RGB.
        vacated: ``(4,)`` where the target's old surroundings are now, without the target.
    """

    image: NDArray[np.uint8]
    vacated: Boxes


def with_other_background(rng: np.random.Generator, image: NDArray[np.uint8], box: Boxes) -> Swap:
    """Return a copy of an image in which all but the target has moved by a random vector.

    Args:
        rng: source of randomness.
        image: ``(H, W, 3)``; mirrored at its edges where background is missing.
        box: ``(4,)`` the target, x, y, w, h in pixels.
    """
    side = float(np.sqrt(box[2:].prod()))
    shift = _random_vector(rng, NEAREST * side, FURTHEST * side)
    # The target goes along with its background: something from beside it is put over that.
    beside = shift + _random_vector(rng, FILL_NEAREST * side, FURTHEST * side)
    vacated = np.concatenate([box[:2] + shift, box[2:]])
    moved = _moved(image, shift)
    _paste(moved, _moved(image, beside), vacated, VACATED)
    _paste(moved, image, box, ELLIPSE)
    return Swap(moved, vacated)


def turned(
    image: NDArray[np.uint8], box: Boxes, angle: float, mirrored: bool
) -> tuple[NDArray[np.uint8], Boxes]:
    """Return the target with its surroundings turned in the image, and its box ``(4,)`` there.

    The box keeps its area; its sides are in the proportion of those of the turned box's bounds.

    Args:
        image: ``(H, W, 3)``; mirrored at its edges where surroundings are missing.
        box: ``(4,)`` the target, x, y, w, h in pixels.
        angle: in radians.
        mirrored: left and right are exchanged first.
    """
    side = int(np.ceil(TURNED_REACH * np.sqrt(box[2:].prod())))
    cosine, sine = np.cos(angle), np.sin(angle)
    back = np.array([[cosine, sine], [-sine, cosine]])
    if mirrored:
        back[0] *= -1
    # OpenCV counts from the centres of the pixels.
    shift = centres(box) - 0.5 - back @ np.full(2, side / 2 - 0.5)
    piece = cv2.warpAffine(
        image,
        np.column_stack([back, shift]),
        (side, side),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    bounds = np.abs(back).T @ box[2:]
    bounds *= np.sqrt(box[2:].prod() / bounds.prod())
    return piece, from_centres(np.full(2, side / 2), bounds)


def shrunk(image: NDArray[np.uint8], box: Boxes, least: float) -> tuple[NDArray[np.uint8], Boxes]:
    """Return an image halved as often as its target's mean side stays ``least`` pixels or more.

    Args:
        image: ``(H, W, 3)``.
        box: ``(4,)`` the target, x, y, w, h in pixels.
        least: of the geometric mean of the target's sides.

    Returns:
        The image, and the box in it.
    """
    smaller = halved(image, halvings_within(np.sqrt(box[2:].prod()) / least))
    zoom = np.array(smaller.shape[1::-1]) / image.shape[1::-1]
    return smaller, box * np.tile(zoom, 2)


def _random_vector(
    rng: np.random.Generator, shortest: float, longest: float
) -> NDArray[np.float64]:
    """Return a vector of whole pixels: a resampled background would be smoother than the target."""
    angle = rng.uniform(0.0, 2.0 * np.pi)
    return np.round(rng.uniform(shortest, longest) * np.array([np.cos(angle), np.sin(angle)]))


def _moved(image: NDArray[np.uint8], shift: NDArray[np.float64]) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    return cv2.warpAffine(
        image,
        np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]]),
        (width, height),
        flags=cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_REFLECT_101,
    )


def _paste(onto: NDArray[np.uint8], image: NDArray[np.uint8], box: Boxes, reach: float) -> None:
    """Put the part of an image within an ellipse in a box onto another one, with a soft edge.

    Args:
        onto, image: ``(H, W, 3)``, of the same size.
        box: ``(4,)``; what lies outside the images is left out.
        reach: the ellipse's sides over the box's, to the middle of the edge.
    """
    height, width = image.shape[:2]
    margin = max(0.0, reach + EDGE / 2 - 1) * box[2:] / 2
    low = np.maximum(np.floor(box[:2] - margin), 0).astype(int)
    high = np.minimum(np.ceil(box[:2] + box[2:] + margin), (width, height)).astype(int)
    if (high <= low).any():
        return
    here = np.s_[low[1] : high[1], low[0] : high[0]]
    pixels = [np.arange(start, stop) + 0.5 for start, stop in zip(low, high, strict=True)]
    x, y = ((p - c) / (side / 2) for p, c, side in zip(pixels, centres(box), box[2:], strict=True))
    radius = np.hypot(x[None, :], y[:, None])
    share = np.clip((reach - radius) / EDGE + 0.5, 0.0, 1.0)[:, :, None]
    onto[here] = np.round(image[here] * share + onto[here] * (1.0 - share))
