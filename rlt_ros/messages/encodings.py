# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one table of image encodings: what lies in a message's data, and what it becomes.

YUV is ITU-R BT.601 with 16..235 for black to white, as OpenCV and cv_bridge take it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]


@dataclass(frozen=True)
class Encoding:
    """How the pixels of one encoding lie in memory.

    Attributes:
        dtype: of one value, in this machine's byte order.
        channels: values per pixel of a row.
        convert: (H, W, channels) of ``dtype`` to (H, W) grey or (H, W, 3) RGB of the same depth;
            with a plane of chroma, (rows, W) bytes, luma first, to (H, W, 3).
        becomes: the result in words.
        exact: whether the result holds all that the data held.
        chroma: of a plane of chroma behind that of luma: how many rows of luma share one of its
            rows, and how many times as long its rows (and their step) are.
        multiple: what width and height must be multiples of.
        smallest: least width and height in pixels.
    """

    dtype: np.dtype[Any]
    channels: int
    convert: Callable[[Pixels], Pixels]
    becomes: str
    exact: bool
    chroma: tuple[int, int] | None = None
    multiple: tuple[int, int] = (1, 1)
    smallest: int = 1

    def row_bytes(self, width: int) -> int:
        """Return the bytes of a row without padding."""
        return self.dtype.itemsize * self.channels * width

    def size(self, height: int, step: int) -> int:
        """Return the bytes of ``height`` rows of ``step`` bytes, chroma included."""
        if self.chroma is None:
            return height * step
        share, length = self.chroma
        return height * step + height // share * length * step


def _grey(pixels: Pixels) -> Pixels:
    return pixels[..., 0]


def _as_it_is(pixels: Pixels) -> Pixels:
    return pixels


def _first_three(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[..., :3])


def _reversed(pixels: Pixels) -> Pixels:
    if pixels.dtype == np.uint8:  # also of four channels
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
    return np.ascontiguousarray(pixels[..., 2::-1])


def _by_opencv(code: int) -> Callable[[Pixels], Pixels]:
    return lambda pixels: np.asarray(cv2.cvtColor(pixels, code))


def _nv24(planes: Pixels) -> Pixels:
    # As two pixels of UYVY each, which OpenCV knows, so that all YUV is converted alike.
    height, width = len(planes) // 3, planes.shape[1]
    luma, chroma = planes[:height], planes[height:].reshape(height, width, 2)
    pairs = np.stack([chroma[..., 0], luma, chroma[..., 1], luma], axis=2)
    doubled = cv2.cvtColor(pairs.reshape(height, 2 * width, 2), cv2.COLOR_YUV2RGB_UYVY)
    return np.ascontiguousarray(doubled[:, ::2])


def _packed(
    dtype: str, channels: int, convert: Callable[[Pixels], Pixels], becomes: str
) -> Encoding:
    return Encoding(np.dtype(dtype), channels, convert, becomes, exact=channels < 4)


def _bayer(dtype: str, code: int) -> Encoding:
    convert = _by_opencv(code)
    return Encoding(np.dtype(dtype), 1, convert, "RGB, demosaiced", exact=False, smallest=3)


def _yuv(channels: int, convert: Callable[[Pixels], Pixels], **layout: Any) -> Encoding:
    return Encoding(np.dtype(np.uint8), channels, convert, "RGB, by BT.601", exact=False, **layout)


def _yuv422(code: int) -> Encoding:
    return _yuv(2, _by_opencv(code), multiple=(2, 1))


def _yuv420(code: int) -> Encoding:
    return _yuv(1, _by_opencv(code), chroma=(2, 1), multiple=(2, 2))


def _of_opencv() -> dict[str, Encoding]:
    """Return the encodings named as OpenCV names types: 8UC1, 16UC3, 32FC1 and so on.

    What they hold is not said; of three channels, OpenCV's own order is BGR.
    """
    meanings: dict[int, tuple[Callable[[Pixels], Pixels], str]] = {
        1: (_grey, "grey"),
        3: (_reversed, "RGB, taken for BGR"),
        4: (_reversed, "RGB, taken for BGR and alpha, which is left out"),
    }
    depths = {"8U": "u1", "16U": "u2", "16S": "i2", "32S": "i4", "32F": "f4", "64F": "f8"}
    return {
        f"{depth}C{channels}": _packed(dtype, channels, convert, becomes)
        for depth, dtype in depths.items()
        for channels, (convert, becomes) in meanings.items()
    }


def _colours(bits: int, dtype: str) -> dict[str, Encoding]:
    alpha = "RGB, alpha is left out"
    return {
        f"rgb{bits}": _packed(dtype, 3, _as_it_is, "RGB"),
        f"bgr{bits}": _packed(dtype, 3, _reversed, "RGB"),
        f"rgba{bits}": _packed(dtype, 4, _first_three, alpha),
        f"bgra{bits}": _packed(dtype, 4, _reversed, alpha),
        f"mono{bits}": _packed(dtype, 1, _grey, "grey"),
        # OpenCV names the pattern by the second and third pixel of the second row.
        f"bayer_rggb{bits}": _bayer(dtype, cv2.COLOR_BayerBG2RGB),
        f"bayer_bggr{bits}": _bayer(dtype, cv2.COLOR_BayerRG2RGB),
        f"bayer_gbrg{bits}": _bayer(dtype, cv2.COLOR_BayerGR2RGB),
        f"bayer_grbg{bits}": _bayer(dtype, cv2.COLOR_BayerGB2RGB),
    }


_UYVY, _YUYV = _yuv422(cv2.COLOR_YUV2RGB_UYVY), _yuv422(cv2.COLOR_YUV2RGB_YUY2)

ENCODINGS: dict[str, Encoding] = {
    **_colours(8, "u1"),
    **_colours(16, "u2"),
    **{"yuv422": _UYVY, "uyvy": _UYVY, "yuv422_yuy2": _YUYV, "yuyv": _YUYV},
    "nv12": _yuv420(cv2.COLOR_YUV2RGB_NV12),
    "nv21": _yuv420(cv2.COLOR_YUV2RGB_NV21),
    "nv24": _yuv(1, _nv24, chroma=(1, 2)),
    **_of_opencv(),
}
"""By the names of sensor_msgs/image_encodings.hpp. Deep ones become 8-bit by a range of
intensities, see ``rlt_ros.pixels.intensity``."""
