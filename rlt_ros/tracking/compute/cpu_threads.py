# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One budget of CPU threads for tracking and for fine-tuning in the background."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

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

    def for_tracking(self, updating: bool) -> AbstractContextManager[None]:
        """Let this thread compute with what is free; ``updating`` says that an update runs."""
        return threads_here(self.beside_fine_tuning if updating else self.total)


@contextmanager
def threads_here(count: int) -> Iterator[None]:
    """Let PyTorch compute with so many threads where it is called from this thread."""
    own = torch.get_num_threads()  # first: PyTorch sets the number in a thread at its first use
    set_openmp, set_mkl = _setters()
    set_openmp(count)
    own_mkl = set_mkl(count)
    try:
        yield
    finally:
        set_openmp(own)
        set_mkl(own_mkl)


@functools.cache
def _setters() -> tuple[Callable[[int], object], Callable[[int], int]]:
    """Return what sets the calling thread's number of threads: OpenMP's, and MKL's.

    MKL's returns its number before; 0 stands for none of its own.

    ``torch.set_num_threads`` calls the same two, and stores the number for threads yet to be born,
    which are the host's.
    """
    library = ctypes.CDLL(torch._C.__file__)  # and all that it is linked with
    set_openmp = getattr(library, "omp_set_num_threads", None)
    if set_openmp is None:  # a PyTorch with a thread pool of its own
        return torch.set_num_threads, lambda _: 0
    return set_openmp, getattr(library, "MKL_Set_Num_Threads_Local", lambda _: 0)
