# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A run as a Rerun recording: frames, boxes, states, attention and scores on one time line."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rlt_ros.closing import Discarding
from rlt_ros.media.drawing import OTHER_COLOUR, STATE_COLOURS
from rlt_ros.media.text import Image
from rlt_ros.whole_files import NotWrittenError, Part

FILE = "tracking.rrd"
QUALITY = 85
"""Of the frames, which are kept as JPEG: 0 to 100."""


class NoRerunError(ValueError):
    """The package is not installed or does not work; the message says what to do."""


class RerunLog(Discarding):
    """Writes a recording that ``rerun FILE`` shows; it appears under its name when it is whole.

    The time lines are ``frame`` (its number) and ``time`` (its stamp, in seconds).
    """

    def __init__(self, path: Path) -> None:
        """Begin the recording.

        Raises:
            NoRerunError: rerun-sdk is not installed or does not work.
        """
        self._rerun = _rerun()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._part = Part(path)
        self.path = path
        self._stream = self._rerun.RecordingStream("rlt_ros")
        self._stream.save(self._part.place)

    def add(
        self,
        frame: int,
        stamp: float,
        image: Image,
        box: ArrayLike,
        score: float,
        state: str,
        attention: NDArray[np.uint8] | None = None,
    ) -> None:
        """Add a frame with its result; arguments as for ``ResultFiles.add``."""
        rerun, stream = self._rerun, self._stream
        stream.set_time("frame", sequence=frame)
        stream.set_time("time", duration=stamp)
        stream.log("camera", rerun.Image(image).compress(jpeg_quality=QUALITY))
        colour = STATE_COLOURS.get(state, OTHER_COLOUR)
        label = state if math.isnan(score) else f"{state} {score:.2f}"
        boxes: Any = rerun.Boxes2D(
            array=np.asarray([box], np.float64),
            array_format=rerun.Box2DFormat.XYWH,
            labels=[label],
            colors=[colour],
        )
        stream.log("camera/target", boxes)
        stream.log("state", rerun.TextLog(state))
        if not math.isnan(score):
            stream.log("score", rerun.Scalars(score))
        if attention is not None:
            stream.log("attention", rerun.Image(attention).compress(jpeg_quality=QUALITY))

    def close(self) -> None:
        """End the recording and give it its name.

        Raises:
            NotWrittenError: it cannot be written.
        """
        self._stream.flush()
        self._stream.disconnect()
        try:
            self._part.finish()
        except OSError as error:
            raise NotWrittenError.because(self.path, error) from error

    def discard(self) -> None:
        """End the recording and remove it."""
        self._stream.disconnect()
        self._part.discard()


def rerun_log(wanted: bool, folder: Path) -> AbstractContextManager[RerunLog | None]:
    """Return a log in a folder if it is wanted, and else nothing, to be used by ``with``.

    Raises:
        NoRerunError: rerun-sdk is not installed or does not work.
    """
    return RerunLog(folder / FILE) if wanted else nullcontext()


def _rerun() -> Any:
    try:
        import rerun
    except ModuleNotFoundError:
        raise NoRerunError(
            'Rerun recordings need the package rerun-sdk: pip install "rlt_ros[rerun]", or'
            " pip install rerun-sdk"
        ) from None
    except ImportError as error:  # of what it brings; with numpy 1, a pyarrow that needs numpy 2
        raise NoRerunError(
            f"the package rerun-sdk is installed but does not work: {error}; with numpy 1:"
            ' pip install "pyarrow<26"'
        ) from error
    return rerun
