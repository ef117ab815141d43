# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which settings a kept target must share with the tracker that takes it up."""

from __future__ import annotations

import dataclasses

from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.errors import InvalidTargetError
from rlt_ros.tracking.state import Kept, State

# What the numbers in the target mean, and how many there are of each kind.
_SAME = (
    "backbone",
    "features",
    "crop_size",
    "crop_padding",
    "region_size",
    "region_target_size",
    "fine_grid",
    "coarse_grid",
    "regression_features",
    "hidden_units",
    "attention_at",
    "attention_module",
    "frame_positives",
    "frame_negatives",
    "frame_scale_negatives",
)
# Settings that turn off, at 0, what is learned in the first frame.
_SAME_IF_ON = ("regression_samples", "likeness")


def settings_state(config: TrackerConfig, weights_sha256: str) -> State:
    """Return all settings, and which weights the backbone has, for ``check_settings``."""
    return {**dataclasses.asdict(config), "weights_sha256": weights_sha256}


def check_settings(kept: Kept, config: TrackerConfig, weights_sha256: str) -> None:
    """Refuse a target that was learned with settings that do not go with ``config``.

    Raises:
        InvalidTargetError: names the setting and both its values.
    """
    wanted = settings_state(config, weights_sha256)
    for name in _SAME:
        _compare(name, kept.value(name), wanted[name])
    if kept.value("weights_sha256") != weights_sha256:
        raise InvalidTargetError(
            "it was learned with other weights of the backbone: name the same file in "
            "backbone_weights, or give a new box"
        )
    for name in _SAME_IF_ON:
        if bool(kept.value(name)) != bool(wanted[name]):
            _compare(name, kept.value(name), wanted[name])


def _compare(name: str, kept: object, wanted: object) -> None:
    if kept != wanted:
        raise InvalidTargetError(
            f"it was learned with {name}: {kept!s:.40}, not {wanted}: set {name} as it was, or give"
            " a new box"
        )
