# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench ope: one-pass evaluation of trackers on annotated sequences."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from rlt_ros.benchmark.ope_study import Plan, evaluate
from rlt_ros.benchmark.peer_networks import peer_networks
from rlt_ros.benchmark.published import find_published
from rlt_ros.benchmark.report import write_report
from rlt_ros.benchmark.runners import OPENCV_NETWORK_TRACKERS, make_runner, rlt_config
from rlt_ros.benchmark.tracker_name import OURS, TrackerName, parse_tracker_name
from rlt_ros.cli.bench.execution_arguments import add_execution_arguments, workers_from
from rlt_ros.cli.bench.ope_tables import print_tables
from rlt_ros.cli.bench.sequence_choice import add_dataset_arguments, chosen_sequences
from rlt_ros.tracking.config import Value, parse_setting

EPILOG = """\
examples:
  rlt-bench ope OTB --tracker rlt --tracker csrt --sequences Deer,Girl --seeds 3 --out out/ope
  rlt-bench ope OTB --tracker rlt --tracker rlt,attention_weight=0 --seeds 3 --out out/lambda
  rlt-bench ope OTB --tracker nano --peers-onnx peers --published results --out out/peers
  rlt-bench ope OTB --backend dask --address tcp://10.0.0.1:8786 --seeds 5 --out out/cluster

OTB is a data set: OTB, VOT, GOT-10k, UAV123, or plain videos with box files. The folder given
with --out gets summary.json, report.html with its tables and pictures in report/, and, for each
tracker and seed, the boxes of every sequence. Finished runs are kept in its folder runs/: a command
that was stopped goes on from there when it is given again.
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``ope`` to the commands."""
    ope = commands.add_parser(
        "ope",
        help="one-pass evaluation (success AUC, precision, speed)",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_dataset_arguments(ope)
    ope.add_argument(
        "--tracker",
        action="append",
        dest="trackers",
        metavar="NAME",
        help="rlt, rlt:PRESET, csrt, kcf, mil, nano or vit; settings of its own may follow, as in "
        "rlt:paper,attention_weight=0; several are run side by side (default: rlt, or none with "
        "--published)",
    )
    ope.add_argument("--sequences", metavar="A,B", help="only these sequences")
    ope.add_argument(
        "--seeds",
        type=int,
        default=1,
        metavar="N",
        help="N seeds, from seed on (0), for rlt; N runs of mil, which takes no seed",
    )
    ope.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="KEY=VALUE",
        help="change one setting of rlt; may be given several times",
    )
    ope.add_argument("--max-frames", type=int, metavar="N", help="of each sequence")
    ope.add_argument(
        "--published",
        action="append",
        default=[],
        type=Path,
        metavar="FOLDER",
        help="score published boxes beside the others: FOLDER/TRACKER/SEQUENCE.txt with x,y,w,h "
        "counted from 1; may be given several times",
    )
    ope.add_argument(
        "--peers-onnx",
        type=Path,
        metavar="FOLDER",
        help="where the networks of nano (*backbone*.onnx, *head*.onnx) and vit (*vit*.onnx) are",
    )
    ope.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    ope.add_argument("--no-report", action="store_true", help="numbers only, no pictures")
    add_execution_arguments(ope)
    ope.set_defaults(run=one_pass_evaluation)


def one_pass_evaluation(options: argparse.Namespace) -> None:
    """Run every tracker on every sequence and write the results.

    Raises:
        ValueError, OSError, WeightsError: it cannot be done; the message says why.
    """
    for name in ("seeds", "max_frames"):
        if (number := getattr(options, name)) is not None and number < 1:
            raise ValueError(f"--{name.replace('_', '-')} must be 1 or more, not {number}")
    workers = workers_from(options)
    settings = dict(parse_setting(text) for text in options.settings)
    seeds = range(first := int(settings.pop("seed", 0)), first + options.seeds)
    trackers = _trackers(options, settings)
    sequences = chosen_sequences(options)
    plan = Plan(
        options.dataset.resolve(),  # workers may be in other folders
        sequences,
        trackers,
        seeds,
        options.max_frames,
        find_published(options.published, sequences, {tracker.full for tracker, _ in trackers}),
        options.layout,
    )
    command = shlex.join(["rlt-bench", *sys.argv[1:]])
    summary = evaluate(
        plan, options.out, workers, command=command, settings=settings, again=options.again
    )
    if summary["trackers"]:
        print_tables(summary)
        if not options.no_report:
            print(f"report: {write_report(options.out)}")
    if failures := summary["failures"]:
        total = len(plan.jobs()) + len(plan.published_jobs())
        raise ValueError(f"{len(failures)} of {total} runs failed, see above")


def _trackers(
    options: argparse.Namespace, settings: dict[str, Value]
) -> list[tuple[TrackerName, dict[str, Value]]]:
    """Return each tracker with its settings; find out before a long run what is wrong."""
    names = options.trackers or ([] if options.published else ["rlt"])
    trackers = []
    for tracker in map(parse_tracker_name, dict.fromkeys(names)):
        own: dict[str, Value] = {}
        if tracker.family == OURS:
            own = settings
            rlt_config(tracker, own)
        else:
            if tracker.family in OPENCV_NETWORK_TRACKERS and not tracker.settings:
                own = {**peer_networks(tracker.family, options.peers_onnx)}
            make_runner(tracker.full, own)
        trackers.append((tracker, own))
    return trackers
