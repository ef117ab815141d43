# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The demo as a user runs it, on a short video of a target that moves evenly."""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")
pytest.importorskip("rosbags", reason="bags are read and written with the package rosbags")

from ros_domains import own_domain

from rlt_ros.bags.images import write_frames
from rlt_ros.bags.reader import BagReader
from rlt_ros.bags.writer import BagWriter, jazzy_types
from rlt_ros.demo.main import _dropped, main
from rlt_ros.demo.other_load import CpuTimes, cpu_times, others_cores
from rlt_ros.demo.summary import _Attention
from rlt_ros.media.results import read_results
from rlt_ros.media.sample_video import BOX, sample_video
from rlt_ros.media.sources import open_source
from rlt_ros.media.video_writer import VideoWriter
from rlt_ros.replay.outcome import Outcome
from rlt_ros.replay.session import ATTENTION_MAP

FRAMES = 20
SIDE = 48
QUICK = ["--device", "cpu", "--set", "initial_iterations=20"]


def target_corner(number: int) -> tuple[int, int]:
    # Slowly: a busy machine tracks few of the frames.
    return 30 + number - 1, 40 + number - 1


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(7)
    ground = cv2.resize(rng.integers(60, 130, (15, 20, 3), np.uint8), (240, 180))
    target = cv2.resize(
        rng.integers(0, 255, (6, 6, 3), np.uint8), (SIDE, SIDE), interpolation=cv2.INTER_NEAREST
    )
    path = tmp_path_factory.mktemp("demo") / "moving.mp4"
    with VideoWriter(path, 10.0) as writer:
        for number in range(1, FRAMES + 1):
            frame = ground.copy()
            x, y = target_corner(number)
            frame[y : y + SIDE, x : x + SIDE] = target
            writer.write(frame)
    return path


def run_demo(*arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ROS_DOMAIN_ID": own_domain()}
    return subprocess.run(
        [sys.executable, "-m", "rlt_ros.demo", *(str(argument) for argument in arguments)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_video_goes_through_the_node_and_nothing_is_lost(video: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("not ours")
    x, y = target_corner(1)
    box = f"{x},{y},{SIDE},{SIDE}"
    done = run_demo("--video", video, "--box", box, "--out", out, *QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    numbers = dict(
        line.split(maxsplit=1)
        for line in done.stdout.splitlines()
        if line.startswith(("tracked", "dropped", "latency"))
    )
    assert "frames in          20 sent, 20 received by the node" in done.stdout
    assert "lost in transport  0" in done.stdout
    assert "other programs     " in done.stdout
    assert done.stdout.splitlines()[-1] == f"look at it with    xdg-open {out}/contact_sheet.png"
    assert " ms median, " in numbers["latency"]

    rows = read_results(out / "boxes.csv")
    assert rows[0].frame == 1 and rows[-1].frame == FRAMES
    assert numbers["tracked"].startswith(f"{len(rows)},")
    assert numbers["dropped"].startswith(f"{FRAMES - len(rows)},")
    for row in rows:
        middle = np.array([row.x + row.w / 2, row.y + row.h / 2])
        assert np.abs(middle - np.array(target_corner(row.frame)) - SIDE / 2).max() < 12, row
        assert row.stamp == pytest.approx((row.frame - 1) / 10)

    with BagReader(out / "input_bag") as bag:
        images = [bag.decode(message) for message in bag.messages("/camera/image_raw")]
    with open_source(video) as source:
        for image, frame in zip(images, source, strict=True):
            assert image.data.tobytes() == frame.image.tobytes()
    with BagReader(out / "output_bag") as bag:
        assert bag.counts["/rlt/detection"] == len(rows)
        # Where the next frame waited, there are no pictures.
        assert 1 < bag.counts["/rlt/attention_map"] <= len(rows)
        assert bag.counts["/rlt/annotated_image"] == bag.counts["/rlt/attention_map"]
        assert bag.counts["/rlt/status"] >= len(rows)
        stamps = [(image.header.stamp.sec, image.header.stamp.nanosec) for image in images]
        for message, row in zip(bag.messages("/rlt/detection"), rows, strict=True):
            detection = bag.decode(message)
            stamp = detection.header.stamp
            assert (stamp.sec, stamp.nanosec) == stamps[row.frame - 1]
            assert detection.bbox.center.position.x == pytest.approx(row.x + row.w / 2)
            assert detection.header.frame_id == "camera"
        attention = bag.decode(next(bag.messages("/rlt/attention_map")))
        assert (attention.width, attention.height, attention.encoding) == (240, 180, "mono8")
        assert attention.data.any()

    assert len(list(open_source(out / "annotated.mp4"))) == FRAMES
    assert cv2.imread(str(out / "contact_sheet.png")) is not None
    assert (out / "node.log").is_file()
    assert (out / "mine.txt").read_text() == "not ours"


def test_the_latest_attention_map_stands_in_where_a_frame_has_none(tmp_path: Path) -> None:
    maps = ((number, np.full((4, 6, 3), 10 * number, np.uint8)) for number in (2, 4))
    with BagWriter(tmp_path / "bag", jazzy_types()) as writer:
        write_frames(writer, ATTENTION_MAP, ((float(n), image) for n, image in maps), 10**9)
    with BagReader(tmp_path / "bag") as outputs:
        attention = _Attention(outputs)
        found = [attention.at((1 + number) * 10**9) for number in (1, 2, 3, 4, 5)]
    assert [None if one is None else int(one.max()) for one in found] == [None, 20, 20, 40, 40]


def test_node_that_dies_is_reported_with_the_end_of_its_log(video: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run_demo(
        "--video",
        video,
        "--box",
        "30,40,48,48",
        "--out",
        out,
        "--set",
        f"backbone_weights={tmp_path}/absent.pth",
    )
    assert done.returncode == 1
    assert "the node ended with code 1" in done.stderr
    assert "absent.pth" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (out / "output_bag").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--video", "absent.mp4", "--box", "1,1,9,9"], "there is no absent.mp4"),
        (["--video", "VIDEO"], "--box x,y,w,h"),
        (["--video", "VIDEO", "--box", "500,500,20,20"], "does not overlap the 240 x 180 image"),
        (["--video", "VIDEO", "--box", "1,2"], "--box 1,2: '1,2' is not x,y,w,h"),
        (["--from-make", "--video", "VIDEO", "--box", "1,2"], "BOX=1,2: '1,2' is not x,y,w,h"),
        (["--from-make", "--video", "VIDEO"], "the video: BOX=x,y,w,h"),
        (["--rate", "0"], "--rate 0: give a number above 0"),
        (["--from-make", "--rate", "x"], "RATE=x: give a number above 0"),
        (["--set", "seed=-1"], "seed must be"),
    ],
)
def test_mistakes_cost_one_line(
    video: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    given = [str(video) if argument == "VIDEO" else argument for argument in arguments]
    assert main([*given, "--out", str(tmp_path / "out")]) == 2
    captured = capsys.readouterr().err
    assert captured.count("\n") == 1 and message in captured


def outcome(dropped: int) -> Outcome:
    """100 images, of which some were dropped."""
    return Outcome(100, 100, dropped, 0, 0, 1.0, {}, np.array([]))


@pytest.mark.parametrize(
    ("dropped", "others", "words"),
    [
        (3, 1.9, "3, left out because a newer frame had come"),
        (13, 1.4, "other programs were busy: fewer when they are not, or with RATE=0.5"),
        (13, 0.1, "a newer frame had come; fewer with RATE=0.5"),
        (13, math.nan, "a newer frame had come; fewer with RATE=0.5"),
    ],
)
def test_dropped_frames_are_told_from_a_busy_machine(
    dropped: int, others: float, words: str
) -> None:
    options = argparse.Namespace(from_make=True, rate="1")
    assert _dropped(outcome(dropped), options, others).endswith(words)


def test_other_programs_load_leaves_out_our_own() -> None:
    before, after = CpuTimes(10.0, 100.0, 5.0), CpuTimes(20.0, 119.0, 10.0)
    assert others_cores(before, after) == pytest.approx(1.4)
    assert math.isnan(others_cores(before, CpuTimes(20.0, math.nan, 10.0)))


def test_other_programs_load_is_seen() -> None:
    before = cpu_times()
    code = "import time\nend = time.monotonic() + 1\nwhile time.monotonic() < end: pass"
    children = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(os.cpu_count() or 1)]
    time.sleep(0.9)  # all cores work, whoever else does; none of these has ended
    seen = others_cores(before, cpu_times())
    for child in children:
        child.wait()
    assert 0.5 < seen <= 1.2 * (os.cpu_count() or 1)


def test_sample_video_shows_the_target_at_its_box() -> None:
    with open_source(sample_video()) as source:
        frames = list(source)
    assert len(frames) == 120
    x, y, w, h = (int(number) for number in BOX)
    face = frames[0].image[y + h // 3 : y + h - 20, x + 12 : x + w - 8].mean(axis=(0, 1))
    assert face[0] > face[1] > face[2], "skin is redder than green, and greener than blue"
