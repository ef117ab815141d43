# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes, results and images as messages."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D

from rlt_ros.messages.detections import box_of
from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.ros import image_conversion
from rlt_ros.ros.image_conversion import ImageConverter, to_image_message, to_rgb
from rlt_ros.ros.messages import to_detection
from rlt_ros.ros.tracking_worker import State
from rlt_ros.tracking import InvalidImageError, TrackResult, TrackState

RGB = np.random.default_rng(3).integers(0, 256, (4, 6, 3), dtype=np.uint8)
GRAY = np.arange(24, dtype=np.uint8).reshape(4, 6)


def test_a_box_is_its_centre_and_size() -> None:
    detection = Detection2D()
    detection.bbox.center.position.x = 15.0
    detection.bbox.center.position.y = 22.5
    detection.bbox.size_x = 10.0
    detection.bbox.size_y = 5.0
    assert box_of(detection) == (10.0, 20.0, 10.0, 5.0)
    result = TrackResult(np.array(box_of(detection)), 0.25, TrackState.TRACKING)
    again = to_detection(result, State.TRACKING, "id", "target", Header(frame_id="camera"))
    assert again.bbox == detection.bbox
    assert (again.id, again.header.frame_id) == ("id", "camera")
    assert [item.hypothesis.score for item in again.results] == [0.25]


def test_nothing_is_detected_while_lost() -> None:
    result = TrackResult(np.array([1.0, 2.0, 3.0, 4.0]), 0.1, TrackState.LOST)
    detection = to_detection(result, State.LOST, "id", "target", Header())
    assert list(detection.results) == []
    assert detection.bbox.size_x == 3.0


def _message(data: np.ndarray, encoding: str) -> Image:
    message = Image(encoding=encoding, height=data.shape[0], width=data.shape[1])
    message.step = data[0].nbytes
    message.data.frombytes(data.tobytes())
    return message


def test_images_become_rgb_without_a_copy_where_they_are() -> None:
    colour, used = to_rgb(_message(RGB, "rgb8"))
    np.testing.assert_array_equal(colour, RGB)
    assert used is None
    assert not colour.flags.owndata
    np.testing.assert_array_equal(to_rgb(_message(RGB[..., ::-1].copy(), "bgr8"))[0], RGB)


def test_a_node_keeps_the_range_of_its_target_and_says_when_it_fits_no_longer() -> None:
    said: list[str] = []
    convert = ImageConverter(None, said.append)
    ramp = np.tile(np.linspace(7000, 8000, 80), (60, 1)).astype(np.uint16)
    first, used = convert(_message(ramp, "mono16"), None)
    assert used is not None
    np.testing.assert_allclose(used, (7000, 8000), atol=5)
    assert (first[0, 0, 0], first[0, -1, 0]) == (0, 255)
    later, again = convert(_message(ramp + 500, "mono16"), used)
    assert again == used
    assert abs(int(later[0, 0, 0]) - 128) <= 2
    assert said == []
    for _ in range(2):
        convert(_message(ramp + 1500, "mono16"), used)
    assert len(said) == 1
    assert "lies outside the intensity range" in said[0]


def test_a_range_that_a_user_gave_goes_before() -> None:
    convert = ImageConverter(IntensityRange(0, 1000), print)
    image, used = convert(_message(np.full((2, 3), 500, np.uint16), "mono16"), None)
    assert used == IntensityRange(0, 1000)
    assert (image == 128).all()
    same, unused = convert(_message(RGB, "rgb8"), None)
    assert unused is None
    np.testing.assert_array_equal(same, RGB)


def test_what_the_library_cannot_convert_is_an_invalid_image(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        image_conversion, "_cv_bridge_conversions", lambda: {"bgr8": lambda *_: 1 / 0}
    )
    with pytest.raises(InvalidImageError, match="bgr8 could not be converted"):
        to_rgb(_message(RGB, "bgr8"))


def test_arrays_become_images_that_read_back_the_same() -> None:
    header = Header(frame_id="camera")
    colour = to_image_message(RGB[:, ::-1], "rgb8", header)
    assert (colour.width, colour.height, colour.step) == (6, 4, 18)
    np.testing.assert_array_equal(to_rgb(colour)[0], RGB[:, ::-1])
    gray = to_image_message(GRAY, "mono8", header)
    assert (gray.width, gray.height, gray.step, gray.header) == (6, 4, 6, header)
    assert isinstance(gray.step, int)
    assert bytes(gray.data) == GRAY.tobytes()
