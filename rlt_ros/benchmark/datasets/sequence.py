# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An annotated sequence, whatever data set it comes from."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import re
from collections.abc import Collection, Iterator, Mapping
from collections.abc import Sequence as Items
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.datasets.errors import DatasetError
from rlt_ros.benchmark.datasets.frames import Frames, ImageFrames, VideoFrames
from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.tracking.boxes import Boxes

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Sequence:
    """A video of N frames with a box for every frame.

    Attributes:
        name: the name in its data set.
        boxes: ``(N, 4)`` x, y, w, h in pixels, 0-based; NaN rows where the target is not annotated
            or absent. Of a polygon it is the smallest box around it.
        source: the frames.
        polygons: ``(N, 4, 2)`` corners x, y in pixels, 0-based, where the data set has polygons.
        attributes: name to ``(N,)`` flags; all True for an attribute of the whole sequence.
        visible_shares: ``(N,)`` how much of the target is seen, 0..1, where that is known.
    """

    name: str
    boxes: Boxes
    source: Frames
    polygons: NDArray[np.float64] | None = None
    attributes: Mapping[str, Flags] = field(default_factory=dict)
    visible_shares: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.boxes)

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[NDArray[np.uint8]]:
        """Yield frames as RGB uint8 (H, W, 3), one at a time.

        The range is that of a slice ``[start:stop:step]``, so ``frames(8, step=-1)`` goes from
        frame 8 back to frame 0, both counted from 0.

        Raises:
            DatasetError: a frame cannot be read.
        """
        return self.source.read(range(len(self))[start:stop:step])

    def with_intensity(self, intensity: IntensityRange | None) -> Sequence:
        """Return the same sequence with a range for frames of more than 8 bits; None changes none.

        Made sequences have no such frames.
        """
        if intensity is None or not isinstance(self.source, ImageFrames | VideoFrames):
            return self
        source = dataclasses.replace(self.source, intensity=intensity)
        return dataclasses.replace(self, source=source)

    def head(self, frames: int | None) -> Sequence:
        """Return the same sequence without what follows its first frames; None keeps all."""
        return dataclasses.replace(
            self,
            boxes=self.boxes[:frames],
            polygons=None if self.polygons is None else self.polygons[:frames],
            attributes={name: flags[:frames] for name, flags in self.attributes.items()},
            visible_shares=None if self.visible_shares is None else self.visible_shares[:frames],
        )

    def digest(self) -> str:
        """Return a short text that is another one if frames or annotations were changed.

        Raises:
            OSError: a file has gone.
        """
        digest = hashlib.sha256(self.source.identity(len(self)).encode())
        arrays = {
            "boxes": self.boxes,
            "polygons": self.polygons,
            "visible shares": self.visible_shares,
            **dict(sorted(self.attributes.items())),
        }
        for name, array in arrays.items():
            digest.update(f"\n{name} ".encode())
            digest.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]


def image_sequence(
    name: str,
    boxes: Boxes,
    images: Items[Path],
    folder: Path,
    annotation: Path,
    *,
    polygons: NDArray[np.float64] | None = None,
    attributes: Mapping[str, Flags] | None = None,
) -> Sequence:
    """Put images and boxes together.

    Args:
        name: the sequence's name.
        boxes: ``(N, 4)``, one per line of ``annotation``.
        images: N files in order.
        folder: where they are, for errors.
        annotation: the file of the boxes, for errors.
        polygons, attributes: see ``Sequence``.

    Raises:
        DatasetError: there are not as many images as boxes, or none to start from.
    """
    check_boxes(boxes, len(images), annotation, f" (images of {folder}{_gap(images)})")
    return Sequence(name, boxes, ImageFrames(tuple(images)), polygons, attributes or {})


def check_boxes(boxes: Boxes, frames: int, annotation: Path, note: str = "") -> None:
    """Check that there is a box for every frame and one to start from.

    Raises:
        DatasetError: not so; names the first line without a frame or the first one missing.
    """
    if len(boxes) != frames:
        line = min(len(boxes), frames) + 1
        raise DatasetError(f"{annotation}:{line}: {frames} images but {len(boxes)} boxes{note}")
    if not (boxes[0, 2:] > 0).all():
        raise DatasetError(f"{annotation}:1: the first frame needs a box, to start the tracker on")


def whole_sequence(names: Collection[str], frames: int) -> dict[str, Flags]:
    """Return attributes that hold in every frame."""
    return {name: np.ones(frames, dtype=np.bool_) for name in names}


def frame_number(image: Path) -> int | None:
    """Return the number that an image's name ends with."""
    digits = re.search(r"(\d+)$", image.stem)
    return int(digits[1]) if digits else None


def numbered(images: Items[Path], first: int, last: int) -> list[Path]:
    """Return the images whose names end with the numbers first..last."""
    return [
        image
        for image in images
        if (number := frame_number(image)) is not None and first <= number <= last
    ]


def _gap(images: Items[Path]) -> str:
    """Say which image seems to be missing, if one does."""
    for before, after in itertools.pairwise(images):
        one, other = frame_number(before), frame_number(after)
        if one is not None and other is not None and other != one + 1:
            return f", where {after.name} follows {before.name}"
    return ""
