# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""GOT-10k: ``train|val|test/NAME/00000001.jpg`` ... and ``groundtruth.txt``, x,y,w,h from 1 on.

(https://github.com/got-10k/toolkit/issues/6 says from where the boxes count.) Boxes are NaN where
``absence.label`` says that the target is absent, where a side is not positive (the data set writes
such boxes then), and after the first frame of the test split, whose other boxes are not published.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rlt_ros.benchmark.datasets.dataset import Dataset, folders
from rlt_ros.benchmark.datasets.sequence import Sequence, image_sequence
from rlt_ros.benchmark.datasets.text import read_flags, read_names, read_rows
from rlt_ros.media.sources import image_files

SPLITS = ("train", "val", "test")
_LABELS = ("absence", "cut_by_image")


def is_got10k(path: Path) -> bool:
    """Whether a folder holds the splits or the sequences of one, or is a sequence."""
    return any(
        folder.name.startswith("GOT-10k_") or (folder / "absence.label").is_file()
        for split in _splits(path)
        for folder in (split, *folders(split))
    )


class Got10kDataset(Dataset):
    """The folder of the splits, one split's, or one sequence's."""

    def __init__(self, path: Path) -> None:
        """Find the sequences.

        Raises:
            DatasetError: there is none.
        """
        found = [path] if (path / "groundtruth.txt").is_file() else []
        for split in [] if found else _splits(path):
            if (split / "list.txt").is_file():
                found += [split / name for name in read_names(split / "list.txt")]
            else:
                found += [folder for folder in folders(split) if _is_sequence(folder)]
        self._folders = {folder.name: folder for folder in found}
        super().__init__(path, list(self._folders), "val/NAME/groundtruth.txt")

    def _read(self, name: str) -> Sequence:
        folder = self._folders[name]
        annotation = folder / "groundtruth.txt"
        rows = read_rows(annotation, "four numbers x,y,w,h", {4})
        boxes = np.array(rows, np.float64) - (1, 1, 0, 0)
        images = image_files(folder)
        if len(boxes) == 1 < len(images):
            boxes = np.concatenate([boxes, np.full((len(images) - 1, 4), np.nan)])
        boxes[(boxes[:, 2:] <= 0).any(axis=1)] = np.nan
        attributes = {
            label: read_flags(file, len(boxes))
            for label in _LABELS
            if (file := folder / f"{label}.label").is_file()
        }
        if "absence" in attributes:
            boxes[attributes["absence"]] = np.nan
        return image_sequence(name, boxes, images, folder, annotation, attributes=attributes)


def _is_sequence(folder: Path) -> bool:
    return folder.name.startswith("GOT-10k_") or (folder / "groundtruth.txt").is_file()


def _splits(path: Path) -> list[Path]:
    return [path / split for split in SPLITS if (path / split).is_dir()] or [path]
