# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Derivatives of frozen layers, written out as layers of their own.

For a network of a given input, the derivative is a linear map: without its biases, and with what
its activations let through. As plain layers it can be computed by any inference runtime.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class LinearMap(NamedTuple):
    """The derivative J of a function at one input.

    Attributes:
        pushed: from tangents v of the input's shape to J v, of the output's shape.
        pulled: from gradients g of the output's shape to J' g, of the input's shape.
    """

    pushed: Callable[[Tensor], Tensor]
    pulled: Callable[[Tensor], Tensor]


# A function, evaluated together with its derivative there.
Linearised = tuple[Tensor, LinearMap]


def scaled(factor: float | Tensor) -> LinearMap:
    """Return the map that multiplies by ``factor``, which may be a tensor of the same shape."""
    return LinearMap(lambda v: v * factor, lambda g: g * factor)


def chained(maps: Sequence[LinearMap]) -> LinearMap:
    """Return the derivative of functions applied one after the other."""

    def pushed(v: Tensor) -> Tensor:
        for one in maps:
            v = one.pushed(v)
        return v

    def pulled(g: Tensor) -> Tensor:
        for one in reversed(maps):
            g = one.pulled(g)
        return g

    return LinearMap(pushed, pulled)


def beside_identity(inner: LinearMap) -> LinearMap:
    """Return the derivative of x + f(x), where f has ``inner``."""
    return LinearMap(lambda v: v + inner.pushed(v), lambda g: g + inner.pulled(g))


def relu(x: Tensor) -> Linearised:
    """Return ReLU of ``x``, with PyTorch's derivative of 0 at its edge."""
    return torch.relu(x), scaled((x > 0.0).to(x.dtype))


def relu6(x: Tensor) -> Linearised:
    """Return ReLU6 of ``x``, with PyTorch's derivative of 0 at its edges."""
    passed = ((x > 0.0) & (x < 6.0)).to(x.dtype)
    return torch.clamp(x, 0.0, 6.0), scaled(passed)
