# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses

import pytest

from rlt_ros.tracking import PRESETS, ConfigError, TrackerConfig, make_config
from rlt_ros.tracking.config import PAPER_ON_LITE0, declaration, parse_setting
from rlt_ros.tracking.settings import allowed_values, checked, in_groups, setting


def test_every_setting_is_declared_in_full() -> None:
    for field in dataclasses.fields(TrackerConfig):
        assert type(field.default) in (bool, int, float, str)
        assert field.metadata["description"]
        if type(field.default) in (int, float):
            assert field.metadata["minimum"] <= field.default <= field.metadata["maximum"]


def test_presets_are_valid_and_can_be_changed() -> None:
    for preset in PRESETS:
        assert make_config(preset).preset == preset
    config = make_config("paper", attention_weight=0, seed=3)
    assert (config.features, config.attention_weight, config.seed) == ("crops", 0.0, 3)
    assert isinstance(config.attention_weight, float)


# Of the paper, and of its authors' release where the paper gives none.
PAPER = {
    "features": "crops", "crop_size": 107, "crop_padding": 16,
    "hidden_units": 512, "dropout": 0.5, "precision": "float32",
    "attention_weight": 5.0, "update_attention_share": 1.0, "attention_at": "image",
    "attention_kind": "derivative", "attention_ratio": "batch",
    "initial_positives": 500, "initial_negatives": 5000,
    "initial_iterations": 50, "initial_learning_rate": 2e-4,
    "update_iterations": 15, "update_learning_rate": 3e-4, "last_layer_rate": 10.0,
    "momentum": 0.9, "weight_decay": 5e-4, "gradient_clip": 10.0,
    "batch_positives": 32, "batch_negatives": 32, "mining_pool": 1024, "mining_interval": 1,
    "regression_samples": 1000, "regression_ridge": 1000.0,
    "candidates": 256, "best_candidates": 5, "search_scale": 1.05,
    "search_translation": 0.6, "search_translation_lost": 1.5, "success_threshold": 0.0,
    "frame_positives": 50, "frame_negatives": 200,
    "positive_iou": 0.7, "initial_negative_iou": 0.5, "negative_iou": 0.3,
    "long_term_frames": 100, "short_term_frames": 20, "update_interval": 10,
    "failure_interval": 1,
}  # fmt: skip
# What the paper does not have, and the value with which it does nothing.
OURS_OFF = {
    "attention_module": "none", "initial_scale_negatives": 0, "frame_scale_negatives": 0,
    "background_swaps": 0, "turned_looks": 0, "regression_features": "classifier",
    "regression_steps": 1, "motion_penalty": 0.0, "centre_adaptation": 0.0,
    "size_adaptation": 0.0, "flow_share": 0.0, "hold_threshold": 0.0, "lost_after": 1,
    "score_slope": 1.0, "score_likeness": 0.0, "score_offset": 0.0, "likeness": 0.0,
    "redetection_probability": 1.0, "scan_probability": 1.0, "doubt_probability": 0.0,
}  # fmt: skip


def test_the_paper_preset_has_the_papers_numbers() -> None:
    found = dataclasses.asdict(make_config("paper", backbone="vgg_m"))
    for name, value in (PAPER | OURS_OFF).items():
        assert found[name] == value, name


def test_on_the_embedded_backbone_the_paper_preset_departs_in_these_and_no_others() -> None:
    papers = dataclasses.asdict(make_config("paper", backbone="vgg_m"))
    found = dataclasses.asdict(make_config("paper"))
    departs = {name for name, value in found.items() if value != papers[name]}
    assert departs == {"backbone", *PAPER_ON_LITE0}
    # What is given counts, there as anywhere.
    given = make_config("paper", mining_interval=1, hold_threshold=0.0)
    assert (given.mining_interval, given.hold_threshold) == (1, 0.0)
    assert make_config("default") == make_config("default", backbone="efficientnet_lite0")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sead": 1}, "no setting 'sead'; did you mean seed?"),
        ({"seed": -1}, "seed must be an integer from 0 to 2147483647, not -1"),
        ({"seed": 1.5}, "seed must be an integer"),
        ({"seed": True}, "seed must be an integer"),
        ({"momentum": "high"}, "momentum must be a number from 0 to 0.999, not 'high'"),
        ({"momentum": float("nan")}, "momentum must be a number"),
        ({"momentum": 10**400}, "momentum must be a number from 0 to 0.999, not 1000"),
        ({"backbone": "resnet"}, "backbone must be one of efficientnet_lite0, vgg_m"),
        ({"device": "gpu"}, "device must be auto, cpu, cuda or cuda:N, not 'gpu'"),
        ({"preset": "fast"}, "preset must be one of default, paper, not 'fast'"),
        ({"region_size": 300}, "region_size must be a multiple of 16"),
        ({"attention_at": "image"}, "attention_at: image needs features: crops"),
        ({"attention_module": "features"}, "attention_module: features needs attention_weight: 0"),
        ({"backbone": "vgg_m"}, "backbone vgg_m needs features: crops"),
        ({"fine_grid": 0, "coarse_grid": 0}, "must not both be 0"),
        ({"attention_weight": True}, "attention_weight must be a number from 0 to 1000, not True"),
        (
            {"features": "crops", "attention_at": "image"},
            "attention_kind: evidence needs attention_at: features",
        ),
        ({"momentum": float("inf")}, "momentum must be a number"),
        ({"momentum": -1e-9}, "momentum must be a number"),
        ({"momentum": 1}, "momentum must be a number"),
        ({"seed": 2**31}, "seed must be an integer"),
        ({"device": "cuda:x"}, "device must be auto, cpu, cuda or cuda:N"),
        ({"device": "my cpu"}, "device must be auto, cpu, cuda or cuda:N"),
        ({"device": 0}, "device must be auto, cpu, cuda or cuda:N"),
        ({"backbone_weights": 3}, "backbone_weights must be a text, not 3"),
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
    for text, message in (
        ("seed", "'seed' is not name=value, for example attention_weight=0"),
        ("seed=x", "seed must be an integer from 0 to 2147483647, not 'x'"),
        ("speed=1", "there is no setting 'speed'"),
    ):
        with pytest.raises(ConfigError, match=message):
            parse_setting(text)


def test_allowed_values_are_words() -> None:
    assert allowed_values(declaration("update_mode")) == "one of background, lockstep"
    assert allowed_values(declaration("dropout")) == "a number from 0 to 0.95"
    assert allowed_values(declaration("seed")) == "an integer from 0 to 2147483647"
    assert allowed_values(declaration("backbone_weights")) == "a text"
    assert allowed_values(declaration("device")) == "auto, cpu, cuda or cuda:N"


def test_both_ends_of_a_range_are_in_it() -> None:
    for field in dataclasses.fields(TrackerConfig):
        for end in ("minimum", "maximum"):
            if (value := field.metadata[end]) is not None:
                assert checked(field, value) == value
    assert checked(declaration("device"), "cuda:12") == "cuda:12"
    assert isinstance(checked(declaration("momentum"), 0), float)
    assert isinstance(checked(declaration("seed"), 0), int)


def test_no_setting_is_guessed_from_a_name_far_from_all() -> None:
    with pytest.raises(ConfigError, match=r"^there is no setting 'zzzz'$"):
        make_config(zzzz=1)


def test_settings_that_only_crops_have_are_allowed_with_them() -> None:
    config = make_config("paper", fine_grid=0, coarse_grid=0, attention_at="features")
    assert (config.fine_grid, config.attention_at) == (0, "features")
    assert make_config("paper", attention_kind="evidence", attention_at="features").features
    assert make_config(attention_module="features", attention_weight=0).attention_weight == 0
    # One of the two is enough.
    assert make_config(fine_grid=0).features == make_config(coarse_grid=0).features == "shared"


@dataclasses.dataclass
class Switches:
    on: bool = setting("switches", False, "Whether it is on.")


def test_a_switch_is_true_or_false() -> None:
    (switch,) = dataclasses.fields(Switches)
    assert checked(switch, True) is True
    assert checked(switch, False) is False
    with pytest.raises(ConfigError, match="on must be true or false, not 1"):
        checked(switch, 1)


def test_every_setting_is_in_one_group_and_those_for_users_come_first() -> None:
    settings = dataclasses.fields(TrackerConfig)
    (first, for_users), *others = in_groups(settings).items()
    assert first == "what a user has reason to touch"
    assert {one.name for one in for_users} > {"preset", "device", "update_mode", "lost_after"}
    assert len(for_users) <= 10
    assert all(title.startswith("for experts: ") for title, _ in others)
    shown = [one.name for group in (for_users, *(group for _, group in others)) for one in group]
    assert sorted(shown) == sorted(one.name for one in settings)
