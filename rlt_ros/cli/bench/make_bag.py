# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench make-bag: an annotated sequence as a rosbag2."""

from __future__ import annotations

import argparse
from pathlib import Path

from rlt_ros.cli.arguments import add_intensity_argument
from rlt_ros.cli.bench.rosbags import require_rosbags

EPILOG = """\
example:
  rlt-bench make-bag OTB Deer deer_bag
  rlt-bench bag deer_bag --out out/deer

Image files go into the bag byte for byte (sensor_msgs/CompressedImage); with --raw, and from
videos, frames go in as sensor_msgs/Image. The ground truth is a topic of
vision_msgs/Detection2D with the images' stamps; a frame that is not annotated gets no message.
Centre and size do not always give a box's corner back to the last bit, so the corner stands in
results[0].pose.pose.position as well: rlt-bench unpack-bag restores every box exactly.
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``make-bag`` to the commands."""
    make = commands.add_parser(
        "make-bag",
        help="turn an annotated sequence into a rosbag2",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    make.add_argument("dataset", type=Path, help="a folder of sequences")
    make.add_argument("sequence", help="one sequence's name")
    make.add_argument("bag", type=Path, help="folder of the bag to write; must not exist")
    make.add_argument(
        "--storage", choices=("mcap", "sqlite3"), default="mcap", help="default: %(default)s"
    )
    make.add_argument(
        "--raw", action="store_true", help="decode image files, to RGB of 8 bits as tracked in"
    )
    add_intensity_argument(make)
    make.add_argument(
        "--fps",
        type=float,
        metavar="R",
        help="of the stamps (default: a video's own times, 30 for images)",
    )
    make.add_argument(
        "--image-topic",
        metavar="TOPIC",
        help="default: /camera/image_raw, and with /compressed behind it for image files",
    )
    make.add_argument(
        "--truth-topic",
        default="/camera/ground_truth",
        metavar="TOPIC",
        help="default: %(default)s",
    )
    make.set_defaults(run=make_bag)


def make_bag(options: argparse.Namespace) -> None:
    """Do what the options say.

    Raises:
        ValueError, OSError: it cannot be done; the message says why.
    """
    require_rosbags()
    from rlt_ros.benchmark.studies.bags import packing
    from rlt_ros.benchmark.studies.bags.sequences import packable

    if options.fps is not None and not 0 < options.fps <= 1000:
        raise ValueError(f"--fps must be above 0 and at most 1000, not {options.fps:g}")
    packed = packing.make_bag(
        packable(options.dataset, options.sequence, options.intensity_range),
        options.bag,
        storage=options.storage,
        raw=options.raw,
        fps=options.fps,
        image_topic=options.image_topic,
        truth_topic=options.truth_topic,
    )
    print(f"{packed.images} images on {packed.topic} ({packed.message_type})")
    print(f"{packed.boxes} boxes on {options.truth_topic}")
    print(f"wrote {options.bag}")
