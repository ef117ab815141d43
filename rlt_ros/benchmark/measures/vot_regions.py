# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What VOT's supervised runs hold for a frame: a region, or a number that says what happened."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# VOT's single numbers in place of a region.
SKIPPED, INITIALISED, FAILED = 0, 1, 2

# What stands in one line of a VOT file: one of the numbers above, a box (4,) or a polygon (K, 2).
Region = int | NDArray[np.float64]
