# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench unpack-bag: a rosbag2 with a ground truth as a sequence in OTB's layout."""

from __future__ import annotations

import argparse
from pathlib import Path

from rlt_ros.cli.bench.rosbags import require_rosbags, warn

EPILOG = """\
example:
  rlt-bench unpack-bag deer_bag out/otb/Deer
  rlt-bench ope out/otb --sequences Deer --out out/ope

Compressed images become files byte for byte, raw ones PNG files pixel for pixel (TIFF where pixels
are floating-point numbers or have a sign), named by their number in the bag. groundtruth_rect.txt
counts pixels from 1, as OTB does; every box is checked to read back bit for bit, and where that
cannot be (fractions of pixels that do not come from a file counted from 1) the number of such
boxes is told. Images without a box have NaN,NaN,NaN,NaN.
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``unpack-bag`` to the commands."""
    unpack = commands.add_parser(
        "unpack-bag",
        help="turn a rosbag2 with a ground truth into an OTB sequence",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    unpack.add_argument("bag", type=Path, help="a bag's folder, or one .mcap or .db3 file")
    unpack.add_argument("folder", type=Path, help="the sequence's folder; must not exist")
    unpack.add_argument(
        "--image-topic", metavar="TOPIC", help="Image or CompressedImage (default: the only one)"
    )
    unpack.add_argument(
        "--truth-topic", metavar="TOPIC", help="default: the one ending in ground_truth"
    )
    unpack.set_defaults(run=unpack_bag)


def unpack_bag(options: argparse.Namespace) -> None:
    """Do what the options say.

    Raises:
        ValueError, OSError: it cannot be done, or not all of it; the message says why.
    """
    require_rosbags()
    from rlt_ros.bags.reader import BagReader
    from rlt_ros.benchmark.studies.bags import unpacking

    with BagReader(options.bag) as bag:
        unpacked = unpacking.unpack_bag(
            bag, options.folder, options.image_topic, options.truth_topic
        )
    warn(unpacked.notes)
    print(f"wrote {options.folder}: {unpacked.frames} images, {unpacked.boxes} boxes")
    if unpacked.inexact:
        warn(
            [
                f"counted from 1, {len(unpacked.inexact)} boxes (frame {unpacked.inexact[0]} "
                "first) differ from the bag's in the last bits"
            ]
        )
    if unpacked.converted:
        warn([f"{', '.join(sorted(unpacked.converted))} was converted to RGB"])
    problems = [f"frame {number}: {text}" for number, text in unpacked.unusable.items()]
    if unpacked.unusable_boxes:
        problems.append(f"{unpacked.unusable_boxes} boxes cannot be decoded")
    problems += [unpacked.problem] if unpacked.problem else []
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ValueError(f"not all of the bag was unpacked: {problems[0]}{more}")
