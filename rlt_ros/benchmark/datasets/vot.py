# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""VOT: ``NAME/00000001.jpg`` ... (or in ``NAME/color/``) and ``NAME/groundtruth.txt``.

A line is x,y,w,h or four corners x1,y1,...,x4,y4, counted from 1; nan, or one single number (VOT's
code for a frame without a region), where there is none. ``list.txt`` names the sequences; without
it all folders count. ``NAME/*.tag`` and ``*.label`` hold an attribute's 0 or 1 for each frame, 0
where such a file ends early, as the VOT toolkit reads it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.datasets.dataset import Dataset, folders
from rlt_ros.benchmark.datasets.sequence import Sequence, image_sequence
from rlt_ros.benchmark.datasets.text import (
    read_flags,
    read_names,
    read_rows,
    refuse_negative_sides,
)
from rlt_ros.media.sources import image_files
from rlt_ros.tracking.boxes import Boxes

_FORM = "x,y,w,h or x1,y1,x2,y2,x3,y3,x4,y4 (masks are not supported)"


def is_vot(path: Path) -> bool:
    """Whether a folder holds such sequences, or is one, or is a workspace of the VOT toolkit."""
    path = _sequences(path)
    return any((folder / "groundtruth.txt").is_file() for folder in (path, *folders(path)))


class VotDataset(Dataset):
    """A folder of sequences, a workspace of the VOT toolkit, or one sequence's folder."""

    def __init__(self, path: Path) -> None:
        """Find the sequences.

        Raises:
            DatasetError: there is none.
        """
        root = _sequences(path)
        if (root / "groundtruth.txt").is_file():
            found = [root]
        elif (root / "list.txt").is_file():
            found = [root / name for name in read_names(root / "list.txt")]
        else:
            found = [folder for folder in folders(root) if _is_sequence(folder)]
        self._folders = {folder.name: folder for folder in found}
        super().__init__(path, list(self._folders), "NAME/groundtruth.txt")

    def _read(self, name: str) -> Sequence:
        folder = self._folders[name]
        annotation = folder / "groundtruth.txt"
        rows = read_rows(annotation, _FORM, {1, 4, 8})
        corners = np.array([_corners(row) for row in rows])
        boxes = refuse_negative_sides(annotation, _boxes(rows, corners))
        pictures = folder / "color" if (folder / "color").is_dir() else folder
        tags = sorted([*folder.glob("*.tag"), *folder.glob("*.label")])
        return image_sequence(
            name,
            boxes,
            image_files(pictures),
            pictures,
            annotation,
            polygons=corners if any(len(row) == 8 for row in rows) else None,
            attributes={tag.stem: read_flags(tag, len(boxes), pad=True) for tag in tags},
        )


def _sequences(path: Path) -> Path:
    return path / "sequences" if (path / "sequences").is_dir() else path


def _is_sequence(folder: Path) -> bool:
    return (folder / "groundtruth.txt").is_file() or bool(image_files(folder))


def _corners(row: list[float]) -> NDArray[np.float64]:
    """Return the four corners ``(4, 2)``, 0-based."""
    if len(row) == 8:
        return np.array(row, np.float64).reshape(4, 2) - 1
    if len(row) == 1:
        return np.full((4, 2), np.nan)
    x, y, w, h = row
    corners = [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]
    return np.array(corners, np.float64) - 1


def _boxes(rows: list[list[float]], corners: NDArray[np.float64]) -> Boxes:
    top_left = corners.min(axis=1)
    boxes = np.concatenate([top_left, corners.max(axis=1) - top_left], axis=1)
    # As they are given, without rounding errors and with their signs.
    for box, row in zip(boxes, rows, strict=True):
        if len(row) == 4:
            box[:] = np.array(row) - (1, 1, 0, 0)
    return boxes
