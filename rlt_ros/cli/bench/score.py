# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench score: the measures of result files."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rlt_ros.benchmark.datasets import LAYOUTS, Sequence, open_dataset
from rlt_ros.benchmark.json_files import write_json
from rlt_ros.benchmark.measures.vot_measures import JudgedRun
from rlt_ros.benchmark.measures.vot_ranks import ranks_on_common_sequences
from rlt_ros.benchmark.runs.provenance import origin
from rlt_ros.benchmark.runs.result_folders import (
    Files,
    find_trackers,
    frames_that_were_run,
    is_supervised,
)
from rlt_ros.benchmark.studies.scoring import Score, score_one_pass, score_supervised
from rlt_ros.cli.arguments import check_positive, path_argument
from rlt_ros.cli.bench.eao_argument import add_eao_argument, eao_interval_from
from rlt_ros.cli.bench.failed_runs import refuse_failures
from rlt_ros.cli.bench.sequence_choice import named_sequences

EPILOG = """\
examples:
  rlt-bench score published OTB --out out/score      # folders published/MDNet/Girl.txt ...
  rlt-bench score out/ope OTB                        # what rlt-bench ope has written
  rlt-bench score results/KCF VOT2016 --protocol vot # results/KCF/baseline/bag/bag_001.txt ...

Result files hold one line per frame: x,y,w,h in pixels counted from 1, with any separator. VOT's
may hold polygons, and 1 for a start, 2 for a failure and 0 for a frame that was skipped.
"""

ONE_PASS_COLUMNS = {
    "auc": "AUC",
    "precision20": "prec.",
    "norm_precision": "norm.",
    "os50": "OS50",
    "cle": "CLE",
}
SUPERVISED_COLUMNS = {
    "eao": "EAO",
    "accuracy": "A",
    "robustness": "R",
    "failures": "fail.",
    "accuracy_rank": "A rank",
    "robustness_rank": "R rank",
}


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``score`` to the commands."""
    score = commands.add_parser(
        "score",
        help="score result files of one tracker or of several",
        epilog=EPILOG,
    )
    score.add_argument(
        "results", type=path_argument, help="a tracker's folder, or a folder of those"
    )
    score.add_argument("dataset", type=path_argument, help="the data set's folder")
    score.add_argument("--layout", choices=LAYOUTS, help="of the data set (default: found out)")
    score.add_argument(
        "--protocol",
        choices=("ope", "vot"),
        help="one pass, or VOT's supervised runs (default: found out)",
    )
    score.add_argument("--sequences", metavar="A,B", help="only these sequences")
    score.add_argument(
        "--max-frames",
        type=int,
        metavar="N",
        help="score only the first N frames (default: as many as rlt-bench has run, else all)",
    )
    add_eao_argument(score)
    score.add_argument("--out", type=path_argument, metavar="DIR", help="write DIR/summary.json")
    score.set_defaults(run=score_results)


def score_results(options: argparse.Namespace) -> None:
    """Score every tracker, print a table and write the summary.

    Raises:
        ValueError, OSError: something could not be scored; the rest was.
    """
    eao_interval = eao_interval_from(options)
    check_positive(options, "max_frames")
    dataset = open_dataset(options.dataset, options.layout)
    names = named_sequences(options.sequences, dataset.names, str(options.dataset))
    trackers = find_trackers(options.results, names)
    max_frames = options.max_frames
    if max_frames is None and (max_frames := frames_that_were_run(options.results)):
        print(f"scoring the first {max_frames} frames, as they were run", file=sys.stderr)
    wanted = [name for name in names if any(name in files for files in trackers.values())]
    sequences: dict[str, Sequence] = {}
    failures: dict[str, str] = {}
    for name in wanted:
        try:
            sequences[name] = dataset.read(name).head(max_frames)
        except (ValueError, OSError) as error:
            failures[name] = str(error)
    supervised = options.protocol == "vot" or (not options.protocol and is_supervised(trackers))
    if supervised:
        scores = _score_supervised(trackers, sequences, eao_interval, max_frames)
    else:
        scores = {
            name: score_one_pass(files, sequences, max_frames) for name, files in trackers.items()
        }
    for name, one in scores.items():
        failures |= {f"{name} {sequence}": text for sequence, text in one.failures.items()}
    for what, text in failures.items():
        print(f"{what}: {text}", file=sys.stderr)
    _print_table(scores, SUPERVISED_COLUMNS if supervised else ONE_PASS_COLUMNS)
    if options.out:
        _write(options.out, scores, failures, options.command)
    total = sum(len(files) for files in trackers.values())
    refuse_failures(failures, max(total, len(failures)), "results could not be scored")


def _score_supervised(
    trackers: Mapping[str, Files],
    sequences: Mapping[str, Sequence],
    eao_interval: tuple[int, int],
    max_frames: int | None,
) -> dict[str, Score]:
    scores: dict[str, Score] = {}
    judged: dict[str, dict[str, list[JudgedRun]]] = {}
    for name, files in trackers.items():
        scores[name], runs = score_supervised(files, sequences, eao_interval, max_frames)
        if runs:
            judged[name] = runs
    for name, ranks in ranks_on_common_sequences(judged).items():
        scores[name].mean |= ranks
    return scores


def _print_table(scores: Mapping[str, Score], columns: Mapping[str, str]) -> None:
    best_first = next(iter(columns))
    ordered = sorted(scores.items(), key=lambda item: -_number(item[1].mean.get(best_first)))
    wide = max([len("tracker"), *map(len, scores)])
    print(f"{'tracker':{wide}} {'seq.':>5} " + " ".join(f"{head:>7}" for head in columns.values()))
    for name, score in ordered:
        values = (score.mean.get(key, float("nan")) for key in columns)
        numbers = " ".join(f"{value:7.3f}" for value in values)
        print(f"{name:{wide}} {len(score.sequences):5} {numbers}")
    if len({frozenset(score.sequences) for score in scores.values()}) > 1:
        print("The trackers have different sequences: their means do not compare.", file=sys.stderr)


def _number(value: float | None) -> float:
    return -math.inf if value is None or math.isnan(value) else value


def _write(
    folder: Path, scores: Mapping[str, Score], failures: Mapping[str, str], command: str
) -> None:
    summary: dict[str, Any] = {
        **origin(command),
        "settings": {},
        "failures": dict(failures),
        "trackers": {
            name: {
                "mean": score.mean,
                "sequences": score.sequences,
                "attributes": score.attributes,
                "curves": score.curves,
            }
            for name, score in scores.items()
        },
    }
    # One tracker's numbers stand at the top as well, where scripts look for them.
    if len(scores) == 1:
        summary.update(next(iter(summary["trackers"].values())))
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "summary.json", summary)
