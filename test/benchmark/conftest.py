# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from square_sequence import write_square


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A folder with the sequence Square."""
    write_square(tmp_path)
    return tmp_path


@pytest.fixture
def dask_cluster() -> Iterator[str]:
    """The address of a cluster of two worker processes."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster.scheduler_address
