# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The demo: video -> bag -> replayed over DDS into the node -> bag -> pictures and numbers."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from rlt_ros.bags.images import write_frames
from rlt_ros.bags.reader import BagReader
from rlt_ros.bags.writer import BagWriter, jazzy_types
from rlt_ros.cli.arguments import (
    Box,
    add_tracker_arguments,
    box_argument,
    config_from,
    tracker_settings,
)
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; 0 if all went well, 1 if frames were lost or the node failed, 2 if misused."""
    options = _parser().parse_args(arguments)
    # So that "kill" ends the node, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        summary, paths = run(options)
    except ReplayError as error:
        print(f"demo: error: {error}", file=sys.stderr)
        return 1
    except (ValueError, OSError) as error:
        print(f"demo: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ndemo: stopped", file=sys.stderr)
        return 130
    _report(summary, paths, options.rate)
    return 1 if summary.lost_in_transport else 0


def run(options: argparse.Namespace) -> tuple[Outcome, list[Path]]:
    """Do what the options say, and return the numbers and the files written.

    Raises:
        ValueError, OSError: it cannot be done as it was asked for.
        ReplayError: the node or the connection to it failed.
    """
    if options.video is not None and options.box is None:
        raise ValueError("give the target's box on the first frame of the video: --box x,y,w,h")
    if not 0 < options.rate <= 100:
        raise ValueError(f"--rate must be above 0 and at most 100, not {options.rate:g}")
    video = options.video or sample_video()
    box: Box = options.box or BOX
    settings = tracker_settings(options)
    config = config_from(settings)
    folder: Path = options.out
    input_bag, output_bag = folder / INPUT_BAG, folder / OUTPUT_BAG
    with open_source(video) as source:
        folder.mkdir(parents=True, exist_ok=True)
        remove_results(folder)
        for bag in (input_bag, output_bag):
            shutil.rmtree(bag, ignore_errors=True)
        name, fps = source.name, source.fps
        print(f"writing {name} as a rosbag2 to {input_bag}")
        _write_bag(source, input_bag, box)
    print(f"replaying it into the node at {options.rate:g} x")
    log = folder / NODE_LOG
    with BagReader(input_bag) as recording:
        images = bag_images(recording, TOPIC)
        replay_into_node(images, box, settings, options.rate, ALL_OUTPUTS, output_bag, log)
    what = f"preset {config.preset}, through ROS 2 at {options.rate:g} x"
    summary, paths = summarize(input_bag, TOPIC, output_bag, options.rate, fps, folder, name, what)
    return summary, [*paths, input_bag, output_bag, log]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rlt_ros.demo",
        description="Replay a video as a rosbag2 into the tracker node and show what comes out.",
    )
    parser.add_argument("--video", help="video file or folder of images (default: a sample)")
    parser.add_argument(
        "--box",
        type=box_argument,
        metavar="X,Y,W,H",
        help="the target on the first frame, in pixels; x,y is its top-left corner",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("out/demo"),
        metavar="DIR",
        help="folder to write to (default: %(default)s)",
    )
    parser.add_argument(
        "--rate", type=float, default=1.0, help="speed of the replay (default: %(default)g)"
    )
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


def _report(summary: Outcome, paths: Sequence[Path], rate: float) -> None:
    hint = f" (fewer at --rate {rate / 2:g})" if summary.dropped > summary.sent // 10 else ""
    lines = {
        "frames in": f"{summary.sent} sent, {summary.received} received by the node",
        "tracked": f"{len(summary.tracked)}, target lost on {summary.lost} of them",
        "dropped": f"{summary.dropped}, left out because a newer frame had come{hint}",
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
    if summary.lost_in_transport:
        print("demo: error: messages were lost between the processes", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
