# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The demo: video -> bag -> replayed over DDS into the node -> bag -> pictures and numbers."""

from __future__ import annotations

import argparse
import math
import os
import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path

from rlt_ros.bags.images import write_frames
from rlt_ros.bags.reader import BagReader
from rlt_ros.bags.writer import BagWriter, jazzy_types
from rlt_ros.cli.arguments import (
    Box,
    CommandParser,
    add_tracker_arguments,
    box_argument,
    config_from,
    path_argument,
    tracker_settings,
)
from rlt_ros.cli.output_folder import output_folder
from rlt_ros.cli.stopping import stopped_code
from rlt_ros.demo.other_load import cpu_times, others_cores
from rlt_ros.demo.summary import latency, summarize
from rlt_ros.media.result_files import remove_results
from rlt_ros.media.sample_video import BOX, sample_video
from rlt_ros.media.sources import FrameSource, open_source
from rlt_ros.replay.errors import ReplayError
from rlt_ros.replay.outcome import Outcome
from rlt_ros.replay.session import ALL_OUTPUTS, bag_images, replay_into_node
from rlt_ros.tracking.boxes import validated_box

TOPIC = "/camera/image_raw"
INPUT_BAG, OUTPUT_BAG, NODE_LOG = "input_bag", "output_bag", "node.log"
# Input image, annotated image (three bytes each) and attention map.
_BYTES_PER_PIXEL = 7


# Above this many cores of others' work, that is the likely reason for dropped frames.
_BUSY = 0.3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; 0 if all went well, 1 if frames were lost or the node failed, 2 if misused."""
    options = _parser().parse_args(arguments)
    try:
        with output_folder(options.out):
            summary, paths, others = run(options)
    except ReplayError as error:
        print(f"demo: error: {error}", file=sys.stderr)
        return 1
    except (ValueError, OSError) as error:
        print(f"demo: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print("\ndemo: stopped", file=sys.stderr)
        return stopped_code(stop)
    _report(summary, paths, options, others)
    return 1 if summary.lost_in_transport else 0


def run(options: argparse.Namespace) -> tuple[Outcome, list[Path], float]:
    """Do what the options say.

    Returns:
        The numbers, the files written, and how many cores other programs kept busy meanwhile.

    Raises:
        ValueError, OSError: it cannot be done as it was asked for.
        ReplayError: the node or the connection to it failed.
    """
    if options.video is not None and options.box is None:
        raise ValueError(
            "give the target's box on the first frame of the video: "
            + _typed(options, "box", "x,y,w,h")
        )
    box, rate = _box(options), _rate(options)
    video = options.video or sample_video()
    settings = tracker_settings(options)
    config = config_from(settings)
    folder: Path = options.out
    input_bag, output_bag = folder / INPUT_BAG, folder / OUTPUT_BAG
    with open_source(video) as source:
        remove_results(folder)
        for bag in (input_bag, output_bag):
            shutil.rmtree(bag, ignore_errors=True)
        name, fps = source.name, source.fps
        print(f"writing {name} as a rosbag2 to {input_bag}")
        _write_bag(source, input_bag, box)
    print(f"replaying it into the node at {rate:g} x")
    log = folder / NODE_LOG
    with BagReader(input_bag) as recording:
        images = bag_images(recording, TOPIC)
        before = cpu_times()
        replay_into_node(images, box, settings, rate, ALL_OUTPUTS, output_bag, log)
        others = others_cores(before, cpu_times())
    what = f"preset {config.preset}, through ROS 2 at {rate:g} x"
    summary, paths = summarize(input_bag, TOPIC, output_bag, rate, fps, folder, name, what)
    return summary, [*paths, input_bag, output_bag, log], others


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="python -m rlt_ros.demo",
        description="Replay a video as a rosbag2 into the tracker node and show what comes out.",
    )
    parser.add_argument("--video", help="video file or folder of images (default: a sample)")
    parser.add_argument(
        "--box",
        metavar="X,Y,W,H",
        help="the target on the first frame, in pixels; x,y is its top-left corner",
    )
    parser.add_argument(
        "--out",
        type=path_argument,
        default=Path("out/demo"),
        metavar="DIR",
        help="folder to write to (default: %(default)s)",
    )
    parser.add_argument(
        "--rate", default="1", metavar="R", help="speed of the replay (default: %(default)s)"
    )
    # Hints then name what was typed: BOX= in place of --box.
    parser.add_argument("--from-make", action="store_true", help=argparse.SUPPRESS)
    add_tracker_arguments(parser)
    return parser


def _write_bag(source: FrameSource, path: Path, box: Box) -> None:
    frames = iter(source)
    first = next(frames)
    height, width = first.image.shape[:2]
    validated_box(box, (width, height))
    _check_space(path.parent, (source.length or 0) * height * width)
    with BagWriter(path, jazzy_types()) as bag:
        pairs = ((frame.stamp, frame.image) for frame in chain([first], frames))
        write_frames(bag, TOPIC, pairs, start_ns=time.time_ns())


def _check_space(folder: Path, pixels: int) -> None:
    needed = pixels * _BYTES_PER_PIXEL
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(
            f"the bags take about {needed / 1e9:.1f} GB but {folder} has {free / 1e9:.1f} GB left; "
            "give another folder with --out, or a shorter or smaller video"
        )


def _box(options: argparse.Namespace) -> Box:
    if options.box is None:
        return BOX
    try:
        return box_argument(options.box)
    except argparse.ArgumentTypeError as error:
        raise ValueError(f"{_typed(options, 'box', options.box)}: {error}") from None


def _rate(options: argparse.Namespace) -> float:
    with suppress(ValueError):
        if 0 < (rate := float(options.rate)) <= 100:
            return rate
    raise ValueError(f"{_typed(options, 'rate', options.rate)}: give a number above 0, at most 100")


def _typed(options: argparse.Namespace, name: str, value: str) -> str:
    """Return an option as the user types it."""
    return f"{name.upper()}={value}" if options.from_make else f"--{name} {value}"


def _dropped(summary: Outcome, options: argparse.Namespace, others: float) -> str:
    text = f"{summary.dropped}, left out because a newer frame had come"
    if summary.dropped <= summary.sent // 20:
        return text
    slower = _typed(options, "rate", f"{_rate(options) / 2:g}")
    if others > _BUSY:
        return f"{text}; other programs were busy: fewer when they are not, or with {slower}"
    return f"{text}; fewer with {slower}"


def _report(
    summary: Outcome, paths: Sequence[Path], options: argparse.Namespace, others: float
) -> None:
    cores = os.cpu_count() or 1
    busy = "-" if math.isnan(others) else f"{others:.1f} of {cores} cores, while this ran"
    lines = {
        "frames in": f"{summary.sent} sent, {summary.received} received by the node",
        "tracked": f"{len(summary.tracked)}, target lost on {summary.lost} of them",
        "dropped": _dropped(summary, options, others),
        "other programs": busy,
        "lost in transport": f"{summary.lost_in_transport}",
        "latency": f"{latency(summary, 50)} median, {latency(summary, 95)} 95th percentile",
        "initialisation": f"{summary.init_time:.2f} s",
        "updates": f"{summary.updates}",
    }
    print()
    for label, text in lines.items():
        print(f"{label:<18} {text}")
    for path in paths:
        print(f"{'wrote':<18} {path}")
    for path in paths:
        if path.suffix == ".png":
            print(f"{'look at it with':<18} xdg-open {shlex.quote(str(path))}")
    if summary.lost_in_transport:
        print("demo: error: messages were lost between the processes", file=sys.stderr)
