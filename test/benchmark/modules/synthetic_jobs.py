# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Quick jobs for tests of the execution; worker processes import them from here."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections import Counter
from pathlib import Path


def square(number: int, log: Path, seconds: float = 0.0) -> dict[str, int]:
    """Leaves a file for each start, named after the number and this process."""
    log.mkdir(parents=True, exist_ok=True)
    (log / f"{number}-{os.getpid()}-{uuid.uuid4().hex}").touch()
    time.sleep(seconds)
    return {"square": number**2, "process": os.getpid()}


def starts(log: Path) -> Counter[int]:
    return Counter(int(path.name.split("-")[0]) for path in log.iterdir())


def processes(log: Path) -> dict[int, int]:
    """Returns for each number the process that started it (last)."""
    paths = sorted(log.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    return {int(path.name.split("-")[0]): int(path.name.split("-")[1]) for path in paths}


def die_first_time(number: int, log: Path) -> dict[str, int]:
    first = not log.is_dir() or number not in starts(log)
    result = square(number, log)
    if first:
        os.kill(os.getpid(), signal.SIGKILL)
    return result


def die(number: int, log: Path) -> dict[str, int]:
    square(number, log)
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def fail(message: str) -> dict[str, int]:
    raise ValueError(message)
