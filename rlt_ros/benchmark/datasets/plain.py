# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Videos or image folders with a box file: ``NAME.mp4`` or ``NAME/`` beside ``NAME.txt``.

The box file (``.txt`` or ``.csv``; for images also ``NAME/boxes.txt``) has a line x,y,w,h for every
frame: pixels, 0-based, as everywhere in this package; nan,nan,nan,nan for a frame without the
target.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rlt_ros.benchmark.datasets.dataset import Dataset
from rlt_ros.benchmark.datasets.errors import DatasetError
from rlt_ros.benchmark.datasets.frames import open_video
from rlt_ros.benchmark.datasets.sequence import Sequence, check_boxes, image_sequence
from rlt_ros.benchmark.datasets.text import read_boxes
from rlt_ros.media.sources import image_files, natural_order, sequence_name

VIDEO_SUFFIXES = frozenset((".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v", ".mpg", ".mpeg"))
BOX_SUFFIXES = (".txt", ".csv")


def is_plain(path: Path) -> bool:
    """Whether a path is a video, or holds a video or images with a box file."""
    return path.is_file() or any(_box_file(one) is not None for one in _found(path))


class PlainDataset(Dataset):
    """A folder of videos and image folders, or one of them."""

    def __init__(self, path: Path) -> None:
        """Find the videos and image folders.

        Raises:
            DatasetError: there is none.
        """
        found = _found(path)
        shown = [sequence_name(one) if one.is_dir() else one.stem for one in found]
        counts = Counter(shown)
        names = [
            name if counts[name] == 1 else one.name for name, one in zip(shown, found, strict=True)
        ]
        self._paths = dict(zip(names, found, strict=True))
        super().__init__(path, names, "NAME.mp4 or a folder NAME of images, with NAME.txt")

    def _read(self, name: str) -> Sequence:
        path = self._paths[name]
        annotation = _box_file(path)
        if annotation is None:
            wanted = path.parent / (_stem(path) + BOX_SUFFIXES[0])
            raise DatasetError(f"{path} has no box file {wanted}; give it a line x,y,w,h per frame")
        boxes = read_boxes(annotation, origin=0)
        if path.is_dir():
            return image_sequence(name, boxes, image_files(path), path, annotation)
        video = open_video(path)
        check_boxes(boxes, len(video), annotation)
        return Sequence(name, boxes, video)


def _found(path: Path) -> list[Path]:
    if path.is_file() or image_files(path):
        return [path]
    return sorted(
        (one for one in path.iterdir() if one.suffix.lower() in VIDEO_SUFFIXES or image_files(one)),
        key=natural_order,
    )


def _box_file(path: Path) -> Path | None:
    candidates = [path.parent / (_stem(path) + suffix) for suffix in BOX_SUFFIXES]
    candidates += [path / ("boxes" + suffix) for suffix in BOX_SUFFIXES]
    return next((one for one in candidates if one.is_file()), None)


def _stem(path: Path) -> str:
    return path.name if path.is_dir() else path.stem
