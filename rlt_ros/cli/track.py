# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-track: track a target through a video file, a webcam or a folder of images, without ROS."""

from __future__ import annotations

import argparse
import logging
import shlex
import signal
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from itertools import islice
from pathlib import Path

from numpy.typing import ArrayLike
from tqdm.contrib.logging import logging_redirect_tqdm

from rlt_ros.cli.arguments import (
    Box,
    CommandParser,
    add_intensity_argument,
    add_rerun_argument,
    add_tracker_arguments,
    box_argument,
    config_from,
    tracker_settings,
)
from rlt_ros.cli.output_folder import add_out_argument, output_folder
from rlt_ros.cli.stopping import stopped_code
from rlt_ros.complaints import Complaints
from rlt_ros.media.drawing import draw_box
from rlt_ros.media.rerun_log import RerunLog, rerun_log
from rlt_ros.media.result_files import RESULTS, ResultFiles
from rlt_ros.media.sources import Frame, FrameSource, local_path, open_source
from rlt_ros.media.windows import ESCAPE, Window, choose_box
from rlt_ros.progress import progress
from rlt_ros.tracking import InvalidImageError, Tracker, WeightsError
from rlt_ros.whole_files import NotWrittenError

_LOG = logging.getLogger("rlt-track")

_STOPPING = (signal.SIGINT, signal.SIGTERM)

BY_HAND = "give the target's box on the first frame as --init x,y,w,h in pixels"

EPILOG = """\
examples:
  rlt-track video.mp4 --init 120,80,60,90 --out out/video
  rlt-track frames/%06d.jpg --init 120,80,60,90 --out out/frames --attention
  rlt-track 0 --out out/webcam          (choose the target with the mouse, end with Ctrl-C)
  rlt-track rtsp://10.0.0.7/stream --init 120,80,60,90 --out out/stream
  rlt-track 'v4l2src ! videoconvert ! video/x-raw,format=BGR ! appsink' --out out/pipeline

Of a camera or stream the newest frame is tracked in; those that come meanwhile are left out.
Ctrl-C ends the run and keeps what was tracked until then.

The folder given with --out gets annotated.mp4, contact_sheet.png and boxes.csv (frame, stamp,
x, y, w, h, score, state). The stamp is the frame's time in seconds, as the video tells it. Boxes
are in pixels: x, y is the top-left corner, the first pixel of the image is 0,0.
"""


class _Stopped(KeyboardInterrupt):
    """The first Ctrl-C, while no frame is being tracked."""


class UsageError(ValueError):
    """The command cannot work as it was given; the message says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    0 when all went well; after one line that says what is wrong 1 for results that cannot be
    written and 2 for the rest; 130 after Ctrl-C, which keeps what was tracked until then.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(name)s: %(levelname)s: %(message)s", level=logging.WARNING)
    try:
        with logging_redirect_tqdm(), output_folder(options.out):
            return track(options)
    except NotWrittenError as error:
        print(f"rlt-track: error: {error}", file=sys.stderr)
        return 1
    except (ValueError, OSError, WeightsError) as error:
        # Every error that the library raises on purpose; anything else is a bug and shows itself.
        print(f"rlt-track: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print("rlt-track: stopped; nothing was written", file=sys.stderr)
        return stopped_code(stop)


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="rlt-track",
        description="Track a target through a video, a webcam or images by reciprocative learning.",
        epilog=EPILOG,
    )
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a video file, a camera's index or device, an address (rtsp://..., http://...), a "
        "GStreamer pipeline, a folder of images, or a pattern (frames/*.png, frames/%%06d.jpg)",
    )
    parser.add_argument(
        "--init",
        type=box_argument,
        metavar="X,Y,W,H",
        help="the target's box on the first frame; without it a window asks for it",
    )
    add_out_argument(parser)
    parser.add_argument("--max-frames", type=int, metavar="N", help="stop after N frames")
    parser.add_argument(
        "--fps", type=float, default=30.0, help="rate of images (default: %(default)g)"
    )
    add_intensity_argument(parser)
    parser.add_argument(
        "--attention",
        action="store_true",
        help="show every frame's attention map in the video as well; this costs time",
    )
    parser.add_argument(
        "--show", action="store_true", help="show each frame in a window as well; Esc or q ends"
    )
    add_rerun_argument(parser)
    add_tracker_arguments(parser)
    return parser


def track(options: argparse.Namespace) -> int:
    """Do what the options say; return 0, or 128 and the number of the signal that ended it early.

    Raises:
        ValueError, OSError, WeightsError: it cannot be done; the message says why.
    """
    if options.max_frames is not None and options.max_frames < 1:
        raise UsageError(f"--max-frames must be 1 or more, not {options.max_frames}")
    if not 0 < options.fps <= 1000:
        raise UsageError(f"--fps must be above 0 and at most 1000, not {options.fps:g}")
    _check_apart(options.source, options.out)
    settings = tracker_settings(options)
    config = config_from(settings)
    with open_source(options.source, options.fps, options.intensity_range) as source:
        frames = islice(iter(source), options.max_frames)
        first = next(frames)
        box = options.init or choose_box(first.image, BY_HAND)
        length = min((n for n in (source.length, options.max_frames) if n), default=None)
        with (
            _window(options) as window,
            rerun_log(options.rerun, options.out) as log,
            Tracker(config) as tracker,
            ResultFiles(
                options.out, source.fps, video_attention=options.attention, expected=length
            ) as files,
        ):
            run = _Run(tracker, files, length, window, log)
            run.start(first, box)
            with run.stoppable():
                run.follow(frames)
                _finish(run, source, f"preset {config.preset}")
            return 128 + run.stopped if run.stopped else 0


def _check_apart(source: str, out: Path) -> None:
    """Make sure that no result takes the place of the source, or is among its images next time."""
    path = local_path(source)
    if path.resolve() in [(out / name).resolve() for name in RESULTS]:
        raise UsageError(f"--out {out} would replace {path}, which is to be read; name another")
    images = path if path.is_dir() else path.parent
    if (path.is_dir() or not path.exists()) and images.resolve() == out.resolve():
        raise UsageError(
            f"--out {out} holds the images, and its contact sheet would be one of "
            "them next time; name another folder"
        )


def _window(options: argparse.Namespace) -> AbstractContextManager[Window | None]:
    return Window("rlt-track", "leave --show out") if options.show else nullcontext()


class _Run:
    """One target through one source."""

    def __init__(
        self,
        tracker: Tracker,
        files: ResultFiles,
        length: int | None,
        window: Window | None,
        log: RerunLog | None,
    ) -> None:
        self.tracker = tracker
        self.files = files
        self.length = length
        self.window = window
        self.log = log
        self.init_seconds = 0.0
        self.frame_seconds: list[float] = []
        self.skipped = 0
        self.stopped = 0
        self.ended = False  # in the window
        self._waiting = False
        self._complaints = Complaints(_LOG)

    def start(self, first: Frame, box: Box) -> None:
        """Learn the target on the first frame."""
        begin = time.perf_counter()
        result = self.tracker.init(first.image, box)
        self.init_seconds = time.perf_counter() - begin
        self._add(first, result.box, result.score, result.state.name)

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """Have Ctrl-C take effect between two frames, so that the files agree with each other."""
        before = {each: signal.signal(each, self._stop) for each in _STOPPING}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def follow(self, frames: Iterator[Frame]) -> None:
        """Track the other frames until they end or Ctrl-C."""
        bar = progress(total=self.length, initial=1, unit="frame", what="tracking")
        with bar, suppress(_Stopped):
            while not (self.stopped or self.ended) and (frame := self._next(frames)) is not None:
                self._track(frame)
                bar.update()
        self._complaints.catch_up(everything=True)

    def _next(self, frames: Iterator[Frame]) -> Frame | None:
        self._waiting = True  # a stream may be silent for long
        frame = next(frames, None)
        self._waiting = False
        return frame

    def _stop(self, number: int, _: object) -> None:
        self.stopped = number
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a second Ctrl-C stops at once
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if self._waiting:
            raise _Stopped

    def _track(self, frame: Frame) -> None:
        begin = time.perf_counter()
        try:
            result = self.tracker.track(frame.image)
        except InvalidImageError as error:
            self.skipped += 1
            self._complaints.warn("skipped", f"frame {frame.number} is skipped: {error}")
            return
        self.frame_seconds.append(time.perf_counter() - begin)
        self._add(frame, result.box, result.score, result.state.name)

    def _add(self, frame: Frame, box: ArrayLike, score: float, state: str) -> None:
        wanted = self.files.wants_attention or self.log is not None
        attention = self.tracker.attention_map() if wanted else None
        note = f"frame {frame.number}"
        self.files.add(frame.number, frame.stamp, frame.image, box, score, state, attention, note)
        if self.log is not None:
            self.log.add(frame.number, frame.stamp, frame.image, box, score, state, attention)
        if self.window is not None:
            drawn = draw_box(frame.image, box, score, state, attention, note)
            self.ended = self.window.show(drawn) == ESCAPE


def _finish(run: _Run, source: FrameSource, what: str) -> None:
    rows = run.files.rows
    lost = sum(row.state == "LOST" for row in rows)
    speed = f"{1 / statistics.median(run.frame_seconds):.1f}" if run.frame_seconds else "-"
    paths = run.files.finish(source.name, f"{what}, {len(rows)} frames, {speed} fps")
    skipped = run.skipped + source.unreadable
    more = f", {skipped} skipped" if skipped else ""
    more += f", {source.left_out} left out as newer ones had come" if source.left_out else ""
    print(f"frames         {len(rows)}{more}{_stopped_by(run.stopped)}")
    print(f"lost           {lost}")
    print(f"speed          {speed} fps (median, tracking alone)")
    print(f"initialisation {run.init_seconds:.2f} s")
    print(f"updates        {run.tracker.updates_done}")
    for path in paths:
        print(f"wrote          {path}")
    if run.log is not None:
        print(f"look at it     rerun {shlex.quote(str(run.log.path))}")


def _stopped_by(number: int) -> str:
    return f" (stopped by {'Ctrl-C' if number == signal.SIGINT else 'kill'})" if number else ""


if __name__ == "__main__":
    sys.exit(main())
