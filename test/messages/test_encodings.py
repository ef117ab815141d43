# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every encoding of image messages: its pixels by hand, on each route that is installed."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rlt_ros.messages.encodings import ENCODINGS
from rlt_ros.messages.images import raw_pixels, raw_to_rgb
from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.tracking import InvalidImageError

ROOT = Path(__file__).resolve().parents[2]
FULL = IntensityRange(0, 65535)

# Two rows of four pixels. Saturated colours, so that each channel and each place shows.
RED, GREEN, BLUE, WHITE, BLACK = (
    (255, 0, 0),
    (0, 255, 0),
    (0, 0, 255),
    (255, 255, 255),
    (0, 0, 0),
)
COLOURS = np.array([[RED, GREEN, BLUE, WHITE], [BLACK, RED, RED, GREEN]], np.uint8)
GREY = np.array([[0, 50, 100, 150], [200, 255, 7, 1]], np.uint8)
GREYS = np.dstack([GREY] * 3)
ALPHA = np.array([[0, 255, 9, 9], [9, 9, 9, 9]], np.uint8)

# BT.601 with 16..235, by its definition: R = 1.164 (Y - 16) + 1.596 (V - 128) and so on, rounded.
# Y, U, V of one pixel and its colour.
YUV = {
    "black": ((16, 128, 128), (0, 0, 0)),
    "white": ((235, 128, 128), (255, 255, 255)),
    "grey": ((126, 128, 128), (128, 128, 128)),
    "red": ((81, 90, 240), (254, 0, 0)),
    "green": ((145, 54, 34), (0, 255, 1)),
    "blue": ((41, 240, 110), (0, 0, 255)),
    "more than black": ((0, 128, 128), (0, 0, 0)),
}
# Pairs of pixels with colours in common, the second one brighter.
PAIRS = [("black", "white"), ("red", "red"), ("green", "green"), ("blue", "blue")]


def message(
    pixels: np.ndarray | bytes, encoding: str, width: int, height: int, **changes: Any
) -> Any:
    """Return anything with the fields of a sensor_msgs/Image; step without padding."""
    given = pixels if isinstance(pixels, bytes) else np.ascontiguousarray(pixels).tobytes()
    fields: dict[str, Any] = {
        "height": height,
        "width": width,
        "step": ENCODINGS[encoding].row_bytes(width) if encoding in ENCODINGS else 3 * width,
        "encoding": encoding,
        "is_bigendian": 0,
        "data": given,
    }
    return SimpleNamespace(**{**fields, **changes})


def by_cv_bridge(image: Any, intensity: IntensityRange | None = None) -> np.ndarray:
    from rlt_ros.ros.inputs.image_conversion import to_rgb

    return to_rgb(image, intensity)[0]


def by_the_table(image: Any, intensity: IntensityRange | None = None) -> np.ndarray:
    return raw_to_rgb(image, intensity)[0]


def usable_cv_bridge() -> bool:
    if find_spec("rclpy") is None or find_spec("cv_bridge") is None:
        return False
    from rlt_ros.ros.inputs.cv_bridge_check import check_cv_bridge

    return bool(check_cv_bridge().encodings)


ROUTES = [by_the_table, *([by_cv_bridge] if usable_cv_bridge() else [])]
Route = Callable[..., np.ndarray]


def mosaic(pattern: str, dtype: str) -> np.ndarray:
    """Return 8 x 8 pixels of an even colour seen through a Bayer pattern."""
    levels = {"r": 200, "g": 100, "b": 50}
    tile = np.array([levels[letter] for letter in pattern], dtype).reshape(2, 2)
    return np.tile(tile * (257 if dtype == "u2" else 1), (4, 4))


def cases() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return for each encoding what is sent (its bytes) and the colours that should come out.

    16 bits and more are sent as 257 times what should come out, and read by the range 0..65535.
    """
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    swapped = COLOURS[..., ::-1]
    for bits, dtype, factor in ((8, "u1", 1), (16, "u2", 257)):
        alpha, colours, turned = (
            one.astype(dtype) * np.array(factor, dtype) for one in (ALPHA, COLOURS, swapped)
        )
        found[f"rgb{bits}"] = colours, COLOURS
        found[f"bgr{bits}"] = turned, COLOURS
        found[f"rgba{bits}"] = np.dstack([colours, alpha]), COLOURS
        found[f"bgra{bits}"] = np.dstack([turned, alpha]), COLOURS
        found[f"mono{bits}"] = GREY.astype(dtype) * np.array(factor, dtype), GREYS
        for pattern in ("rggb", "bggr", "gbrg", "grbg"):
            even = np.tile(np.array((200, 100, 50), np.uint8), (8, 8, 1))
            found[f"bayer_{pattern}{bits}"] = mosaic(pattern, dtype), even
    for depth, dtype in {"8U": "u1", "16U": "u2", "32S": "i4", "32F": "f4", "64F": "f8"}.items():
        factor = 1 if depth == "8U" else 257
        found[f"{depth}C1"] = (GREY.astype(dtype) * factor).astype(dtype), GREYS
        found[f"{depth}C3"] = (swapped.astype(dtype) * factor).astype(dtype), COLOURS
        four = np.dstack([swapped, ALPHA]).astype(dtype)
        found[f"{depth}C4"] = (four * factor).astype(dtype), COLOURS
    for channels, (data, expected) in {
        1: (GREY, GREYS),
        3: (swapped, COLOURS),
        4: (np.dstack([swapped, ALPHA]), COLOURS),
    }.items():
        # Half of it, to fit beside the sign: read by the range 0..32767.
        found[f"16SC{channels}"] = (data.astype("i2") * 128).astype("i2"), expected
    found |= yuv_cases()
    return found


def yuv_cases() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    found = {}
    pixels = [(YUV[one][0], YUV[other][0]) for one, other in PAIRS]
    expected = np.array([[YUV[name][1] for pair in PAIRS for name in pair]] * 2, np.uint8)
    uyvy = [value for (y0, u, v), (y1, _, _) in pixels for value in (u, y0, v, y1)]
    yuyv = [value for (y0, u, v), (y1, _, _) in pixels for value in (y0, u, y1, v)]
    for names, row in ((("yuv422", "uyvy"), uyvy), (("yuv422_yuy2", "yuyv"), yuyv)):
        for name in names:
            found[name] = np.array([row, row], np.uint8), expected
    luma = [y for (y0, _, _), (y1, _, _) in pixels for y in (y0, y1)]
    uv = [value for (_, u, v), _ in pixels for value in (u, v)]
    vu = [value for (_, u, v), _ in pixels for value in (v, u)]
    found["nv12"] = np.array([*luma, *luma, *uv], np.uint8), expected
    found["nv21"] = np.array([*luma, *luma, *vu], np.uint8), expected
    every = np.array([YUV[name][0] for name in YUV], np.uint8)
    rows = [*every[:, 0]] * 2 + [*every[:, 1:].reshape(-1)] * 2
    found["nv24"] = np.array(rows, np.uint8), np.array([[c for _, c in YUV.values()]] * 2, np.uint8)
    return found


CASES = cases()


def range_of(name: str) -> IntensityRange:
    return IntensityRange(0, 255 * 128) if name.startswith("16S") else FULL


def test_there_is_a_case_for_every_encoding() -> None:
    assert CASES.keys() == ENCODINGS.keys()


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("pad", [0, 7])
def test_pixels_are_as_by_hand(name: str, pad: int, route: Route) -> None:
    data, expected = CASES[name]
    height, width = expected.shape[:2]
    row = ENCODINGS[name].row_bytes(width)
    rows = data.reshape(-1).view(np.uint8).reshape(-1, row)
    if name == "nv24":  # its rows of chroma are twice as long, and so is their step
        luma, chroma = rows[:height], rows[height:].reshape(height, 2 * row)
        padded = [np.pad(luma, ((0, 0), (0, pad))), np.pad(chroma, ((0, 0), (0, 2 * pad)))]
        buffer = b"".join(one.tobytes() for one in padded)
    else:
        buffer = np.pad(rows, ((0, 0), (0, pad)), constant_values=99).tobytes()
    image = route(message(buffer, name, width, height, step=row + pad), range_of(name))
    assert image.dtype == np.uint8
    tolerance = 1 if ENCODINGS[name].becomes.endswith("BT.601") else 0
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected).max() <= tolerance


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("name", ENCODINGS)
def test_big_endian_is_read_as_such(name: str, route: Route) -> None:
    data, expected = CASES[name]
    height, width = expected.shape[:2]
    big = message(data.astype(data.dtype.newbyteorder(">")), name, width, height, is_bigendian=1)
    image = route(big, range_of(name))
    assert np.abs(image.astype(int) - expected).max() <= 1


@pytest.mark.skipif(not usable_cv_bridge(), reason="no cv_bridge that fits the installed numpy")
def test_both_routes_give_the_same_pixels() -> None:
    rng = np.random.default_rng(0)
    for name, encoding in ENCODINGS.items():
        data = rng.integers(0, 256, encoding.size(40, encoding.row_bytes(64)), np.uint8)
        image = message(data, name, 64, 40)
        np.testing.assert_array_equal(by_cv_bridge(image), by_the_table(image), name)


def test_alpha_mosaics_and_yuv_do_not_come_back_exactly() -> None:
    lossy = ("rgba", "bgra", "bayer_", "yuv", "uyvy", "yuyv", "nv")
    expected = {name for name in ENCODINGS if name.startswith(lossy) or name.endswith("C4")}
    assert {name for name in ENCODINGS if not ENCODINGS[name].exact} == expected


@pytest.mark.parametrize("name", [name for name in ENCODINGS if ENCODINGS[name].exact])
def test_pixels_of_exact_encodings_are_all_there(name: str) -> None:
    data, _ = CASES[name]
    pixels = raw_pixels(message(data, name, 4, 2))
    assert pixels.dtype == data.dtype
    back = pixels if pixels.ndim == 2 or name.startswith("rgb") else pixels[..., ::-1]
    np.testing.assert_array_equal(back, data)


@pytest.mark.parametrize(
    "name, data, range_",
    [
        ("mono16", np.linspace(0, 4095, 64), (0, 4095)),
        ("16UC1", np.linspace(7000, 8000, 64), (7000, 8000)),
        ("32FC1", np.linspace(0.25, 0.75, 64), (0.25, 0.75)),
        ("bayer_rggb16", np.linspace(100, 1023, 64), (100, 1023)),
    ],
)
def test_the_range_comes_from_the_data_and_is_told(
    name: str, data: np.ndarray, range_: tuple[float, float]
) -> None:
    pixels = np.tile(data.astype(ENCODINGS[name].dtype), (32, 1))
    image, used = raw_to_rgb(message(pixels, name, 64, 32))
    assert used is not None
    np.testing.assert_allclose(used, range_, atol=0.05 * (range_[1] - range_[0]))
    assert image.min() <= 2
    assert image.max() >= 253
    darker = message((pixels * 0.9).astype(pixels.dtype), name, 64, 32)
    kept, again = raw_to_rgb(darker, used)
    assert again == used
    assert kept.mean() < image.mean() - 10


def test_unpadded_rgb8_is_not_copied() -> None:
    data = np.zeros(24, np.uint8)
    image = raw_to_rgb(message(b"", "rgb8", 4, 2, data=data))[0]
    assert np.shares_memory(image, data)


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_step_of_0_means_no_padding(name: str) -> None:
    data, expected = CASES[name]
    height, width = expected.shape[:2]
    image = raw_to_rgb(message(data, name, width, height, step=0), range_of(name))[0]
    assert np.abs(image.astype(int) - expected).max() <= 1


def test_a_step_of_0_is_told_by_the_size() -> None:
    padded = np.pad(GREY, ((0, 0), (0, 3)), constant_values=99)
    image = raw_to_rgb(message(padded, "mono8", 4, 2, step=0))[0]
    np.testing.assert_array_equal(image, GREYS)
    for size in (16, 24):  # twice and three times what is needed
        with pytest.raises(InvalidImageError, match=f"{size} bytes, not step x height = 4 x 2 = 8"):
            raw_to_rgb(message(bytes(size), "mono8", 4, 2, step=0))
    data, expected = CASES["nv12"]
    padded = np.pad(data.reshape(3, 8), ((0, 0), (0, 2)), constant_values=99)
    image = raw_to_rgb(message(padded, "nv12", 8, 2, step=0))[0]
    assert np.abs(image.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("extra", [1, 3, 10])
def test_behind_the_last_row_what_can_be_no_longer_rows_is_padding(extra: int) -> None:
    data = GREY.tobytes() + bytes(extra)
    np.testing.assert_array_equal(raw_to_rgb(message(data, "mono8", 4, 2))[0], GREYS)


@pytest.mark.parametrize("name", ["nv12", "nv24"])
def test_there_is_padding_behind_chroma_too(name: str) -> None:
    data, expected = CASES[name]
    height, width = expected.shape[:2]
    image = raw_to_rgb(message(data.tobytes() + bytes(3), name, width, height))[0]
    assert np.abs(image.astype(int) - expected).max() <= 1


def test_other_converters_are_given_rows_without_padding() -> None:
    given: list[tuple[np.ndarray, str]] = []

    def convert(pixels: np.ndarray, name: str) -> np.ndarray:
        given.append((pixels, name))
        return pixels[..., ::-1]

    padded = np.pad(COLOURS.reshape(2, 12), ((0, 0), (0, 5)))
    bgr = message(padded, "bgr8", 4, 2, step=17)
    np.testing.assert_array_equal(raw_pixels(bgr, {"bgr8": convert}), COLOURS[..., ::-1])
    ((pixels, name),) = given
    np.testing.assert_array_equal(pixels, COLOURS)
    assert name == "bgr8"
    raw_pixels(message(COLOURS, "rgb8", 4, 2), {"bgr8": convert})
    assert len(given) == 1


def test_a_buffer_rounded_up_to_a_page_is_padded() -> None:
    rows = np.random.default_rng(0).integers(0, 256, (100, 102, 3), np.uint8)
    padded = rows.tobytes() + bytes(-rows.nbytes % 4096)
    np.testing.assert_array_equal(raw_to_rgb(message(padded, "rgb8", 102, 100))[0], rows)


def test_a_buffer_that_may_hold_longer_rows_is_refused() -> None:
    padded = np.pad(GREY, ((0, 0), (0, 3)), constant_values=99)
    with pytest.raises(InvalidImageError, match="14 bytes, not step x height = 4 x 2 = 8"):
        raw_to_rgb(message(padded, "mono8", 4, 2))


def test_the_size_tells_what_step_means_with_a_plane_of_chroma() -> None:
    data, expected = CASES["nv12"]
    height, width = expected.shape[:2]
    for step in (0, width, width * 3 // 2, width * 2):
        image = raw_to_rgb(message(data, "nv12", width, height, step=step))[0]
        assert np.abs(image.astype(int) - expected).max() <= 1


@pytest.mark.parametrize(
    "name, changes, said",
    [
        ("rgb8", {"encoding": "rgb99"}, "'rgb99' is not known .*use one of rgb8, bgr8"),
        ("rgb8", {"encoding": ""}, "'' is not known; use one of rgb8, bgr8"),
        ("rgb8", {"encoding": "RGB8"}, r"'RGB8' is not known \(did you mean rgb8\?\)"),
        ("rgb8", {"encoding": "16uc1"}, r"did you mean 16UC1\?"),
        ("rgb8", {"encoding": "16UC2"}, "is not known"),
        ("rgb8", {"encoding": "rgba8"}, "step is 12 bytes but 4 pixels of rgba8 take 16"),
        ("rgb8", {"height": 0}, r"the image is empty \(4x0\)"),
        ("rgb8", {"width": 0}, r"the image is empty \(0x2\)"),
        ("rgb8", {"height": 3}, "24 bytes, not step x height = 12 x 3 = 36"),
        ("rgb8", {"height": 1}, "24 bytes, not step x height = 12 x 1 = 12"),
        ("rgb8", {"step": 11}, "step is 11 bytes but 4 pixels of rgb8 take 12"),
        ("rgb8", {"width": 2**32 - 1, "height": 2**32 - 1}, "pixels of rgb8 take 12884901885"),
        ("rgb8", {"height": 2**32 - 1}, "24 bytes, not step x height"),
        ("rgb8", {"data": b""}, "0 bytes, not step x height"),
        ("uyvy", {"width": 3, "step": 6}, "its width must be even, not 3x2"),
        ("yuv422_yuy2", {"width": 1, "step": 2}, "its width must be even"),
        ("nv12", {"width": 3, "step": 3}, "width and height must be even, not 3x2"),
        ("nv21", {"height": 1}, "width and height must be even, not 8x1"),
        ("nv12", {"data": bytes(23)}, "23 bytes, not step x height = 8 x 2 and its chroma = 24"),
        ("nv12", {"data": bytes(33)}, "33 bytes, not step x height = 8 x 2 and its chroma = 24"),
        ("nv24", {"data": bytes(41)}, "41 bytes, not step x height = 7 x 2 and its chroma = 42"),
        ("bayer_rggb8", {"height": 2, "width": 2, "step": 2, "data": bytes(4)}, "3x3 pixels"),
        ("bayer_rggb8", {"height": 2, "data": bytes(16)}, "3x3 pixels or more, not 8x2"),
    ],
)
def test_a_malformed_image_is_refused_with_its_reason(name: str, changes: dict, said: str) -> None:
    data, expected = CASES[name]
    height, width = expected.shape[:2]
    image = message(data, name, width, height)
    for field, value in changes.items():
        setattr(image, field, value)
    with pytest.raises(InvalidImageError, match=said) as refused:
        raw_to_rgb(image)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("route", ROUTES)
def test_no_header_and_no_buffer_does_harm(route: Route) -> None:
    """Whatever comes is an image of the size that its header tells, or refused in words."""
    rng = np.random.default_rng(16)
    names = [*ENCODINGS, "", "RGB8", "jpeg", "16UC2", "nv42"]
    numbers = [0, 1, 2, 3, 4, 5, 8, 15, 16, 31, 2**16, 2**31, 2**32 - 1]
    good = 0
    for _ in range(4000):
        name = names[rng.integers(len(names))]
        height, width, step = (int(numbers[n]) for n in rng.integers(0, len(numbers), 3))
        size = int(rng.integers(0, 3000))
        if rng.random() < 0.7 and name in ENCODINGS:  # nearly right, so that it gets further
            height, width = (int(side) for side in rng.integers(1, 17, 2))
            row = ENCODINGS[name].row_bytes(width)
            step = row + int(rng.choice([0, 0, 0, 1, -1, 8, -row]))
            size = max(0, ENCODINGS[name].size(height, step or row) + int(rng.integers(-2, 3)))
        image = message(rng.bytes(size), name, width, height, step=step)
        image.is_bigendian = int(rng.integers(0, 256))
        try:
            found = route(image)
        except InvalidImageError as error:
            assert len(str(error)) > 20
        else:
            good += 1
            assert found.shape == (height, width, 3)
            assert found.dtype == np.uint8
    assert good > 500


def test_every_encoding_is_in_the_documentation() -> None:
    text = (ROOT / "docs" / "encodings.md").read_text()
    named = set(re.findall(r"`([\w]+)`", text))
    assert ENCODINGS.keys() <= named
