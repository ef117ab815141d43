# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench speed: time per frame, per stage and of updates, and memory."""

from __future__ import annotations

import argparse

from rlt_ros.benchmark.report import PAGE
from rlt_ros.benchmark.studies.reference.timing import measure_reference, reference_lines
from rlt_ros.benchmark.studies.speed.clips import ClipSource, DatasetClip, GeneratedClip
from rlt_ros.benchmark.studies.speed.comparison import SpeedPlan, compare_speed, table_lines
from rlt_ros.benchmark.studies.speed.growth import growth_lines, measure_growth
from rlt_ros.benchmark.trackers.tracker_name import OURS
from rlt_ros.cli.bench.failed_runs import refuse_failures
from rlt_ros.cli.bench.sequence_choice import add_dataset_arguments, chosen_sequences
from rlt_ros.cli.bench.study_arguments import add_tracker_choice, chosen_trackers, given_settings
from rlt_ros.cli.output_folder import add_out_argument
from rlt_ros.tracking import make_config
from rlt_ros.tracking.settings import Value

EPILOG = """\
examples:
  rlt-bench speed --out out/speed
  rlt-bench speed OTB --tracker rlt --tracker mil --sequences Deer,Girl --out out/speed
  rlt-bench speed OTB --sequences Girl --rate 30 --set update_mode=lockstep --out out/girl
  rlt-bench speed --growth --out out/growth
  rlt-bench speed --reference --out out/reference

Frames are decoded before the clock starts, and each is given as soon as the last was tracked, so
no frame is dropped; rlt fine-tunes in a thread of its own meanwhile (update_mode=background, as in
the node). Runs are never taken from an earlier command: one after another, sequence by sequence,
each tracker in a new process. Leave the machine alone meanwhile.

The folder given with --out gets summary.json, every frame's time in runs/, and tables (CSV,
Markdown) and a plot in report/.
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``speed`` to the commands."""
    speed = commands.add_parser(
        "speed",
        help="time per frame and stage, updates, memory; how they grow",
        epilog=EPILOG,
    )
    add_dataset_arguments(speed, without="a target moved over a picture, made on the spot")
    add_tracker_choice(speed)
    speed.add_argument("--sequences", metavar="A,B", help="only these sequences")
    speed.add_argument(
        "--max-frames", type=int, metavar="N", help="of each sequence, which must fit into memory"
    )
    speed.add_argument(
        "--rate",
        type=float,
        metavar="HZ",
        help="frames come at this pace, none is dropped; tells latencies from their due times",
    )
    what = speed.add_mutually_exclusive_group()
    what.add_argument(
        "--growth",
        action="store_true",
        help="cost against frame size, target size, candidates, targets and length, on made clips",
    )
    what.add_argument(
        "--reference",
        action="store_true",
        help="the paper preset beside a straightforward form of the same arithmetic",
    )
    add_out_argument(speed)
    speed.set_defaults(run=measure_speed)


def measure_speed(options: argparse.Namespace) -> None:
    """Do what the options say.

    Raises:
        ValueError, OSError, WeightsError: it cannot be done; the message says why.
        FailedRunsError: some of it failed.
    """
    _check(options)
    if options.reference:
        _reference(options)
        return
    settings = {"update_mode": "background", **given_settings(options)}
    trackers = [
        (tracker.full, own)
        for tracker, own in chosen_trackers(
            options.trackers or [OURS], settings, options.peers_onnx
        )
    ]
    if options.growth:
        summary = measure_growth(trackers, options.out, options.command, options.max_frames)
        lines = growth_lines(summary)
    else:
        plan = SpeedPlan(trackers, _clips(options), options.rate or 0.0)
        summary = compare_speed(plan, options.out, options.command)
        lines = table_lines(summary)
    if summary.get("trackers") or summary.get("growth"):
        print("\n".join(lines))
        print(f"report: {options.out / PAGE}")
    refuse_failures(summary["failures"], summary["runs"])


def _check(options: argparse.Namespace) -> None:
    if options.max_frames is not None and options.max_frames < 2:
        raise ValueError(f"--max-frames must be 2 or more, not {options.max_frames}")
    if options.rate is not None and not 0 < options.rate <= 1000:
        raise ValueError(f"--rate must be above 0 and at most 1000, not {options.rate:g}")
    if options.sequences and options.dataset is None:
        raise ValueError("--sequences are those of a data set; give its folder as well")
    mode = "--growth" if options.growth else "--reference" if options.reference else ""
    if mode and (options.dataset is not None or options.rate is not None):
        raise ValueError(f"{mode} makes its own frames; leave the data set and --rate out")
    if options.reference and (options.trackers or options.max_frames):
        raise ValueError("--reference is of rlt:paper; leave --tracker and --max-frames out")


def _clips(options: argparse.Namespace) -> list[ClipSource]:
    if options.dataset is None:
        frames = options.max_frames or GeneratedClip.frames
        return [GeneratedClip(frames)]
    dataset = options.dataset.resolve()
    return [
        DatasetClip(dataset, name, options.max_frames, options.layout, options.intensity_range)
        for name in chosen_sequences(options)
    ]


def _reference(options: argparse.Namespace) -> None:
    # Both mine in every step, as the paper does whatever the preset needs on this backbone.
    settings: dict[str, Value] = {"device": "cpu", "mining_interval": 1, **given_settings(options)}
    config = make_config("paper", **settings)
    summary = measure_reference(config, options.out, options.command)
    print("\n".join(reference_lines(summary)))
    print(f"report: {options.out / PAGE}")
