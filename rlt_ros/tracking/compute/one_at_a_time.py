# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Refusing calls that would never end or mix with others: in a forked process, one amid another."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_home: int | None = None  # the first process that computed; one forked from it has its number, too


def check_not_forked() -> None:
    """Make sure that what computed before in this process's memory did so in this process.

    Raises:
        RuntimeError: the process is a fork of one that did. PyTorch's and OpenVINO's threads are
            not in it, and who needs them waits for ever.
    """
    global _home
    _home = _home or os.getpid()
    if _home != os.getpid():
        raise RuntimeError(
            "this process was forked from one that has made a tracker, whose libraries' threads "
            "did not come along: start it anew, as multiprocessing.get_context('spawn') does, and "
            "make a tracker there"
        )


class OneAtATime:
    """Lets one call in, and refuses others until it has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Be that call.

        Raises:
            RuntimeError: there is one, in another thread or further down this one's stack.
        """
        if not self._lock.acquire(blocking=False):
            raise RuntimeError(
                "the tracker is in the middle of another call: make all calls from one thread, and "
                "from on_step none that changes the target"
            )
        try:
            yield
        finally:
            self._lock.release()
