# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""On a device that is not the CPU: nothing is mixed, and little is moved.

No GPU is needed; see ``pretend_device``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from torch.utils import backend_registration

Frames = list[tuple[NDArray[np.uint8], NDArray[np.float64]]]

pytestmark = pytest.mark.skipif(
    not hasattr(backend_registration, "_setup_privateuseone_for_python_backend"),
    reason="this PyTorch cannot pretend a device",
)
SCRIPT = Path(__file__).parents[1] / "modules" / "track_on_pretended_device.py"
TRACKED = 4
PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    "paper": {
        "attention_at": "features",
        "initial_negatives": 32,
        "initial_positives": 16,
        "initial_iterations": 10,
        "frame_positives": 4,
        "frame_negatives": 8,
        "candidates": 16,
        "regression_samples": 12,
        "background_swaps": 0,
    },
}


@pytest.fixture(scope="module", params=PRESETS)
def found(
    request: pytest.FixtureRequest,
    frames: Frames,
    quick: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("frames") / "frames.npz"
    images = np.stack([image for image, _ in frames[: TRACKED + 1]])
    np.savez(path, images=images, box=frames[0][1])
    settings = {"update_interval": 2, "precision": "float32", "backbone_runtime": "pytorch"}
    settings = quick | settings | PRESETS[request.param]
    result = subprocess.run(
        [sys.executable, str(SCRIPT), str(path), request.param, json.dumps(settings)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    loaded: dict[str, Any] = json.loads(result.stdout)
    return loaded


def test_tracks_as_on_the_cpu(found: dict[str, Any]) -> None:
    cpu, other = found["cpu"], found["pretended"]
    assert cpu["updates"] == other["updates"] > 0
    np.testing.assert_allclose(other["boxes"], cpu["boxes"], atol=0.5)
    np.testing.assert_allclose(other["scores"], cpu["scores"], atol=0.02)
    np.testing.assert_allclose(other["attention"], cpu["attention"], atol=8)


def test_an_update_moves_nothing_between_device_and_host(found: dict[str, Any]) -> None:
    on_cpu, on_device = np.array_split(np.array(found["training"], object), 2)
    assert len(on_device) > 1  # the first frame's training and at least one update
    assert not any(on_cpu)
    assert not any(on_device), on_device


def test_the_cpu_moves_nothing(found: dict[str, Any]) -> None:
    assert found["cpu"]["moves"] == {}
