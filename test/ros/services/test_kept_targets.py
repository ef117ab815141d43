# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What becomes of the targets between a worker and the next."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from rlt_ros.ros.services import kept_targets
from rlt_ros.ros.services.kept_targets import KeptTargets
from rlt_ros.ros.worker.replies import Answer, Answered


class Worker:
    """Has targets, and writes and reads their names.

    ``silent``: those for which no answer comes; ``takes``: seconds until the others'.
    """

    def __init__(self, *names: str, silent: tuple[str, ...] = ()) -> None:
        self.names = names
        self.silent = silent
        self.takes = 0.01
        self.refused: dict[str, str] = {}
        self.loading: list[tuple[Path, Answered]] = []
        self.files: list[Path] = []

    def status(self) -> Any:
        return SimpleNamespace(targets=[SimpleNamespace(target_id=name) for name in self.names])

    def save_target(self, path: Path, target_id: str, answered: Answered) -> None:
        self.files.append(path)
        if target_id in self.silent:
            return
        reason = self.refused.get(target_id, "")
        if not reason:
            path.write_text(target_id)
        answer = Answer(not reason, target_id, reason)
        threading.Timer(self.takes, answered, [answer]).start()

    def load_target(self, path: Path, answered: Answered) -> None:
        self.loading.append((path, answered))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def kept(warnings: list[str], temporary: Path) -> KeptTargets:
    return KeptTargets(warnings.append)


def take(kept: KeptTargets, worker: Worker, goes_on: bool = True) -> None:
    kept.take(worker, lambda: goes_on)  # type: ignore[arg-type]


def given(kept: KeptTargets) -> Worker:
    worker = Worker()
    kept.give(worker)  # type: ignore[arg-type]
    return worker


def test_every_target_goes_to_the_next_worker_once(
    kept: KeptTargets, warnings: list[str], temporary: Path
) -> None:
    take(kept, Worker("head", "hand"))
    worker = given(kept)
    assert [path.read_text() for path, _ in worker.loading] == ["head", "hand"]
    assert {path.suffix for path, _ in worker.loading} == {".safetensors"}
    (folder,) = temporary.iterdir()
    assert folder.name.startswith("rlt_ros_")
    (_, first), (_, second) = worker.loading
    first(Answer(True, "head"))
    assert folder.exists()  # the other is still to be read
    second(Answer(True, "hand"))
    assert not folder.exists()
    assert given(kept).loading == []
    assert warnings == []


def test_where_there_is_no_target_nothing_is_written(kept: KeptTargets, temporary: Path) -> None:
    take(kept, Worker())
    assert list(temporary.iterdir()) == []
    assert given(kept).loading == []


def test_one_that_is_not_taken_up_is_told(
    kept: KeptTargets, warnings: list[str], temporary: Path
) -> None:
    take(kept, Worker("head", "hand"))
    (_, first), (_, second) = given(kept).loading
    first(Answer(False, reason="it was learned with other settings"))
    second(Answer(True, "hand"))
    assert warnings == ["a target is not tracked any more: it was learned with other settings"]
    assert list(temporary.iterdir()) == []


def test_one_that_cannot_be_saved_is_told_and_the_others_are_kept(
    kept: KeptTargets, warnings: list[str]
) -> None:
    old = Worker("head", "hand", "foot")
    old.refused["hand"] = "no space left"
    take(kept, old)
    assert [path.read_text() for path, _ in given(kept).loading] == ["head", "foot"]
    assert warnings == ["target hand is not kept while the node is inactive: no space left"]


def test_what_takes_too_long_is_not_waited_for(
    kept: KeptTargets, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_targets, "SECONDS", 0.3)
    take(kept, Worker("head", "hand", silent=("hand",)))
    assert [path.read_text() for path, _ in given(kept).loading] == ["head"]
    said = "target hand is not kept while the node is inactive: it could not be saved within 0.3 s"
    assert warnings == [said]


def test_what_takes_a_while_is_waited_for(kept: KeptTargets, warnings: list[str]) -> None:
    old = Worker("head")
    old.takes = 0.35
    take(kept, old)
    assert [path.read_text() for path, _ in given(kept).loading] == ["head"]
    assert warnings == []


def test_a_process_that_ends_does_not_wait(kept: KeptTargets, warnings: list[str]) -> None:
    take(kept, Worker("head", silent=("head",)), goes_on=False)
    said = "target head is not kept while the node is inactive: it could not be saved within 5 s"
    assert warnings == [said]


def test_what_is_forgotten_leaves_no_file(kept: KeptTargets, temporary: Path) -> None:
    take(kept, Worker("head"))
    kept.forget()
    assert list(temporary.iterdir()) == []
    assert given(kept).loading == []


def test_files_that_were_tidied_away_meanwhile_end_nothing(
    kept: KeptTargets, temporary: Path
) -> None:
    """As systemd does with what lies in /tmp for long."""
    for end in (kept.forget, lambda: given(kept).loading[0][1](Answer(False, reason="not there"))):
        take(kept, Worker("head"))
        (folder,) = temporary.iterdir()
        shutil.rmtree(folder)
        end()
    assert given(kept).loading == []


def test_the_targets_of_a_later_worker_count(kept: KeptTargets, temporary: Path) -> None:
    take(kept, Worker("head"))
    take(kept, Worker("hand"))
    assert len(list(temporary.iterdir())) == 1
    ((path, _),) = given(kept).loading
    assert path.read_text() == "hand"
