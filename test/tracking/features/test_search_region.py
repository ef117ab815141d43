# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

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
