# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images that come as messages, as RGB arrays."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from sensor_msgs.msg import Image

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


def test_what_the_library_cannot_convert_is_an_invalid_image(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        image_conversion, "_cv_bridge_conversions", lambda: {"bgr8": lambda *_: 1 / 0}
    )
    with pytest.raises(InvalidImageError, match="bgr8 could not be converted"):
        to_rgb(_message(RGB, "bgr8"))
