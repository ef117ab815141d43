# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""UAV123: ``data_seq/UAV123/VIDEO/000001.jpg`` ... and ``anno/UAV123/NAME.txt``, x,y,w,h from 1 on.

Several sequences may be parts of one video. NaN means that the target is hidden or out of view.
``anno/UAV123/att/NAME.txt`` has twelve 0s and 1s, in the order of ``CODES``. UAV123_10fps has the
same layout and every third frame. Single sequences as ``NAME/img`` with ``groundtruth_rect.txt``
are read like OTB's.
"""

from __future__ import annotations

from pathlib import Path

from rlt_ros.benchmark.datasets.dataset import Dataset
from rlt_ros.benchmark.datasets.otb import OtbDataset
from rlt_ros.benchmark.datasets.sequence import Sequence, image_sequence, numbered, whole_sequence
from rlt_ros.benchmark.datasets.text import read_boxes, read_rows
from rlt_ros.benchmark.datasets.uav123_parts import PARTS
from rlt_ros.media.sources import image_files, natural_order

CODES = ("SV", "ARC", "LR", "FM", "FOC", "POC", "OV", "BC", "IV", "VC", "CM", "SOB")

# How many frames of the videos at 30 frames/s there are for one of a version's.
_STEPS = {"UAV123": 1, "UAV123_10fps": 3}


def is_uav123(path: Path) -> bool:
    """Whether a folder holds the official layout."""
    return _version(path) is not None


def open_uav123(path: Path) -> Dataset:
    """Open the official layout, or single sequences as OTB lays them out.

    Raises:
        DatasetError: there is neither.
    """
    version = _version(path)
    return OtbDataset(path) if version is None else Uav123Dataset(path, version)


class Uav123Dataset(Dataset):
    """The folder of ``data_seq`` and ``anno``."""

    def __init__(self, path: Path, version: str) -> None:
        """Find the sequences of a version, UAV123 or UAV123_10fps.

        Raises:
            DatasetError: there is none.
        """
        self._videos = path / "data_seq" / version
        self._annotations = path / "anno" / version
        self._step = _STEPS[version]
        names = sorted(self._annotations.glob("*.txt"), key=natural_order)
        super().__init__(path, [file.stem for file in names], f"anno/{version}/NAME.txt")

    def _read(self, name: str) -> Sequence:
        annotation = self._annotations / f"{name}.txt"
        boxes = read_boxes(annotation, origin=1)
        video, *span = PARTS.get(name, (name,))
        folder = self._videos / str(video)
        images = image_files(folder)
        if span:
            first, last = ((int(frame) - 1) // self._step + 1 for frame in span)
            images = numbered(images, first, last)
        attributes = whole_sequence(self._attributes(name), len(boxes))
        return image_sequence(name, boxes, images, folder, annotation, attributes=attributes)

    def _attributes(self, name: str) -> list[str]:
        file = self._annotations / "att" / f"{name}.txt"
        if not file.is_file():
            return []
        flags = read_rows(file, f"a 0 or 1 for each of {', '.join(CODES)}", {len(CODES)})[0]
        return [code for code, flag in zip(CODES, flags, strict=True) if flag == 1]


def _version(path: Path) -> str | None:
    return next((version for version in _STEPS if (path / "anno" / version).is_dir()), None)
