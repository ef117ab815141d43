# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where half precision pays."""

from __future__ import annotations

import torch

# x86's vector and tile instructions, by PyTorch's names. Without them bfloat16 is slower.
_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")


def bfloat16_chosen(precision: str, device: torch.device) -> bool:
    """Return whether to track in bfloat16.

    Args:
        precision: the setting, see ``TrackerConfig``.
        device: where the tracker computes.
    """
    if precision != "auto" or device.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):
        return False  # an older PyTorch has no such function
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name) for name in _INSTRUCTIONS)
