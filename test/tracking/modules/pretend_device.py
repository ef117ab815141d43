# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A device that is not the CPU, pretended by tensors which hide one on the CPU.

As with a GPU, its tensors cannot be mixed with the CPU's nor read by NumPy, and moving them between
the two is counted. PyTorch keeps the device for the rest of the process: for a process of its own.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "pretended"
UPLOAD, DOWNLOAD = "upload", "download"

moves: Counter[str] = Counter()


# Autograd keeps results without their class: they are known by their (empty) storage. The latest.
_hidden: OrderedDict[int, Tensor] = OrderedDict()
_KEPT = 4096


class PretendedTensor(Tensor):
    """What lies on the device; ``hidden`` is where it really is."""

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]
    hidden: Tensor

    @staticmethod
    def __new__(cls, hidden: Tensor) -> PretendedTensor:
        tensor: Any = torch._C._acc.create_empty_tensor(tuple(hidden.shape), hidden.dtype)
        tensor.__class__ = cls
        tensor.hidden = hidden
        key = tensor.untyped_storage()._cdata
        _hidden[key] = hidden
        _hidden.move_to_end(key)
        if len(_hidden) > _KEPT:
            _hidden.popitem(last=False)
        pretended: PretendedTensor = tensor
        return pretended


class PretendedGenerator(torch.Generator):
    """The CPU's random numbers under the device's name."""

    def __new__(cls, device: Any = "cpu") -> Any:
        kind = cls if torch.device(device).type == NAME else _Generator
        return _Generator.__new__(kind)

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return torch.device(NAME)


_Generator = torch.Generator


def set_up() -> torch.device:
    """Make the device; once in a process."""
    _setup_privateuseone_for_python_backend(NAME)
    torch.Generator = PretendedGenerator  # type: ignore[misc]
    fallback = torch.library.Library("_", "IMPL")
    fallback.fallback(lambda *a, **k: _computed(*a, **k), "PrivateUse1")
    # These would otherwise not ask the device.
    operators = torch.library.Library("aten", "IMPL")
    for name in _names_for_every_device():
        packet, _, overload = name.removeprefix("aten::").partition(".")
        operator = getattr(getattr(torch.ops.aten, packet, None), overload or "default", None)
        if operator is not None:
            operators.impl(name.removeprefix("aten::"), _bound(operator), "PrivateUse1")
    _LIBRARIES.extend([fallback, operators])
    return torch.device(NAME)


_LIBRARIES: list[torch.library.Library] = []  # an operator is forgotten with its library


def _names_for_every_device() -> list[str]:
    has_kernel = torch._C._dispatch_has_kernel_for_dispatch_key
    return [
        name
        for name in torch._C._dispatch_get_all_op_names()
        if name.startswith("aten::")
        and not has_kernel(name, "CompositeImplicitAutograd")
        and any(
            has_kernel(name, f"CompositeExplicitAutograd{kind}") for kind in ("", "NonFunctional")
        )
    ]


def _bound(operator: Any) -> Callable[..., Any]:
    return lambda *args, **kwargs: _computed(operator, *args, **kwargs)


def _computed(operator: Any, *args: Any, **kwargs: Any) -> Any:
    """Compute on the hidden tensors and hide what comes out."""
    name = operator._schema.name
    if name == "aten::_copy_from":
        return _copied(*map(_recognised, args[:2]))
    leaves, structure = _pytree.tree_flatten((args, kwargs))
    leaves = [_recognised(leaf) for leaf in leaves]
    to_cpu = name == "aten::_to_copy" and torch.device("cpu") in leaves
    given = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
    pretended = [leaf for leaf in given if isinstance(leaf, PretendedTensor)]
    if name == "aten::_to_copy" and given and not pretended:
        moves[UPLOAD] += 1
    elif pretended and any(one.ndim and not isinstance(one, PretendedTensor) for one in given):
        raise RuntimeError(f"{name} mixes devices")
    if to_cpu or name in _WAITING or _by_mask(name, leaves):
        moves[DOWNLOAD] += 1
    args, kwargs = _pytree.tree_unflatten([_shown(leaf) for leaf in leaves], structure)
    # Autograd takes results for contiguous, whatever the hidden ones are.
    found = args[0].reshape(args[1]) if name == "aten::view" else operator(*args, **kwargs)
    if to_cpu:
        return found
    # An operator that works in place returns what it was given.
    known = {id(one.hidden): one for one in pretended}

    def hide(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        return known[id(leaf)] if id(leaf) in known else PretendedTensor(leaf)

    return _pytree.tree_map(hide, found)


# How much comes out of these, or what, the host has to wait for.
_WAITING = ("aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::_unique2")


def _by_mask(name: str, leaves: list[Any]) -> bool:
    """Whether this picks by a mask: how many it picks, the host has to wait for."""
    if name not in ("aten::index", "aten::index_put_", "aten::index_put"):
        return False
    return any(isinstance(leaf, Tensor) and leaf.dtype == torch.bool for leaf in leaves[1:])


def _copied(source: Tensor, target: Tensor) -> Tensor:
    if not isinstance(target, PretendedTensor):
        moves[DOWNLOAD] += 1
    elif not isinstance(source, PretendedTensor):
        moves[UPLOAD] += 1
    _shown(target).copy_(_shown(source))
    return target


def _recognised(leaf: Any) -> Any:
    if type(leaf) is Tensor and leaf.device.type == NAME:
        return PretendedTensor(_hidden[leaf.untyped_storage()._cdata])
    return leaf


def _shown(leaf: Any) -> Any:
    if isinstance(leaf, PretendedTensor):
        return leaf.hidden
    if isinstance(leaf, torch.device) and leaf.type == NAME:
        return torch.device("cpu")
    return leaf
