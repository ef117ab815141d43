# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Result files as OTB, GOT-10k and VOT write them: one line per frame, pixels counted from 1.

OTB: ``x,y,w,h`` with commas, tabs or spaces, in ``TRACKER/SEQUENCE.txt``. GOT-10k: the same with
commas, in ``TRACKER/SEQUENCE/SEQUENCE_001.txt`` and one file per repetition. VOT: rectangles
``x,y,w,h``, polygons ``x1,y1,x2,y2,...`` and single numbers that say what happened, in
``TRACKER/baseline/SEQUENCE/SEQUENCE_001.txt``, or in ``.bin`` as its toolkit writes by default.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from rlt_ros.benchmark.measures.vot_regions import FAILED, INITIALISED, SKIPPED, Region
from rlt_ros.tracking.boxes import Boxes

GOT10K_REPETITION = "{name}_{number:03d}.txt"


class ResultFileError(ValueError):
    """A result file that cannot be read; the message names it and the line."""


def read_boxes(path: Path) -> Boxes:
    """Read a file of OTB or GOT-10k, with any separator.

    Returns:
        ``(N, 4)`` float64 x, y, w, h in pixels, 0-based; NaN where the file says NaN.

    Raises:
        ResultFileError: a line is not four numbers, or there is none; OSError: no such file.
    """
    boxes = []
    for number, values in _numbered_lines(path):
        if len(values) != 4:
            raise ResultFileError(f"{path}:{number}: {len(values)} numbers, not x,y,w,h")
        _check_finite(path, number, values)
        boxes.append(values)
    if not boxes:
        raise ResultFileError(f"{path} is empty; give one line x,y,w,h per frame")
    return np.array(boxes, dtype=np.float64) - (1, 1, 0, 0)


def write_boxes(path: Path, boxes: Boxes) -> None:
    """Write ``(N, 4)`` boxes, 0-based, with commas: OTB's and GOT-10k's format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (f"{x + 1:.4f},{y + 1:.4f},{w:.4f},{h:.4f}" for x, y, w, h in boxes.tolist())
    path.write_text("\n".join(lines) + "\n")


def got10k_path(folder: Path, sequence: str, repetition: int = 1) -> Path:
    """Return where GOT-10k's toolkit keeps the boxes of a tracker whose folder is ``folder``."""
    return folder / sequence / GOT10K_REPETITION.format(name=sequence, number=repetition)


def write_got10k_times(folder: Path, sequence: str, seconds: Sequence[Sequence[float]]) -> None:
    """Write the seconds per frame as GOT-10k's toolkit does: one row per frame.

    Args:
        folder: the tracker's folder.
        sequence: the sequence's name.
        seconds: for each repetition, one number per frame.
    """
    path = folder / sequence / f"{sequence}_time.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(path, np.array(seconds).T, fmt="%.8f", delimiter=",")


def vot_path(folder: Path, sequence: str, repetition: int = 1) -> Path:
    """Return where VOT's toolkit keeps a supervised run of a tracker in ``folder``."""
    return folder / "baseline" / sequence / f"{sequence}_{repetition:03d}.txt"


def vot_repetitions(folder: Path, sequence: str) -> list[Path]:
    """Return the supervised runs of a sequence that a tracker's ``folder`` holds as text."""
    form = re.compile(rf"{re.escape(sequence)}_\d{{3,}}\.txt")
    found = vot_path(folder, sequence).parent.glob("*.txt")
    return sorted(path for path in found if form.fullmatch(path.name))


def read_regions(path: Path) -> list[Region]:
    """Read a file of VOT, text or, if its name ends with .bin, binary.

    Returns:
        One region per frame: SKIPPED, INITIALISED or FAILED, a box ``(4,)`` or a polygon
        ``(K, 2)``, 0-based. A region with NaN is SKIPPED, as for VOT's toolkit.

    Raises:
        ResultFileError: a line is none of these, or there is none; OSError: no such file.
    """
    lines = _binary_regions(path) if path.suffix == ".bin" else _numbered_lines(path)
    regions = [_region(path, number, values) for number, values in lines]
    if not regions:
        raise ResultFileError(f"{path} is empty; give one region per frame")
    return regions


def write_regions(path: Path, regions: Iterable[Region]) -> None:
    """Write what ``read_regions`` reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{_region_text(region)}\n" for region in regions))


def _check_finite(path: Path, number: int, values: list[float]) -> None:
    if any(map(math.isinf, values)):
        raise ResultFileError(f"{path}:{number}: a number is infinite; NaN stands for no box")


def _region(path: Path, number: int, values: list[float]) -> Region:
    _check_finite(path, number, values)
    if len(values) == 1 and values[0] in (SKIPPED, INITIALISED, FAILED):
        return int(values[0])
    if len(values) == 4 or (len(values) >= 6 and len(values) % 2 == 0):
        if any(math.isnan(value) for value in values):
            return SKIPPED
        if len(values) == 4:
            return np.array(values, np.float64) - (1, 1, 0, 0)
        return np.array(values, np.float64).reshape(-1, 2) - 1
    raise ResultFileError(
        f"{path}:{number}: {len(values)} numbers are no region; give x,y,w,h or a polygon "
        f"x1,y1,x2,y2,x3,y3,... or one of {SKIPPED}, {INITIALISED}, {FAILED}"
    )


def _binary_regions(path: Path) -> Iterable[tuple[int, list[float]]]:
    """Yield line number and numbers as the text file would have them.

    A version and a count, then for each frame a byte for the kind of region: 0 a single number,
    1 a rectangle, 2 the number of corners and a polygon, all little-endian.
    """
    content = path.read_bytes()
    position = 0

    def take(form: str) -> tuple[float, ...]:
        nonlocal position
        values = struct.unpack_from(form, content, position)
        position += struct.calcsize(form)
        return values

    number = 0
    try:
        _, count = take("<hI")
        for number in range(1, int(count) + 1):
            (kind,) = take("<B")
            if kind == 0:
                yield number, [*take("<I")]
            elif kind == 1:
                yield number, [*take("<4f")]
            elif kind == 2:
                (corners,) = take("<H")
                yield number, [*take(f"<{2 * int(corners)}f")]
            else:
                raise ResultFileError(f"{path}:{number}: masks and points are not supported")
    except struct.error:
        raise ResultFileError(f"{path}:{number}: the file ends too early") from None


def _region_text(region: Region) -> str:
    if isinstance(region, int):
        return str(region)
    from_1 = region + (1 if region.ndim == 2 else np.array([1, 1, 0, 0]))
    return ",".join(f"{value:.4f}" for value in from_1.ravel())


def _numbered_lines(path: Path) -> Iterable[tuple[int, list[float]]]:
    """Yield line number and numbers of every line that is not empty."""
    # A byte that is no UTF-8 becomes a sign that no number has, so its line is named.
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        # A comma with spaces around it is one separator; two commas hide a missing number.
        if texts := re.split(r"\s*[,;]\s*|\s+", line.strip()) if line.strip() else []:
            try:
                yield number, [float(text) for text in texts]
            except ValueError:
                raise ResultFileError(f"{path}:{number}: {line.strip()!r} is not numbers") from None
