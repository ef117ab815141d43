# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from square_sequence import BOXES

from rlt_ros.benchmark.trackers.peer_networks import peer_networks
from rlt_ros.benchmark.trackers.runners import make_runner, rlt_config
from rlt_ros.benchmark.trackers.tracker_name import parse_tracker_name


def test_a_name_may_hold_a_preset_and_settings() -> None:
    name = parse_tracker_name("rlt:paper,attention_weight=0,hidden_units=64")
    assert (name.family, name.preset) == ("rlt", "paper")
    assert name.settings == {"attention_weight": 0.0, "hidden_units": 64}
    assert name.folder == "rlt_paper,attention_weight=0,hidden_units=64"
    config = rlt_config(name, {"attention_weight": 3.0, "dropout": 0.25, "seed": 4})
    assert (config.preset, config.attention_weight, config.dropout) == ("paper", 0.0, 0.25)
    assert (config.seed, config.update_mode) == (4, "lockstep")
    assert name.seeded
    assert not parse_tracker_name("csrt").seeded


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rlt:", "names no preset"),
        ("rlt,attention", "'attention' is not KEY=VALUE"),
        ("rlt,atention_weight=0", "did you mean attention_weight"),
        ("rlt,seed=3", "--seeds"),
        ("csrt:fast", "only rlt has presets"),
        ("mil,rate=1", "mil has no settings"),
        ("nano", "nano needs its networks: --tracker nano,backbone=FILE.onnx,head=FILE.onnx"),
        ("nano,neck=x", "no setting 'neck'; nano has backbone and head"),
        ("vit,net=/nowhere/vit.onnx", "/nowhere/vit.onnx does not exist"),
        ("best", "no tracker 'best'"),
    ],
)
def test_wrong_names_are_refused(name: str, message: str) -> None:
    if name.partition(",")[0] in ("nano", "vit") and not hasattr(cv2, "TrackerNano_create"):
        pytest.skip("this OpenCV has no TrackerNano")
    with pytest.raises(ValueError, match=message):
        make_runner(name, {})


def test_networks_are_found_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "nano").mkdir()
    for name in ("nano/nanotrack_backbone_sim.onnx", "nano/nanotrack_head_sim.onnx"):
        (tmp_path / name).touch()
    found = peer_networks("nano", tmp_path)
    assert found["backbone"].endswith("backbone_sim.onnx")
    assert found["head"].endswith("head_sim.onnx")
    assert peer_networks("csrt", tmp_path) == {}
    with pytest.raises(ValueError, match=r"must hold one \*vit\*\.onnx for vit, and there is none"):
        peer_networks("vit", tmp_path)
    (tmp_path / "other_head.onnx").touch()
    with pytest.raises(ValueError, match=r"one \*head\*\.onnx"):
        peer_networks("nano", tmp_path)


def test_nano_follows_a_moving_square() -> None:
    default = Path(__file__).parents[3].parent / "shared" / "data"
    folder = Path(os.environ.get("RLT_DATA", default)) / "peers"
    if not folder.is_dir() or not hasattr(cv2, "TrackerNano_create"):
        pytest.skip(
            "needs OpenCV's TrackerNano and RLT_DATA, a folder with peers/ and its networks"
        )
    runner = make_runner("nano", {**peer_networks("nano", folder)})
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 80, (240, 320, 3), dtype=np.uint8)
    target = rng.integers(100, 255, (60, 60, 3), dtype=np.uint8)
    for step in range(6):
        image = noise.copy()
        x, y = 80 + 4 * step, 90
        image[y : y + 60, x : x + 60] = target
        box = np.array([x, y, 60, 60], dtype=float)
        if step == 0:
            runner.init(image, box)
        else:
            found = runner.track(image)
    assert np.linalg.norm(found[:2] + found[2:] / 2 - box[:2] - box[2:] / 2) < 15
    assert found.shape == BOXES[0].shape
