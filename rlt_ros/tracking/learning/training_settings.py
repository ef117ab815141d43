# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The settings that training needs."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.features.extractor import FeaturePart


@dataclass(frozen=True)
class TrainingSettings:
    """How to train; see the same names in ``TrackerConfig``.

    Attributes:
        evidence_parts: what the features are, where attention is taken as evidence; else none.
    """

    batch_positives: int
    batch_negatives: int
    mining_pool: int
    mining_interval: int
    momentum: float
    weight_decay: float
    gradient_clip: float
    last_layer_rate: float
    attention_weight: float
    attention_per_sample: bool
    evidence_parts: tuple[FeaturePart, ...] = ()


def training_settings(config: TrackerConfig, parts: tuple[FeaturePart, ...]) -> TrainingSettings:
    """Return those of a tracker's settings that training needs.

    Args:
        config: the tracker's.
        parts: what its features are, see ``FeatureExtractor``.
    """
    named = {field.name for field in dataclasses.fields(TrainingSettings)}
    settings = {name: getattr(config, name) for name in named & vars(config).keys()}
    return TrainingSettings(
        **settings,
        attention_per_sample=config.attention_ratio == "sample",
        evidence_parts=parts if config.attention_kind == "evidence" else (),
    )
