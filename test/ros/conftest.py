# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One ROS context for the whole test process, in a domain of its own; workers that are closed."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ros_domains import own_domain
from worker_bench import Bench, MakeBench

if TYPE_CHECKING:
    from node_bench import NodeProcess


@pytest.fixture(scope="session")
def ros() -> Iterator[None]:
    rclpy = pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")
    os.environ["ROS_DOMAIN_ID"] = own_domain()
    rclpy.init()
    yield
    rclpy.try_shutdown()


@pytest.fixture
def make_bench() -> Iterator[MakeBench]:
    benches: list[Bench] = []

    def make(**options: Any) -> Bench:
        benches.append(Bench(**options))
        return benches[-1]

    yield make
    for bench in benches:
        bench.loaded.set()
        bench.worker.close()


@pytest.fixture(autouse=True)
def warnings_alone(caplog: pytest.LogCaptureFixture) -> None:
    """Keep what is only information out of logs: an installed ROS lowers Python's level to that."""
    caplog.set_level(logging.WARNING)
    logging.setLoggerClass(logging.Logger)  # launch's own tell nothing to the loggers above them


@pytest.fixture
def launch_loop() -> Iterator[None]:
    """An event loop for launch, which takes this thread's; a test before may have left none."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.close()
    asyncio.set_event_loop(None)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., NodeProcess]]:
    """Starts nodes, each in a process of its own, which is killed at the end."""
    from node_bench import NodeProcess

    processes: list[NodeProcess] = []

    def start(*arguments: str, **parameters: object) -> NodeProcess:
        log = tmp_path / f"log{len(processes)}"
        processes.append(NodeProcess(log, *arguments, **parameters))
        return processes[-1]

    yield start
    for process in processes:
        process.stop(signal.SIGKILL)
