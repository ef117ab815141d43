# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a tracker, or several that share their networks, may use of the computer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from rlt_ros.tracking.compute.cpu_threads import CpuThreads
from rlt_ros.tracking.compute.cuda_streams import CudaStreams
from rlt_ros.tracking.compute.devices import resolved_device
from rlt_ros.tracking.compute.host_state import plain_pytorch
from rlt_ros.tracking.compute.precision import bfloat16_chosen
from rlt_ros.tracking.compute.runner import GraphRunner, Runner
from rlt_ros.tracking.compute.turns import Turns
from rlt_ros.tracking.config import TrackerConfig


class Resources:
    """A device, its queues, the CPU's threads and who may train, and the precision that suits them.

    Attributes:
        device: where the tracker computes.
        threads: of the CPU.
        streams: the device's queues.
        trainings: of classifiers, one at a time.
        helper: a thread of the host for what need not wait for the device; None on a CPU, which has
            enough to do.
        bfloat16: whether half precision pays.
        tf32: whether convolutions on a GPU use TF32.
        tracking_runner: runs what finds targets.
        training_runner: runs training, of one classifier at a time.

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
        self.helper = ThreadPoolExecutor(1, "track_helper") if self.device.type == "cuda" else None
        self.tf32 = config.precision == "tf32"
        self.bfloat16 = bfloat16_chosen(config.precision, self.device)
        graphs = config.cuda_graphs and self.device.type == "cuda"
        runner = GraphRunner if graphs else Runner
        self.tracking_runner, self.training_runner = runner(self.device), runner(self.device)

    @contextmanager
    def for_tracking(self, updating: bool) -> Iterator[None]:
        """Compute with what tracking may use.

        ``updating`` says that an update of this target runs; another target's is known here.
        """
        with (
            plain_pytorch(self.device, self.tf32),
            self.threads.for_tracking(updating or self.trainings.taken),
            self.streams.for_tracking(),
        ):
            yield
