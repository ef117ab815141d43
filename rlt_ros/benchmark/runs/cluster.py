# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""joblib on an existing Dask or Ray cluster.

joblib brings a Dask backend, which waits for ever for a task that Dask gave up; Ray brings a joblib
backend that cannot hand over results one by one. Both are few lines on the clusters' own futures.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any

from joblib.parallel import ParallelBackendBase

from rlt_ros.installing import pip_line

CONNECT_SECONDS = 30


class ClusterError(OSError):
    """A cluster that cannot be used; the message says why."""


@dataclass(frozen=True)
class Lost:
    """Stands for the result of a task that the cluster gave up.

    Attributes:
        reason: in words.
    """

    reason: str


class ClusterBackend(ParallelBackendBase):
    """What joblib asks of a backend, by futures. The cluster runs lost tasks again by itself."""

    supports_retrieve_callback = True

    # Exceptions of the cluster, not of a task.
    gave_up: tuple[type[BaseException], ...] = ()

    def __init__(self, address: str) -> None:
        super().__init__()
        self._pending: set[Any] = set()
        self._connect(address)

    @abstractmethod
    def _connect(self, address: str) -> None:
        """Join the cluster at an address."""

    @abstractmethod
    def _submit(self, call: Callable[[], Any]) -> Any:
        """Run a call on the cluster and return its future."""

    @abstractmethod
    def _slots(self) -> int:
        """Return how many tasks the cluster runs at the same time."""

    @abstractmethod
    def _cancel(self, futures: set[Any]) -> None:
        """Stop tasks."""

    def effective_n_jobs(self, n_jobs: int) -> int:
        """See joblib: how many tasks run at the same time, whatever is asked for."""
        return max(2, self._slots())  # for 1, joblib would run the tasks in this process

    def submit(self, func: Callable[[], Any], callback: Callable[[Any], None]) -> Any:
        """See joblib: run a batch, then call ``callback`` with its future."""
        future = self._submit(func)
        self._pending.add(future)
        future.add_done_callback(callback)
        return future

    def retrieve_result_callback(self, out: Any) -> list[Any]:
        """See joblib: return the results of a finished batch (of one call each)."""
        self._pending.discard(out)
        try:
            return out.result()
        except self.gave_up as error:
            text = str(error) or type(error).__name__
            return [Lost(text.splitlines()[0])]

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """See joblib: forget what still runs."""
        pending, self._pending = self._pending, set()
        self._cancel(pending)


class DaskBackend(ClusterBackend):
    """Tasks of a Dask cluster (https://distributed.dask.org)."""

    def _connect(self, address: str) -> None:
        try:
            import distributed
        except ImportError:
            raise ClusterError(f"--backend dask needs: {pip_line('install distributed')}") from None
        # CancelledError: the scheduler is gone.
        self.gave_up = (distributed.scheduler.KilledWorker, CancelledError)
        try:
            self._client = distributed.Client(
                address, timeout=CONNECT_SECONDS, set_as_default=False
            )
            self._client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            raise ClusterError(
                f"no Dask cluster with a worker at {address} within {CONNECT_SECONDS} s; start "
                f"`dask scheduler` and `dask worker {address} --nthreads 1` ({error})"
            ) from error

    def _submit(self, call: Callable[[], Any]) -> Any:
        # Not pure: Dask would take equal calls for the same one and run it once.
        return self._client.submit(call, pure=False)

    def _slots(self) -> int:
        return max(1, sum(self._client.ncores().values()))

    def _cancel(self, futures: set[Any]) -> None:
        self._client.cancel(list(futures))

    def terminate(self) -> None:
        """See joblib: leave the cluster."""
        self._client.close()


class RayBackend(ClusterBackend):
    """Tasks of a Ray cluster (https://docs.ray.io)."""

    def _connect(self, address: str) -> None:
        try:
            import ray
        except ImportError:
            raise ClusterError(f"--backend ray needs: {pip_line('install ray')}") from None
        self.gave_up = (ray.exceptions.RayError, CancelledError)
        try:
            ray.init(address=address, log_to_driver=False)
        except (OSError, RuntimeError, ValueError) as error:
            raise ClusterError(
                f"no Ray cluster at {address}; start one with `ray start --head` ({error})"
            ) from error
        self._ray = ray
        self._call = ray.remote(num_cpus=1, max_retries=3)(_call)
        self._references: dict[Any, Any] = {}

    def _submit(self, call: Callable[[], Any]) -> Any:
        reference = self._call.remote(call)
        future = reference.future()
        self._references[future] = reference
        return future

    def _slots(self) -> int:
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def retrieve_result_callback(self, out: Any) -> list[Any]:
        """See ``ClusterBackend``."""
        self._references.pop(out, None)
        return super().retrieve_result_callback(out)

    def _cancel(self, futures: set[Any]) -> None:
        for future in futures:
            if (reference := self._references.pop(future, None)) is not None:
                self._ray.cancel(reference)

    def terminate(self) -> None:
        """See joblib: leave the cluster."""
        self._ray.shutdown()


def _call(call: Callable[[], Any]) -> Any:
    return call()


BACKENDS: dict[str, type[ClusterBackend]] = {"dask": DaskBackend, "ray": RayBackend}
