# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Products of vectors with the Jacobian of what autograd has followed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def vector_jacobian(
    outputs: Sequence[Tensor],
    inputs: Sequence[Tensor],
    vectors: Sequence[Tensor],
    *,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor, ...]:
    """Return what ``torch.autograd.grad(outputs, inputs, vectors)`` returns, to the last bit.

    That imports parts of PyTorch's compiler, for half a second, where it is given vectors.

    Args:
        outputs: what was computed from the inputs.
        inputs: of any shapes.
        vectors: derivatives by the outputs, of their shapes.
        retain_graph, create_graph, materialize_grads: see ``torch.autograd.grad``.
    """
    with torch.enable_grad():
        products = [(one * by).sum() for one, by in zip(outputs, vectors, strict=True)]
    return torch.autograd.grad(
        products,
        inputs,
        retain_graph=retain_graph,
        create_graph=create_graph,
        materialize_grads=materialize_grads,
    )
