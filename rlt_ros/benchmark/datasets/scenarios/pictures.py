# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The real pictures that made sequences are composed of, and the objects in them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.datasets.dataset import Dataset
from rlt_ros.benchmark.datasets.errors import DatasetError
from rlt_ros.installing import pip_line
from rlt_ros.media.sources import read_rgb

Image = NDArray[np.uint8]
Rectangle = tuple[float, float, float, float]

# Photos inside the wheel of scikit-image 0.26, and x, y, w, h of things in them, read off enlarged
# copies. Licences, as the functions of skimage.data state them: astronaut and rocket are in the
# public domain (NASA, SpaceX); brick, camera, chelsea, coffee, grass and gravel are CC0; coins
# (Brooklyn Museum) has no known copyright restrictions. Photos whose licence is not stated there
# (moon, motorcycle) are left out.
_PHOTOS: Mapping[str, tuple[Rectangle, ...]] = {
    "astronaut.png": ((152, 12, 146, 180), (133, 347, 78, 78)),  # head, badge
    "brick.png": (),
    "camera.png": ((158, 62, 115, 138),),  # head
    "chelsea.png": ((75, 15, 300, 280), (128, 80, 84, 70)),  # the cat's face, an eye
    "coffee.png": ((172, 15, 238, 195), (322, 238, 84, 88)),  # cup, spoon
    "coins.png": ((314, 152, 66, 66), (305, 14, 60, 60)),
    "grass.png": (),
    "gravel.png": (),
    "rocket.jpg": (),
}


class Pictures(Protocol):
    """Pictures by name, and the objects that are known in them."""

    @property
    def objects(self) -> Mapping[str, tuple[Rectangle, ...]]:
        """By the name of each picture, boxes x, y, w, h in pixels."""

    def image(self, name: str) -> Image:
        """Return a picture as RGB uint8 (H, W, 3)."""


class Photos:
    """The photos that come with scikit-image, which is found and not imported."""

    objects = _PHOTOS

    def __init__(self) -> None:
        """Find them.

        Raises:
            DatasetError: scikit-image is not installed, or came without them.
        """
        package = find_spec("skimage")
        folders = [Path(one, "data") for one in (package.submodule_search_locations or ())] if (
            package
        ) else []  # fmt: skip
        found = [one for one in folders if all((one / name).is_file() for name in _PHOTOS)]
        if not found:
            raise DatasetError(
                "the photos for made sequences come with the package scikit-image, which is not "
                f"installed; run {pip_line('install scikit-image')}, or name a data set to cut "
                "targets from"
            )
        self._folder = found[0]

    def image(self, name: str) -> Image:
        """See ``Pictures``.

        Raises:
            DatasetError: the file is damaged.
        """
        return _read(self._folder / name)


class FirstFrames:
    """The first frame of each sequence of a data set; its target is the object in it."""

    def __init__(self, dataset: Dataset, sequences: tuple[str, ...]) -> None:
        """Read the boxes.

        Raises:
            DatasetError: a sequence cannot be read, or there are fewer than two.
        """
        if len(sequences) < 2:
            raise DatasetError(
                f"{dataset.name}: targets are put on another sequence's background; "
                "give two sequences or more"
            )
        self._sequences = {name: dataset.read(name) for name in sequences}

    @property
    def objects(self) -> Mapping[str, tuple[Rectangle, ...]]:
        """See ``Pictures``."""
        return {name: (_rectangle(one.boxes[0]),) for name, one in self._sequences.items()}

    def image(self, name: str) -> Image:
        """See ``Pictures``.

        Raises:
            DatasetError: the frame cannot be read.
        """
        return next(self._sequences[name].frames(stop=1))


def _rectangle(box: NDArray[np.float64]) -> Rectangle:
    x, y, width, height = box.tolist()
    return x, y, width, height


@functools.lru_cache(maxsize=len(_PHOTOS))
def _read(path: Path) -> Image:
    image = read_rgb(path)
    if image is None:
        raise DatasetError(f"{path} is not a readable image; install scikit-image again")
    return image
