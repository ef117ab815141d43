# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Features of image samples, computed by OpenVINO."""

from __future__ import annotations

from torch import Tensor

from rlt_ros.tracking.features.openvino.inference import OpenVinoSamples
from rlt_ros.tracking.features.sample_network import ImageFeatures

_BATCH = 8  # the fastest of several


class OpenVinoImageFeatures:
    """Features of image samples, see ``ImageFeatures.forward``; not differentiable.

    Args:
        network: frozen; its weights are taken over.
        size: side of the samples.
        threads: CPU threads.
        bfloat16: compute in bfloat16, not in float32.

    Raises:
        ConfigError: the installed OpenVINO cannot do it.
    """

    # PyTorch's threads, which cut the samples out, stay busy for some milliseconds after that:
    # many samples for each time that they hold up OpenVINO's.
    samples_per_call = 256

    def __init__(self, network: ImageFeatures, size: int, threads: int, bfloat16: bool) -> None:
        self._samples = OpenVinoSamples(
            network, "features", [(3, size, size)], _BATCH, threads, bfloat16
        )

    def __call__(self, images: Tensor) -> Tensor:
        """Return features ``(N, D)`` of float images ``(N, 3, size, size)``."""
        return self._samples(images)[0]
