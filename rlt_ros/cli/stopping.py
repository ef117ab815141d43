# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How commands are stopped: by Ctrl-C, or by ``kill``, which comes as the same exception."""

from __future__ import annotations

import signal


class Terminated(KeyboardInterrupt):
    """``kill`` asks the command to end: like Ctrl-C, but for the exit code."""


def stopped_code(stop: KeyboardInterrupt) -> int:
    """Return the exit code of a command that was stopped: 128 and the signal's number."""
    return 128 + (signal.SIGTERM if isinstance(stop, Terminated) else signal.SIGINT)
