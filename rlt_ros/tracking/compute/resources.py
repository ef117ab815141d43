# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a tracker, or several that share their networks, may use of the computer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rlt_ros.tracking.compute.cpu_threads import CpuThreads
from rlt_ros.tracking.compute.cuda_streams import CudaStreams
from rlt_ros.tracking.compute.devices import resolved_device
from rlt_ros.tracking.compute.host_state import plain_pytorch
from rlt_ros.tracking.compute.precision import bfloat16_chosen
from rlt_ros.tracking.compute.turns import Turns
from rlt_ros.tracking.config import TrackerConfig


class Resources:
    """A device, its queues, the CPU's threads and who may train, and the precision that suits them.

    Attributes:
        device: where the tracker computes.
        threads: of the CPU.
        streams: the device's queues.
        trainings: of classifiers, one at a time.
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
        self.trainings = Turns()
        self.bfloat16 = bfloat16_chosen(config.precision, self.device)

    @contextmanager
    def for_tracking(self, updating: bool) -> Iterator[None]:
        """Compute with what tracking may use.

        ``updating`` says that an update of this target runs; another target's is known here.
        """
        with (
            plain_pytorch(self.device),
            self.threads.for_tracking(updating or self.trainings.taken),
            self.streams.for_tracking(),
        ):
            yield
