# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images that come as messages, as RGB arrays."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from sensor_msgs.msg import CompressedImage, Image

from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.ros.inputs import image_conversion
from rlt_ros.ros.inputs.image_conversion import ImageConverter, to_rgb
from rlt_ros.tracking import InvalidImageError

RGB = np.random.default_rng(3).integers(0, 256, (4, 6, 3), dtype=np.uint8)


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


def _compressed(array: np.ndarray, suffix: str, kind: str) -> CompressedImage:
    stored = array[..., ::-1] if array.ndim == 3 else array
    message = CompressedImage(format=kind)
    message.data.frombytes(cv2.imencode(suffix, stored)[1].tobytes())
    return message


def test_compressed_images_are_decoded_as_they_are() -> None:
    convert = ImageConverter(None, print)
    image, used = convert(_compressed(RGB, ".png", "rgb8; png compressed bgr8"), None)
    np.testing.assert_array_equal(image, RGB)
    assert used is None
    smooth = np.full((32, 48, 3), (200, 40, 90), np.uint8)
    image, used = convert(_compressed(smooth, ".jpg", "jpeg"), None)
    assert (image.shape, used) == (smooth.shape, None)
    assert np.abs(image.astype(int) - smooth).max() <= 3  # JPEG's own loss
    grey, _ = convert(_compressed(RGB[..., 0], ".png", "mono8; png compressed"), None)
    np.testing.assert_array_equal(grey, np.dstack([RGB[..., 0]] * 3))


def test_a_png_of_16_bits_keeps_its_range() -> None:
    convert = ImageConverter(None, print)
    ramp = np.tile(np.linspace(7000, 8000, 80), (60, 1)).astype(np.uint16)
    image, used = convert(_compressed(ramp, ".png", "mono16; png compressed"), None)
    raw, same = convert(_message(ramp, "mono16"), None)
    np.testing.assert_array_equal(image, raw)
    assert used == same


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        (
            "16UC1; compressedDepth png",
            b"anything",
            "compressedDepth images cannot be tracked",
        ),
        ("jpeg", b"\xff\xd8\xff no picture", "14 bytes of format 'jpeg' cannot be decoded"),
        ("png", b"", "0 bytes of format 'png' cannot be decoded"),
    ],
)
def test_what_is_no_picture_is_refused(kind: str, data: bytes, said: str) -> None:
    message = CompressedImage(format=kind)
    message.data.frombytes(data)
    with pytest.raises(InvalidImageError, match=said):
        ImageConverter(None, print)(message, None)


def test_what_the_library_cannot_convert_is_an_invalid_image(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        image_conversion, "_cv_bridge_conversions", lambda: {"bgr8": lambda *_: 1 / 0}
    )
    with pytest.raises(InvalidImageError, match="bgr8 could not be converted"):
        to_rgb(_message(RGB, "bgr8"))
