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
from rlt_ros.messages.images import BYTES_PER_PIXEL
from rlt_ros.ros import image_conversion
from rlt_ros.ros.image_conversion import to_image_message, to_rgb
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


def _message(data: np.ndarray, encoding: str, pad: int = 0) -> Image:
    """Return rows of bytes as an image with `pad` more bytes at the end of each row."""
    rows = np.ascontiguousarray(data).reshape(data.shape[0], -1).view(np.uint8)
    rows = np.pad(rows, ((0, 0), (0, pad)), constant_values=99)
    width = (rows.shape[1] - pad) // BYTES_PER_PIXEL[encoding]
    message = Image(encoding=encoding, height=len(rows), width=width, step=rows.shape[1])
    message.data.frombytes(rows.tobytes())
    return message


def _with_alpha(image: np.ndarray) -> np.ndarray:
    return np.dstack([image, np.full(image.shape[:2], 7, np.uint8)])


@pytest.mark.parametrize("pad", [0, 5])
@pytest.mark.parametrize(
    "encoding, data",
    {
        "rgb8": RGB,
        "bgr8": RGB[..., ::-1],
        "rgba8": _with_alpha(RGB),
        "bgra8": _with_alpha(RGB[..., ::-1]),
    }.items(),
)
def test_colours_arrive_as_rgb(encoding: str, data: np.ndarray, pad: int) -> None:
    converted = to_rgb(_message(data, encoding, pad))
    assert converted.dtype == np.uint8
    np.testing.assert_array_equal(converted, RGB)


@pytest.mark.parametrize("pad", [0, 6])
@pytest.mark.parametrize("big_endian", [False, True])
def test_gray_arrives_as_rgb_of_equal_parts(pad: int, big_endian: bool) -> None:
    expected = np.dstack([GRAY] * 3)
    np.testing.assert_array_equal(to_rgb(_message(GRAY, "mono8", pad)), expected)
    deep = (GRAY.astype(np.uint16) * 257).astype(">u2" if big_endian else "<u2")
    message = _message(deep, "mono16", pad)
    message.is_bigendian = int(big_endian)
    assert np.abs(to_rgb(message).astype(int) - expected).max() <= 1


@pytest.mark.parametrize(
    "encoding, red", {"bayer_rggb8": (0, 0), "bayer_bggr8": (1, 1), "bayer_grbg8": (0, 1)}.items()
)
def test_a_red_bayer_mosaic_is_red(encoding: str, red: tuple[int, int]) -> None:
    mosaic = np.zeros((8, 8), np.uint8)
    mosaic[red[0] :: 2, red[1] :: 2] = 200
    middle = to_rgb(_message(mosaic, encoding))[3:5, 3:5]
    assert middle[..., 0].min() > 90
    assert middle[..., 1:].max() == 0


@pytest.mark.parametrize("encoding", BYTES_PER_PIXEL)
def test_every_encoding_on_the_list_is_converted(encoding: str) -> None:
    data = np.full((4, 4 * BYTES_PER_PIXEL[encoding]), 128, np.uint8)
    image = to_rgb(_message(data, encoding))
    assert image.shape == (4, 4, 3)
    assert image.dtype == np.uint8
    assert np.abs(image.astype(int) - 128).max() <= 2


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"encoding": "rgb99"}, "use one of rgb8, bgr8"),
        ({"encoding": ""}, "use one of rgb8, bgr8"),
        ({"encoding": "rgba8"}, "step is 18 bytes but 6 pixels of rgba8 take 24"),
        ({"height": 0}, "empty"),
        ({"width": 0}, "empty"),
        ({"height": 5}, "72 bytes, not step x height = 18 x 5 = 90"),
        ({"height": 3}, "72 bytes, not step x height = 18 x 3 = 54"),
    ],
)
def test_a_malformed_image_is_refused_with_its_reason(changes: dict, said: str) -> None:
    message = _message(RGB, "rgb8")
    for name, value in changes.items():
        setattr(message, name, value)
    with pytest.raises(InvalidImageError, match=said):
        to_rgb(message)


def test_what_the_library_cannot_convert_is_an_invalid_image(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(image_conversion, "_convert", lambda *_: 1 / 0)
    with pytest.raises(InvalidImageError, match="bgr8 could not be converted"):
        to_rgb(_message(RGB, "bgr8"))


def test_arrays_become_images_that_read_back_the_same() -> None:
    header = Header(frame_id="camera")
    colour = to_image_message(RGB[:, ::-1], "rgb8", header)
    assert (colour.width, colour.height, colour.step) == (6, 4, 18)
    np.testing.assert_array_equal(to_rgb(colour), RGB[:, ::-1])
    gray = to_image_message(GRAY, "mono8", header)
    assert (gray.width, gray.height, gray.step, gray.header) == (6, 4, 6, header)
    assert bytes(gray.data) == GRAY.tobytes()
