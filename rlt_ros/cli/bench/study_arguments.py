# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Arguments of the commands that run trackers on a data set, and the run itself."""

from __future__ import annotations

import argparse
from pathlib import Path

from rlt_ros.benchmark.report import write_report
from rlt_ros.benchmark.studies.evaluation.evaluating import Plan, evaluate
from rlt_ros.benchmark.trackers.peer_networks import peer_networks
from rlt_ros.benchmark.trackers.runners import OPENCV_NETWORK_TRACKERS, make_runner, rlt_config
from rlt_ros.benchmark.trackers.tracker_name import OURS, TrackerName, parse_tracker_name
from rlt_ros.cli.arguments import add_settings_argument, check_positive, path_argument
from rlt_ros.cli.bench.execution_arguments import add_execution_arguments, workers_from
from rlt_ros.cli.bench.failed_runs import refuse_failures
from rlt_ros.cli.bench.ope_tables import print_tables
from rlt_ros.cli.bench.sequence_choice import add_dataset_arguments, chosen_sequences
from rlt_ros.cli.output_folder import add_out_argument
from rlt_ros.tracking.config import parse_setting
from rlt_ros.tracking.settings import Value


def add_study_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    what: str,
    epilog: str,
    *,
    without_dataset: str = "",
) -> argparse.ArgumentParser:
    """Add a command with the arguments that all of them have.

    Args:
        commands: gets the command.
        name: the command's.
        what: it does, in one line.
        epilog: examples.
        without_dataset: what it does without a data set; empty where one must be given.
    """
    parser = commands.add_parser(name, help=what, epilog=epilog)
    add_dataset_arguments(parser, without=without_dataset)
    add_tracker_choice(parser)
    parser.add_argument("--sequences", metavar="A,B", help="only these sequences")
    parser.add_argument(
        "--seeds",
        type=int,
        default=1,
        metavar="N",
        help="N seeds, from seed on (0), for rlt; N runs of mil, which takes no seed",
    )
    parser.add_argument("--max-frames", type=int, metavar="N", help="of each sequence")
    add_out_argument(parser)
    parser.add_argument("--no-report", action="store_true", help="numbers only, no pictures")
    add_execution_arguments(parser)
    return parser


def add_tracker_choice(parser: argparse.ArgumentParser) -> None:
    """Add --tracker, --set and --peers-onnx."""
    parser.add_argument(
        "--tracker",
        action="append",
        dest="trackers",
        metavar="NAME",
        help="rlt, rlt:PRESET, csrt, kcf, mil, nano or vit; settings of its own may follow, as in "
        "rlt:paper,attention_weight=0; several are run side by side; csrt and kcf need "
        "opencv-contrib-python (default: rlt)",
    )
    add_settings_argument(parser)
    parser.add_argument(
        "--peers-onnx",
        type=path_argument,
        metavar="FOLDER",
        help="where the networks of nano (*backbone*.onnx, *head*.onnx) and vit (*vit*.onnx) are",
    )


def plan_from(options: argparse.Namespace, protocol: str, default: str | None = OURS) -> Plan:
    """Return what the options ask to be run.

    Args:
        options: those of ``add_study_command``.
        protocol: see ``Plan``.
        default: the tracker if none is named; None for none.

    Raises:
        ValueError, OSError: a tracker, a setting or a sequence does not exist.
    """
    check_positive(options, "seeds", "max_frames")
    settings = given_settings(options)
    seeds = range(first := int(settings.pop("seed", 0)), first + options.seeds)
    names = options.trackers or ([default] if default else [])
    return Plan(
        options.dataset.resolve(),  # workers may be in other folders
        chosen_sequences(options),
        chosen_trackers(names, settings, options.peers_onnx),
        seeds,
        options.max_frames,
        layout=options.layout,
        intensity=options.intensity_range,
        protocol=protocol,
    )


def run_plan(options: argparse.Namespace, plan: Plan) -> None:
    """Run a plan, write the results and print the means.

    Raises:
        FailedRunsError: something failed; the rest was done.
        OSError: a file cannot be written, or a cluster not be used.
    """
    settings = given_settings(options)
    settings.pop("seed", None)
    summary = evaluate(
        plan,
        options.out,
        workers_from(options),
        command=options.command,
        settings=settings,
        again=options.again,
    )
    if summary["trackers"]:
        print_tables(summary)
        if not options.no_report:
            print(f"report: {write_report(options.out)}")
    refuse_failures(summary["failures"], len(plan.jobs()) + len(plan.published_jobs()))


def given_settings(options: argparse.Namespace) -> dict[str, Value]:
    """Return what --set says."""
    return dict(parse_setting(text) for text in options.settings)


def chosen_trackers(
    names: list[str], settings: dict[str, Value], networks: Path | None
) -> list[tuple[TrackerName, dict[str, Value]]]:
    """Return each tracker with its settings; find out before a long run what is wrong.

    Args:
        names: see ``parse_tracker_name``.
        settings: for rlt.
        networks: see ``peer_networks``.

    Raises:
        ValueError: there is no such tracker or setting.
    """
    trackers = []
    for tracker in map(parse_tracker_name, dict.fromkeys(names)):
        own: dict[str, Value] = {}
        if tracker.family == OURS:
            own = settings
            rlt_config(tracker, own)
        else:
            if tracker.family in OPENCV_NETWORK_TRACKERS and not tracker.settings:
                own = {**peer_networks(tracker.family, networks)}
            make_runner(tracker.full, own)
        trackers.append((tracker, own))
    return trackers
