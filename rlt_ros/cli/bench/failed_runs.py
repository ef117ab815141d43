# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a command ends with where some of its runs, or all, have failed."""

from __future__ import annotations

from collections.abc import Mapping


class FailedRunsError(Exception):
    """Some runs failed; the others were done and written."""


def refuse_failures(failures: Mapping[str, str], total: int, what: str = "runs failed") -> None:
    """Do nothing if nothing failed.

    Args:
        failures: what failed, and why.
        total: how many runs there were.
        what: came of them.

    Raises:
        FailedRunsError: otherwise; the message has the first reason.
    """
    if not failures:
        return
    name, reason = next(iter(failures.items()))
    more = ", see above" if len(failures) > 1 else ""
    raise FailedRunsError(f"{len(failures)} of {total} {what}: {name}: {reason}{more}")
