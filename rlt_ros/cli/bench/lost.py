# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench lost: whether trackers know when their target has gone."""

from __future__ import annotations

import argparse

from rlt_ros.benchmark.datasets import ScenarioSpec, open_dataset, write_spec
from rlt_ros.benchmark.datasets.exporting import write_plain
from rlt_ros.benchmark.runs.job import LOST
from rlt_ros.cli.arguments import path_argument
from rlt_ros.cli.bench.sequence_choice import chosen_sequences
from rlt_ros.cli.bench.study_arguments import add_study_command, plan_from, run_plan

EPILOG = """\
examples:
  rlt-bench lost --tracker rlt --tracker rlt,attention_weight=0 --cases 20 --seeds 3 --out out/lost
  rlt-bench lost OTB --tracker rlt --cases 40 --scenario-seed 7 --out out/lost_otb
  rlt-bench lost --cases 10 --write-frames out/frames --out out/lost

The sequences are made: a target cut from a real picture moves over another one, goes behind a piece
of a third one or leaves the view, and comes back elsewhere, while others move about that may look
like it. Every fifth sequence is a control in which it never disappears. The same numbers give the
same frames. Without DATASET everything is cut from photos of scikit-image (pip install
scikit-image), with it from the first frames of its sequences.

DIR gets what rlt-bench ope writes, and a plot of how reliable the scores are. What a tracker said
of each frame is in TRACKER/seedN/SEQUENCE_frames.csv. DIR/*.scenarios.json is a data set to
the other commands, as in rlt-bench tre DIR/NAME.scenarios.json --out out/tre
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``lost`` to the commands."""
    what = "whether trackers know when their target has gone, on made sequences"
    lost = add_study_command(commands, LOST, what, EPILOG, without_dataset="photos of scikit-image")
    group = lost.add_argument_group("made sequences")
    group.add_argument(
        "--cases", type=int, default=20, metavar="N", help="how many (default: %(default)s)"
    )
    group.add_argument(
        "--scenario-seed",
        type=int,
        default=0,
        metavar="N",
        help="other sequences for each number; --seeds is about trackers (default: %(default)s)",
    )
    group.add_argument(
        "--write-frames",
        type=path_argument,
        metavar="FOLDER",
        help="also write the sequences there, as images with box files",
    )
    lost.set_defaults(run=lost_evaluation)


def lost_evaluation(options: argparse.Namespace) -> None:
    """Make the sequences, run every tracker on them and write the results.

    Raises:
        ValueError, OSError, WeightsError: it cannot be done; the message says why.
    """
    source = ""
    chosen: tuple[str, ...] = ()
    if options.dataset is None and options.sequences:
        raise ValueError("--sequences are those of a data set; give its folder as well")
    if options.dataset is not None:
        source, chosen = str(options.dataset.resolve()), tuple(chosen_sequences(options))
    spec = ScenarioSpec(options.cases, options.scenario_seed, source, options.layout, chosen)
    # From here on the made sequences are the data set.
    options.dataset = write_spec(spec, options.out.resolve())
    options.layout = options.sequences = None
    dataset = open_dataset(options.dataset)
    if options.write_frames:
        write_plain(dataset, options.write_frames)
        print(f"sequences: {options.write_frames}")
    dataset.read(dataset.names[0])  # finds out before a long run whether there are pictures
    run_plan(options, plan_from(options, LOST))
