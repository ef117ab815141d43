# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray

from rlt_ros.tracking.features import search_region
from rlt_ros.tracking.features.search_region import region_patch

FILL = 77
# Wider than tall, and odd: red is x, green is y, blue neither.
IMAGE = np.zeros((91, 201, 3), np.uint8)
IMAGE[:, :, 0] = np.arange(201)
IMAGE[:, :, 1] = np.arange(91)[:, None]
IMAGE[:, :, 2] = 200


@pytest.mark.parametrize("size", [24, 64])
@pytest.mark.parametrize(
    ("x", "y", "side"),
    [
        (60.0, 20.0, 48.0),
        (61.3, 21.6, 51.7),
        (150.2, 40.9, 38.0),
        (-10.5, 10.25, 60.0),
        (80.4, -20.6, 70.5),
        (160.7, 50.2, 64.0),
        (-30.0, -80.0, 260.0),
    ],
)
def test_a_region_is_shown_wherever_it_lies(x: float, y: float, side: float, size: int) -> None:
    """Each pixel of the patch shows the place in its middle, or the fill outside of the image."""
    patch = region_patch(IMAGE, np.array([x, y, side, side]), size, FILL).astype(float)
    assert patch.shape == (size, size, 3)
    # Pixels are counted from their centres.
    columns, rows = (low + (np.arange(size) + 0.5) * side / size - 0.5 for low in (x, y))
    reach = max(1.0, side / size)  # across the image's edge, a pixel shows some of both
    # Pixels beside the region are not read: its own outermost ones may show some of the fill.
    inside = np.ix_(
        (rows >= max(reach, np.floor(y))) & (rows <= min(90 - reach, np.ceil(y + side) - 1)),
        (columns >= max(reach, np.floor(x))) & (columns <= min(200 - reach, np.ceil(x + side) - 1)),
    )
    assert patch[inside].size > size**2 / 5
    expected = np.stack(np.broadcast_arrays(columns, rows[:, None], 200.0), axis=-1)
    np.testing.assert_allclose(patch[inside], expected[inside], atol=1.1)
    outside = (rows < -reach) | (rows > 90 + reach)
    assert (patch[outside] == FILL).all()
    assert (patch[:, (columns < -reach) | (columns > 200 + reach)] == FILL).all()


@pytest.mark.parametrize(
    ("x", "y", "side", "pixels"),
    [
        # To the right and down, to whole blocks of 8 x 8 pixels.
        (100.5, 200.5, 200.0, [(100, 308), (200, 408)]),
        # To the left and up, where there is nothing more on the other side.
        (400.5, 299.5, 200.0, [(393, 601), (293, 501)]),
        # Where the image has all there is.
        (-200.0, -200.0, 1000.0, [(0, 601), (0, 501)]),
        (100.0, 200.0, 208.0, [(100, 308), (200, 408)]),
    ],
)
def test_only_whole_blocks_of_the_region_are_shrunk(
    x: float, y: float, side: float, pixels: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    image = np.zeros((501, 601, 3), np.uint8)
    image[:, :, 0], image[:, :, 1] = np.arange(601) // 4, np.arange(501)[:, None] // 4
    seen: list[NDArray[np.uint8]] = []

    def halved(part: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
        seen.append(part)
        assert times == 3
        return part

    monkeypatch.setattr(search_region, "halved", halved)
    region_patch(image, np.array([x, y, side, side]), int(side / 8), FILL)
    (left, right), (top, bottom) = pixels
    np.testing.assert_array_equal(seen[0], image[top:bottom, left:right])


def test_memory_for_a_shrunk_region_does_not_grow_with_the_frame() -> None:
    image = np.zeros((3000, 4000, 3), np.uint8)
    tracemalloc.start()
    try:
        region_patch(image, np.array([1500.0, 1200.0, 600.0, 600.0]), 64, FILL)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < image.nbytes / 40
