# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench speed: what is timed, how it is summed up, and what is written."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import quick_settings
from numpy.typing import NDArray
from square_sequence import write_square

from rlt_ros.benchmark.studies.speed import clips, growth, stages
from rlt_ros.benchmark.studies.speed.clips import GeneratedClip
from rlt_ros.benchmark.studies.speed.growth import measure_growth
from rlt_ros.benchmark.studies.speed.measuring import SpeedJob, measure
from rlt_ros.benchmark.studies.speed.memory import MemoryGrowth
from rlt_ros.benchmark.studies.speed.stages import STAGES, WATCHED, StageClock, StageError
from rlt_ros.benchmark.studies.speed.summary import Run, summarise
from rlt_ros.cli.bench.main import main
from rlt_ros.tracking import Tracker, TrackResult
from rlt_ros.tracking.learning.box_regression import BoxRegressor
from rlt_ros.tracking.settings import Value

SETTINGS: dict[str, Value] = {
    **quick_settings.SETTINGS,
    "update_iterations": 2,
    "update_interval": 2,
}
QUICK = quick_settings.as_options(SETTINGS)
SMALL = GeneratedClip(frames=7, width=160, height=120, target=30.0)


def run(seconds: Sequence[float], **changes: Any) -> dict[str, Any]:
    return {
        "seconds": seconds,
        "updating": [False] * len(seconds),
        "latencies": [],
        "stages": [],
        "init_seconds": 2.0,
        "update_seconds": [],
        "updates": 0,
        "memory_mib": [1.0] * len(seconds),
        "peak_mib": 9.0,
        "measures": {"auc": 0.5},
        "threads": {"torch": 1, "opencv": 1},
        **changes,
    }


def functions() -> list[Any]:
    return [vars(owner).get(name) for _, owner, name in WATCHED]


def test_every_stage_has_its_functions_which_are_put_back() -> None:
    before = functions()
    assert None not in before
    with StageClock():
        assert all(one is not other for one, other in zip(functions(), before, strict=True))
    assert functions() == before


def test_a_stage_without_its_function_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    before = functions()
    wrong = (*WATCHED, ("refine", BoxRegressor, "sharpened"))
    monkeypatch.setattr(stages, "WATCHED", wrong)
    with pytest.raises(StageError, match="'refine': BoxRegressor has no function 'sharpened'"):
        StageClock().__enter__()
    assert functions() == before


def test_time_inside_another_stage_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a clock of the test's own: outer 1 + 1 around inner 4, training 16 as one piece."""
    now = 0.0

    class Work:
        def outer(self) -> None:
            wait(1)
            self.inner()
            wait(1)

        def inner(self) -> None:
            wait(4)

        def training(self) -> None:
            wait(12)
            self.inner()

    def wait(seconds: float) -> None:
        nonlocal now
        now += seconds

    watched = (("learn", Work, "outer"), ("score", Work, "inner"), ("train", Work, "training"))
    monkeypatch.setattr(stages, "WATCHED", watched)
    monkeypatch.setattr("time.perf_counter", lambda: now)
    with StageClock() as clock:
        Work().outer()
        Work().training()
        found = clock.take()
        assert sum(clock.take().values()) == 0
        assert [(one.start, one.end) for one in clock.trainings] == [(6, 22)]
    assert (found["learn"], found["score"], found["train"]) == (2, 4, 16)


@pytest.mark.parametrize("preset", ["rlt", "rlt:paper,candidates=16,attention_at=features"])
@pytest.mark.parametrize("mode", ["lockstep", "background"])
def test_a_run_of_our_tracker(preset: str, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    track = Tracker.track

    def once_trained(tracker: Tracker, image: NDArray[np.uint8]) -> TrackResult:
        """Track when the update that runs has ended, which a busy machine may not come to."""
        if (running := tracker._learner._tuner._running) is not None:
            running.result(60)
        return track(tracker, image)

    monkeypatch.setattr(Tracker, "track", once_trained)
    few: dict[str, Value] = {"frame_positives": 8, "frame_negatives": 16, "initial_positives": 16}
    few |= {"initial_iterations": 30, "initial_learning_rate": 2e-3}  # so that it is followed
    few |= {"initial_negatives": 32, "regression_samples": 16} if "paper" in preset else {}
    job = SpeedJob("x", preset, {**SETTINGS, **few, "update_mode": mode, "candidates": 64}, SMALL)
    found = measure(job)
    assert len(found["seconds"]) == len(found["memory_mib"]) == SMALL.frames - 1
    assert found["latencies"] == []
    assert 0 < found["measures"]["auc"] <= 1
    assert found["update_seconds"]
    assert any(found["updating"])
    wanted = set(STAGES) - (set() if mode == "lockstep" else {"train"})
    wanted -= {"verify"} if "paper" in preset else set()
    # The names that are watched still do the work.
    assert {name for name in STAGES if sum(one[name] for one in found["stages"]) > 0} == wanted
    for seconds, parts in zip(found["seconds"], found["stages"], strict=True):
        assert sum(parts.values()) <= seconds
    if mode == "lockstep":
        assert found["updates"] == len(found["update_seconds"]) == sum(found["updating"])
        for parts, busy in zip(found["stages"], found["updating"], strict=True):
            assert (parts["train"] > 0) == busy


def test_several_targets_are_tracked_in_every_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    frames: Counter[Tracker] = Counter()
    track = Tracker.track

    def counted(tracker: Tracker, image: NDArray[np.uint8]) -> TrackResult:
        frames[tracker] += 1
        return track(tracker, image)

    monkeypatch.setattr(Tracker, "track", counted)
    few: dict[str, Value] = {"initial_iterations": 2, "regression_samples": 0, "candidates": 16}
    clip = GeneratedClip(3, SMALL.width, SMALL.height, SMALL.target)
    found = measure(SpeedJob("x", "rlt", {**SETTINGS, **few}, clip, targets=3))
    assert list(frames.values()) == [2, 2, 2]
    assert len(found["seconds"]) == 2


def test_frames_at_a_pace_have_latencies() -> None:
    found = measure(SpeedJob("x", "mil", {}, SMALL, rate=500.0))
    assert len(found["latencies"]) == len(found["seconds"])
    for latency, seconds in zip(found["latencies"], found["seconds"], strict=True):
        assert latency >= seconds  # no frame starts before it is due
    assert found["stages"] == []


def test_speed_needs_a_second_frame() -> None:
    with pytest.raises(ValueError, match="has 1 frames; speed needs 2 or more"):
        measure(SpeedJob("x", "mil", {}, GeneratedClip(frames=1)))


def test_memory_that_is_taken_shows() -> None:
    memory = MemoryGrowth()
    before = memory.peak()
    if math.isnan(before):
        pytest.skip("there is no /proc here")
    block = np.ones(64 << 20, dtype=np.uint8)
    assert memory.now() > before + 32
    del block
    assert memory.peak() > before + 32


def test_numbers_of_a_tracker() -> None:
    one = run(
        [0.1, 0.1, 0.3],
        updating=[False, False, True],
        update_seconds=[1.0, 3.0],
        updates=2,
        latencies=[0.2, 0.2, 0.4],
        stages=[dict.fromkeys(STAGES, 0.01)] * 3,
    )
    other = run([0.1], measures={"auc": 0.7}, init_seconds=4.0, peak_mib=20.0)
    found = summarise([one, other])
    assert found["fps"] == pytest.approx((6 + 10) / 2)
    assert found["pooled_fps"] == pytest.approx(4 / 0.6)
    assert found["mean_ms"] == pytest.approx(150)
    assert found["median_ms"] == pytest.approx(100)
    assert found["p95_ms"] == pytest.approx(270)
    assert found["updating_frames"] == 1
    assert found["updating_p95_ms"] == pytest.approx(300)
    assert found["updating_p95_over_median"] == pytest.approx(3)
    assert found["init_seconds"] == pytest.approx(3)
    assert (found["updates"], found["update_seconds"], found["last_update_seconds"]) == (2, 2, 3)
    assert found["peak_mib"] == 20
    assert found["auc"] == pytest.approx(0.6)
    assert found["latency_p50_ms"] == pytest.approx(200)
    assert found["stage_crop_ms"] == pytest.approx(10)
    assert math.isnan(summarise([other])["updating_p95_ms"])


def test_trackers_are_timed_in_turn_on_every_sequence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("A", "B"):
        write_square(tmp_path / "data", name)
    out = tmp_path / "out"
    command = ["speed", str(tmp_path / "data"), "--tracker", "rlt", "--tracker", "mil", *QUICK]
    assert main([*command, "--rate", "200", "--out", str(out)]) == 0
    text = capsys.readouterr().out
    order = [f"{tracker} {clip}" for clip in "AB" for tracker in ("rlt", "mil")]
    assert [line[:5] for line in text.splitlines() if "AUC 0" in line or "AUC 1" in line] == order
    assert "latency ms" in text
    summary = json.loads((out / "summary.json").read_text())
    assert summary["failures"] == {}
    assert summary["settings"]["rlt"]["update_mode"] == "background"
    assert summary["versions"]["torch"]
    rows = list(csv.DictReader((out / "report" / "speed.csv").open(encoding="utf-8")))
    assert [row["tracker"] for row in rows] == ["rlt", "mil"]
    assert float(rows[0]["stage_backbone_ms"]) > 0
    assert rows[1]["stage_backbone_ms"] == ""
    clip_rows = list(csv.DictReader((out / "report" / "clips.csv").open(encoding="utf-8")))
    assert [row["tracker"] + row["clip"] for row in clip_rows] == ["rltA", "rltB", "milA", "milB"]
    stored = json.loads((out / "runs" / "rlt" / "A.json").read_text())["result"]
    assert len(stored["seconds"]) == 2
    assert float(clip_rows[0]["mean_ms"]) == pytest.approx(
        np.mean(stored["seconds"]) * 1e3, rel=1e-4
    )
    assert cv2.imread(str(out / "report" / "speed.png")) is not None
    assert (out / "report" / "speed.svg").is_file()
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "2 trackers on 2 clips: A, B" in page
    assert page.index("Time per frame") < page.index("What it goes into, medians")
    assert f"<td>rlt</td><td>{summary['trackers']['rlt']['fps']:.1f}</td>" in page


def test_without_a_data_set_frames_are_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["speed", "--tracker", "mil", "--max-frames", "4", "--out", str(tmp_path)]) == 0
    assert "generated 640x480" in capsys.readouterr().out


def test_what_does_not_fit_together_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments, message in (
        (["--max-frames", "1"], "--max-frames must be 2 or more"),
        (["--rate", "0"], "--rate must be above 0"),
        (["--sequences", "A"], "--sequences are those of a data set"),
        (["--growth", "--rate", "30"], "--growth makes its own frames"),
        (["--growth", "--max-frames", "15"], "--growth needs --max-frames of 16 or more"),
        (["--reference", "--tracker", "mil"], "--reference is of rlt:paper"),
        (["--reference", "--set", "mining_interval=2"], "mining_interval 1"),
        (["--tracker", "fast"], "there is no tracker 'fast'"),
        (["--set", "candidate=3"], "did you mean candidates"),
    ):
        assert main(["speed", *arguments, "--out", str(tmp_path / "out")]) == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("installed", [True, False], ids=["sample video", "textures"])
def test_a_made_target_is_where_its_box_is(
    monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    def missing() -> Path:
        raise FileNotFoundError

    if not installed:
        monkeypatch.setattr(clips, "sample_video", missing)
    images, boxes = SMALL.load()
    assert len(images) == len(boxes) == SMALL.frames
    assert np.sqrt(boxes[0, 2:].prod()) == pytest.approx(SMALL.target, abs=1)
    assert (boxes[1:, :2] != boxes[:-1, :2]).any(axis=1).all()
    background = np.median(GeneratedClip(120, 160, 120, 30.0).load().images, axis=0)
    for image, (x, y, w, h) in zip(images, boxes.astype(int).tolist(), strict=True):
        assert image.shape == (120, 160, 3)
        changed = (image != background).any(axis=2)
        inside = changed[y : y + h, x : x + w]
        assert inside.mean() > 0.6
        assert changed.sum() - inside.sum() < 0.1 * inside.sum()


def test_a_made_target_must_fit() -> None:
    with pytest.raises(ValueError, match="does not fit into 64 x 48 px"):
        GeneratedClip(width=64, height=48, target=60.0).load()


def test_growth_varies_one_thing_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[SpeedJob] = []

    def pretend(jobs: Sequence[SpeedJob], _: Path) -> tuple[Mapping[SpeedJob, Run], dict[str, str]]:
        asked.extend(jobs)
        frames = [job.clip.frames - 1 for job in jobs]  # type: ignore[attr-defined]
        runs = (
            run([0.01 * (i + 1) for i in range(n)], memory_mib=[float(i) for i in range(n)])
            for n in frames
        )
        return dict(zip(jobs, runs, strict=True)), {}

    monkeypatch.setattr(growth, "run_jobs", pretend)
    summary = measure_growth([("rlt", SETTINGS), ("csrt", {})], tmp_path, "command", 16)
    names = [job.name for job in asked if job.tracker == "rlt"]
    assert names[:3] == ["frame size 640x480", "frame size 1280x720", "frame size 1920x1080"]
    assert [job.settings["candidates"] for job in asked if job.name.startswith("cand")] == [
        100, 200, 400, 800,
    ]  # fmt: skip
    assert [job.targets for job in asked if job.name.startswith("targets")] == [1, 2, 4, 8]
    ours_alone = ("candidates", "targets")
    assert not any(job.name.startswith(ours_alone) for job in asked if job.tracker == "csrt")
    rows = list(csv.DictReader((tmp_path / "report" / "growth.csv").open(encoding="utf-8")))
    assert len(rows) == len(summary["growth"]) == 2 * (3 + 4 + 4) + 2 * 4
    lengths = [row for row in rows if row["dimension"] == "length" and row["tracker"] == "rlt"]
    assert [row["value"] for row in lengths] == [f"{n} frames" for n in (2, 4, 8, 16)]
    # The first frame has no time: frames 5 to 8 took 40 to 70 ms, and frame 8 is the 7th timed.
    assert float(lengths[2]["median_ms"]) == pytest.approx(55)
    assert float(lengths[2]["memory_mib"]) == 6
    assert "| length 16 frames | rlt |" in (tmp_path / "tables.md").read_text()
    assert "<td>length 16 frames</td><td>rlt</td>" in (tmp_path / "report.html").read_text()
