# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reading weight files without executing what they contain."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from torch import Tensor

from rlt_ros.tracking.errors import WeightsError
from rlt_ros.tracking.features.backbones.base import Backbone

_TRIAL_SIDE = 96  # pixels


def existing_file(path: Path, how_to_get: str) -> Path:
    """Return ``path`` if it is a file.

    Raises:
        WeightsError: it is not; the message says how to get it.
    """
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        raise WeightsError(f"weight file {path} {what}; {how_to_get}")
    return path


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file (hex)."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_sha256(path: Path, found: str, expected: str, how_to_get: str) -> None:
    """Raise WeightsError unless the file's SHA-256 is the expected one (hex)."""
    if found != expected:
        raise WeightsError(
            f"weight file {path} is damaged: expected SHA-256 {expected}, found {found}; "
            f"{how_to_get}"
        )


def load_torch_tensors(path: Path, how_to_get: str) -> dict[str, Tensor]:
    """Load a PyTorch state dict (name to tensor) with the restricted unpickler, on the CPU.

    Raises:
        WeightsError: not such a file.
    """
    existing_file(path, how_to_get)
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged files fail wherever the unpickler happens to be
        raise WeightsError(
            f"weight file {path} is damaged or not a PyTorch state dict ({one_line(error)}); "
            f"{how_to_get}"
        ) from error
    if not isinstance(tensors, dict) or not all(isinstance(t, Tensor) for t in tensors.values()):
        raise WeightsError(
            f"weight file {path} holds no state dict (names to tensors); {how_to_get}"
        )
    return tensors


def check_maps(network: Backbone, path: Path, how_to_get: str) -> None:
    """Try the network on a small image.

    Raises:
        WeightsError: it does not give finite float32 maps of its levels' channels.
    """
    try:
        with torch.no_grad():
            maps = network(torch.zeros(1, 3, _TRIAL_SIDE, _TRIAL_SIDE, dtype=torch.uint8))
        found = [f"{one.shape[1]} of {one.dtype}" for one in maps]
        finite = all(bool(one.isfinite().all()) for one in maps)
    except Exception as error:  # as above
        problem = f"the network cannot be computed ({one_line(error)})"
    else:
        wanted = [f"{level.channels} of {torch.float32}" for level in network.levels]
        if found == wanted and finite:
            return
        problem = f"its maps are {', '.join(found)}, not {', '.join(wanted)}"
        if found == wanted:
            problem = "its maps are not finite"
    raise WeightsError(
        f"weight file {path} is damaged or of another network: {problem}; {how_to_get}"
    )


def one_line(error: Exception) -> str:
    """Return the first line of what an error says, or its name."""
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
