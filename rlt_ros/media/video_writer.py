# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""MP4 files that exist only when they are complete."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray


class VideoWriter:
    """Writes RGB frames into an MP4 file (MPEG-4 part 2, which every OpenCV build encodes).

    The frames go to ``<name>.part.mp4``; ``close`` gives the file its final name, so a run that
    dies leaves no broken file under it. Leaving a ``with`` block by an exception removes the part.
    """

    def __init__(self, path: Path, fps: float) -> None:
        if not np.isfinite(fps) or fps <= 0:
            raise ValueError(f"frame rate {fps} for {path} is not a positive number")
        self.path = path
        self.frames = 0
        self._fps = fps
        self._part = path.with_name(f"{path.stem}.part.mp4")
        self._size: tuple[int, int] | None = None
        self._writer: cv2.VideoWriter | None = None

    def write(self, image: NDArray[np.uint8]) -> None:
        """Append one RGB uint8 (H, W, 3) frame.

        Raises:
            ValueError: the frame is no RGB image or of another size than the first.
            OSError: the file cannot be opened or the codec is missing.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(
                f"frame of shape {image.shape} and type {image.dtype} is not RGB uint8 (H, W, 3)"
            )
        size = (image.shape[1], image.shape[0])
        if self._writer is None:
            self._writer = self._open(size)
            self._size = size
        if size != self._size:
            raise ValueError(f"{self.path}: frame of {size} pixels in a video of {self._size}")
        self._writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        self.frames += 1

    def close(self) -> None:
        """Finish the file; without any frame there is no file."""
        if self._writer is not None:
            self._writer.release()
            self._writer = None
            self._part.replace(self.path)

    def discard(self) -> None:
        """Stop and remove what was written."""
        if self._writer is not None:
            self._writer.release()
            self._writer = None
            self._part.unlink(missing_ok=True)

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def _open(self, size: tuple[int, int]) -> cv2.VideoWriter:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        codec = cv2.VideoWriter.fourcc(*"mp4v")
        writer = cv2.VideoWriter(str(self._part), codec, self._fps, size)
        if not writer.isOpened():
            raise OSError(f"cannot write {self._part}; check the folder and OpenCV's video codecs")
        return writer
