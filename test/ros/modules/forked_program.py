# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Programs that tests start by the dozen, each in a fork of a process that has imported PyTorch.

Importing it, OpenCV and rclpy anew takes each of them two seconds of a processor. Nothing of
rlt_ros is imported ahead: what runs is what would run if Python had been started with it.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# Not OpenVINO: it starts threads, which no fork has.
AHEAD = ["cv2", "torch", "rclpy", "rclpy.lifecycle", "sensor_msgs.msg", "diagnostic_msgs.msg"]


def started(arguments: Sequence[str], output: Path) -> subprocess.Popen[bytes]:
    """Start a program in a Python of its own; see ``ForkedProgram``."""
    with output.open("w") as file:
        return subprocess.Popen([sys.executable, *arguments], stdout=file, stderr=file)


class ForkedProgram:
    """Like subprocess.Popen of a Python program that prints into a file.

    Args:
        arguments: as for ``python``: -m and a module, or a file, and what it is given.
        output: the file.
    """

    def __init__(self, arguments: Sequence[str], output: Path) -> None:
        output.write_text("")
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(AHEAD)
        self._arguments = list(arguments)
        # Its environment is as it would be now: that of the process ahead may be older.
        self._process = context.Process(target=_run, args=(self._arguments, output, {**os.environ}))
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float) -> int:
        """Return the exit status once it has ended, or raise subprocess.TimeoutExpired."""
        self._process.join(timeout)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired(self._arguments, timeout)
        return status

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _run(arguments: Sequence[str], output: Path, environment: Mapping[str, str]) -> None:
    file = os.open(output, os.O_WRONLY | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.environ.clear()
    os.environ.update(environment)
    if arguments[0] == "-m":
        sys.argv = list(arguments[1:])
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(arguments)
        sys.path.insert(0, str(Path(arguments[0]).parent))
        runpy.run_path(arguments[0], run_name="__main__")
