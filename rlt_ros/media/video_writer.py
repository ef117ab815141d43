# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""MP4 files that exist only when they are complete."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.closing import Discarding
from rlt_ros.pixels.files import quiet_opencv
from rlt_ros.whole_files import NotWrittenError, Part


class VideoWriter(Discarding):
    """Writes RGB frames into an MP4 file (MPEG-4 part 2, which every OpenCV build encodes).

    The frames go to ``<name>.part.mp4``; ``close`` gives the file its final name once every frame
    reads back, so a run that dies leaves no broken file under it. Leaving a ``with`` block by an
    exception removes the part.
    """

    def __init__(self, path: Path, fps: float) -> None:
        if not np.isfinite(fps) or fps <= 0:
            raise ValueError(f"frame rate {fps} for {path} is not a positive number")
        self.path = path
        self.frames = 0
        self._fps = fps
        self._part = Part(path, path.with_name(f"{path.stem}.part.mp4"))
        self._size: tuple[int, int] | None = None
        self._writer: cv2.VideoWriter | None = None

    def write(self, image: NDArray[np.uint8]) -> None:
        """Append one RGB uint8 (H, W, 3) frame.

        Raises:
            ValueError: the frame is no RGB image or of another size than the first.
            NotWrittenError: the file cannot be opened or the codec is missing.
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
        with quiet_opencv():
            self._writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        self.frames += 1

    def close(self) -> None:
        """Finish the file; without any frame there is no file.

        Raises:
            NotWrittenError: not all of it reads back; it is removed.
        """
        if self._writer is None:
            return
        try:
            self._release()
            # OpenCV says nothing when the disk is full.
            if (found := _count_frames(self._part.place)) != self.frames:
                free = shutil.disk_usage(self.path.parent).free
                raise OSError(
                    f"{found} of its {self.frames} frames read back; {free / 1e6:.0f} MB are free "
                    "on that disk"
                )
            self._part.finish()
        except OSError as error:
            raise NotWrittenError.because(self.path, error) from error
        finally:
            self._part.discard()

    def discard(self) -> None:
        """Stop and remove what was written."""
        self._release()
        self._part.discard()

    def _release(self) -> None:
        if self._writer is not None:
            with quiet_opencv():
                self._writer.release()
            self._writer = None

    def _open(self, size: tuple[int, int]) -> cv2.VideoWriter:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        codec = cv2.VideoWriter.fourcc(*"mp4v")
        with quiet_opencv():
            writer = cv2.VideoWriter(str(self._part.place), codec, self._fps, size)
        if not writer.isOpened():
            raise NotWrittenError(
                f"cannot write {self._part.place}; check the folder and OpenCV's video codecs"
            )
        return writer


def _count_frames(path: Path) -> int:
    with quiet_opencv():
        capture = cv2.VideoCapture(str(path))
        count = 0
        while capture.grab():
            count += 1
        capture.release()
    return count
