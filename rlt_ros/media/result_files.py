# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The three files that show a run: annotated video, contact sheet and CSV of boxes and scores."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from rlt_ros.media.contact_sheet import SheetCell, contact_sheet, make_cell
from rlt_ros.media.panels import draw_panels, video_panel_size
from rlt_ros.media.results import ResultRow, write_results
from rlt_ros.media.sampling import EvenSamples
from rlt_ros.media.text import Image
from rlt_ros.media.video_writer import VideoWriter
from rlt_ros.whole_files import NotWrittenError, write_whole

RESULTS = VIDEO, SHEET, TABLE = "annotated.mp4", "contact_sheet.png", "boxes.csv"
_CELLS = 8


class ResultFiles:
    """Takes the frames of a run one after the other and writes the files when it is finished.

    Frames are drawn at once and not kept, so a run may be of any length.
    """

    def __init__(
        self, folder: Path, fps: float, *, video_attention: bool, expected: int | None = None
    ) -> None:
        """Prepare; the files of an earlier run stay until ``finish`` replaces them.

        Args:
            folder: where the files go; made if need be.
            fps: rate of the annotated video.
            video_attention: whether the video shows the attention maps beside the frames.
            expected: number of frames that will be added, where it is known.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.rows: list[ResultRow] = []
        self._video = VideoWriter(folder / VIDEO, fps)
        self._video_attention = video_attention
        self._size: tuple[int, int] | None = None
        self._attention: NDArray[np.uint8] | None = None
        self._position = 0
        self._samples: EvenSamples[SheetCell] = EvenSamples(_CELLS, expected)

    @property
    def wants_attention(self) -> bool:
        """Whether the next frame's attention map will be shown; it costs time to work out."""
        return self._video_attention or self._samples.wants(self._position)

    def add(
        self,
        frame: int,
        stamp: float,
        image: Image,
        box: ArrayLike,
        score: float,
        state: str,
        attention: NDArray[np.uint8] | None = None,
        note: str = "",
    ) -> None:
        """Add a frame with its result; arguments as for ``ResultRow`` and ``draw_panels``."""
        x, y, w, h = (float(value) for value in np.asarray(box, dtype=np.float64))
        if self._samples.wants(self._position):
            cell = make_cell(frame, image, box, score, state, attention)
            self._samples.add(self._position, cell)
        row = ResultRow(frame, stamp, x, y, w, h, score, state)
        self.rows.append(row)
        if self._video_attention and attention is not None:
            self._attention = attention
        self._write(image, row, note, stale=False)

    def add_without_result(self, image: Image, note: str) -> None:
        """Add a frame that was not tracked: the video shows the last result on it, dimmed."""
        if self.rows:
            self._write(image, self.rows[-1], note, stale=True)

    def finish(self, title: str, subtitle: str) -> list[Path]:
        """Write the files and return their paths; without any result there is no contact sheet.

        Raises:
            NotWrittenError: one cannot be written; the others are.
        """
        writers: dict[str, Callable[[], object]] = {}
        if self._video.frames:
            writers[VIDEO] = self._video.close
        if cells := self._samples.pick():
            scores = [(row.frame, row.score) for row in self.rows]
            sheet = contact_sheet(cells, title, subtitle, scores)
            writers[SHEET] = functools.partial(save_png, self.folder / SHEET, sheet)
        table = self.folder / TABLE
        writers[TABLE] = functools.partial(write_results, table, self.rows)
        problems = []
        for write in writers.values():  # a video that does not fit makes room for the others
            try:
                write()
            except NotWrittenError as error:
                problems.append(error)
        if problems:
            raise problems[0]
        return [self.folder / name for name in writers]

    def __enter__(self) -> ResultFiles:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._video.discard()

    def _write(self, image: Image, row: ResultRow, note: str, *, stale: bool) -> None:
        self._position += 1
        if self._size is None:
            self._size = video_panel_size(image.shape[1], image.shape[0])
        if self._video_attention and self._attention is None:
            self._attention = np.zeros(image.shape[:2], np.uint8)
        panels = draw_panels(
            image, self._size, row.box, row.score, row.state, self._attention, note, stale=stale
        )
        self._video.write(np.hstack(panels))


def remove_results(folder: Path) -> None:
    """Remove the files of an earlier run from a folder, and nothing else."""
    for name in RESULTS:
        (folder / name).unlink(missing_ok=True)


def save_png(path: Path, image: Image) -> None:
    """Write an RGB image as PNG; the file appears under its name when it is complete.

    Raises:
        NotWrittenError: the file cannot be written.
    """
    ok, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    if not ok:
        raise OSError(f"cannot encode an image of shape {image.shape} as {path}")
    write_whole(path, data.tobytes())
