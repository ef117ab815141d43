# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frozen networks by OpenVINO, an optional extra: faster than PyTorch on CPUs."""

from __future__ import annotations

import contextlib
import copy
import functools
import hashlib
import importlib.util
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rlt_ros.tracking.compute.stopping import check_stop
from rlt_ros.tracking.errors import ConfigError
from rlt_ros.tracking.features.backbones.base import Backbone

# Imported by OpenVINO where it is installed, and then tells its maker that it was.
_TELEMETRY = "openvino_telemetry"

# Importing, tracing and the caches below are the process's, which may have several trackers.
_in_turn = threading.Lock()


def openvino_chosen(runtime: str, device: torch.device) -> bool:
    """Return whether OpenVINO is to compute the backbone.

    Args:
        runtime: the setting, see ``backbone_runtime`` in ``TrackerConfig``.
        device: where the tracker computes.

    Raises:
        ConfigError: it is to, and cannot.
    """
    installed = importlib.util.find_spec("openvino") is not None
    if runtime != "openvino":
        return runtime == "auto" and installed and device.type == "cpu"
    if not installed:
        raise ConfigError(
            "backbone_runtime: openvino is not installed; get it with: pip install openvino, "
            "or set backbone_runtime: auto"
        )
    if device.type != "cpu":
        raise ConfigError(
            f"backbone_runtime: openvino computes on the CPU, the tracker on {device}; "
            "set backbone_runtime: auto, or device: cpu"
        )
    return True


class OpenVinoBackbone:
    """The maps of a backbone for one image of a fixed size, computed by OpenVINO on the CPU.

    Args:
        backbone: frozen; its weights are taken over.
        size: side of the square images.
        threads: CPU threads.
        bfloat16: compute in bfloat16, not in float32.

    Raises:
        ConfigError: the installed OpenVINO cannot do it.
    """

    def __init__(self, backbone: Backbone, size: int, threads: int, bfloat16: bool) -> None:
        with _making():
            model = _region_model(_Identity(backbone, "maps"), size)
            compiled = _compiled(model, threads, 1, bfloat16)
            self._request = compiled.create_infer_request()

    def __call__(self, images: Tensor) -> tuple[Tensor, ...]:
        """See ``Backbone.forward``; images ``(1, 3, size, size)`` uint8, not differentiable."""
        rows = np.ascontiguousarray(images.permute(0, 2, 3, 1).numpy())
        maps = self._request.infer(rows, share_inputs=True)
        return tuple(torch.from_numpy(maps[i]).permute(0, 3, 1, 2) for i in range(len(maps)))


class OpenVinoSamples:
    """A function of many samples, computed by OpenVINO on the CPU, a few samples at a time.

    Several threads take samples in turn, no more of them than PyTorch has at the call. Calls must
    not overlap.

    Args:
        function: from tensors ``(N, ...)`` to tensors ``(N, ...)``, a module without state; what it
            holds is taken over.
        kind: a name for what it computes of its weights.
        shapes: of one sample of each input.
        batch: samples at a time: few enough to stay in a CPU's cache.
        threads: CPU threads.
        bfloat16: compute in bfloat16, not in float32.

    Raises:
        ConfigError: the installed OpenVINO cannot do it.
    """

    def __init__(
        self,
        function: nn.Module,
        kind: str,
        shapes: Sequence[tuple[int, ...]],
        batch: int,
        threads: int,
        bfloat16: bool = False,
    ) -> None:
        self._batch = batch
        with _making():
            batches = tuple((batch, *shape) for shape in shapes)
            model = _samples_model(_Identity(function, kind), batches)
            compiled = _compiled(model, threads, threads, bfloat16)
            self._requests = [compiled.create_infer_request() for _ in range(threads)]

    def __call__(self, *inputs: Tensor) -> list[Tensor]:
        """Return the outputs for N samples, float32."""
        arrays = [np.ascontiguousarray(one.numpy(), np.float32) for one in inputs]
        count = len(arrays[0])
        requests = self._requests[: torch.get_num_threads()]
        running: dict[int, int] = {}  # request to the first of its samples
        outputs: list[NDArray[np.float32]] = []

        def collect(index: int) -> None:
            requests[index].wait()
            start = running.pop(index)
            found = [one.data for one in requests[index].output_tensors]
            if not outputs:
                outputs.extend(np.empty((count, *one.shape[1:]), np.float32) for one in found)
            for whole, part in zip(outputs, found, strict=True):
                whole[start : start + self._batch] = part[: count - start]

        try:
            for number, start in enumerate(range(0, max(1, count), self._batch)):
                check_stop()
                index = number % len(requests)
                if index in running:
                    collect(index)
                parts = [_filled(one[start : start + self._batch], self._batch) for one in arrays]
                requests[index].start_async(parts, share_inputs=True)
                running[index] = start
            for index in list(running):
                collect(index)
        finally:
            for index in running:  # broken off: they still read the inputs
                requests[index].wait()
        return [torch.from_numpy(one) for one in outputs]


def _filled(rows: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Return ``count`` rows: these, and zeros where there are fewer."""
    if len(rows) == count:
        return rows
    return np.concatenate([rows, np.zeros((count - len(rows), *rows.shape[1:]), np.float32)])


@contextlib.contextmanager
def _making() -> Iterator[None]:
    """Make something of OpenVINO's, one thread at a time, and say what is wrong if it fails."""
    try:
        with _in_turn:
            yield
    except ConfigError:
        raise
    except Exception as error:  # mostly RuntimeErrors, on several lines
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"the installed OpenVINO cannot compute the backbone ({reason}); "
            "set backbone_runtime: pytorch"
        ) from error


def _compiled(model: Any, threads: int, streams: int, bfloat16: bool) -> Any:
    settings = {
        "PERFORMANCE_HINT": "LATENCY" if streams == 1 else "THROUGHPUT",
        "INFERENCE_PRECISION_HINT": "bf16" if bfloat16 else "f32",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": streams,
        # Several trackers, in processes of their own, would share the same core.
        "ENABLE_CPU_PINNING": False,
    }
    return _core().compile_model(model, "CPU", settings)


@functools.cache
def _core() -> Any:
    """Return the process's only one.

    The CPU plug-in of each gives signals a stack of its own, and takes it away without giving back
    the one of another that has ended in between: the next Ctrl-C would end the process.
    """
    return _openvino().Core()


class _Identity:
    """A frozen module, equal to others of the same kind and weights, to look it up by."""

    def __init__(self, module: nn.Module, kind: str) -> None:
        self.module = module
        digest = hashlib.sha256(kind.encode())
        for part in module.modules():
            digest.update(type(part).__qualname__.encode())
        for name, tensor in module.state_dict().items():
            digest.update(name.encode())
            digest.update(tensor.cpu().contiguous().numpy().tobytes())
        self.digest = digest.digest()

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and self.digest == other.digest


@functools.lru_cache(maxsize=4)  # a second for each
def _region_model(identity: _Identity, size: int) -> Any:
    """Return OpenVINO's model of a backbone, channels last at both ends as the tracker has them."""
    openvino = _openvino()
    model = _converted(identity.module, [(1, 3, size, size)])
    steps = openvino.preprocess.PrePostProcessor(model)
    outer, inner = openvino.Layout("NHWC"), openvino.Layout("NCHW")
    steps.input().tensor().set_layout(outer).set_element_type(openvino.Type.u8)
    steps.input().model().set_layout(inner)
    for level in range(len(model.outputs)):
        steps.output(level).tensor().set_layout(outer)
        steps.output(level).model().set_layout(inner)
    return steps.build()


@functools.lru_cache(maxsize=8)
def _samples_model(identity: _Identity, shapes: tuple[tuple[int, ...], ...]) -> Any:
    """Return OpenVINO's model of a function of float32 tensors of these shapes."""
    return _converted(identity.module, shapes)


def _converted(module: nn.Module, shapes: Sequence[tuple[int, ...]]) -> Any:
    module = copy.deepcopy(module)
    for part in module.modules():
        if isinstance(part, Backbone):
            part.lay_out(torch.contiguous_format)
    with warnings.catch_warnings(), torch.no_grad():
        # PyTorch warns that shapes become constants (so they are to be), and of TorchScript's age.
        warnings.simplefilter("ignore")
        example = tuple(torch.zeros(shape, dtype=torch.float32) for shape in shapes)
        # OpenVINO would trace it by itself, and once more to compare.
        traced = torch.jit.trace(module, example, check_trace=False)
        return _openvino().convert_model(
            traced, example_input=example, input=[list(shape) for shape in shapes]
        )


def _openvino() -> Any:
    try:
        with _without_telemetry():
            import openvino
    except ImportError as error:
        raise ConfigError(
            f"the installed OpenVINO cannot be imported ({error}); install it again with: "
            "pip install --force-reinstall openvino, or set backbone_runtime: pytorch"
        ) from error
    return openvino


@contextlib.contextmanager
def _without_telemetry() -> Iterator[None]:
    """Have imports of OpenVINO's telemetry fail, which OpenVINO takes for not installed."""
    before = sys.modules.get(_TELEMETRY)
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if before is None:
            del sys.modules[_TELEMETRY]
        else:
            sys.modules[_TELEMETRY] = before
