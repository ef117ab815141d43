# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reading weight files without executing what they contain."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import torch
from torch import Tensor

from rlt_ros.tracking.errors import WeightsError


def existing_file(path: Path, how_to_get: str) -> Path:
    """Return ``path`` if it is a file.

    Raises:
        WeightsError: it is not; the message says how to get it.
    """
    if not path.is_file():
        raise WeightsError(f"weight file {path} does not exist; {how_to_get}")
    return path


def check_sha256(path: Path, expected: str, how_to_get: str) -> None:
    """Raise WeightsError unless the file has the expected SHA-256 (hex)."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
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
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(
            f"weight file {path} is damaged or not a PyTorch state dict ({reason}); {how_to_get}"
        ) from error
    if not isinstance(tensors, dict) or not all(isinstance(t, Tensor) for t in tensors.values()):
        raise WeightsError(
            f"weight file {path} holds no state dict (names to tensors); {how_to_get}"
        )
    return tensors
