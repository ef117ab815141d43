# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the protocols need to know of a sequence; those of ``benchmark.datasets`` have it all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes


class AnnotatedSequence(Protocol):
    """Images with the target's place in each."""

    @property
    def boxes(self) -> Boxes:
        """``(N, 4)`` x, y, w, h in pixels, 0-based; NaN where not annotated."""

    @property
    def polygons(self) -> NDArray[np.float64] | None:
        """``(N, 4, 2)`` corners, 0-based, where annotated so."""

    def __len__(self) -> int:
        """The number of frames N."""

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[NDArray[np.uint8]]:
        """Yield RGB images, reading each when it is asked for."""
