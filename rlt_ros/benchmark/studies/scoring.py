# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Measures of trackers from their result files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.datasets import Sequence
from rlt_ros.benchmark.measures.attributes import attribute_table, measures_by_attribute
from rlt_ros.benchmark.measures.one_pass import mean_measures, one_pass_curves, one_pass_measures
from rlt_ros.benchmark.measures.vot_measures import (
    JudgedRun,
    expected_overlap_curve,
    judge,
    sequence_measures,
    vot_measures,
)
from rlt_ros.benchmark.protocols.vot_supervised import true_regions
from rlt_ros.benchmark.runs.result_files import read_boxes, read_regions
from rlt_ros.benchmark.runs.result_folders import Files

Found = TypeVar("Found")


@dataclass
class Score:
    """One tracker's results.

    Attributes:
        mean: each measure over all sequences.
        sequences: the measures by sequence, means over repetitions.
        curves: the mean curves by name.
        attributes: measures by attribute.
        failures: what could not be scored, by sequence.
    """

    mean: dict[str, float] = field(default_factory=dict)
    sequences: dict[str, dict[str, float]] = field(default_factory=dict)
    curves: dict[str, list[float]] = field(default_factory=dict)
    attributes: dict[str, dict[str, float]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def score_one_pass(
    files: Files, sequences: Mapping[str, Sequence], max_frames: int | None = None
) -> Score:
    """Score one tracker's files of one-pass runs.

    The first box counts as the true one, as in OTB's and GOT-10k's toolkits.

    Args:
        files: of the tracker.
        sequences: of the data set, cut to the frames that are scored.
        max_frames: how many lines of each file count; None for all.
    """
    score = Score()
    curves, attributes = [], []
    for name, runs in _each(files, sequences, score, partial(_read_run, max_frames=max_frames)):
        truth = sequences[name].boxes
        score.sequences[name] = mean_measures(one_pass_measures(boxes, truth) for boxes in runs)
        curves += [_mean_curves([one_pass_curves(boxes, truth) for boxes in runs])]
        by_run = [measures_by_attribute(boxes, truth, sequences[name].attributes) for boxes in runs]
        attributes += [
            {attribute: mean_measures(one[attribute] for one in by_run) for attribute in by_run[0]}
        ]
    if score.sequences:
        score.mean = mean_measures(score.sequences.values())
        score.curves = {key: one.tolist() for key, one in _mean_curves(curves).items()}
        score.attributes = attribute_table(attributes)
    return score


def score_supervised(
    files: Files,
    sequences: Mapping[str, Sequence],
    eao_interval: tuple[int, int],
    max_frames: int | None = None,
) -> tuple[Score, dict[str, list[JudgedRun]]]:
    """Score one tracker's files of VOT's supervised runs; the runs are for ``vot_ranks``.

    For the arguments see ``score_one_pass`` and ``vot_measures``.
    """
    score = Score()
    read = partial(_judge_run, max_frames=max_frames)
    judged = dict(_each(files, sequences, score, read))
    if judged:
        score.sequences = {name: sequence_measures(runs) for name, runs in judged.items()}
        score.mean = vot_measures(judged, eao_interval)
        every = (run for runs in judged.values() for run in runs)
        score.curves = {"expected_overlap": expected_overlap_curve(every).tolist()}
    return score, judged


def _each(
    files: Files,
    sequences: Mapping[str, Sequence],
    score: Score,
    read: Callable[[Path, Sequence], Found],
) -> Iterable[tuple[str, list[Found]]]:
    """Yield what was read for each sequence; what cannot be read becomes a failure."""
    for name, paths in files.items():
        if name not in sequences:
            continue
        try:
            runs = [read(path, sequences[name]) for path in paths]
        except (ValueError, OSError) as error:
            score.failures[name] = str(error)
            continue
        yield name, runs


def _read_run(path: Path, sequence: Sequence, max_frames: int | None) -> NDArray[np.float64]:
    boxes = read_boxes(path)[:max_frames]
    _check_length(path, len(boxes), sequence)
    boxes[0] = sequence.boxes[0]
    return boxes


def _judge_run(path: Path, sequence: Sequence, max_frames: int | None) -> JudgedRun:
    regions = read_regions(path)[:max_frames]
    _check_length(path, len(regions), sequence)
    if not isinstance(regions[0], int):
        raise ValueError(f"{path}:1: a supervised run begins with 1, where the tracker started")
    height, width = next(sequence.frames(stop=1)).shape[:2]
    return judge(regions, true_regions(sequence), (width, height))


def _check_length(path: Path, lines: int, sequence: Sequence) -> None:
    if lines != len(sequence):
        raise ValueError(f"{path}: {lines} lines for {len(sequence)} frames")


def _mean_curves(
    curves: list[dict[str, NDArray[np.float64]]],
) -> dict[str, NDArray[np.float64]]:
    return {name: np.mean([one[name] for one in curves], axis=0) for name in curves[0]}
