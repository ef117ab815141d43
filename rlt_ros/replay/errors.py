# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with a replay."""


class ReplayError(RuntimeError):
    """The replay cannot go on; the message says why."""


class NodeDiedError(ReplayError):
    """The node ended although it was needed; the message holds the last lines of its log."""
