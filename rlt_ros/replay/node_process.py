# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A node in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rlt_ros.closing import Closing
from rlt_ros.process_memory import RESIDENT, memory_mib
from rlt_ros.replay.errors import NodeDiedError


class NodeProcess(Closing):
    """Runs a Python module with arguments; its output goes to a file."""

    PATIENCE = 8.0  # seconds

    def __init__(self, module: str, arguments: Sequence[str], log: Path) -> None:
        """Start the process. A Ctrl-C in the terminal does not reach it; ``stop`` ends it."""
        self.log = log
        command = [sys.executable, "-m", module, *arguments]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def check(self) -> None:
        """Make sure that the process is alive.

        Raises:
            NodeDiedError: it is not.
        """
        code = self._process.poll()
        if code is not None:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
            tail = "\n".join(f"    {line}" for line in lines[-15:])
            raise NodeDiedError(f"the node ended with code {code}; the end of {self.log}:\n{tail}")

    def memory(self) -> float:
        """Return its resident memory in MiB; NaN where that cannot be told."""
        return memory_mib(RESIDENT, self._process.pid)

    def close(self) -> None:
        """Ask the process to end as Ctrl-C does; kill it if it does not."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(self.PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
