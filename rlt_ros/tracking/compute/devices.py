# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the tracker computes."""

from __future__ import annotations

import torch

from rlt_ros.tracking.errors import ConfigError


def resolved_device(name: str) -> torch.device:
    """Return the device of a setting: auto, cpu, cuda or cuda:N.

    Raises:
        ConfigError: there is no such device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    count = torch.cuda.device_count()
    if device.type == "cuda" and (device.index or 0) >= count:
        raise ConfigError(
            f"device {name} is not there: PyTorch sees {count} CUDA device(s); "
            "set device to auto or cpu"
        )
    return device
