# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ROS domains that tests have for themselves, whoever else tests on this machine meanwhile."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

# 1 to 100: their ports lie below those that the system hands out.
DOMAINS = [1 + (os.getpid() + number) % 100 for number in range(100)]

_taken: list[socket.socket] = []
_mine: list[int] = []
_turns = itertools.count()


def own_domain() -> str:
    """Return a domain that no other process gets while this one lives, nor this one again.

    What lingers of the last one is not met, so. When all are taken, it is one of its own again.
    """
    for number in DOMAINS:
        name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            name.bind(f"\0rlt_ros test domain {number}")  # in no folder; goes with the process
        except OSError:
            name.close()
            continue
        _taken.append(name)
        _mine.append(number)
        return str(number)
    return str(_mine[next(_turns) % len(_mine)])


@contextmanager
def in_own_domain() -> Iterator[None]:
    """This process, and those that it starts, are in a domain of their own."""
    before = os.environ.get("ROS_DOMAIN_ID")
    os.environ["ROS_DOMAIN_ID"] = own_domain()
    try:
        yield
    finally:
        if before is None:
            del os.environ["ROS_DOMAIN_ID"]
        else:
            os.environ["ROS_DOMAIN_ID"] = before
