# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What single settings of a preset are worth: each changed alone, beside the preset as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rlt_ros.benchmark.studies.experiments.experiment import Experiment, Variant, setting_texts
from rlt_ros.tracking.config import parse_setting
from rlt_ros.tracking.settings import Value

Changes = Mapping[str, Value]

# Of the default preset, towards the paper: one line is one row of the table.
CHANGES: tuple[Changes, ...] = (
    {"background_swaps": 0},
    {"regression_features": "classifier"},
    {"regression_steps": 1},
    {"redetection_probability": 1, "scan_probability": 1},
    {"doubt_probability": 0},
    {"initial_scale_negatives": 0, "frame_scale_negatives": 0},
    {"motion_penalty": 0},
    {"centre_adaptation": 0},
    {"size_adaptation": 0},
    {"extent_share": 0},
    {"inertia": 0},
    {"flow_share": 0},
    {"likeness": 0},
    {"turned_looks": 0},
    {"attention_weight": 0},
    {"update_attention_share": 1},
)

_BASELINE = "as it is"


def settings_study(rows: Sequence[Changes] = CHANGES) -> Experiment:
    """Return the experiment; the preset as it is comes first, then a variant for each row.

    Args:
        rows: what each changes, one setting or several; one that is there twice counts once.

    Raises:
        ValueError: there is no row, or one that changes nothing or the preset itself.
    """
    if not rows or not all(rows):
        raise ValueError("give one setting or more to change, for example regression_steps=1")
    if any("preset" in row for row in rows):
        raise ValueError("a row changes settings of a preset; which one it is says --preset")
    variants = {label: Variant(label, row) for row in rows for label in (_label(row),)}
    return Experiment(
        "settings",
        "settings",
        "Settings changed against the preset as it is",
        "changed",
        [Variant(_BASELINE, {}), *variants.values()],
        joined=False,
    )


def parse_rows(texts: Sequence[str]) -> list[dict[str, Value]]:
    """Read rows as a command line gives them: ``A=1,B=2+C=3`` changes A, then B and C together.

    Raises:
        ValueError: not of that form, a setting twice in a row, one that does not exist, or a value
            that it does not allow.
    """
    return [_row(row) for text in texts for row in text.split(",")]


def _row(text: str) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for part in text.split("+"):
        key, value = parse_setting(part)
        if key in found:
            raise ValueError(f"{text!r} changes {key} twice")
        found[key] = value
    return found


def _label(row: Changes) -> str:
    return " + ".join(setting_texts(row))
