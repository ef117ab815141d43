# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlt_ros.tracking import ConfigError, Tracker, TrackerConfig, make_config
from rlt_ros.tracking.boxes import iou
from rlt_ros.tracking.compute.cpu_threads import CpuThreads
from rlt_ros.tracking.features.backbones import EfficientNetLite0, VggM
from rlt_ros.tracking.features.crop_features import CropFeatures
from rlt_ros.tracking.features.loading import load_networks
from rlt_ros.tracking.features.map_derivatives import AutogradPullback
from rlt_ros.tracking.features.openvino import inference
from rlt_ros.tracking.features.openvino.inference import OpenVinoBackbone, openvino_chosen
from rlt_ros.tracking.features.openvino.map_derivatives import OpenVinoPullback
from rlt_ros.tracking.features.openvino.sample_derivatives import OpenVinoDerivatives
from rlt_ros.tracking.features.openvino.sample_network import OpenVinoImageFeatures
from rlt_ros.tracking.features.sample_derivatives import AutogradDerivatives
from rlt_ros.tracking.features.sample_network import ImageFeatures

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
        "import sys; from rlt_ros.tracking.features.backbones import EfficientNetLite0; "
        "from rlt_ros.tracking.features.openvino.inference import OpenVinoBackbone; "
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


@pytest.fixture
def core_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this process had not used it yet."""
    make = inference._core.__wrapped__
    monkeypatch.setattr(inference, "_core", make)


@needs_openvino
@pytest.mark.usefixtures("core_not_made")
def test_a_broken_installation_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ConfigError, match=r"cannot be imported .* backbone_runtime: pytorch"):
        OpenVinoBackbone(EfficientNetLite0(), 96, 1, False)


@needs_openvino
@pytest.mark.usefixtures("core_not_made")
def test_one_that_cannot_compute_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import openvino

    def fails() -> None:
        raise RuntimeError("Check failed:\n no plugin for CPU")

    monkeypatch.setattr(openvino, "Core", fails)
    message = r"Check failed: no plugin for CPU\); set backbone_runtime: pytorch"
    with pytest.raises(ConfigError, match=message):
        OpenVinoBackbone(EfficientNetLite0(), 96, 1, False)


def image_samples(count: int) -> tuple[ImageFeatures, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return ImageFeatures(EfficientNetLite0()), 255 * torch.rand(
        count, 3, 75, 75, generator=generator
    )


# As many as a batch, fewer, and more that leave a rest; on as many threads as PyTorch may use.
@needs_openvino
@pytest.mark.parametrize(("count", "threads"), [(1, 1), (4, 2), (11, 1), (11, 2)])
def test_features_of_image_samples_are_those_of_pytorch(count: int, threads: int) -> None:
    network, images = image_samples(count)
    found = OpenVinoImageFeatures(network, 75, threads, bfloat16=False)(images)
    torch.testing.assert_close(found, network(images), rtol=1e-4, atol=1e-5)


@needs_openvino
def test_derivatives_by_image_samples_are_those_of_pytorch() -> None:
    network, images = image_samples(5)
    generator = torch.Generator().manual_seed(1)
    gradients = torch.randn(2, *network(images).shape, generator=generator)
    tangents = torch.randn(2, *images.shape, generator=generator)
    ours, theirs = OpenVinoDerivatives(network, 75, 1), AutogradDerivatives(network)
    for found, expected in (
        (ours.pulled(images, gradients), theirs.pulled(images, gradients)),
        (ours.pushed(images, tangents), theirs.pushed(images, tangents)),
    ):
        # Not the largest difference: a ReLU at its edge may let through what another does not.
        assert (found - expected).norm() < 1e-3 * expected.norm()


@needs_openvino
def test_derivatives_by_maps_are_those_of_pytorch() -> None:
    backbone = EfficientNetLite0()
    generator = torch.Generator().manual_seed(2)
    image = 255 * torch.rand(1, 3, 64, 64, generator=generator)
    gradients = tuple(torch.randn(one.shape, generator=generator) for one in backbone(image))
    expected = AutogradPullback(backbone)(image, gradients)
    found = OpenVinoPullback(backbone, 64)(image, gradients)
    assert found.shape == image.shape
    assert (found - expected).norm() < 1e-3 * expected.norm()


@needs_openvino
def test_the_attention_map_is_that_of_pytorch(frames: Frames, quick: dict[str, Any]) -> None:
    maps: list[NDArray[np.float64]] = []
    for runtime in ("pytorch", "openvino"):
        settings = {**quick, "backbone_runtime": runtime, "precision": "float32"}
        with Tracker(make_config(**settings)) as tracker:
            tracker.init(*frames[0])
            tracker.track(frames[1][0])
            maps.append(tracker.attention_map().astype(float))
    assert np.corrcoef(maps[0].ravel(), maps[1].ravel())[0, 1] > 0.95


@needs_openvino
def test_a_prepared_attention_map_loads_nothing_later(
    frames: Frames, quick_config: TrackerConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Tracker(quick_config) as tracker:
        tracker.prepare_attention_map()
        monkeypatch.setattr(inference, "_compiled", _never)
        tracker.init(*frames[0])
        assert tracker.attention_map().any()


def _never(*_: object) -> Any:
    raise AssertionError("a model is loaded")


@needs_openvino
def test_results_outlive_the_next_samples() -> None:
    network, images = image_samples(4)
    compute = OpenVinoImageFeatures(network, 75, 1, bfloat16=False)
    first = compute(images)
    before = first.clone()
    compute(images.flip(0))
    assert torch.equal(first, before)


@needs_openvino
def test_the_paper_preset_takes_it_where_it_is_installed() -> None:
    for runtime, kinds in (
        ("auto", (OpenVinoImageFeatures, OpenVinoDerivatives)),
        ("pytorch", (ImageFeatures, AutogradDerivatives)),
    ):
        config = make_config("paper", device="cpu", backbone_runtime=runtime)
        extractor, derivatives = load_networks(config, CPU, CpuThreads(1), bfloat16=False)
        assert isinstance(extractor, CropFeatures)
        assert (type(extractor.compute), type(derivatives)) == kinds


@needs_openvino
def test_vgg_m_takes_it_forwards(vgg_m_file: Path) -> None:
    settings = {"device": "cpu", "backbone": "vgg_m", "backbone_weights": str(vgg_m_file)}
    config = make_config("paper", **settings)
    extractor, derivatives = load_networks(config, CPU, CpuThreads(1), bfloat16=False)
    assert isinstance(extractor, CropFeatures)
    assert isinstance(extractor.compute, OpenVinoImageFeatures)
    assert isinstance(derivatives, AutogradDerivatives)
    network = ImageFeatures(VggM(vgg_m_file))
    images = 255 * torch.rand(3, 3, 107, 107, generator=torch.Generator().manual_seed(0))
    found, expected = extractor.compute(images), network(images)
    assert (found - expected).norm() < 1e-4 * expected.norm()


@needs_openvino
def test_a_signal_finds_its_stack_after_many_have_been_made_and_ended() -> None:
    code = (
        "import faulthandler, signal; faulthandler.enable(); "
        "from rlt_ros.tracking.features.backbones import EfficientNetLite0; "
        "from rlt_ros.tracking.features.openvino.inference import OpenVinoBackbone; "
        "make = lambda: OpenVinoBackbone(EfficientNetLite0(), 96, 1, False); "
        "first = make(); second = make(); del first; del second; "
        "signal.signal(signal.SIGINT, lambda *_: print('told')); "
        "signal.raise_signal(signal.SIGINT)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (0, "told\n"), told.stderr
