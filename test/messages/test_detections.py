# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes and stamps of messages, of both layouts of vision_msgs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rlt_ros.messages.detections import box_of, stamp_nanoseconds
from rlt_ros.tracking import InvalidBoxError


def detection(x: float, y: float, width: float, height: float, *, pose: bool = True) -> Any:
    """Return anything with a Detection2D's box; before Humble its centre is no pose."""
    place = SimpleNamespace(x=x, y=y)
    centre = SimpleNamespace(position=place, theta=0.0) if pose else place
    return SimpleNamespace(bbox=SimpleNamespace(center=centre, size_x=width, size_y=height))


@pytest.mark.parametrize("pose", [True, False])
def test_a_box_is_read_from_its_centre_and_size(pose: bool) -> None:
    assert box_of(detection(15.0, 22.5, 10.0, 5.0, pose=pose)) == (10.0, 20.0, 10.0, 5.0)
    assert box_of(detection(0.0, 0.0, 0.5, 0.25, pose=pose)) == (-0.25, -0.125, 0.5, 0.25)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 5e-324])
def test_a_number_that_was_none_or_a_whole_one_in_python_is_refused(
    place: int, number: float
) -> None:
    numbers = [1.0, 2.0, 3.0, 4.0]
    numbers[place] = number
    with pytest.raises(InvalidBoxError, match=r"centre \(.*\) and size .* must be finite"):
        box_of(detection(*numbers))


@pytest.mark.parametrize("width, height", [(0.0, 5.0), (5.0, 0.0), (-1.0, 5.0), (5.0, -1.0)])
def test_a_side_that_is_not_above_zero_is_refused(width: float, height: float) -> None:
    with pytest.raises(InvalidBoxError, match=f"size {width:g}x{height:g} must be above zero"):
        box_of(detection(1.0, 2.0, width, height))


def test_a_stamp_is_one_number() -> None:
    assert stamp_nanoseconds(SimpleNamespace(sec=3, nanosec=45)) == 3_000_000_045
    assert stamp_nanoseconds(SimpleNamespace(sec=-1, nanosec=999_999_999)) == -1
    assert stamp_nanoseconds(SimpleNamespace(sec=0, nanosec=0)) == 0
