# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench ablation: the paper's Tables 1 and 2, its Figures 2 and 3, and any other setting."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from matplotlib.figure import Figure

from rlt_ros.benchmark.datasets import Sequence, open_dataset
from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.report import PAGE
from rlt_ros.benchmark.studies.experiments.experiment import Experiment, Extent, setting_texts
from rlt_ros.benchmark.studies.experiments.fig2 import (
    ITERATIONS,
    draw_training,
    training_maps,
    training_numbers,
    training_table,
)
from rlt_ros.benchmark.studies.experiments.fig3 import (
    FRAMES,
    draw_comparison,
    snapshot_numbers,
    snapshot_table,
    snapshots,
)
from rlt_ros.benchmark.studies.experiments.result_table import table_lines
from rlt_ros.benchmark.studies.experiments.running import run_experiment
from rlt_ros.benchmark.studies.experiments.settings import CHANGES, parse_rows, settings_study
from rlt_ros.benchmark.studies.experiments.table1 import LAMBDAS, table1
from rlt_ros.benchmark.studies.experiments.table2 import table2
from rlt_ros.benchmark.studies.experiments.writing import write_figure
from rlt_ros.benchmark.text_tables import Table
from rlt_ros.cli.arguments import (
    add_tracker_arguments,
    check_positive,
    config_from,
    tracker_settings,
)
from rlt_ros.cli.bench.execution_arguments import add_execution_arguments, workers_from
from rlt_ros.cli.bench.failed_runs import refuse_failures
from rlt_ros.cli.bench.sequence_choice import (
    add_dataset_arguments,
    chosen_sequences,
    named_sequences,
)
from rlt_ros.cli.output_folder import add_out_argument
from rlt_ros.tracking import TrackerConfig

EPILOG = """\
examples:
  rlt-bench ablation table1 OTB --sequences Deer,Girl --seeds 3 --out out/table1
  rlt-bench ablation settings OTB --sequences Deer,Girl --seeds 3 --out out/settings
  rlt-bench ablation fig2 OTB --out out/fig2

table1 --help, table2 --help and so on say more.
"""
TABLE1 = """\
example:
  rlt-bench ablation table1 OTB --sequences Deer,Girl --lambdas 0,1,2,5 --seeds 3 --out out/table1

Runs the tracker with each lambda (attention_weight) by one-pass evaluation, and prints AUC and
precision beside the paper's published numbers. The folder given with --out gets report.html,
summary.json, and table1.csv, .png and .svg in report/. Finished runs are kept: a command that was
stopped goes on when it is given again.
"""
TABLE2 = """\
example:
  rlt-bench ablation table2 OTB --sequences Deer,Girl --seeds 3 --out out/table2

Compares the baseline (lambda 0) with the baseline behind a module that weighs its features
(attention_module=features), and with the attentive classifier (--lambda). Writes what table1 does.
"""
SETTINGS = """\
examples:
  rlt-bench ablation settings OTB --sequences Deer,Girl --seeds 3 --out out/settings
  rlt-bench ablation settings OTB --settings background_swaps=0,regression_steps=1 \\
    --settings redetection_probability=1+scan_probability=1 --seeds 3 --out out/settings

Runs the preset as it is and, for each row, with one setting changed, or several that + joins. Tells
AUC and precision of each, and how far its AUC is from that of the preset as it is. Writes what
table1 does, as settings.csv, .png and .svg. --list-settings says which settings there are.
"""
FIGURE2 = """\
example:
  rlt-bench ablation fig2 OTB --sequence Car4 --out out/fig2

Trains on the first frame of a sequence, without the regulariser and with it, and draws the
attention maps of the target's score after some iterations: fig2.png, fig2.svg, and the numbers in
fig2.json.
"""
FIGURE3 = """\
example:
  rlt-bench ablation fig3 OTB --sequence Girl --frames 2,432,467 --out out/fig3

Tracks a sequence without the regulariser and with it, and draws for some frames the attention map,
the confidence map (the score of a box of the target's size at every place of the search region) and
the boxes: fig3.png, fig3.svg, and the numbers in fig3.json.
"""

_Number = TypeVar("_Number", int, float)


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``ablation`` to the commands."""
    ablation = commands.add_parser(
        "ablation",
        help="the paper's Tables 1 and 2 and Figures 2 and 3, and what other settings are worth",
        epilog=EPILOG,
    )
    experiments = ablation.add_subparsers(required=True, metavar="EXPERIMENT")

    first = _add(experiments, "table1", "AUC and precision over lambda", TABLE1, run_table1)
    first.add_argument(
        "--lambdas",
        type=_numbers(float),
        default=LAMBDAS,
        metavar="0,1,...",
        help="weights of the regulariser; the smallest is what the others are compared with "
        "(default: 0 to 8)",
    )
    second = _add(experiments, "table2", "attentive features or classifier", TABLE2, run_table2)
    _add_lambda(second)
    others = _add(experiments, "settings", "one setting changed at a time", SETTINGS, run_settings)
    others.add_argument(
        "--settings",
        action="append",
        default=[],
        dest="rows",
        metavar="KEY=VALUE[+KEY=VALUE...],...",
        help="a row of the table each; may be given several times (default: "
        f"{', '.join('+'.join(setting_texts(row)) for row in CHANGES)})",
    )
    for table in (first, second, others):
        table.add_argument("--sequences", metavar="A,B", help="only these sequences")
        table.add_argument(
            "--seeds", type=int, default=1, metavar="N", help="N seeds, from seed on (0)"
        )
        table.add_argument("--max-frames", type=int, metavar="N", help="of each sequence")
        add_execution_arguments(table)

    maps = _add(experiments, "fig2", "attention maps during training", FIGURE2, run_figure2)
    maps.add_argument("--sequence", default="Car4", metavar="NAME", help="(default: %(default)s)")
    maps.add_argument(
        "--iterations",
        type=_numbers(int),
        default=ITERATIONS,
        metavar="50,100,...",
        help="after which to look (default: 50,100,150,200)",
    )
    _add_lambda(maps)
    frames = _add(experiments, "fig3", "attention, confidence and boxes", FIGURE3, run_figure3)
    frames.add_argument("--sequence", default="Girl", metavar="NAME", help="(default: %(default)s)")
    frames.add_argument(
        "--frames",
        type=_numbers(int),
        default=FRAMES,
        metavar="2,432,...",
        help="which to show, counted from 1 (default: 2,432,467)",
    )
    _add_lambda(frames)


def run_table1(options: argparse.Namespace) -> None:
    """Run the variants of Table 1.

    Raises:
        ValueError, OSError, WeightsError: it cannot be done; the message says why.
    """
    _run_table(table1(options.lambdas), options)


def run_table2(options: argparse.Namespace) -> None:
    """Run the variants of Table 2.

    Raises:
        ValueError, OSError, WeightsError: it cannot be done; the message says why.
    """
    _run_table(table2(options.weight), options)


def run_settings(options: argparse.Namespace) -> None:
    """Run the preset as it is and with settings changed.

    Raises:
        ValueError, OSError, WeightsError: it cannot be done; the message says why.
    """
    _run_table(settings_study(parse_rows(options.rows) or CHANGES), options)


def run_figure2(options: argparse.Namespace) -> None:
    """Draw Figure 2.

    Raises:
        ValueError, OSError, WeightsError: it cannot be done; the message says why.
    """
    if min(options.iterations) < 1:
        raise ValueError("--iterations must be 1 or more")
    plain, attentive = _configs(options)
    sequence = _sequence(options)
    image, box = next(sequence.frames(0, 1)), sequence.boxes[0]
    trainings = [
        training_maps(image, box, config, options.iterations) for config in (plain, attentive)
    ]
    figure = draw_training(sequence.name, image, box, trainings, _note(attentive))
    trained = replace(attentive, initial_iterations=max(options.iterations))
    _write(
        options,
        figure,
        trained,
        "fig2",
        training_numbers(trainings, box),
        training_table(trainings, box),
    )


def run_figure3(options: argparse.Namespace) -> None:
    """Draw Figure 3.

    Raises:
        ValueError, OSError, WeightsError: it cannot be done; the message says why.
    """
    sequence, configs = _sequence(options), _configs(options)
    runs = {
        config.attention_weight: snapshots(
            sequence, config, options.frames, f"lambda {config.attention_weight:g}"
        )
        for config in configs
    }
    figure = draw_comparison(sequence.name, runs, _note(configs[1]))
    _write(options, figure, configs[1], "fig3", snapshot_numbers(runs), snapshot_table(runs))


def _add(
    experiments: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    summary: str,
    epilog: str,
    run: Callable[[argparse.Namespace], None],
) -> argparse.ArgumentParser:
    parser = experiments.add_parser(
        name,
        help=summary,
        epilog=epilog,
    )
    add_dataset_arguments(parser)
    add_out_argument(parser)
    add_tracker_arguments(parser)
    parser.set_defaults(run=run, experiment=name)
    return parser


def _add_lambda(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lambda",
        type=float,
        default=5.0,
        dest="weight",
        metavar="X",
        help="weight of the regulariser where there is one (default: %(default)g)",
    )


def _run_table(experiment: Experiment, options: argparse.Namespace) -> None:
    check_positive(options, "seeds", "max_frames")
    workers = workers_from(options)
    settings = tracker_settings(options)
    preset, first = str(settings.pop("preset")), int(settings.pop("seed", 0))
    extent = Extent(
        options.dataset.resolve(),  # workers may be in other folders
        chosen_sequences(options),
        preset,
        settings,
        range(first, first + options.seeds),
        options.max_frames,
        options.layout,
        options.intensity_range,
    )
    results, failures = run_experiment(
        experiment, extent, options.out, workers, command=options.command, again=options.again
    )
    for line in table_lines(experiment, results):
        print(line)
    if any(result.sequences for result in results):
        print(f"report: {options.out / PAGE}")
    total = len(experiment.variants) * len(extent.sequences) * len(extent.seeds)
    refuse_failures(failures, total)


def _configs(options: argparse.Namespace) -> tuple[TrackerConfig, TrackerConfig]:
    """Return the configurations without the regulariser and with it; frames wait for updates."""
    settings = {"update_mode": "lockstep", **tracker_settings(options)}
    if "attention_weight" in settings:
        raise ValueError(f"{options.experiment} sets attention_weight itself; give --lambda")
    if not options.weight > 0:
        raise ValueError(f"--lambda must be positive, not {options.weight:g}")
    plain, attentive = (
        config_from({**settings, "attention_weight": weight}) for weight in (0.0, options.weight)
    )
    return plain, attentive


def _sequence(options: argparse.Namespace) -> Sequence:
    dataset = open_dataset(options.dataset, options.layout, options.intensity_range)
    name, *others = named_sequences(options.sequence, dataset.names, str(options.dataset))
    if others:
        raise ValueError(f"--sequence {options.sequence}: give one sequence")
    return dataset.read(name)


def _write(
    options: argparse.Namespace,
    figure: Figure,
    config: TrackerConfig,
    stem: str,
    numbers: dict[str, Json],
    table: Table,
) -> None:
    paths = write_figure(
        figure,
        options.out,
        stem,
        command=options.command,
        dataset=options.dataset.resolve(),
        sequence=options.sequence,
        config=config,
        numbers=numbers,
        table=table,
    )
    print("\n".join(map(str, paths)))


def _note(config: TrackerConfig) -> str:
    return f"preset {config.preset}, seed {config.seed}"


def _numbers(kind: Callable[[str], _Number]) -> Callable[[str], tuple[_Number, ...]]:
    """Return a reader of numbers with commas between, for argparse."""

    def read(text: str) -> tuple[_Number, ...]:
        try:
            return tuple(kind(part) for part in text.split(","))
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not numbers with commas between, for example 0,1,5"
            ) from None

    return read
