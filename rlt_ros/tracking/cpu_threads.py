# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One budget of CPU threads for tracking and for fine-tuning in the background."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

# Frames come first; none waits for fine-tuning.
FINE_TUNING_THREADS = 1


class CpuThreads:
    """PyTorch's threads while the tracker computes; outside of it PyTorch keeps its own number.

    Two pools of threads that together exceed the cores slow each other down, up to tenfold: so
    tracking leaves fine-tuning its thread while an update runs, and has them all otherwise.

    Args:
        most: threads for both; 0, or more than PyTorch's own number, stands for that number.

    Attributes:
        total: threads for both.
        beside_fine_tuning: threads for tracking while an update runs.
    """

    def __init__(self, most: int) -> None:
        own = torch.get_num_threads()
        self.total = min(most, own) if most else own
        self.beside_fine_tuning = max(1, self.total - FINE_TUNING_THREADS)

    @contextmanager
    def for_tracking(self, updating: bool) -> Iterator[None]:
        """Let this thread compute with what is free; ``updating`` says that an update runs."""
        own = torch.get_num_threads()
        wanted = self.beside_fine_tuning if updating else self.total
        torch.set_num_threads(wanted)
        try:
            yield
        finally:
            torch.set_num_threads(own)
