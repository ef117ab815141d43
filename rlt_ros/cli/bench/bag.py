# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench bag: replay a rosbag2, frame by frame in code or in real time through the node."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from rlt_ros.cli.arguments import (
    add_intensity_argument,
    add_rerun_argument,
    add_settings_argument,
    box_argument,
)
from rlt_ros.cli.bench.rosbags import require_rosbags, warn
from rlt_ros.tracking.config import parse_setting

if TYPE_CHECKING:
    from rlt_ros.benchmark.studies.bags.job import BagJob

EPILOG = """\
examples:
  rlt-bench bag drive --init 120,80,60,90 --out out/drive
  rlt-bench bag drive --real-time --rate 0.5 --set device=cpu --out out/drive_live

The target is named by --init on the first image; else by the first vision_msgs/Detection2D on the
topic that ends in init_box (with a stamp: on the image of exactly that stamp; without: on the next
image); else by the first box on the ground-truth topic, whose name ends in ground_truth and whose
messages have the stamps of the images.

Lockstep, the default, tracks in every image without ROS and is repeatable. --real-time publishes
the images at their recorded times to the tracker node in another process, over DDS, and needs ROS.
Latency is then counted from the time at which an image was due to the receipt of its detection.
Where the bag has a ground truth, an image that was dropped or cannot be decoded counts with the
box before it; tracked_only in summary.json leaves such images out.

The folder given with --out gets summary.json (times in seconds) and boxes.csv (frame, stamp, x, y,
w, h, score, state); in real time also output_bag, node.log and node_memory.csv (seconds, MiB).
"""
_PATIENCE = 30.0  # seconds for the replay to end its node and to write


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``bag`` to the commands."""
    bag = commands.add_parser(
        "bag",
        help="replay a rosbag2: tracked, dropped, latency, accuracy",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    bag.add_argument("bag", type=Path, help="a bag's folder, or one .mcap or .db3 file")
    bag.add_argument(
        "--image-topic", metavar="TOPIC", help="Image or CompressedImage (default: the only one)"
    )
    bag.add_argument(
        "--init",
        type=box_argument,
        metavar="X,Y,W,H",
        help="the target's box on the first image, in pixels (default: from the bag)",
    )
    bag.add_argument("--init-topic", metavar="TOPIC", help="default: the one ending in init_box")
    bag.add_argument(
        "--truth-topic", metavar="TOPIC", help="default: the one ending in ground_truth"
    )
    bag.add_argument(
        "--tracker",
        default="rlt",
        metavar="NAME",
        help="rlt, rlt:PRESET, or one of OpenCV's as in rlt-bench ope (default: %(default)s)",
    )
    add_settings_argument(bag)
    add_intensity_argument(bag)
    bag.add_argument("--max-frames", type=int, metavar="N", help="stop after N images")
    bag.add_argument(
        "--real-time", action="store_true", help="through the tracker node over DDS; needs ROS"
    )
    bag.add_argument(
        "--rate", type=float, metavar="R", help="with --real-time: R times the recorded speed (1)"
    )
    bag.add_argument(
        "--params-file",
        type=Path,
        metavar="FILE",
        help="with --real-time: parameters of the node (default: config/tracker.yaml)",
    )
    bag.add_argument(
        "--pictures",
        action="store_true",
        help="with --real-time: record attention maps and annotated images, too, as if watched",
    )
    add_rerun_argument(bag)
    bag.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    bag.set_defaults(run=replay)


def replay(options: argparse.Namespace) -> None:
    """Do what the options say.

    Raises:
        ValueError, OSError, WeightsError: it cannot be done, or the bag broke off; says why.
        SystemExit: the replay in real time failed and has said why.
    """
    require_rosbags()
    from rlt_ros.benchmark.studies.bags.job import BagJob

    if options.max_frames is not None and options.max_frames < 1:
        raise ValueError(f"--max-frames must be 1 or more, not {options.max_frames}")
    for_replays = options.rate is not None or options.params_file is not None or options.pictures
    if for_replays and not options.real_time:
        raise ValueError(
            "--rate, --params-file and --pictures are for --real-time; give that as well"
        )
    if options.rerun and options.real_time:
        raise ValueError("--rerun is for lockstep; leave --real-time out")
    rate = 1.0 if options.rate is None else options.rate
    if not 0 < rate <= 100:
        raise ValueError(f"--rate must be above 0 and at most 100, not {rate:g}")
    if options.params_file is not None and not options.params_file.is_file():
        raise ValueError(f"there is no {options.params_file}")
    job = BagJob(
        bag=options.bag,
        out=options.out,
        tracker=options.tracker,
        settings=dict(parse_setting(text) for text in options.settings),
        image_topic=options.image_topic,
        init_topic=options.init_topic,
        truth_topic=options.truth_topic,
        box=options.init,
        max_frames=options.max_frames,
        intensity=options.intensity_range,
        rate=rate,
        params_file=options.params_file,
        pictures=options.pictures,
        command=options.command,
    )
    if options.real_time:
        _real_time(job)
    else:
        _lockstep(job, rerun=options.rerun)


def _lockstep(job: BagJob, *, rerun: bool) -> None:
    from rlt_ros.bags.reader import BagReader
    from rlt_ros.benchmark.studies.bags.lockstep import run_lockstep
    from rlt_ros.benchmark.studies.bags.results import report, write_run
    from rlt_ros.media.rerun_log import rerun_log

    with BagReader(job.bag) as bag:
        frames = job.frames(bag)
        warn(frames.notes)
        with rerun_log(rerun, job.out) as log:
            run = run_lockstep(frames, job.tracker, job.settings, log)
        summary = write_run(job, run, "lockstep")
    print(report(job, summary))
    if run.stop is not None:
        raise run.stop
    if run.problem:
        raise ValueError(f"{run.problem} (what was measured before is written)")


def _real_time(job: BagJob) -> None:
    """Run the replay, which needs ROS, in a process of its own, and end it if this one is ended."""
    missing = [name for name in ("rclpy", "vision_msgs") if find_spec(name) is None]
    if missing:
        raise ValueError(
            f"--real-time needs ROS 2 ({', '.join(missing)} is missing): source its setup.bash or "
            "tools/env.sh, or leave --real-time out"
        )
    job.node_settings()
    command = [sys.executable, "-m", "rlt_ros.replay", job.to_json()]
    # In a session of its own, so that a Ctrl-C reaches it once, from here, whoever sent it.
    child = subprocess.Popen(command, start_new_session=True)
    before = signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    try:
        code = child.wait()
    except KeyboardInterrupt:
        child.send_signal(signal.SIGINT)  # it writes what it has
        code = _ended(child)
    finally:
        if child.poll() is None:
            child.terminate()  # not killed: it has a node to end
            _ended(child)
        signal.signal(signal.SIGTERM, before)
    if code:
        raise SystemExit(code if code > 0 else 128 - code)


def _ended(child: subprocess.Popen[bytes]) -> int:
    """Return the exit code of a process that was asked to end."""
    try:
        return child.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()
