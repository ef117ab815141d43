# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What one tracker may use of the computer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rlt_ros.tracking.compute.cpu_threads import CpuThreads
from rlt_ros.tracking.compute.cuda_streams import CudaStreams
from rlt_ros.tracking.compute.devices import resolved_device
from rlt_ros.tracking.compute.host_state import plain_pytorch
from rlt_ros.tracking.compute.precision import bfloat16_chosen
from rlt_ros.tracking.config import TrackerConfig


class Resources:
    """A device, its queues, the CPU's threads, and the precision that suits them.

    Attributes:
        device: where the tracker computes.
        threads: of the CPU.
        streams: the device's queues.
        bfloat16: whether half precision pays.

    Args:
        config: the settings.

    Raises:
        ConfigError: the device does not exist here.
    """

    def __init__(self, config: TrackerConfig) -> None:
        self.device = resolved_device(config.device)
        self.threads = CpuThreads(config.threads)
        self.streams = CudaStreams(self.device)
        self.bfloat16 = bfloat16_chosen(config.precision, self.device)

    @contextmanager
    def for_tracking(self, updating: bool) -> Iterator[None]:
        """Compute with what tracking may use; ``updating`` says that an update runs."""
        with (
            plain_pytorch(self.device),
            self.threads.for_tracking(updating),
            self.streams.for_tracking(),
        ):
            yield
