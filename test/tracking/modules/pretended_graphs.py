# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""CUDA graphs without a GPU: a replay computes again, into the same tensors."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rlt_ros.tracking.compute.runner import Function, GraphRunner


class _Replay:
    def __init__(self, function: Function, given: list[Tensor], outputs: list[Tensor]) -> None:
        self._function, self._given, self._outputs = function, given, outputs

    def replay(self) -> None:
        for mine, fresh in zip(self._outputs, self._function(*self._given), strict=True):
            mine.copy_(fresh)


class PretendedGraphs(GraphRunner):
    """Records as ``GraphRunner`` does; ``recorded`` says what."""

    def __init__(self, device: torch.device) -> None:
        super().__init__(device)
        self.recorded: list[Any] = []

    def _captured(self, function: Function, given: list[Tensor]) -> tuple[Any, tuple[Tensor, ...]]:
        with torch.no_grad():
            outputs = [one.detach().clone() for one in function(*given)]
        self.recorded.append(function)
        return _Replay(function, given, outputs), tuple(outputs)
