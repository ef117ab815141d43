# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePath
from typing import Any

import pytest
import synthetic_jobs

from rlt_ros.benchmark.runs.cluster import ClusterError
from rlt_ros.benchmark.runs.execution import ALONE, Task, Workers, run_tasks
from rlt_ros.benchmark.runs.run_store import RunStore


def task(number: int, call: Callable[[], Mapping[str, Any]], **settings: object) -> Task:
    return Task(f"run {number}", PurePath("a", f"{number}.json"), settings, call)


def squares(log: Path, count: int, seconds: float = 0.0) -> list[Task]:
    jobs = (partial(synthetic_jobs.square, number, log, seconds) for number in range(count))
    return [task(number, job) for number, job in enumerate(jobs)]


def stored(store: RunStore, tasks: list[Task]) -> list[int | None]:
    runs = (store.load(one.path) for one in tasks)
    return [None if run is None else run.result["square"] for run in runs]


def run(
    tasks: list[Task],
    store: RunStore,
    workers: Workers | None = None,
    describe: Callable[[Task, Mapping[str, Any]], str] = lambda one, _: one.name,
    again: bool = False,
) -> dict[str, str]:
    workers = workers or Workers(jobs=2)
    return run_tasks(tasks, store, workers, describe=describe, again=again)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs", "1.2.3")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_each_result_is_stored_with_its_settings(store: RunStore, log: Path) -> None:
    one = task(7, partial(synthetic_jobs.square, 7, log), rate=0.5, name="x")
    assert run([one], store) == {}
    found = store.load(one.path)
    assert found is not None
    assert found.result["square"] == 49
    assert found.settings == {"rate": 0.5, "name": "x"}
    assert found.version == "1.2.3"
    assert found.result["process"] != os.getpid()


def test_a_stopped_command_goes_on_where_it_was(
    store: RunStore, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tasks = squares(log, 5)

    def stop(one: Task, _: Mapping[str, Any]) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tasks, store, Workers(jobs=1), describe=stop)
    assert "the same command goes on from there" in capsys.readouterr().err
    assert stored(store, tasks).count(None) == 4
    done = [number for number, square in enumerate(stored(store, tasks)) if square is not None]
    before = synthetic_jobs.starts(log)
    assert run(tasks, store) == {}
    assert stored(store, tasks) == [0, 1, 4, 9, 16]
    after = synthetic_jobs.starts(log)
    assert [after[number] for number in done] == [before[number] for number in done]
    assert "1 of 5 runs are stored" in capsys.readouterr().err
    assert run(tasks, store, again=True) == {}
    assert all(synthetic_jobs.starts(log)[number] > after[number] for number in range(5))


def test_what_was_stored_with_other_settings_runs_again(
    store: RunStore, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = [partial(synthetic_jobs.square, number, log) for number in range(2)]
    run([task(0, jobs[0], rate=1), task(1, jobs[1], rate=1)], store)
    run([task(0, jobs[0], rate=2), task(1, jobs[1], rate=1)], store)
    assert synthetic_jobs.starts(log) == {0: 2, 1: 1}
    told = capsys.readouterr().err
    assert "1 stored runs were made otherwise and are run again (run 0); of the" in told
    assert "first rate was 1, is 2" in told
    found = store.load(PurePath("a", "0.json"))
    assert found is not None
    assert found.settings == {"rate": 2}


def test_what_other_code_has_stored_runs_again(
    store: RunStore, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tasks = squares(log, 5)
    run(tasks, store)
    run(tasks, RunStore(store.folder, "1.2.4"))
    assert set(synthetic_jobs.starts(log).values()) == {2}
    told = capsys.readouterr().err
    assert "(run 0, run 1, run 2 ...); of the first rlt_ros was '1.2.3', is '1.2.4'" in told
    run(tasks, RunStore(store.folder, "1.2.4"))
    assert set(synthetic_jobs.starts(log).values()) == {2}


def test_a_damaged_file_runs_again(store: RunStore, log: Path) -> None:
    tasks = squares(log, 1)
    run(tasks, store)
    (store.folder / tasks[0].path).write_text('{"format": 1, "resu')
    run(tasks, store)
    assert stored(store, tasks) == [0]


def test_a_failed_run_is_named_and_tried_again_by_the_next_call(store: RunStore, log: Path) -> None:
    tasks = [*squares(log, 2), task(2, partial(synthetic_jobs.fail, "no such frame"))]
    assert run(tasks, store) == {"run 2": "no such frame"}
    assert stored(store, tasks) == [0, 1, None]
    tasks[2] = task(2, partial(synthetic_jobs.square, 2, log))
    assert run(tasks, store) == {}
    assert stored(store, tasks) == [0, 1, 4]


def test_a_killed_process_loses_nothing(store: RunStore, log: Path) -> None:
    tasks = squares(log, 6)
    tasks[2] = task(2, partial(synthetic_jobs.die_first_time, 2, log))
    assert run(tasks, store) == {}
    assert stored(store, tasks) == [0, 1, 4, 9, 16, 25]
    assert synthetic_jobs.starts(log)[2] == 2


def test_a_run_that_always_kills_its_process_is_given_up_alone(store: RunStore, log: Path) -> None:
    tasks = squares(log, 5, seconds=0.2)
    tasks[1] = task(1, partial(synthetic_jobs.die, 1, log))
    failures = run(tasks, store)
    assert list(failures) == ["run 1"]
    assert "died 3 times" in failures["run 1"]
    assert stored(store, tasks) == [0, None, 4, 9, 16]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "slurm"}, "no backend 'slurm'; give one of"),
        ({"backend": "dask"}, "needs --address"),
        ({"address": "tcp://1.2.3.4:8786"}, "belongs to --backend dask"),
    ],
)
def test_misuse_is_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Workers(**options)  # type: ignore[arg-type]


def test_dask_runs_again_what_a_killed_worker_had(
    store: RunStore, log: Path, dask_cluster: str
) -> None:
    tasks = squares(log, 12)
    tasks[5] = task(5, partial(synthetic_jobs.die_first_time, 5, log))
    assert run(tasks, store, Workers(backend="dask", address=dask_cluster)) == {}
    assert stored(store, tasks) == [number**2 for number in range(12)]
    assert synthetic_jobs.starts(log)[5] == 2


def test_dask_gives_up_what_kills_every_worker(
    store: RunStore, log: Path, dask_cluster: str
) -> None:
    tasks = squares(log, 4)
    tasks[1] = task(1, partial(synthetic_jobs.die, 1, log))
    failures = run(tasks, store, Workers(backend="dask", address=dask_cluster))
    assert list(failures) == ["run 1"]
    assert "given up by the cluster" in failures["run 1"]
    assert stored(store, tasks) == [0, None, 4, 9]


def test_no_cluster_at_the_address_is_one_error(
    store: RunStore, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed")
    monkeypatch.setattr("rlt_ros.benchmark.runs.cluster.CONNECT_SECONDS", 1)
    with pytest.raises(ClusterError, match="no Dask cluster with a worker at tcp://127"):
        run(squares(log, 1), store, Workers(backend="dask", address="tcp://127.0.0.1:9"))


@pytest.fixture
def ray_cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a cluster with two slots."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2})
    yield cluster.address
    cluster.shutdown()


def test_ray_runs_again_what_a_killed_worker_had(
    store: RunStore, log: Path, ray_cluster: str
) -> None:
    tasks = squares(log, 6, seconds=0.1)
    tasks[2] = task(2, partial(synthetic_jobs.die_first_time, 2, log))
    tasks[4] = task(4, partial(synthetic_jobs.die, 4, log))
    failures = run(tasks, store, Workers(backend="ray", address=ray_cluster))
    assert list(failures) == ["run 4"]
    assert stored(store, tasks) == [0, 1, 4, 9, None, 25]


def test_alone_means_one_after_another_in_new_processes(store: RunStore, log: Path) -> None:
    tasks = squares(log, 3)
    dying = task(7, partial(synthetic_jobs.die, 7, log))
    tasks.insert(1, dying)
    assert run(tasks, store, Workers(ALONE)) == {
        "run 7": "its process was killed by SIGKILL (out of memory?)"
    }
    assert stored(store, tasks) == [0, None, 1, 4]
    ran = synthetic_jobs.processes(log)
    assert len({*ran.values(), os.getpid()}) == 5
    assert synthetic_jobs.starts(log)[7] == 1
