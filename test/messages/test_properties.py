# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever numbers a box or a stamp holds: it comes back, or is refused in words.

See ``random_cases`` for runs with more cases.
"""

from __future__ import annotations

import math
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_cases import random_cases

pytest.importorskip("rosbags", reason="bags are read and written with the package rosbags")

from rlt_ros.bags.detections import annotated_box, detection_cdr
from rlt_ros.bags.stamps import stamp_of, with_stamp
from rlt_ros.bags.vision_msgs import DETECTION, detection_types
from rlt_ros.messages.detections import box_of, stamp_nanoseconds
from rlt_ros.ros.worker.init_requests import seconds
from rlt_ros.tracking import InvalidBoxError

TYPES = detection_types()
COORDINATES = st.floats(-1e6, 1e6)
SIDES = st.floats(1e-3, 1e6)
SECONDS = st.integers(-(2**31), 2**31 - 1)
NANOSECONDS = st.integers(0, 2**32 - 1)


def detection(x: float, y: float, width: float, height: float, is_new: bool) -> Any:
    """Return a Detection2D with that centre and size, as of today or before Humble."""
    centre = SimpleNamespace(x=x, y=y)
    if is_new:
        centre = SimpleNamespace(position=centre, theta=0.0)
    bbox = SimpleNamespace(center=centre, size_x=width, size_y=height)
    return SimpleNamespace(bbox=bbox, results=[])


@random_cases(75)
@given(st.floats(), st.floats(), st.floats(), st.floats(), st.booleans())
def test_properties_of_any_detection(
    x: float, y: float, width: float, height: float, is_new: bool
) -> None:
    try:
        box = box_of(detection(x, y, width, height, is_new))
    except InvalidBoxError as error:
        assert str(error).isprintable()
        tiny = any(0 < abs(number) < sys.float_info.min for number in (x, y, width, height))
        finite = math.isfinite(x + y + width + height)
        assert tiny or not (finite and width > 0 and height > 0)
    else:
        assert all(map(math.isfinite, box))
        assert box == (x - width / 2, y - height / 2, width, height)


@random_cases(50)
@given(COORDINATES, COORDINATES, SIDES, SIDES, SECONDS, st.integers(0, 10**9 - 1))
def test_properties_of_any_annotation(
    x: float, y: float, width: float, height: float, sec: int, nanosec: int
) -> None:
    stamp_ns = sec * 10**9 + nanosec
    data = detection_cdr((x, y, width, height), stamp_ns, "camera", TYPES)
    message: Any = TYPES.deserialize_cdr(data, DETECTION)
    assert annotated_box(message) == (x, y, width, height)
    assert box_of(message) == pytest.approx((x, y, width, height), rel=1e-9, abs=1e-6)
    assert stamp_nanoseconds(message.header.stamp) == stamp_of(bytes(data)) == stamp_ns


@random_cases(50)
@given(SECONDS, NANOSECONDS, SECONDS, st.integers(0, 10**9 - 1), st.integers(0, 40))
def test_properties_of_any_stamp(
    sec: int, nanosec: int, other_sec: int, other_nanosec: int, cut: int
) -> None:
    stamp_ns = stamp_nanoseconds(SimpleNamespace(sec=sec, nanosec=nanosec))
    assert stamp_ns == sec * 10**9 + nanosec
    assert round(float(seconds(stamp_ns)), 6) == pytest.approx(stamp_ns / 1e9, abs=1e-5)
    other_ns = other_sec * 10**9 + other_nanosec
    data = bytes(detection_cdr((1, 2, 3, 4), stamp_ns % 10**18, "camera", TYPES))
    assert stamp_of(with_stamp(data, other_ns)) == other_ns
    assert with_stamp(data, other_ns)[12:] == data[12:]
    assert stamp_of(data[:cut]) in ((0,) if cut < 12 else (stamp_ns % 10**18,))
