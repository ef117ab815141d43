# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The frozen backbone by OpenVINO, an optional extra: faster than PyTorch on CPUs."""

from __future__ import annotations

import contextlib
import copy
import functools
import hashlib
import importlib.util
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rlt_ros.tracking.backbones.base import Backbone
from rlt_ros.tracking.errors import ConfigError

# Imported by OpenVINO where it is installed, and then tells its maker that it was.
_TELEMETRY = "openvino_telemetry"


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
        openvino = _openvino()
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "bf16" if bfloat16 else "f32",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            # Several trackers, in processes of their own, would share the same core.
            "ENABLE_CPU_PINNING": False,
        }
        try:
            model = _converted(_Identity(backbone), size)
            self._request = (
                openvino.Core().compile_model(model, "CPU", settings).create_infer_request()
            )
        except RuntimeError as error:  # what OpenVINO raises for everything, on several lines
            reason = " ".join(str(error).split())
            raise ConfigError(
                f"the installed OpenVINO cannot compute the backbone ({reason}); "
                "set backbone_runtime: pytorch"
            ) from error

    def __call__(self, images: Tensor) -> tuple[Tensor, ...]:
        """See ``Backbone.forward``; images ``(1, 3, size, size)`` uint8, not differentiable."""
        rows = np.ascontiguousarray(images.permute(0, 2, 3, 1).numpy())
        maps = self._request.infer(rows, share_inputs=True)
        return tuple(torch.from_numpy(maps[i]).permute(0, 3, 1, 2) for i in range(len(maps)))


class _Identity:
    """A backbone that is equal to others of the same kind and weights, to look it up by."""

    def __init__(self, backbone: Backbone) -> None:
        self.backbone = backbone
        digest = hashlib.sha256(type(backbone).__qualname__.encode())
        for name, tensor in backbone.state_dict().items():
            digest.update(name.encode())
            digest.update(tensor.cpu().contiguous().numpy().tobytes())
        self.digest = digest.digest()

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and self.digest == other.digest


@functools.lru_cache(maxsize=4)  # a second for each
def _converted(identity: _Identity, size: int) -> Any:
    """Return OpenVINO's model of a backbone, channels last at both ends as the tracker has them."""
    openvino = _openvino()
    backbone = copy.deepcopy(identity.backbone)
    backbone.lay_out(torch.contiguous_format)
    shape = [1, 3, size, size]
    with warnings.catch_warnings(), torch.no_grad():
        # PyTorch warns that shapes become constants (so they are to be), and of TorchScript's age.
        warnings.simplefilter("ignore")
        model = openvino.convert_model(backbone, example_input=torch.zeros(shape), input=shape)
    steps = openvino.preprocess.PrePostProcessor(model)
    outer, inner = openvino.Layout("NHWC"), openvino.Layout("NCHW")
    steps.input().tensor().set_layout(outer).set_element_type(openvino.Type.u8)
    steps.input().model().set_layout(inner)
    for level in range(len(backbone.levels)):
        steps.output(level).tensor().set_layout(outer)
        steps.output(level).model().set_layout(inner)
    return steps.build()


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
