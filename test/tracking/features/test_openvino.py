# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlt_ros.tracking import (
    ConfigError,
    Tracker,
    TrackerConfig,
    TrackerStoppedError,
    make_config,
)
from rlt_ros.tracking.boxes import iou
from rlt_ros.tracking.compute.cpu_threads import CpuThreads
from rlt_ros.tracking.compute.stopping import StopSignal, check_stop
from rlt_ros.tracking.features import loading
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
@pytest.mark.parametrize("kind", [RuntimeError, AttributeError])
def test_one_that_cannot_compute_is_told(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    import openvino

    def fails() -> None:
        raise kind("Check failed:\n no plugin for CPU")

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
    gradients = torch.randn(2, *network(images).shape, generator=generator).requires_grad_()
    tangents = torch.randn(2, *images.shape, generator=generator).requires_grad_()
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


@pytest.fixture
def compiled_with(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The settings of each model that OpenVINO is asked for; none is made."""
    asked: list[dict[str, Any]] = []

    class Core:
        def compile_model(self, model: None, device: str, settings: dict[str, Any]) -> Core:
            assert (model, device) == (None, "CPU")
            asked.append(settings)
            return self

        def create_infer_request(self) -> None:
            pass

    monkeypatch.setattr(inference, "_core", Core)
    for converts in ("_region_model", "_samples_model"):
        monkeypatch.setattr(inference, converts, lambda *_: None)
    return asked


def for_openvino(threads: int, streams: int, bfloat16: bool) -> dict[str, Any]:
    return {
        "PERFORMANCE_HINT": "LATENCY" if streams == 1 else "THROUGHPUT",
        "INFERENCE_PRECISION_HINT": "bf16" if bfloat16 else "f32",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": streams,
        "ENABLE_CPU_PINNING": False,
    }


@pytest.mark.parametrize("bfloat16", [True, False])
def test_it_has_the_threads_and_the_precision_that_are_set(
    compiled_with: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, bfloat16: bool
) -> None:
    """One image with all threads but fine-tuning's; samples on each thread; derivatives exactly."""
    monkeypatch.setattr(loading, "openvino_chosen", lambda *_: True)
    threads = CpuThreads(1)
    threads.total, threads.beside_fine_tuning = 4, 3
    for preset in ("default", "paper"):
        load_networks(make_config(preset, device="cpu"), CPU, threads, bfloat16)
    assert compiled_with == [
        for_openvino(3, 1, bfloat16),
        for_openvino(4, 4, bfloat16),  # features of samples
        for_openvino(4, 4, False),  # their derivatives: pulled and pushed
        for_openvino(4, 4, False),
    ]


class Request:
    """Doubles its input, a batch at a time, as OpenVINO's asynchronous requests would."""

    def __init__(self) -> None:
        self.batches: list[NDArray[np.float32]] = []
        self.waits = 0
        self.output_tensors: list[Any] = []

    def start_async(self, inputs: list[NDArray[np.float32]], share_inputs: bool) -> None:
        assert self.waits == len(self.batches), "it is still busy"
        self.batches.append(inputs[0].copy())

    def wait(self) -> None:
        self.waits += 1
        self.output_tensors = [SimpleNamespace(data=2 * self.batches[-1])]


@pytest.mark.parametrize(("threads", "used"), [(1, 1), (2, 2), (3, 3), (8, 3)])
@pytest.mark.usefixtures("compiled_with")
def test_samples_go_in_batches_to_as_many_requests_as_pytorch_has_threads(
    monkeypatch: pytest.MonkeyPatch, threads: int, used: int
) -> None:
    samples = inference.OpenVinoSamples(torch.nn.Flatten(), "", [(1,)], batch=2, threads=3)
    requests = [Request() for _ in samples._requests]
    assert len(requests) == 3
    samples._requests = requests
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    inputs = torch.arange(1.0, 10.0)[:, None]
    (found,) = samples(inputs)
    torch.testing.assert_close(found, 2 * inputs)
    batches: list[list[list[float]]] = [[] for _ in requests]
    for number, batch in enumerate(([1, 2], [3, 4], [5, 6], [7, 8], [9, 0])):  # filled with 0
        batches[number % used].append([float(one) for one in batch])
    assert [[one.ravel().tolist() for one in request.batches] for request in requests] == batches
    assert all(request.waits == len(request.batches) for request in requests)


@pytest.mark.usefixtures("compiled_with")
def test_what_is_broken_off_reads_its_inputs_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = inference.OpenVinoSamples(torch.nn.Flatten(), "", [(1,)], batch=2, threads=3)
    samples._requests = requests = [Request() for _ in range(3)]
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    signal = StopSignal()
    checks: list[None] = []

    def check() -> None:
        checks.append(None)
        if len(checks) == 3:
            signal.set()
        check_stop()

    monkeypatch.setattr(inference, "check_stop", check)
    with signal.heeded(), pytest.raises(TrackerStoppedError):
        samples(torch.ones(9, 1))
    assert [len(one.batches) for one in requests] == [one.waits for one in requests] == [1, 1, 0]


def test_a_model_is_made_once_for_each_function_and_its_weights() -> None:
    def identity(*layers: torch.nn.Module, kind: str = "features") -> Any:
        return inference._Identity(torch.nn.Sequential(*layers), kind)

    def layer(weight: float = 1.0, bias: float = 2.0) -> torch.nn.Module:
        made = torch.nn.Linear(1, 1)
        torch.nn.init.constant_(made.weight, weight)
        torch.nn.init.constant_(made.bias, bias)
        return made

    one = identity(layer(), torch.nn.ReLU())
    same = identity(layer(), torch.nn.ReLU())
    assert one == same and hash(one) == hash(same)
    others = [
        identity(layer(), torch.nn.ReLU(), kind="pulled"),
        identity(layer(), torch.nn.ReLU6()),
        identity(layer(bias=3.0), torch.nn.ReLU()),
        identity(layer(2.0, 1.0), torch.nn.ReLU()),
        identity(torch.nn.ReLU(), layer()),
    ]
    assert all(other != one for other in others)
    assert one != "features"


def test_trackers_of_one_process_are_made_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports, tracing and what is kept for the next one are the process's."""
    backbone = EfficientNetLite0().eval()
    inside: list[int] = []
    most = 0

    def make(*_: object) -> Any:
        nonlocal most
        inside.append(threading.get_ident())
        most = max(most, len(inside))
        time.sleep(0.05)  # another one would come in meanwhile
        inside.pop()
        raise RuntimeError("made enough")

    monkeypatch.setattr(inference, "_region_model", make)
    with ThreadPoolExecutor(4) as threads:
        made = [threads.submit(OpenVinoBackbone, backbone, 64, 1, False) for _ in range(4)]
    assert all("made enough" in str(one.exception()) for one in made)
    assert most == 1


@pytest.mark.parametrize("there", [True, False])
def test_telemetry_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    telemetry = ModuleType("openvino_telemetry")
    if there:
        monkeypatch.setitem(sys.modules, "openvino_telemetry", telemetry)
    else:
        monkeypatch.delitem(sys.modules, "openvino_telemetry", raising=False)
    with inference._without_telemetry(), pytest.raises(ImportError):
        importlib.import_module("openvino_telemetry")
    assert sys.modules.get("openvino_telemetry") is (telemetry if there else None)
    assert ("openvino_telemetry" in sys.modules) is there


@needs_openvino
def test_the_network_that_is_taken_over_stays_as_it_is() -> None:
    backbone = EfficientNetLite0()
    assert backbone.memory_format is torch.channels_last
    OpenVinoBackbone(backbone, 96, 1, False)
    inference._region_model.__wrapped__(inference._Identity(backbone, "maps"), 32)
    assert backbone.memory_format is torch.channels_last
    assert all(
        one.is_contiguous(memory_format=torch.channels_last)
        for one in backbone.parameters()
        if one.ndim == 4
    )


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
