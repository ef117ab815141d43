# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one place where the runs and the report read data sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark import otb
from rlt_ros.benchmark.protocols.annotated_sequence import AnnotatedSequence
from rlt_ros.tracking.boxes import Boxes


@dataclass(frozen=True)
class _OtbSequence:
    """One of OTB's as an ``AnnotatedSequence``."""

    images: tuple[Path, ...]
    boxes: Boxes
    polygons: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.images)

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[NDArray[np.uint8]]:
        for path in self.images[start:stop:step]:
            bgr = cv2.imread(str(path))
            if bgr is None:
                raise otb.DatasetError(f"{path} is not a readable image")
            yield np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def sequence_names(dataset: Path) -> list[str]:
    """Return the names of the sequences of a data set.

    Raises:
        ValueError: there is none.
    """
    return otb.sequence_names(dataset)


def read_sequence(dataset: Path, name: str) -> AnnotatedSequence:
    """Read one sequence; its images are read later.

    Raises:
        ValueError: it cannot be read; names the file and line.
    """
    sequence = otb.read_sequence(dataset, name)
    return _OtbSequence(sequence.images, sequence.boxes)
