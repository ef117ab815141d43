# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A browser, a tracker and a panel for the tests: real ones, each in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ros_domains import in_own_domain


@pytest.fixture(scope="module")
def domain() -> Iterator[None]:
    """A ROS domain of its own: a panel shows all trackers that it finds."""
    with in_own_domain():
        yield


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("panel")
