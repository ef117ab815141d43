# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the tracker has PyTorch do: operations, bytes, and copies between host and device."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils import _pytree
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

OUTSIDE = "outside"  # of all stages

_SCALAR = "aten::_local_scalar_dense"
# How much comes out of these, the host has to wait for.
_WAITING = ("aten::nonzero", "aten::masked_select", "aten::_unique2")
_COPYING = ("aten::_to_copy", "aten::copy_", "aten::clone")
_PICKING = ("aten::index", "aten::index_select", "aten::gather")
_PUTTING = ("aten::index_put_", "aten::index_put", "aten::_index_put_impl_")
_SUMMING = ("aten::_embedding_bag", "aten::_embedding_bag_forward_only")


@dataclass
class Work:
    """Counts of a stage.

    Attributes:
        calls: of operators that are no mere views.
        matrix_operations: multiplications and additions of matrix products and convolutions.
        other_operations: of other operators, one for each number that comes out.
        bytes: that operators read and write, each on its own.
        bytes_from_before: what of that was there before the stage, each tensor once: what would be
            left to read if all operators of the stage were one.
        uploads, uploaded_bytes, downloads, downloaded_bytes: copies between host and device.
        waits: how often else the host needs a number of the device to go on.
    """

    calls: int = 0
    matrix_operations: int = 0
    other_operations: int = 0
    bytes: int = 0
    bytes_from_before: int = 0
    uploads: int = 0
    uploaded_bytes: int = 0
    downloads: int = 0
    downloaded_bytes: int = 0
    waits: int = 0

    def __add__(self, other: Work) -> Work:
        """Return the sum."""
        mine, theirs = vars(self), vars(other)
        return Work(**{name: value + theirs[name] for name, value in mine.items()})


@dataclass
class _Open:
    stage: str
    seen: set[int] = field(default_factory=set)  # storages that were read or made in it
    kept: list[StorageWeakRef] = field(default_factory=list)  # so that none has another's address


class WorkCounter(TorchDispatchMode):
    """A ``StageObserver`` that counts, while this context lasts, in this thread.

    Attributes:
        work: by stage, and ``OUTSIDE``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.work: dict[str, Work] = {}
        self._open = [_Open(OUTSIDE)]

    def enter(self, stage: str) -> None:
        """See ``StageObserver.enter``."""
        self._open.append(_Open(stage))

    def leave(self) -> None:
        """See ``StageObserver.leave``."""
        self._open.pop()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Count an operator."""
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        self._count(func, args, kwargs, out)
        return out

    def _count(self, func: Any, args: Any, kwargs: dict[str, Any], out: Any) -> None:
        name, returned = func._schema.name, func._schema.returns
        alias = returned[0].alias_info if returned else None
        if (alias is not None and not alias.is_write) or name.startswith("aten::empty"):
            return  # a view, or nothing written yet
        given, made = list(_tensors((args, kwargs))), list(_tensors(out))
        place = self._open[-1]
        work = self.work.setdefault(place.stage, Work())
        work.calls += 1
        for one, size in zip(given, _read(name, given, made), strict=True):
            work.bytes += size
            if _key(one) not in place.seen:
                work.bytes_from_before += size
        work.bytes += sum(map(_size, made))
        for one in (*given, *made):
            if _key(one) not in place.seen:
                place.seen.add(_key(one))
                place.kept.append(StorageWeakRef(one.untyped_storage()))
        self._count_operations(func, args, kwargs, out, made, work)
        _count_copies(name, given, made, work)

    def _count_operations(
        self, func: Any, args: Any, kwargs: Any, out: Any, made: list[Tensor], work: Work
    ) -> None:
        name = func._schema.name
        packet = func._overloadpacket
        if packet in flop_registry:
            work.matrix_operations += flop_registry[packet](*args, **kwargs, out_val=out)
        elif name in _SUMMING:
            # Each index has a weight, and a row that is multiplied and added.
            work.other_operations += 2 * args[1].numel() * args[0].shape[1]
        elif name not in _COPYING:
            work.other_operations += sum(one.numel() for one in made)


def _read(name: str, given: list[Tensor], made: list[Tensor]) -> list[int]:
    """Return the bytes that an operator reads of each tensor given, at least."""
    sizes = list(map(_size, given))
    if name in _PICKING:
        sizes[0] = min(sizes[0], _size(made[0]))
    elif name in _PUTTING:
        sizes[0] = min(sizes[0], sizes[-1])
    elif name in _SUMMING:
        table, rows = given[:2]
        sizes[0] = min(sizes[0], rows.numel() * table.shape[1] * table.element_size())
    elif name == "aten::copy_":
        sizes[0] = 0  # overwritten
    return sizes


def _count_copies(name: str, given: list[Tensor], made: list[Tensor], work: Work) -> None:
    if name == _SCALAR or name in _WAITING or _by_mask(name, given):
        if given[0].device.type != "cpu":
            work.waits += 1
        return
    if name == "aten::copy_":
        source, target = given[1], given[0]
    elif name == "aten::_to_copy" and given and made:
        source, target = given[0], made[0]
    else:
        return
    if source.device.type == target.device.type:
        return
    if source.device.type == "cpu":
        work.uploads += 1
        work.uploaded_bytes += _size(source)
    elif target.device.type == "cpu":
        work.downloads += 1
        work.downloaded_bytes += _size(source)


def _by_mask(name: str, given: list[Tensor]) -> bool:
    """Whether this picks by a mask: how many it picks, the host has to wait for."""
    if name not in ("aten::index", "aten::index_put_", "aten::index_put"):
        return False
    return any(one.dtype == torch.bool for one in given[1:])


def _tensors(tree: Any) -> Iterator[Tensor]:
    return (leaf for leaf in _pytree.tree_leaves(tree) if isinstance(leaf, Tensor))


def _key(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _size(tensor: Tensor) -> int:
    """Return the bytes of a tensor, those that it repeats once."""
    sides = zip(tensor.shape, tensor.stride(), strict=True)
    return math.prod(n for n, step in sides if step) * tensor.element_size()
