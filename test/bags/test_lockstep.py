# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench bag, every frame read in code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from quick_settings import SETTINGS, as_options

from rlt_ros.bags.images import compressed_image_cdr, image_pixels
from rlt_ros.benchmark.studies.bags import lockstep, packing, unpacking
from rlt_ros.benchmark.studies.bags.results import held_boxes
from rlt_ros.benchmark.table_files import TABLES, read_table_file
from rlt_ros.cli.bench.main import main
from rlt_ros.media.results import ResultRow, read_results

QUICK = as_options({**SETTINGS, "initial_iterations": 20})
WriteBag = Callable[..., Path]


def bench(bag: Path, out: Path, *options: str) -> tuple[int, dict[str, Any]]:
    code = main(["bag", str(bag), "--out", str(out), *options])
    summary = out / "summary.json"
    return code, json.loads(summary.read_text()) if summary.is_file() else {}


@pytest.mark.parametrize(
    ("storage", "compressed"), [("mcap", False), ("sqlite3", False), ("sqlite3", True)]
)
def test_every_storage_and_image_gives_the_same_boxes(
    tmp_path: Path, write_bag: WriteBag, storage: str, compressed: bool
) -> None:
    bag = write_bag(tmp_path / "bag", storage, compressed=compressed)
    code, summary = bench(bag, tmp_path / "out", *QUICK)
    assert code == 0
    assert (summary["mode"], summary["frames"], summary["tracked"]) == ("lockstep", 6, 6)
    assert (summary["dropped"], summary["unusable"], summary["failures"]) == (0, 0, {})
    assert summary["mean"]["precision20"] == 1 and summary["mean"]["auc"] > 0.7
    assert summary["sequences"] == {"bag": summary["mean"]}
    assert (
        0 < summary["latency"]["median"] <= summary["latency"]["p95"] <= summary["latency"]["p99"]
    )
    assert summary["init_seconds"] > 0
    assert summary["versions"].keys() >= {"python", "torch"} and summary["command"]
    kept = read_table_file(tmp_path / "out" / TABLES)
    assert kept.origin["data"] == "bag, 6 images, lockstep"
    heading, row = kept.tables["Frames and times"].rows
    told = dict(zip(heading, row, strict=True))
    assert (told["tracker"], told["tracked"], told["dropped"]) == ("rlt", "6", "0")
    assert told["AUC"] == f"{summary['mean']['auc']:.3f}"
    assert told["median ms"] == f"{1000 * summary['latency']['median']:.1f}"
    assert "MiB, start" not in told  # the node's, which did not run
    rows = read_results(tmp_path / "out" / "boxes.csv")
    assert [row.frame for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row.stamp for row in rows] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5])
    # PNG loses nothing, so all of these are the same pixels.
    other = write_bag(tmp_path / "other", "mcap", compressed=not compressed)
    assert bench(other, tmp_path / "again", *QUICK)[0] == 0
    assert read_results(tmp_path / "again" / "boxes.csv") == rows


def test_a_recording_for_rerun_is_written_beside_the_numbers(
    tmp_path: Path, write_bag: WriteBag, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("rerun", reason="rerun-sdk is not installed")
    bag = write_bag(tmp_path / "bag", truth=True)
    assert bench(bag, tmp_path / "out", "--tracker", "mil", "--rerun")[0] == 0
    assert b"score" not in (tmp_path / "out" / "tracking.rrd").read_bytes()  # mil has none
    assert bench(bag, tmp_path / "again", "--rerun", *QUICK)[0] == 0
    recorded = (tmp_path / "again" / "tracking.rrd").read_bytes()
    assert b"score" in recorded and b"attention" in recorded
    assert bench(bag, tmp_path / "third", "--rerun", "--real-time")[0] == 2
    assert "--rerun is for lockstep" in capsys.readouterr().err


def test_init_box_with_a_stamp_means_that_frame(
    tmp_path: Path,
    write_bag: WriteBag,
    truth_of: Callable[[int], Any],
    stamp_of_frame: Callable[[int], int],
) -> None:
    bag = write_bag(tmp_path / "bag", init=(3, stamp_of_frame(3)), truth=False)
    code, summary = bench(bag, tmp_path / "out", "--tracker", "mil")
    assert code == 0
    assert summary["init"] == {"from": "/rlt/init_box", "frame": 3, "box": list(truth_of(3))}
    assert (summary["frames_before_init"], summary["frames"], summary["tracked"]) == (2, 4, 4)
    assert "auc" not in summary["mean"], "there is nothing to compare with"


def test_init_box_without_a_stamp_means_the_next_usable_frame(
    tmp_path: Path, write_bag: WriteBag
) -> None:
    bag = write_bag(tmp_path / "bag", init=(3, 0), spoilt=[3])
    code, summary = bench(bag, tmp_path / "out", "--tracker", "mil")
    assert code == 0
    assert (summary["init"]["from"], summary["init"]["frame"]) == ("/rlt/init_box", 4)
    assert (summary["frames"], summary["unusable"], summary["frames_before_init"]) == (4, 1, 2)


def test_init_on_the_command_line_comes_first(tmp_path: Path, write_bag: WriteBag) -> None:
    bag = write_bag(tmp_path / "bag", init=(3, 0))
    options = ("--init", "30,40,32,32", "--tracker", "mil", "--max-frames", "2")
    code, summary = bench(bag, tmp_path / "out", *options)
    assert code == 0
    assert summary["init"] == {"from": "--init", "frame": 1, "box": [30, 40, 32, 32]}
    assert summary["frames"] == summary["tracked"] == 2


@pytest.mark.parametrize("compressed", [False, True])
def test_a_bad_frame_is_counted_and_left_out(
    tmp_path: Path, write_bag: WriteBag, compressed: bool
) -> None:
    bag = write_bag(tmp_path / "bag", compressed=compressed, spoilt=[3], spoilt_truth=[5])
    code, summary = bench(bag, tmp_path / "out", "--tracker", "mil")
    assert code == 0
    assert (summary["frames"], summary["tracked"], summary["unusable"]) == (6, 5, 1)
    assert list(summary["unusable_frames"]) == ["3"]
    rows = read_results(tmp_path / "out" / "boxes.csv")
    assert [row.frame for row in rows] == [1, 2, 4, 5, 6]
    assert summary["unusable_annotations"] == 1
    assert summary["annotated"] == 5, "the bad frame counts with the box before it"


def test_a_single_file_is_a_bag(tmp_path: Path, write_bag: WriteBag) -> None:
    write_bag(tmp_path / "bag", "sqlite3")
    code, summary = bench(tmp_path / "bag" / "bag.db3", tmp_path / "out", "--tracker", "mil")
    assert code == 0 and summary["tracked"] == 6


def test_what_was_measured_before_a_bag_breaks_off_is_kept(
    tmp_path: Path,
    write_bag: WriteBag,
    damage: Callable[[Path], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    bag = write_bag(tmp_path / "bag", frames=33)
    damage(bag)
    code, summary = bench(bag, tmp_path / "out", "--tracker", "mil")
    assert code == 2
    assert 0 < summary["tracked"] < 33
    assert "breaks off" in summary["failures"]["mil bag"]
    assert len(read_results(tmp_path / "out" / "boxes.csv")) == summary["tracked"]
    error = capsys.readouterr().err.splitlines()[-1]
    assert "breaks off" in error and "what was measured" in error


def test_ctrl_c_keeps_what_was_measured(
    tmp_path: Path, write_bag: WriteBag, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted:
        frames = 0

        def init(self, image: object, box: object) -> None:
            pass

        def track(self, image: object) -> np.ndarray:
            self.frames += 1
            if self.frames == 3:
                raise KeyboardInterrupt
            return np.array([30.0, 40.0, 32.0, 32.0])

    monkeypatch.setattr(lockstep, "make_runner", lambda *_: Interrupted())
    code, summary = bench(write_bag(tmp_path / "bag"), tmp_path / "out", "--tracker", "mil")
    assert code == 130
    assert summary["tracked"] == len(read_results(tmp_path / "out" / "boxes.csv")) == 3
    assert summary["failures"] == {"mil bag": "stopped by Ctrl-C"}


@pytest.mark.parametrize("command", ["make-bag", "unpack-bag"])
def test_ctrl_c_leaves_no_half_bag_or_folder(
    tmp_path: Path, write_bag: WriteBag, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    bag = write_bag(tmp_path / "bag")
    assert main(["unpack-bag", str(bag), str(tmp_path / "otb" / "Patch")]) == 0
    count = 0

    def interrupted(*arguments: object) -> object:
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt
        return original(*arguments)

    if command == "make-bag":
        original: Callable[..., object] = compressed_image_cdr
        monkeypatch.setattr(packing, "compressed_image_cdr", interrupted)
        given = [str(tmp_path / "otb"), "Patch"]
    else:
        original = image_pixels
        monkeypatch.setattr(unpacking, "image_pixels", interrupted)
        given = [str(bag)]
    assert main([command, *given, str(tmp_path / "result")]) == 130
    assert count == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bag", "otb"]


@pytest.mark.parametrize(
    ("made", "options", "message"),
    [
        ({"truth": False}, [], "give the box on the first frame with --init x,y,w,h"),
        ({}, ["--image-topic", "/absent"], "has no topic /absent; it has /camera/image_raw"),
        ({}, ["--image-topic", "/camera/ground_truth"], "is of type vision_msgs/msg/Detection2D"),
        ({}, ["--truth-topic", "/camera/image_raw"], "give one of vision_msgs/msg/Detection2D"),
        ({"stamped": False, "init": (1, 5)}, [], "is for stamp 0.000000005"),
        ({}, ["--init", "900,900,5,5"], "does not overlap the 160 x 120 image"),
        ({}, ["--tracker", "best"], "no tracker 'best'"),
        ({}, ["--set", "seed=-1"], "seed must be"),
        ({}, ["--max-frames", "0"], "--max-frames must be 1 or more"),
        ({}, ["--rate", "2"], "--params-file and --pictures are for --real-time"),
        ({}, ["--pictures"], "--params-file and --pictures are for --real-time"),
        ({}, ["--real-time", "--rate", "0"], "--rate must be above 0"),
        ({}, ["--real-time", "--params-file", "absent.yaml"], "there is no absent.yaml"),
        ({"spoilt": range(1, 7)}, [], "no usable image on /camera/image_raw"),
    ],
)
def test_mistakes_cost_one_line(
    tmp_path: Path,
    write_bag: WriteBag,
    capsys: pytest.CaptureFixture[str],
    made: dict[str, Any],
    options: list[str],
    message: str,
) -> None:
    bag = write_bag(tmp_path / "bag", **made)
    code, summary = bench(bag, tmp_path / "out", *options)
    assert (code, summary) == (2, {})
    lines = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert len(lines) == 1 and message in lines[0]


@pytest.mark.parametrize(
    ("storage", "file"), [("mcap", "bag.mcap"), ("sqlite3", "bag.db3"), ("mcap", "metadata.yaml")]
)
def test_a_cut_bag_is_one_line(
    tmp_path: Path,
    write_bag: WriteBag,
    capsys: pytest.CaptureFixture[str],
    storage: str,
    file: str,
) -> None:
    bag = write_bag(tmp_path / "bag", storage)
    data = (bag / file).read_bytes()
    (bag / file).write_bytes(data[: len(data) // 3])
    assert bench(bag, tmp_path / "out")[0] == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and f"cannot read the bag {bag}" in error


def test_several_image_topics_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from rlt_ros.bags.images import write_frames
    from rlt_ros.bags.writer import BagWriter, jazzy_types

    picture = np.zeros((9, 9, 3), np.uint8)
    with BagWriter(tmp_path / "bag", jazzy_types()) as bag:
        write_frames(bag, "/left", [(0, picture)], 10**9)
        write_frames(bag, "/right", [(0, picture)], 10**9)
    assert bench(tmp_path / "bag", tmp_path / "out")[0] == 2
    assert "give one of /left, /right with --image-topic" in capsys.readouterr().err


def test_a_frame_without_a_box_has_the_one_before() -> None:
    rows = [ResultRow(n, 0.0, float(n), 0.0, 5.0, 5.0, 1.0, "TRACKING") for n in (2, 4)]
    truth = {n: (float(n), 0.0, 5.0, 5.0) for n in (1, 2, 3, 4, 6)}
    truth[5] = (float("nan"), 0.0, 5.0, 5.0)
    truth[7] = (1.0, 1.0, 0.0, 0.0)
    boxes, annotated = held_boxes(rows, truth)
    assert boxes[:, 0].tolist() == [2, 2, 4, 4]
    assert annotated[:, 0].tolist() == [2, 3, 4, 6]
