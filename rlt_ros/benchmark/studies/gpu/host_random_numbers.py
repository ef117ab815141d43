# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The same random numbers on every device.

A GPU draws others than the CPU from the same seed. So mini-batches and dropout differ, and trackers
with them, however exactly both compute.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree
from torch.utils._python_dispatch import TorchDispatchMode


class HostRandomNumbers(TorchDispatchMode):
    """While this context lasts, operators of this thread draw what they would draw on the CPU.

    Args:
        device: whose generators are set aside, by its type.
    """

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self._kind = device.type
        self._on_host: dict[int, torch.Generator] = {}  # by seed

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Compute an operator, one that draws on the CPU."""
        kwargs = kwargs or {}
        generator = kwargs.get("generator")
        if generator is None or generator.device.type != self._kind:
            return func(*args, **kwargs)
        seed = generator.initial_seed()
        if seed not in self._on_host:
            self._on_host[seed] = torch.Generator().manual_seed(seed)
        there = {**kwargs, "generator": self._on_host[seed]}
        device = torch.device(self._kind)
        if "device" in kwargs:
            device, there["device"] = kwargs["device"], torch.device("cpu")
        there.pop("pin_memory", None)
        given = _pytree.tree_map_only(Tensor, lambda one: one.cpu(), args)
        drawn = func(*given, **there)
        if func._schema.is_mutable:  # in place of its first argument
            args[0].copy_(drawn)
            return args[0]
        return drawn.to(device)
