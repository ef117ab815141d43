# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finding out what layout a data set has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from rlt_ros.benchmark.datasets.dataset import Dataset
from rlt_ros.benchmark.datasets.errors import DatasetError
from rlt_ros.benchmark.datasets.got10k import Got10kDataset, is_got10k
from rlt_ros.benchmark.datasets.otb import OtbDataset, is_otb
from rlt_ros.benchmark.datasets.plain import PlainDataset, is_plain
from rlt_ros.benchmark.datasets.scenarios.spec import is_spec, open_spec
from rlt_ros.benchmark.datasets.uav123 import is_uav123, open_uav123
from rlt_ros.benchmark.datasets.vot import VotDataset, is_vot
from rlt_ros.media.sources import sequence_folder
from rlt_ros.pixels.intensity import IntensityRange

# In the order in which they are tried: GOT-10k's files are VOT's and more.
_LAYOUTS: dict[str, tuple[Callable[[Path], bool], Callable[[Path], Dataset]]] = {
    "uav123": (is_uav123, open_uav123),
    "got10k": (is_got10k, Got10kDataset),
    "otb": (is_otb, OtbDataset),
    "vot": (is_vot, VotDataset),
    "plain": (is_plain, PlainDataset),
}
LAYOUTS = tuple(_LAYOUTS)


def open_dataset(
    path: Path, layout: str | None = None, intensity: IntensityRange | None = None
) -> Dataset:
    """Open a data set, or a single sequence of one.

    Args:
        path: its folder; for plain videos also a video file, for made sequences the file that says
            which (see ``scenarios``). The folder ``img`` in a sequence's stands for that.
        layout: one of ``LAYOUTS``; None finds out.
        intensity: see ``Dataset``.

    Raises:
        DatasetError: there is no such folder, no sequence in it, or no such layout.
    """
    path = Path(path).expanduser().absolute()
    if layout is None and is_spec(path):
        return open_spec(path, partial(open_dataset, intensity=intensity))
    if layout is not None and layout not in _LAYOUTS:
        raise DatasetError(f"there is no layout {layout!r}; give one of {', '.join(LAYOUTS)}")
    if not path.is_dir() and not (path.is_file() and layout in (None, "plain")):
        raise DatasetError(f"{path} is not a folder; give the folder of a data set")
    fitting = _fitting(path)
    found = layout or ("plain" if path.is_file() else next(fitting, None))
    if found is None and (around := sequence_folder(path)) != path:
        path, found = around, next(_fitting(around), None)
    if found is None:
        raise DatasetError(
            f"{path} holds no sequence; looked for NAME/groundtruth_rect.txt (OTB), "
            "NAME/groundtruth.txt (VOT, GOT-10k), anno/UAV123/NAME.txt, and NAME.mp4 or a folder "
            "NAME of images with NAME.txt"
        )
    try:
        dataset = _LAYOUTS[found][1](path)
    except DatasetError as error:
        if layout is None or (better := next(fitting, None)) is None:
            raise
        raise DatasetError(f"{error}; its layout seems to be {better}") from None
    dataset.intensity = intensity
    return dataset


def _fitting(path: Path) -> Iterator[str]:
    """Yield the layouts that a folder may have."""
    return (name for name in LAYOUTS if path.is_dir() and _LAYOUTS[name][0](path))
