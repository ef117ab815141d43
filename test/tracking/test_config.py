# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses

import pytest

from rlt_ros.tracking import PRESETS, ConfigError, TrackerConfig, make_config
from rlt_ros.tracking.config import allowed_values, parse_setting


def test_every_setting_is_declared_in_full() -> None:
    for field in dataclasses.fields(TrackerConfig):
        assert type(field.default) in (int, float, str)
        assert field.metadata["description"]
        if type(field.default) in (int, float):
            assert field.metadata["minimum"] <= field.default <= field.metadata["maximum"]


def test_presets_are_valid_and_can_be_changed() -> None:
    for preset in PRESETS:
        assert make_config(preset).preset == preset
    config = make_config("paper", attention_weight=0, seed=3)
    assert (config.features, config.attention_weight, config.seed) == ("crops", 0.0, 3)
    assert isinstance(config.attention_weight, float)


def test_the_paper_preset_has_the_papers_numbers() -> None:
    config = make_config("paper")
    assert config.attention_weight == 5
    assert config.initial_positives + config.initial_negatives == 5500
    assert config.initial_scale_negatives == config.frame_scale_negatives == 0
    assert (config.initial_iterations, config.initial_learning_rate) == (50, 2e-4)
    assert (config.update_iterations, config.update_learning_rate) == (15, 3e-4)
    assert (config.update_interval, config.candidates) == (10, 256)
    assert (config.batch_positives, config.batch_negatives) == (32, 32)
    assert config.hidden_units == 512
    assert (config.features, config.attention_at, config.mining_interval) == ("crops", "image", 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sead": 1}, "no setting 'sead'; did you mean seed?"),
        ({"seed": -1}, "seed must be an integer from 0 to 2147483647, not -1"),
        ({"seed": 1.5}, "seed must be an integer"),
        ({"seed": True}, "seed must be an integer"),
        ({"momentum": "high"}, "momentum must be a number from 0 to 0.999, not 'high'"),
        ({"momentum": float("nan")}, "momentum must be a number"),
        ({"backbone": "resnet"}, "backbone must be one of efficientnet_lite0, vgg_m"),
        ({"device": "gpu"}, "device must be auto, cpu, cuda or cuda:N, not 'gpu'"),
        ({"preset": "fast"}, "preset must be one of default, paper, not 'fast'"),
        ({"region_size": 300}, "region_size must be a multiple of 16"),
        ({"attention_at": "image"}, "attention_at: image needs features: crops"),
        ({"attention_module": "features"}, "attention_module: features needs attention_weight: 0"),
        ({"backbone": "vgg_m"}, "backbone vgg_m needs features: crops"),
        ({"fine_grid": 0, "coarse_grid": 0}, "must not both be 0"),
    ],
)
def test_a_bad_setting_is_named(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make_config(**settings)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_settings_from_text() -> None:
    assert parse_setting("seed=3") == ("seed", 3)
    assert parse_setting("attention_weight = 0") == ("attention_weight", 0.0)
    assert parse_setting("device=cuda:1") == ("device", "cuda:1")
    for text in ("seed", "seed=x", "speed=1"):
        with pytest.raises(ConfigError):
            parse_setting(text)


def test_allowed_values_are_words() -> None:
    assert allowed_values("update_mode") == "one of background, lockstep"
    assert allowed_values("dropout") == "a number from 0 to 0.95"
