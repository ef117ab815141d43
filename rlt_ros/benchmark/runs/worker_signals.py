# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Worker processes leave Ctrl-C to the command that started them, and end when it has ended."""

from __future__ import annotations

import functools
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker

from joblib.externals.loky.backend import resource_tracker as loky_resource_tracker

_SECONDS = 1.0  # between two looks after the parent


@contextmanager
def without_ctrl_c() -> Iterator[None]:
    """Processes and threads that are started meanwhile never receive the signal of Ctrl-C.

    A terminal sends it to all of them, also while they import, where it would print a traceback
    each. Here it takes effect at the end, and this process has to end the others.
    """
    # These processes look after themselves, but starting them admits the signal again.
    resource_tracker.ensure_running()
    loky_resource_tracker.ensure_running()
    with _put_off():
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextmanager
def _put_off() -> Iterator[None]:
    """Answer the signal of Ctrl-C at the end, where it is the main thread that answers it.

    To block it is not enough: NumPy's threads and others take it, and Python answers in the main
    thread all the same. A process that is half started then never hears what it is for.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            signal.raise_signal(signal.SIGINT)


@functools.cache
def end_with(parent: int) -> None:
    """End this process soon after the one that started it, even if that was killed."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_SECONDS)
    os._exit(1)
