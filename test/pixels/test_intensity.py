# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What becomes black and white of pixels of more than 8 bits."""

from __future__ import annotations

import logging
import warnings

import numpy as np
import pytest

from rlt_ros.pixels.intensity import (
    DriftWatch,
    IntensityRange,
    IntensityScaling,
    has_drifted,
    measure_range,
    parse_intensity_range,
    to_8_bit,
    to_rgb8,
)
from rlt_ros.tracking import InvalidImageError


def ramp(low: float, high: float, dtype: str = "u2") -> np.ndarray:
    """Return 60 x 80 pixels that rise evenly from low to high along each row."""
    return np.tile(np.linspace(low, high, 80), (60, 1)).round().astype(dtype)


@pytest.mark.parametrize("dtype", ["u2", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("low, high", [(0, 4095), (7000, 8000), (100, 32000)])
def test_the_range_is_that_of_the_data(low: int, high: int, dtype: str) -> None:
    image, used = to_rgb8(ramp(low, high, dtype))
    assert used is not None
    np.testing.assert_allclose(used, (low, high), atol=0.005 * (high - low))
    expected = np.linspace(0, 255, 80)
    assert image.shape == (60, 80, 3)
    assert image.dtype == np.uint8
    assert np.abs(image[30, :, 0] - expected).max() <= 1.5
    assert (image[..., 0] == image[..., 2]).all()


def test_negative_intensities_have_a_range_like_others() -> None:
    image, used = to_rgb8(ramp(-300, 500, "i2"))
    np.testing.assert_allclose(used or (), (-300, 500), atol=4)
    assert (image[0, 0, 0], image[0, -1, 0]) == (0, 255)


@pytest.mark.parametrize("dtype, hot", [("u2", 65535.0), ("f4", 1e30)])
def test_dead_and_hot_pixels_have_no_say(dtype: str, hot: float) -> None:
    image = ramp(7000, 8000, dtype)
    rng = np.random.default_rng(1)
    image[rng.random(image.shape) < 0.01] = 0
    image[rng.random(image.shape) < 0.01] = hot
    image[20:22, 30:32] = hot  # four together
    image[:, 50] = 0  # a line
    np.testing.assert_allclose(measure_range(image), (7000, 8000), atol=20)


def test_a_small_target_far_hotter_than_the_rest_is_not_cut_off() -> None:
    image = np.random.default_rng(2).normal(7100, 20, (480, 640)).astype(np.uint16)
    image[200:220, 300:320] = 8000  # a thousandth of the image
    low, high = measure_range(image)
    assert 7000 < low < 7080
    assert high == 8000


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("share", [0.05, 0.9])
def test_what_is_not_finite_has_no_say(bad: float, share: float) -> None:
    image = ramp(20, 40, "f4")
    spoilt = np.random.default_rng(3).random(image.shape) < share
    image[spoilt] = bad
    scaled, used = to_rgb8(image)
    np.testing.assert_allclose(used or (), (20, 40), atol=1)
    assert (scaled[spoilt] == (255 if bad > 0 else 0)).all()
    expected = np.broadcast_to(np.linspace(0, 255, 80), image.shape)
    assert np.abs(scaled[..., 0] - expected)[~spoilt].max() <= 16


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_beside_what_is_not_finite_hot_pixels_have_no_say_either(bad: float, dtype: str) -> None:
    image = ramp(20, 40, dtype)
    image[5::10, 5:40:10] = 1000
    image[8::10, 5:40:10] = -1000
    image[:, 41::3] = image[:, 42::3] = bad  # two columns of three
    np.testing.assert_allclose(measure_range(image), (20, 40), atol=1)


def test_a_pixel_with_one_channel_that_is_not_finite_has_no_say() -> None:
    image = np.dstack([ramp(20, 40, "f4")] * 3)
    image[20:30, 20:30] = (1e5, np.nan, -1e5)
    np.testing.assert_allclose(measure_range(image), (20, 40), atol=1)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_odd_numbers_cause_no_warning(dtype: str) -> None:
    image = np.array([[-np.inf, -3e38, 0.0, 0.005, 3e38, np.inf, np.nan]], dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        levels = to_8_bit(image, IntensityRange(0, 0.01))
    assert levels.tolist() == [[0, 0, 0, 128, 255, 255, 0]]


def test_counts_of_32_bits_keep_all_their_digits() -> None:
    counts = np.array([[0, 1, 128, 254, 255]])
    image = (2**30 + counts).astype(np.int32)
    levels = to_8_bit(image, IntensityRange(2**30, 2**30 + 255))
    np.testing.assert_array_equal(levels, counts)


def test_an_image_without_a_finite_pixel_is_refused() -> None:
    with pytest.raises(InvalidImageError, match="no pixel of the image is a finite number"):
        to_rgb8(np.full((4, 4), np.nan, np.float32))


@pytest.mark.parametrize("dtype", ["u2", "i2", "f4", "f8"])
@pytest.mark.parametrize("level", [0, 7000])
def test_a_flat_image_stays_flat(dtype: str, level: int) -> None:
    image, used = to_rgb8(np.full((20, 30), level, dtype))
    assert used is not None
    assert used.low < level < used.high
    assert (image == image[0, 0]).all()
    assert 126 <= image[0, 0, 0] <= 129


@pytest.mark.parametrize(
    "pixel, expected",
    [
        (np.uint16(7000), (6872.5, 7127.5)),  # 255 counts
        (np.int32(-7000), (-7127.5, -6872.5)),
        (np.float32(7000), (6996.5, 7003.5)),  # a thousandth
        (np.float64(-7000), (-7003.5, -6996.5)),
        (np.float32(0), (-0.5, 0.5)),
    ],
)
def test_the_least_width_of_a_range(pixel: np.generic, expected: tuple[float, float]) -> None:
    assert measure_range(np.full((6, 8), pixel)) == pytest.approx(expected)


def test_a_range_from_zero_on_is_not_widened() -> None:
    image = np.tile(np.linspace(0, 0.5, 80, dtype=np.float32), (60, 1))
    assert measure_range(image) == pytest.approx((0, 0.5), abs=0.001)


def test_numbers_beyond_single_precision_are_cut() -> None:
    image = ramp(20, 40, "f8")
    image[:, 40:] = 1e300
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert measure_range(image) == pytest.approx((20, 1e37), rel=0.01)


@pytest.mark.parametrize("side, counts", [(4, False), (6, True)])
def test_a_twentieth_of_a_percent_may_lie_outside_a_range(side: int, counts: bool) -> None:
    image = np.tile(np.linspace(7000, 7400, 200), (200, 1)).astype(np.uint16)
    image[50 : 50 + side, 50 : 50 + side] = 8000
    assert measure_range(image).high == pytest.approx(8000 if counts else 7400, abs=5)


def test_noise_is_not_blown_up() -> None:
    noise = np.random.default_rng(4).normal(0, 3, (60, 80))
    image, _ = to_rgb8((7000 + noise).astype(np.uint16))
    assert image.std() < 3.2  # a count is one grey level at most
    image, _ = to_rgb8((7000 + 0.1 * noise).astype(np.float32))
    assert image.std() < 12


def test_8_bit_images_stay_as_they_are() -> None:
    image = np.random.default_rng(5).integers(40, 90, (6, 8, 3), np.uint8)
    for intensity in (None, IntensityRange(50, 60)):
        same, used = to_rgb8(image, intensity)
        assert same is image
        assert used is None
    grey, used = to_rgb8(image[..., 0].copy())
    np.testing.assert_array_equal(grey, np.dstack([image[..., 0]] * 3))
    assert used is None


def test_a_given_range_counts() -> None:
    pixels = np.array([[0, 1000, 1500, 2000, 65535]], np.uint16)
    given = IntensityRange(1000, 2000)
    image, used = to_rgb8(pixels, given)
    assert image[0, :, 0].tolist() == [0, 0, 128, 255, 255]
    assert used == given
    levels = to_8_bit(np.array([[-np.inf, 1000, 1250, np.inf, np.nan]], np.float32), given)
    assert levels.tolist() == [[0, 0, 64, 255, 0]]


def test_colours_have_one_range() -> None:
    colours = np.dstack([ramp(1000, 2000), ramp(2000, 3000), ramp(3000, 4000)])
    image, used = to_rgb8(colours)
    np.testing.assert_allclose(used or (), (1000, 4000), atol=15)
    np.testing.assert_allclose(image[30, 40], (43, 128, 213), atol=2)


def test_a_range_is_kept_and_leaving_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    scaling = IntensityScaling()
    np.testing.assert_array_equal(scaling(np.full((2, 3), 9, np.uint8)), 9)
    scaling(ramp(7000, 8000))
    first = scaling.intensity
    assert first is not None
    with caplog.at_level(logging.WARNING):
        again = scaling(ramp(7200, 8200))
        assert caplog.messages == []
        np.testing.assert_array_equal(again[..., 0], to_8_bit(ramp(7200, 8200), first))
        for _ in range(3):
            assert (scaling(ramp(9000, 9500)) == 255).all()
    assert scaling.intensity == first
    assert len(caplog.messages) == 1
    assert "more than half of the image lies outside the intensity range" in caplog.messages[0]


def test_infinite_pixels_are_no_drift() -> None:
    image = ramp(20, 40, "f4")
    image[:, :60] = np.inf
    assert not has_drifted(image, IntensityRange(20, 41))
    assert has_drifted(image, IntensityRange(41, 42))


def test_the_ends_of_a_range_lie_in_it() -> None:
    saturated = np.full((8, 8), 40, np.uint16)
    assert not has_drifted(saturated, IntensityRange(20, 40))
    assert not has_drifted(saturated, IntensityRange(40, 60))
    assert has_drifted(saturated, IntensityRange(20, 39))
    assert has_drifted(saturated, IntensityRange(41, 60))


def test_each_range_is_watched_anew() -> None:
    said: list[str] = []
    watch = DriftWatch(said.append)
    for intensity in (IntensityRange(0, 1), IntensityRange(0, 1), IntensityRange(0, 2), None):
        watch.look(ramp(7000, 8000), intensity)
    assert len(said) == 2


@pytest.mark.parametrize(
    "text, expected",
    {
        "auto": None,
        " auto ": None,
        "7000,8000": (7000, 8000),
        " -20.5, 40": (-20.5, 40),
        "0,1e4": (0, 10000),
        "1234567.25,1234568": (1234567.25, 1234568),
    }.items(),
)
def test_ranges_are_read(text: str, expected: tuple[float, float] | None) -> None:
    found = parse_intensity_range(text)
    assert found == expected
    if found is not None:
        assert parse_intensity_range(str(found)) == found


@pytest.mark.parametrize(
    "text", ["", "7000", "8000,7000", "5,5", "0,nan", "0,inf", "-inf,0", "a,b", "1,2,3"]
)
def test_what_is_no_range_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="give auto, or LOW,HIGH"):
        parse_intensity_range(text)
