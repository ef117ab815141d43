# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A browser, a tracker and a panel for the tests: real ones, each in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def domain() -> Iterator[None]:
    """A ROS domain of its own: a panel shows all trackers that it finds."""
    before = os.environ.get("ROS_DOMAIN_ID")
    os.environ["ROS_DOMAIN_ID"] = str(1 + (os.getpid() + 50) % 100)
    yield
    if before is None:
        del os.environ["ROS_DOMAIN_ID"]
    else:
        os.environ["ROS_DOMAIN_ID"] = before


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("panel")
