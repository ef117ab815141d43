# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rlt_ros.tracking import ConfigError, Tracker, make_config
from rlt_ros.tracking.backbones import EfficientNetLite0
from rlt_ros.tracking.backbones.openvino_runtime import OpenVinoBackbone, openvino_chosen
from rlt_ros.tracking.boxes import iou

Frames = list[tuple[NDArray[np.uint8], NDArray[np.float64]]]
CPU, CUDA = torch.device("cpu"), torch.device("cuda")
INSTALLED = importlib.util.find_spec("openvino") is not None

needs_openvino = pytest.mark.skipif(not INSTALLED, reason="openvino is not installed")


@pytest.fixture
def not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "openvino" else find(name)
    )


@needs_openvino
@pytest.mark.parametrize(("bfloat16", "error"), [(False, 1e-4), (True, 0.06)])
def test_maps_are_those_of_pytorch(bfloat16: bool, error: float) -> None:
    backbone = EfficientNetLite0()
    image = torch.randint(
        256, (1, 3, 96, 96), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    compute = OpenVinoBackbone(backbone, 96, 1, bfloat16)
    for mine, theirs in zip(compute(image), backbone(image), strict=True):
        assert mine.shape == theirs.shape
        assert (mine - theirs).std() < error * theirs.std()


@needs_openvino
def test_maps_outlive_the_next_image() -> None:
    compute = OpenVinoBackbone(EfficientNetLite0(), 96, 1, False)
    maps = compute(torch.zeros(1, 3, 96, 96, dtype=torch.uint8))
    before = [one.clone() for one in maps]
    compute(torch.full((1, 3, 96, 96), 255, dtype=torch.uint8))
    assert all(torch.equal(one, other) for one, other in zip(maps, before, strict=True))


@needs_openvino
def test_the_tracker_finds_the_same_with_it_as_with_pytorch(
    frames: Frames, thorough: dict[str, Any]
) -> None:
    found = []
    for runtime in ("openvino", "pytorch"):
        settings = thorough | {"backbone_runtime": runtime, "precision": "float32"}
        with Tracker(make_config(**settings)) as tracker:
            tracker.init(*frames[0])
            found.append(np.stack([tracker.track(image).box for image, _ in frames[1:6]]))
    assert (iou(found[0], found[1]) > 0.9).all()


@needs_openvino
def test_importing_it_loads_no_telemetry() -> None:
    code = (
        "import sys; from rlt_ros.tracking.backbones import EfficientNetLite0; "
        "from rlt_ros.tracking.backbones.openvino_runtime import OpenVinoBackbone; "
        "OpenVinoBackbone(EfficientNetLite0(), 96, 1, False); "
        "print(*(name for name in sys.modules if name.startswith('openvino')))"
    )
    loaded = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "openvino" in loaded
    assert not any(name.startswith("openvino_telemetry") for name in loaded)


@pytest.mark.parametrize(
    ("runtime", "device", "chosen"),
    [("auto", CPU, INSTALLED), ("auto", CUDA, False), ("pytorch", CPU, False)],
)
def test_auto_takes_it_on_a_cpu_where_it_is_installed(
    runtime: str, device: torch.device, chosen: bool
) -> None:
    assert openvino_chosen(runtime, device) == chosen


@pytest.mark.usefixtures("not_installed")
def test_without_it_auto_takes_pytorch_and_its_name_tells_how_to_get_it() -> None:
    assert not openvino_chosen("auto", CPU)
    with pytest.raises(ConfigError, match="not installed; get it with: pip install openvino"):
        openvino_chosen("openvino", CPU)


@needs_openvino
def test_a_gpu_is_refused() -> None:
    with pytest.raises(ConfigError, match="computes on the CPU, the tracker on cuda"):
        openvino_chosen("openvino", CUDA)


@needs_openvino
def test_a_broken_installation_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ConfigError, match=r"cannot be imported .* backbone_runtime: pytorch"):
        OpenVinoBackbone(EfficientNetLite0(), 96, 1, False)


@needs_openvino
def test_one_that_cannot_compute_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import openvino

    def fails() -> None:
        raise RuntimeError("Check failed:\n no plugin for CPU")

    monkeypatch.setattr(openvino, "Core", fails)
    message = r"Check failed: no plugin for CPU\); set backbone_runtime: pytorch"
    with pytest.raises(ConfigError, match=message):
        OpenVinoBackbone(EfficientNetLite0(), 96, 1, False)


def test_image_samples_are_not_for_it() -> None:
    with pytest.raises(ConfigError, match="openvino needs features: shared"):
        make_config("paper", backbone_runtime="openvino")
