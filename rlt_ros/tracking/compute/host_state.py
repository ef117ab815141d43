# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a caller may have switched in PyTorch, kept away from the tracker's own computations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

from rlt_ros.tracking.compute.precision import tf32_in_convolutions


@contextmanager
def plain_pytorch(device: torch.device, tf32: bool = False) -> Iterator[None]:
    """Compute as if the caller were in no mode of PyTorch: the results do not depend on it.

    Not in ``no_grad`` or ``inference_mode``, not in ``autocast``, and with the CPU as default
    device. A default type has no such context: every tensor here names its own.

    Args:
        device: where the tracker computes.
        tf32: see ``tf32_in_convolutions``.
    """
    with ExitStack() as stack:
        # Each takes a while to enter, so only where it changes something.
        if torch.is_inference_mode_enabled():
            stack.enter_context(torch.inference_mode(False))
        if not torch.is_grad_enabled():
            stack.enter_context(torch.enable_grad())
        for kind in {"cpu", device.type} & {"cpu", "cuda"}:
            if torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        if torch.empty(0).device.type != "cpu":
            stack.enter_context(torch.device("cpu"))
        stack.enter_context(tf32_in_convolutions(device, tf32))
        yield
