# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Who runs functions of tensors: as they are, or as CUDA graphs.

Where a frame is hundreds of small kernels, a GPU waits for the host to launch them. As a graph
(CUDA's name), a function's kernels are recorded once, and launched together from then on.
"""

from __future__ import annotations

import contextlib
import copy
import gc
import logging
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Module = TypeVar("Module", bound=nn.Module)
Input = Tensor | NDArray[Any]
Function = Callable[..., tuple[Tensor, ...]]

# A function is recorded when it comes with the same shapes for the second time: shapes that come
# once are not worth it. No more than so many are.
RECORDED_AT, MOST_GRAPHS = 2, 96
# Shapes of arrays for which memory is kept to send them from: pictures of a target that grows have
# another one in every frame.
MOST_UPLOADS = 8
# Bytes from which on memory that is pinned pays: less goes to the device with the command.
PINNED_ABOVE = 32768
# Runs before a recording, in which libraries load and choose what they need.
WARM_UP = 2


class Runner:
    """Runs functions as they are.

    Args:
        device: where the functions compute.

    Attributes:
        records: whether functions run as graphs, in which nothing may depend on numbers that the
            host must see: no boolean masks, no ``item``.
    """

    records = False

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def run(self, key: Hashable, function: Function, *inputs: Input) -> tuple[Tensor, ...]:
        """Return what a function makes of tensors.

        Args:
            key: names the function and whatever it depends on besides its inputs and what ``twin``
                and ``lasting`` returned.
            function: of tensors alone, the same numbers for the same inputs.
            inputs: tensors on the device, and arrays, which go there.

        Returns:
            Its results; they are good until the next run of the same key and shapes.
        """
        given = (one if isinstance(one, Tensor) else self.there(one) for one in inputs)
        return function(*given)

    def there(self, array: NDArray[Any]) -> Tensor:
        """Return a tensor on the device with the numbers of an array, which may share them."""
        return torch.from_numpy(array).to(self.device)

    def own(self, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Return results of ``run`` that stay good."""
        return tuple(tensors)

    def twin(self, name: str, module: Module) -> Module:
        """Return a module with the same parameters now, always the same one of a name."""
        return module

    def lasting(self, name: str, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Return tensors with the same numbers now, always the same ones of a name and shapes.

        For inputs that stay the same over several calls of ``run``, which copies all others.
        """
        return tuple(tensors)


class _Slot:
    """Where an input lies while a graph runs."""

    def __init__(self, given: Input, device: torch.device) -> None:
        self._pinned: _Pinned | None = None
        if isinstance(given, Tensor):
            self.tensor = torch.empty_like(given)
            return
        dtype = torch.from_numpy(given[:0]).dtype
        self.tensor = torch.empty(given.shape, dtype=dtype, device=device)
        if device.type == "cuda" and given.nbytes > PINNED_ABOVE:
            self._pinned = _Pinned(self.tensor)

    def fill(self, given: NDArray[Any]) -> None:
        """Send an array to the device, after what is queued there."""
        if self._pinned is not None:
            self._pinned.send(given, self.tensor)
        else:  # the driver takes it along with the command
            self.tensor.copy_(torch.from_numpy(given), non_blocking=True)


class _Pinned:
    """Memory of the host that the device reads by itself."""

    def __init__(self, like: Tensor) -> None:
        self._tensor = torch.empty(like.shape, dtype=like.dtype, pin_memory=True)
        self._array = self._tensor.numpy()
        self._copied = torch.cuda.Event()

    def send(self, given: NDArray[Any], into: Tensor) -> None:
        self._copied.synchronize()  # what is on its way must not change
        np.copyto(self._array, given)
        into.copy_(self._tensor, non_blocking=True)
        self._copied.record()


@dataclass
class _Recorded:
    graph: Any
    slots: list[_Slot | None]  # of the inputs; None where they last
    outputs: tuple[Tensor, ...]


@dataclass
class _Source:
    tensors: tuple[Tensor, ...]
    versions: tuple[int, ...]

    @classmethod
    def of(cls, tensors: tuple[Tensor, ...]) -> _Source:
        return cls(tensors, tuple(one._version for one in tensors))

    def is_same(self, tensors: tuple[Tensor, ...]) -> bool:
        return all(
            mine is one and version == one._version
            for mine, version, one in zip(self.tensors, self.versions, tensors, strict=True)
        )


class GraphRunner(Runner):
    """Runs functions as CUDA graphs, in one thread and one stream that is not the default one.

    A function that cannot be recorded runs as it is, and a line in the log says why.
    """

    records = True

    def __init__(self, device: torch.device) -> None:
        super().__init__(device)
        self._pool: Any = None
        self._seen: dict[Hashable, int] = {}
        self._recorded: dict[Hashable, _Recorded | None] = {}
        self._twins: dict[str, tuple[nn.Module, list[Tensor], _Source]] = {}
        self._lasting: dict[Hashable, tuple[tuple[Tensor, ...], _Source]] = {}
        self._last: set[int] = set()  # ids of tensors that are never freed
        self._uploads: dict[Hashable, _Slot] = {}

    def run(self, key: Hashable, function: Function, *inputs: Input) -> tuple[Tensor, ...]:
        """See ``Runner.run``."""
        full = (key, *map(self._kind, inputs))
        recorded = self._recorded.get(full)
        if recorded is None:
            seen = self._seen[full] = self._seen.get(full, 0) + 1
            if seen != RECORDED_AT or len(self._recorded) >= MOST_GRAPHS:
                return super().run(key, function, *inputs)
            try:
                recorded = self._record(function, inputs)
            except RuntimeError:
                logging.getLogger(__name__).warning(
                    "%s cannot run as a CUDA graph and runs as it is", key, exc_info=True
                )
                return super().run(key, function, *inputs)
            self._recorded[full] = recorded
        _fill(recorded.slots, inputs)
        recorded.graph.replay()
        return recorded.outputs

    def there(self, array: NDArray[Any]) -> Tensor:
        """See ``Runner.there``; by way of memory that the device can read by itself."""
        key = _shape(array)
        if key not in self._uploads:
            if len(self._uploads) >= MOST_UPLOADS:
                return super().there(array)
            self._uploads[key] = _Slot(array, self.device)
        slot = self._uploads[key]
        slot.fill(array)
        return slot.tensor.clone()

    def own(self, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """See ``Runner.own``."""
        return tuple(one.clone() for one in tensors)

    def twin(self, name: str, module: Module) -> Module:
        """See ``Runner.twin``."""
        parameters = tuple(module.parameters())
        if name not in self._twins:
            other = copy.deepcopy(module)
            self._twins[name] = other, list(other.parameters()), _Source.of(parameters)
        other, into, source = self._twins[name]  # type: ignore[assignment]
        if not source.is_same(parameters):
            with torch.no_grad():
                torch._foreach_copy_(into, parameters)
            self._twins[name] = other, into, _Source.of(parameters)
        return other

    def lasting(self, name: str, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """See ``Runner.lasting``."""
        given = tuple(tensors)
        key = (name, *map(_shape, given))
        if key not in self._lasting:
            own = tuple(one.clone() for one in given)
            self._last |= set(map(id, own))
            self._lasting[key] = own, _Source.of(given)
            return own
        own, source = self._lasting[key]
        if not source.is_same(given):
            with torch.no_grad():
                torch._foreach_copy_(list(own), list(given))
            self._lasting[key] = own, _Source.of(given)
        return own

    def _kind(self, given: Input) -> Hashable:
        return id(given) if id(given) in self._last else _shape(given)

    def _record(self, function: Function, inputs: Sequence[Input]) -> _Recorded:
        slots = [None if id(one) in self._last else _Slot(one, self.device) for one in inputs]
        _fill(slots, inputs)
        given = [_where(slot, one) for slot, one in zip(slots, inputs, strict=True)]
        graph, outputs = self._captured(function, given)
        return _Recorded(graph, slots, outputs)

    def _captured(self, function: Function, given: list[Tensor]) -> tuple[Any, tuple[Tensor, ...]]:
        """Return the graph of a function of these tensors, and its results."""
        stream = torch.cuda.current_stream(self.device)
        with torch.cuda.device(self.device), _no_collection():
            for _ in range(WARM_UP):
                function(*given)
            stream.synchronize()
            graph = torch.cuda.CUDAGraph()
            if self._pool is None:
                self._pool = torch.cuda.graph_pool_handle()
            # Other threads may go on meanwhile.
            graph.capture_begin(pool=self._pool, capture_error_mode="thread_local")
            try:
                outputs = function(*given)
            finally:
                graph.capture_end()
        return graph, outputs


def _where(slot: _Slot | None, given: Input) -> Tensor:
    if slot is not None:
        return slot.tensor
    assert isinstance(given, Tensor)
    return given


def _fill(slots: Sequence[_Slot | None], inputs: Sequence[Input]) -> None:
    """Copy inputs to where the graph reads them, tensors all at once."""
    into: list[Tensor] = []
    tensors: list[Tensor] = []
    for slot, given in zip(slots, inputs, strict=True):
        if slot is None:
            continue
        if isinstance(given, Tensor):
            into.append(slot.tensor)
            tensors.append(given)
        else:
            slot.fill(given)
    if len(into) == 1:
        into[0].copy_(tensors[0])
    elif into:
        torch._foreach_copy_(into, tensors)


def _shape(given: Input) -> Hashable:
    return isinstance(given, Tensor), tuple(given.shape), given.dtype


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Free no unreachable objects, whose ends may call CUDA in the middle of a recording."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
