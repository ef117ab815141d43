# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Settings and images that the tests of the library share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import scipy.io
import torch
from numpy.typing import NDArray
from vgg_m_weights import matconvnet_layers

from rlt_ros.tracking import TrackerConfig, make_config
from rlt_ros.tracking.learning.classifier import Classifier
from rlt_ros.tracking.learning.training_settings import TrainingSettings

Frames = list[tuple[NDArray[np.uint8], NDArray[np.float64]]]

# These are about the CPU, whatever they use of the settings below.
ABOUT_THE_CPU = {
    "test_call_counts.py",
    "test_cpu_threads.py",
    "test_host_process.py",
    "test_openvino.py",
    "test_other_device.py",
}


@pytest.hookimpl(tryfirst=True)  # before some are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that track where RLT_DEVICE says."""
    for item in items:
        here = Path(__file__).parent in item.path.parents
        if not here or item.path.name in ABOUT_THE_CPU:
            continue
        if "rlt_device" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.gpu)


@pytest.fixture(scope="session")
def rlt_device() -> str:
    """Where to track: the CPU, or what the environment variable RLT_DEVICE says."""
    name = os.environ.get("RLT_DEVICE", "cpu")
    if name != "cpu" and not torch.cuda.is_available():
        pytest.skip(f"RLT_DEVICE={name}, but PyTorch sees no CUDA device")
    return name


@pytest.fixture
def settings() -> TrainingSettings:
    return TrainingSettings(
        batch_positives=8,
        batch_negatives=8,
        mining_pool=32,
        mining_interval=1,
        momentum=0.9,
        weight_decay=5e-4,
        gradient_clip=10.0,
        last_layer_rate=10.0,
        attention_weight=5.0,
        attention_per_sample=False,
    )


@pytest.fixture
def make_classifier() -> Callable[[int, int], Classifier]:
    """Makes classifiers in double precision, of so many features and hidden units."""

    def make(features: int, hidden: int) -> Classifier:
        generator = torch.Generator().manual_seed(3)
        result = Classifier(features, hidden, 0.5, generator).double()
        with torch.no_grad():
            for parameter in result.parameters():
                # Larger than the usual start, so that gradients are well above rounding.
                values = torch.randn(parameter.shape, generator=generator, dtype=torch.double)
                parameter.copy_(values)
        return result

    return make


@pytest.fixture(scope="session")
def vgg_m_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vgg") / "imagenet-vgg-m.mat"
    scipy.io.savemat(path, {"layers": matconvnet_layers(np.random.default_rng(1))})
    return path


@pytest.fixture(scope="session")
def frames() -> Frames:
    """A textured patch that moves over a textured background: (image, box) of 16 frames."""
    rng = np.random.default_rng(0)

    def texture(height: int, width: int) -> NDArray[np.uint8]:
        coarse = rng.integers(0, 255, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
        return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)

    background, patch = texture(160, 200), texture(40, 32)
    result: Frames = []
    for index in range(16):
        image = background.copy()
        x, y = 60 + 4 * index, 40 + 2 * index
        image[y : y + 40, x : x + 32] = patch
        result.append((image, np.array([x, y, 32, 40], dtype=np.float64)))
    return result


@pytest.fixture(scope="session")
def gone(frames: Frames) -> NDArray[np.uint8]:
    """The background alone."""
    image, (x, y, width, height) = frames[0][0].copy(), frames[0][1].astype(int)
    here = np.s_[y : y + height, x : x + width]
    image[here] = frames[-1][0][here]
    return image


@pytest.fixture(scope="session")
def quick(rlt_device: str) -> dict[str, Any]:
    """Settings that make a tracker learn less, and so faster."""
    return {
        "device": rlt_device,
        "update_mode": "lockstep",
        "threads": 1,
        "initial_negatives": 400,
        "initial_positives": 100,
        "regression_samples": 100,
        "hidden_units": 64,
        "initial_learning_rate": 2e-3,
        "mining_pool": 128,
        "candidates": 128,
        "initial_iterations": 30,
        "background_swaps": 2,
        "turned_looks": 1,
    }


@pytest.fixture(scope="session")
def few(quick: dict[str, Any]) -> dict[str, Any]:
    """Settings that make a tracker learn next to nothing, at once."""
    return {
        **quick,
        "initial_negatives": 60,
        "initial_positives": 30,
        "regression_samples": 20,
        "mining_pool": 32,
        "batch_positives": 4,
        "batch_negatives": 4,
        "initial_iterations": 4,
        "update_iterations": 2,
        "update_interval": 2,
        "frame_positives": 8,
        "frame_negatives": 16,
        "candidates": 48,
        "background_swaps": 1,
        "turned_looks": 1,
    }


@pytest.fixture(scope="session")
def thorough(quick: dict[str, Any]) -> dict[str, Any]:
    """Settings that learn enough to tell, all over the frame, that the target is gone."""
    return {**quick, "initial_negatives": 2000, "initial_iterations": 100, "attention_weight": 0}


@pytest.fixture(scope="session")
def quick_config(quick: dict[str, Any]) -> TrackerConfig:
    return make_config(**quick)
