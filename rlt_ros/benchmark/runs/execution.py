# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Many independent runs through joblib: in local processes or on a cluster, each stored at once.

A run whose process is killed is run again. A command that was stopped goes on where it was: what
is stored with the same settings, by the same code, is not run again.
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path, PurePath
from signal import Signals
from typing import Any

from joblib import Parallel, delayed, parallel_config

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.runs.cluster import BACKENDS, ClusterError, Lost
from rlt_ros.benchmark.runs.run_store import RunStore, differences
from rlt_ros.benchmark.runs.worker_signals import end_with, without_ctrl_c
from rlt_ros.progress import progress, say

# A local process that dies takes those beside it along, so nobody knows whose fault it was. What
# was under way is run again beside others, then by itself, then given up.
_CRASHES_BESIDE_OTHERS, _CRASHES = 2, 3

# How many runs a message names.
_NAMED = 3

LOCAL = "local"
# One task after another, each in a new process: nothing runs beside it or has run there before it.
ALONE = "alone"


@dataclass(frozen=True)
class Task:
    """One run.

    Attributes:
        name: for messages.
        path: of its file in the store; no two tasks share one.
        settings: all that its result depends on, in JSON's types.
        call: does it and returns the result in JSON's types; can be pickled.
    """

    name: str
    path: PurePath
    settings: Mapping[str, Json]
    call: Callable[[], Mapping[str, Json]]


@dataclass(frozen=True)
class Workers:
    """Where tasks run.

    Attributes:
        backend: local, alone, dask or ray.
        jobs: tasks at the same time, for local; a cluster knows its own number.
        address: of the cluster.
    """

    backend: str = LOCAL
    jobs: int = 1
    address: str = ""

    def __post_init__(self) -> None:
        known = (LOCAL, ALONE, *BACKENDS)
        if self.backend not in known:
            raise ValueError(f"there is no backend {self.backend!r}; give one of {known}")
        if self.backend not in BACKENDS and self.address:
            raise ValueError("an address belongs to --backend dask or --backend ray")
        if self.backend == "dask" and not self.address:
            raise ValueError("--backend dask needs --address, for example tcp://10.0.0.1:8786")


@dataclass(frozen=True)
class Failure:
    """Stands for the result of a task that failed; the message says why."""

    message: str


# Each task with its result, as soon as that is there, in any order.
Results = Generator[tuple[Task, Mapping[str, Json] | Failure], None, None]


def run_tasks(
    tasks: Sequence[Task],
    store: RunStore,
    workers: Workers,
    *,
    describe: Callable[[Task, Mapping[str, Json]], str],
    again: bool = False,
) -> dict[str, str]:
    """Run what is not stored yet, and store each result as soon as it is there.

    Args:
        tasks: the runs.
        store: gets the results; ask it for them afterwards.
        workers: where to run.
        describe: makes the line that is printed for a finished run.
        again: run also what is stored already.

    Returns:
        What failed: task name -> message. It is not stored, so the next call tries it again.

    Raises:
        ClusterError: the cluster cannot be used.
    """
    wanted = tasks if again else _not_stored(tasks, store)
    failures: dict[str, str] = {}
    stored = len(tasks) - len(wanted)
    if not wanted:
        return failures
    with (
        progress(total=len(tasks), initial=stored, unit="run") as bar,
        closing(execute(wanted, workers)) as running,
    ):
        try:
            for task, result in running:
                if isinstance(result, Failure):
                    failures[task.name] = result.message
                    say(f"{task.name}: {result.message}", error=True)
                else:
                    store.save(task.path, task.settings, result)
                    say(describe(task, result))
                    stored += 1
                bar.update()
        except KeyboardInterrupt:
            note = "" if again else "; the same command goes on from there"
            say(f"{stored} of {len(tasks)} runs are stored in {store.folder}{note}", error=True)
            raise
    return failures


def execute(tasks: Sequence[Task], workers: Workers) -> Results:
    """Run tasks and yield each with its result or failure as soon as it is there, in any order.

    Raises:
        ClusterError: the cluster cannot be used.
    """
    if not tasks:
        return
    if workers.backend == LOCAL:
        yield from _in_processes(tasks, workers.jobs)
    elif workers.backend == ALONE:
        yield from _alone(tasks)
    else:
        yield from _on_cluster(tasks, workers)


def _not_stored(tasks: Sequence[Task], store: RunStore) -> list[Task]:
    wanted = []
    changed: dict[str, str] = {}
    for task in tasks:
        stored = store.load(task.path)
        if stored is None:
            wanted.append(task)
        elif different := differences(
            {"rlt_ros": stored.version, **stored.settings},
            {"rlt_ros": store.version, **task.settings},
        ):
            wanted.append(task)
            changed[task.name] = "; ".join(different)
    if kept := len(tasks) - len(wanted):
        print(f"{kept} of {len(tasks)} runs are stored in {store.folder} already", file=sys.stderr)
    if changed:
        names = ", ".join(list(changed)[:_NAMED]) + (" ..." if len(changed) > _NAMED else "")
        print(
            f"{len(changed)} stored runs were made otherwise and are run again ({names}); of the "
            f"first {next(iter(changed.values()))}",
            file=sys.stderr,
        )
    return wanted


def _in_processes(tasks: Sequence[Task], jobs: int) -> Results:
    waiting = list(tasks)
    crashes: Counter[PurePath] = Counter()
    while waiting:
        group = [task for task in waiting if crashes[task.path] < _CRASHES_BESIDE_OTHERS]
        group = group or waiting[:1]
        # Also a worker that no task has come to yet ends with this process.
        with parallel_config(
            backend="loky", inner_max_num_threads=1, initializer=end_with, initargs=(os.getpid(),)
        ):
            parallel = Parallel(
                # With 1, joblib would run the tasks in this process, where a crash ends all.
                n_jobs=max(2, jobs),
                # As many as may run: what was started and is not finished is under way.
                pre_dispatch=jobs,
                batch_size=1,
                return_as="generator_unordered",
            )
        started: list[Task] = []
        finished: set[PurePath] = set()
        try:
            for index, result in _results(parallel, _calls(group, started)):
                finished.add(group[index].path)
                yield group[index], result
        except BrokenExecutor:
            for task in started:
                if task.path in finished:
                    continue
                crashes[task.path] += 1
                if crashes[task.path] == _CRASHES:
                    finished.add(task.path)
                    yield task, Failure(f"its process died {_CRASHES} times (out of memory?)")
        waiting = [task for task in waiting if task.path not in finished]


def _alone(tasks: Sequence[Task]) -> Results:
    context = get_context("spawn")
    for task in tasks:
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(
            target=_send_result, args=(os.getpid(), sender, task.call), daemon=True
        )
        with without_ctrl_c():
            process.start()
        sender.close()
        result: Mapping[str, Json] | Failure
        try:
            result = receiver.recv()
        except EOFError:
            process.join()
            result = Failure(f"its process {_death(process.exitcode)}")
        finally:
            process.kill()  # if it still runs, this command was stopped
            process.join()
            receiver.close()
        yield task, result


def _send_result(command: int, sender: Connection, call: Callable[[], Mapping[str, Json]]) -> None:
    end_with(command)
    sender.send(_attempt(0, call)[1])


def _death(code: int | None) -> str:
    """Say how a process ended."""
    if code is None or code >= 0:
        return f"ended with code {code}"
    memory = " (out of memory?)" if code == -9 else ""
    return f"was killed by {Signals(-code).name}{memory}"


def _on_cluster(tasks: Sequence[Task], workers: Workers) -> Results:
    backend = BACKENDS[workers.backend](workers.address)
    try:
        with Parallel(
            backend=backend,
            # All at once: the cluster keeps the queue, and may grow while it works.
            pre_dispatch="all",
            batch_size=1,
            return_as="generator_unordered",
        ) as parallel:
            # The cluster has tried several times, and yet a task may be lost only because another
            # one, waiting at the same workers, killed them.
            for task, _ in (yield from _cluster_round(parallel, tasks)):
                for _, reason in (yield from _cluster_round(parallel, [task])):
                    yield task, Failure(f"given up by the cluster: {reason}")
    except (ImportError, AttributeError) as error:
        raise ClusterError(
            f"the workers of {workers.address} cannot load the task ({error}); they need the same "
            "rlt_ros, in the same Python, and the data under the same path"
        ) from error


def _cluster_round(
    parallel: Parallel, tasks: Sequence[Task]
) -> Generator[tuple[Task, Mapping[str, Json] | Failure], None, list[tuple[Task, str]]]:
    """Run tasks; return those that the cluster gave up, with its reasons."""
    waiting = dict(enumerate(tasks))
    reasons: set[str] = set()
    for answer in _results(parallel, _calls(tasks, [])):
        if isinstance(answer, Lost):
            reasons.add(answer.reason)
        else:
            index, result = answer
            yield waiting.pop(index), result
    return [(task, "; ".join(sorted(reasons))) for task in waiting.values()]


def _results(parallel: Parallel, calls: Iterator[object]) -> Iterator[Any]:
    with without_ctrl_c():
        results = parallel(calls)
    try:
        # Not `yield from`, which would close `results` before `finally` is there.
        for one in results:  # noqa: UP028
            yield one
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # who stops early knows what is lost
            results.close()


def _calls(tasks: Sequence[Task], started: list[Task]) -> Iterator[object]:
    """Yield joblib's calls and note in ``started`` which ones it has taken."""
    for index, task in enumerate(tasks):
        started.append(task)
        yield delayed(_attempt)(index, task.call)


def _attempt(
    index: int, call: Callable[[], Mapping[str, Json]]
) -> tuple[int, Mapping[str, Json] | Failure]:
    """Do a task; whatever it raises is its own failure and does not stop the others."""
    try:
        return index, call()
    except Exception as error:
        return index, Failure(_in_words(error))


def _in_words(error: Exception) -> str:
    if isinstance(error, ValueError | OSError):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
