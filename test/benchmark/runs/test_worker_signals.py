# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from rlt_ros.benchmark.runs.worker_signals import without_ctrl_c


@pytest.fixture(autouse=True)
def pythons_own_handler() -> Iterator[None]:
    """Whatever tests before have left."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def other_thread() -> Iterator[int]:
    """A thread that does not block the signal, as those of NumPy and PyTorch."""
    ended, known = threading.Event(), threading.Event()
    idents: list[int] = []

    def wait() -> None:
        idents.append(threading.get_ident())
        known.set()
        ended.wait()

    thread = threading.Thread(target=wait)
    thread.start()
    assert known.wait(60)
    yield idents[0]
    ended.set()
    thread.join()


@pytest.mark.parametrize("own", [True, False])
def test_ctrl_c_takes_effect_at_the_end(other_thread: int, own: bool) -> None:
    taken_by = threading.get_ident() if own else other_thread
    steps = []
    with pytest.raises(KeyboardInterrupt):
        with without_ctrl_c():
            signal.pthread_kill(taken_by, signal.SIGINT)
            for number in range(20):
                time.sleep(0.01)
                steps.append(number)
        steps.append(-1)
    assert steps == list(range(20))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_use_it_too() -> None:
    def blocked() -> bool:
        with without_ctrl_c():
            return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, set())

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(blocked).result()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
