# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sequences in the layout of OTB: ``NAME/img/0001.jpg`` ... and ``NAME/groundtruth_rect.txt``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rlt_ros.tracking.boxes import Boxes

# The benchmark's own ranges (1-based, inclusive) where boxes do not start at the first image.
OFFICIAL_FRAMES = {"David": (300, 770), "Diving": (1, 215), "Football1": (1, 74)}


class DatasetError(ValueError):
    """A data set or sequence that cannot be read; the message names the file."""


@dataclass(frozen=True)
class Sequence:
    """A video with a box for every frame.

    Attributes:
        name: the folder's name.
        images: image files in order.
        boxes: ``(N, 4)`` x, y, w, h in pixels, 0-based, one per image.
    """

    name: str
    images: tuple[Path, ...]
    boxes: Boxes


def sequence_names(dataset: Path) -> list[str]:
    """Return the names of the sequences in a folder.

    Raises:
        DatasetError: there is none.
    """
    names = sorted(path.parent.name for path in dataset.glob("*/groundtruth_rect.txt"))
    if not names:
        raise DatasetError(f"{dataset} holds no sequence (NAME/groundtruth_rect.txt)")
    return names


def read_sequence(dataset: Path, name: str) -> Sequence:
    """Read one sequence.

    Raises:
        DatasetError: a file is missing or wrong; names it and the line.
    """
    boxes = _read_boxes(dataset / name / "groundtruth_rect.txt")
    images = sorted((dataset / name / "img").glob("*.jpg"))
    if name in OFFICIAL_FRAMES:
        first, last = OFFICIAL_FRAMES[name]
        images = images[first - 1 : last]
    if len(images) != len(boxes):
        raise DatasetError(f"{dataset / name}: {len(images)} images but {len(boxes)} boxes")
    return Sequence(name, tuple(images), boxes)


def _read_boxes(path: Path) -> Boxes:
    if not path.is_file():
        raise DatasetError(f"{path} does not exist")
    boxes = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            x, y, w, h = (float(text) for text in re.split(r"[,\s]+", line.strip()))
        except ValueError:
            raise DatasetError(f"{path}:{number}: {line!r} is not x,y,w,h") from None
        # OTB counts pixels from 1.
        boxes.append((x - 1, y - 1, w, h))
    return np.array(boxes, dtype=np.float64)
