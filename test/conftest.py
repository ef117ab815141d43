# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The order of tests."""

from __future__ import annotations

from pathlib import Path

import pytest

# These start processes and wait for them. They come first: of files that take long none is then
# begun when the others have ended.
WAITING = ("commands", "ros", "web", "bags", "demo", "benchmark")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folder = Path(__file__).parent
    first = [folder / name for name in WAITING]
    items.sort(key=lambda item: not any(map(item.path.is_relative_to, first)))
