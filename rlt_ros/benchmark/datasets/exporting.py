# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writing sequences as images with box files, the layout that ``plain`` reads."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from rlt_ros.benchmark.datasets.dataset import Dataset


def write_plain(dataset: Dataset, folder: Path) -> None:
    """Write all sequences of a data set.

    ``NAME/000001.png`` ..., ``NAME.txt`` with x,y,w,h per frame (pixels, 0-based, nan where there
    is no target) and, where it is known, ``NAME/visible.txt`` with the visible share per frame.

    Raises:
        DatasetError: a sequence cannot be read; OSError: a file cannot be written.
    """
    for name in dataset.names:
        sequence = dataset.read(name)
        images = folder / name
        images.mkdir(parents=True, exist_ok=True)
        for number, image in enumerate(sequence.frames(), start=1):
            path = images / f"{number:06d}.png"
            if not cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR)):
                raise OSError(f"{path} cannot be written")
        np.savetxt(folder / f"{name}.txt", sequence.boxes, fmt="%.4f", delimiter=",")
        if sequence.visible_shares is not None:
            np.savetxt(images / "visible.txt", sequence.visible_shares, fmt="%.6f")
