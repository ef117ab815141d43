# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Small sequences whose frames show their own number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from rlt_ros.benchmark.datasets import Sequence

WriteImages = Callable[..., None]


@pytest.fixture
def write_images() -> WriteImages:
    """Writes images; that with number n is (n, 1, 2) in every pixel, as RGB."""

    def write(folder: Path, numbers: Iterable[int], name: str = "{:04d}.png") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for number in numbers:
            image = np.full((8, 12, 3), (2, 1, number % 256), np.uint8)  # OpenCV writes BGR
            assert cv2.imwrite(str(folder / name.format(number)), image)

    return write


@pytest.fixture
def shown() -> Callable[..., list[int]]:
    """Says which numbers the frames of a sequence show."""

    def numbers(sequence: Sequence, *arguments: int, **options: int) -> list[int]:
        images: list[NDArray[np.uint8]] = list(sequence.frames(*arguments, **options))
        for image in images:
            assert image.shape == (8, 12, 3)
            assert image.dtype == np.uint8
            assert (image[..., 1:] == (1, 2)).all()
        return [int(image[0, 0, 0]) for image in images]

    return numbers
