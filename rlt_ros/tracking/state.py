# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a target is kept as between two runs: named arrays and plain values, in named parts.

Those that know a part give it as a ``State`` and take it up again through ``Kept``, which believes
nothing: it may come from a file that anybody has written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlt_ros.tracking.boxes import MINIMUM_SIDE, Boxes
from rlt_ros.tracking.errors import InvalidTargetError

State = Mapping[str, Any]
"""Arrays, numbers, texts, flags, None, and further states."""

# No coordinate, feature or weight comes near; sums and products of such numbers stay finite.
LARGEST_NUMBER = 1e6
# The most that counters count.
MOST = 2**62


class Kept:
    """Reads a state and refuses what does not fit.

    Args:
        state: what was kept.
        where: its name, in messages.
    """

    def __init__(self, state: State, where: str = "") -> None:
        self._state = state
        self._where = where

    def part(self, name: str) -> Kept:
        """Return a part."""
        value = self.value(name)
        if not isinstance(value, Mapping):
            raise self.misfit(name, "is no part")
        return Kept(value, f"{self._where}{name}.")

    def optional(self, name: str) -> Kept | None:
        """Return a part, or None where None was kept."""
        return None if self.value(name) is None else self.part(name)

    def array(self, name: str, shape: tuple[int | None, ...], dtype: type) -> NDArray[Any]:
        """Return an array of its own; None in ``shape`` is any length.

        Floating-point numbers in it are finite, and at most 1e6 in size.
        """
        value = self.value(name)
        if not isinstance(value, np.ndarray):
            raise self.misfit(name, "is no array")
        fits = len(value.shape) == len(shape) and all(
            wanted in (None, length) for wanted, length in zip(shape, value.shape, strict=True)
        )
        if not fits or value.dtype != dtype:
            wanted = f"{tuple('any' if one is None else one for one in shape)} {dtype.__name__}"
            raise self.misfit(name, f"is {value.shape} {value.dtype}, not {wanted}")
        if not np.isfinite(value).all():
            raise self.misfit(name, "is not finite")
        largest = max(value.max(initial=0), -value.min(initial=0)) if value.dtype.kind == "f" else 0
        if largest > LARGEST_NUMBER:
            raise self.misfit(name, f"has numbers beyond {LARGEST_NUMBER:g}")
        return value.copy()

    def tensor(
        self,
        name: str,
        shape: tuple[int | None, ...],
        device: torch.device,
        dtype: type = np.float32,
    ) -> Tensor:
        """Return an array as a tensor on a device."""
        return torch.from_numpy(self.array(name, shape, dtype)).to(device)

    def box(self, name: str) -> Boxes:
        """Return a box ``(4,)``; it may lie anywhere, in no image."""
        box = self.array(name, (4,), np.float64)
        if (box[2:] < MINIMUM_SIDE / 2).any():
            raise self.misfit(name, "is no box")
        return box

    def integer(self, name: str, least: int = 0, most: int = MOST) -> int:
        """Return an integer from ``least`` to ``most``."""
        value = self.value(name)
        if type(value) is not int or not least <= value <= most:
            raise self.misfit(name, f"is not an integer from {least} to {most}")
        return value

    def number(self, name: str, least: float, most: float) -> float:
        """Return a number from ``least`` to ``most``."""
        value = self.value(name)
        if type(value) not in (int, float) or not least <= value <= most:
            raise self.misfit(name, f"is not a number from {least:g} to {most:g}")
        return float(value)

    def choice(self, name: str, choices: tuple[str | None, ...]) -> str | None:
        """Return one of some texts."""
        value = self.value(name)
        if not isinstance(value, str | None) or value not in choices:
            raise self.misfit(name, f"is not one of {', '.join(map(str, choices))}")
        return value

    def value(self, name: str) -> Any:
        """Return whatever it is."""
        if name not in self._state:
            raise self.misfit(name, "is missing")
        return self._state[name]

    def misfit(self, name: str, what: str) -> InvalidTargetError:
        """Return the error for a value that does not fit."""
        return InvalidTargetError(f"{self._where}{name} {what}")


def as_array(tensor: Tensor) -> NDArray[Any]:
    """Return a copy of a tensor for a state."""
    return tensor.detach().to("cpu", copy=True).contiguous().numpy()


def generator_state(rng: np.random.Generator) -> State:
    """Return where a generator made by ``np.random.default_rng`` is in its numbers."""
    state: State = rng.bit_generator.state
    return state


def restored_generator(kept: Kept) -> np.random.Generator:
    """Return a generator that goes on where another was, see ``generator_state``."""
    kept.choice("bit_generator", ("PCG64",))
    numbers = kept.part("state")
    largest = 2**128 - 1
    rng = np.random.Generator(np.random.PCG64())
    rng.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {name: numbers.integer(name, 0, largest) for name in ("state", "inc")},
        "has_uint32": kept.integer("has_uint32", 0, 1),
        "uinteger": kept.integer("uinteger", 0, 2**32 - 1),
    }
    return rng
