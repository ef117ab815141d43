# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A fully connected layer whose weights are yet to be drawn."""

from __future__ import annotations

from torch import nn


class BlankLinear(nn.Linear):
    """Has no start of its own, which would draw from the random numbers of the host.

    PyTorch's ``skip_init`` would do, but imports parts of a compiler: half a second that the first
    target would wait.
    """

    def reset_parameters(self) -> None:
        """Leave them as they lie in memory."""
