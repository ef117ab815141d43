# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""OTB: ``NAME/img/0001.jpg`` ... and ``NAME/groundtruth_rect.txt``, x,y,w,h counted from 1.

A video with several targets has ``groundtruth_rect.1.txt``, ``groundtruth_rect.2.txt``: they are
the sequences NAME-1 and NAME-2, as in the benchmark's results. An empty one (Human4's first)
stands for no target.
"""

from __future__ import annotations

import re
from pathlib import Path

from rlt_ros.benchmark.datasets.dataset import Dataset, folders
from rlt_ros.benchmark.datasets.otb_attributes import read_attributes
from rlt_ros.benchmark.datasets.sequence import Sequence, image_sequence, numbered, whole_sequence
from rlt_ros.benchmark.datasets.text import read_boxes
from rlt_ros.media.sources import image_files

# The first and last annotated image where that is not the whole video, or where the video does not
# begin with image 1. Tiger1 has all its 354 frames, as on the benchmark's site and in the GOT-10k
# and VOT toolkits; OTB-2013's MATLAB code began it at frame 6.
OFFICIAL_FRAMES = {
    "BlurCar1": (247, 988),
    "BlurCar3": (3, 359),
    "BlurCar4": (18, 397),
    "David": (300, 770),
    "Diving": (1, 215),
    "Football1": (1, 74),
    "Freeman3": (1, 460),
    "Freeman4": (1, 283),
}

_ANNOTATION = re.compile(r"groundtruth_rect[._-]?(\d*)\.txt")


def is_otb(path: Path) -> bool:
    """Whether a folder holds such sequences, or is one."""
    return any(_annotations(folder) for folder in (path, *folders(path)))


def first_image(name: str) -> int:
    """Return the number of the image that a sequence, of any target, begins with."""
    return OFFICIAL_FRAMES.get(re.sub(r"-\d+$", "", name), (1, 0))[0]


class OtbDataset(Dataset):
    """A folder of sequences, or one sequence's folder."""

    def __init__(self, path: Path) -> None:
        """Find the sequences.

        Raises:
            DatasetError: there is none.
        """
        self._files: dict[str, Path] = {}
        for folder in [path] if _annotations(path) else folders(path):
            self._files.update(_targets(folder))
        super().__init__(path, list(self._files), "NAME/groundtruth_rect.txt")

    def _read(self, name: str) -> Sequence:
        annotation = self._files[name]
        folder = annotation.parent
        boxes = read_boxes(annotation, origin=1)
        pictures = folder / "img" if (folder / "img").is_dir() else folder
        images = image_files(pictures)
        if span := OFFICIAL_FRAMES.get(folder.name):
            chosen = numbered(images, *span)
            # A copy that has only the annotated images may count them anew.
            images = chosen if len(images) != len(boxes) else images
        attributes = whole_sequence(read_attributes(folder, name), len(boxes))
        return image_sequence(name, boxes, images, pictures, annotation, attributes=attributes)


def _annotations(folder: Path) -> dict[Path, str]:
    """Return the files of boxes and the numbers of their targets, "" for the only one."""
    files = sorted(folder.glob("groundtruth*"))
    return {file: found[1] for file in files if (found := _ANNOTATION.fullmatch(file.name))}


def _targets(folder: Path) -> dict[str, Path]:
    numbers = _annotations(folder)
    if not numbers and (folder / "img").is_dir():
        return {folder.name: folder / "groundtruth_rect.txt"}  # missing: reading it says so
    if len(numbers) > 1:
        filled = {file: number for file, number in numbers.items() if file.stat().st_size}
        numbers = filled or numbers
    return {
        f"{folder.name}-{number}" if number else folder.name: file
        for file, number in numbers.items()
    }
