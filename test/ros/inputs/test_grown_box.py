# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes grown from a click."""

from __future__ import annotations

import numpy as np
import pytest
from node_bench import box_on, picture

from rlt_ros.ros.inputs.grown_box import FALLBACK, WINDOW, grown_box
from rlt_ros.tracking import InvalidBoxError
from rlt_ros.tracking.boxes import iou


@pytest.mark.parametrize("index", [0, 20, 59])
@pytest.mark.parametrize("where", [(0.5, 0.5), (0.35, 0.6)])
def test_the_box_is_that_of_what_was_clicked_on(index: int, where: tuple[float, float]) -> None:
    x, y, w, h = box_on(index)
    grown = grown_box(picture(index), x + where[0] * w, y + where[1] * h)
    assert iou(np.array(grown), np.array(box_on(index))) > 0.7
    assert grown == grown_box(picture(index), x + where[0] * w, y + where[1] * h)


def test_what_lies_at_the_border_has_a_box_inside_the_image() -> None:
    rng = np.random.default_rng(1)
    image = rng.normal(90, 6, (120, 160, 3))
    image[80:, 130:] = rng.normal((200, 30, 40), 6, (40, 30, 3))
    x, y, w, h = grown_box(image.clip(0, 255).astype(np.uint8), 150, 105)
    assert x + w <= 160 and y + h <= 120
    assert iou(np.array((x, y, w, h)), np.array((130.0, 80.0, 30.0, 40.0))) > 0.7


def test_where_nothing_stands_out_the_box_is_a_square() -> None:
    side = FALLBACK * WINDOW * 120
    grown = grown_box(np.full((120, 160, 3), 90, np.uint8), 80, 60)
    assert grown == (80 - side / 2, 60 - side / 2, side, side)


@pytest.mark.parametrize("point", [(-1.0, 5.0), (160.0, 5.0), (5.0, 120.0), (np.nan, 5.0)])
def test_a_click_outside_the_image_is_refused(point: tuple[float, float]) -> None:
    with pytest.raises(InvalidBoxError, match="is outside the image of 160x120: click in"):
        grown_box(picture(0), *point)
