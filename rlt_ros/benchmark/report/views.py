# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a report shows of each protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rlt_ros.benchmark.runs.job import LOST, MAIN_MEASURES, OPE, SRE, TRE, VOT


@dataclass(frozen=True)
class Column:
    """A measure in a table.

    Attributes:
        measure: its name in summary.json.
        heading: above the column.
        decimals: how many are shown.
        more: whether more is better; None where it is not a matter of quality.
    """

    measure: str
    heading: str
    decimals: int
    more: bool | None


_AUC = Column("auc", "AUC", 3, True)
_PRECISION = Column("precision20", "precision 20 px", 3, True)
_ACCURACY = Column("accuracy", "accuracy", 3, True)
_FAILURES = Column("failures", "failures", 1, False)

_FLAG_FRAMES = Column("flag_frames", "frames until LOST", 1, False)
_REFOUND_FRAMES = Column("refound_frames", "frames until found again", 1, False)
_FALSE_LOST = Column("false_lost", "falsely LOST", 3, False)
_OF_DISAPPEARANCES = (
    Column("flagged5", "LOST within 5 frames", 3, True),
    _FLAG_FRAMES,
    Column("blind", "gone and not LOST", 3, False),
    Column("refound_share", "found again", 3, True),
    _REFOUND_FRAMES,
    _FALSE_LOST,
    Column("false_lost_graced", "falsely LOST, with grace", 3, False),
    Column("uncertain_visible", "UNCERTAIN while visible", 3, None),
    Column("uncertain_absent", "UNCERTAIN while gone", 3, None),
)
_CALIBRATION = (
    Column("ece", "ECE", 3, False),
    Column("ece_equal_mass", "ECE, equal mass", 3, False),
    Column("brier", "Brier score", 3, False),
)

SIZES = (
    Column("width_over_true", "width over true", 2, None),
    Column("height_over_true", "height over true", 2, None),
)

# Of the means; those that a study does not have are left out.
COLUMNS = (
    Column("eao", "EAO", 3, True),
    _ACCURACY,
    Column("accuracy_rank", "accuracy rank", 2, False),
    Column("robustness", "robustness (failures per sequence)", 3, False),
    Column("robustness_rank", "robustness rank", 2, False),
    Column("reliability", "reliability", 3, True),
    _FAILURES,
    _AUC,
    _PRECISION,
    Column("fps", "frames/s", 1, None),
    Column("init_seconds", "start s", 2, None),
    Column("norm_precision", "norm. precision", 3, True),
    Column("os50", "OS 0.5", 3, True),
    Column("cle", "centre error px", 1, False),
    *_OF_DISAPPEARANCES,
    Column("losses", "times lost", 2, False),
    Column("refound", "times found again", 2, None),
    Column("lost_frames", "frames lost", 1, False),
    Column("missed_frames", "frames of IoU 0", 1, False),
    Column("latency_p95_ms", "95 % latency ms", 1, None),
    *_CALIBRATION,
)


@dataclass(frozen=True)
class View:
    """How a protocol's results are shown.

    Attributes:
        title: of the page.
        by_sequence: a table for each; the first says where trackers differ.
        note: what the numbers mean, below the means.
        halves: what is told of each half of the sequences beside the whole.
    """

    title: str
    by_sequence: tuple[Column, ...]
    note: str = ""
    halves: tuple[Column, ...] = ()


_LOSSES = (
    "A target is lost when the box does not touch the true one, and found again when their IoU is "
    "above 0.5; these are counts per sequence."
)

_SCORES = (
    "ECE, the expected calibration error over 15 bins, and the Brier score take the score for the "
    "probability that the IoU is above 0.5."
)

SIZES_NOTE = (
    "Medians over the frames in which the target is there and the box overlaps the true one; "
    "frames of all sequences and seeds count alike."
)
HALVES_NOTE = "Half A has the first, third ... of the sequences sorted by name, half B the others."

VIEWS: Mapping[str, View] = {
    OPE: View(
        "One-pass evaluation",
        (_AUC, *SIZES),
        f"{_LOSSES} {_SCORES}",
        halves=(_AUC, _PRECISION),
    ),
    LOST: View(
        "Targets that disappear",
        (_AUC, _FLAG_FRAMES, _REFOUND_FRAMES, _FALSE_LOST),
        "A target disappears in the first frame in which nothing of it is seen. Frames until LOST "
        "are means over the disappearances that were noticed at all; a target is found again when "
        "the state is not LOST and the IoU is above 0.5, within 30 frames of its full return. "
        "Falsely LOST is a share of the frames in which half of the target or more is seen, with "
        "grace without the way back and 5 frames after it; gone and not LOST is a share of those "
        f"in which nothing is. {_SCORES} {_LOSSES}",
    ),
    TRE: View(
        "Temporal robustness evaluation",
        (_AUC,),
        f"Means over passes from 20 moments of each sequence to its end. {_LOSSES}",
    ),
    SRE: View(
        "Spatial robustness evaluation",
        (_AUC,),
        f"Means over passes from 12 shifted and scaled first boxes. {_LOSSES}",
    ),
    VOT: View(
        "VOT-2016 supervised evaluation",
        (_ACCURACY, _FAILURES),
        "A tracker whose box does not touch the target has failed and starts again 5 frames later. "
        "Accuracy is the mean overlap without the 10 frames after a start; it and robustness weigh "
        "sequences with their lengths. Failures are those of all sequences together. Ranks are "
        "means over sequences, where trackers that do not differ significantly share one. EAO is "
        "the expected average overlap over the shaded lengths.",
    ),
}


def main_column(protocol: str) -> Column:
    """Return the measure that trackers are ordered and compared by."""
    return next(column for column in COLUMNS if column.measure == MAIN_MEASURES[protocol])
