# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench bag --real-time, as a user runs it: through the node in another process, over DDS."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from quick_settings import SETTINGS, as_options
from ros_domains import own_domain

from rlt_ros.bags.reader import BagReader
from rlt_ros.bags.stamps import stamp_of
from rlt_ros.media.results import read_results

QUICK = as_options({**SETTINGS, "initial_iterations": 10})
WriteBag = Callable[..., Path]


def start(bag: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "rlt_ros.cli.bench", "bag", str(bag), "--real-time"),
            *("--out", str(out), *QUICK, *options),
        ],
        env={**os.environ, "ROS_DOMAIN_ID": own_domain()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_compressed_images_without_stamps_go_through_the_node(
    tmp_path: Path, write_bag: WriteBag
) -> None:
    bag = write_bag(
        tmp_path / "bag", "sqlite3", compressed=True, stamped=False, init=(2, 0), spoilt=[4]
    )
    out = tmp_path / "out"
    process = start(bag, out, "--rate", "0.5")
    stdout, stderr = process.communicate(timeout=240)
    assert process.returncode == 0, stderr
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["mode"], summary["rate"]) == ("real-time", 0.5)
    assert summary["init"]["from"] == "/rlt/init_box" and summary["init"]["frame"] == 2
    # From frame 2 to 6, and 4 is no picture.
    assert (summary["frames"], summary["unusable"], summary["sent"]) == (5, 1, 4)
    assert summary["received"] == 4 and summary["lost_in_transport"] == 0
    memory = summary["node_memory_mib"]
    assert 50 < memory["start"] <= memory["most"] < 10_000  # PyTorch alone takes more than 50
    readings = (out / "node_memory.csv").read_text().splitlines()
    assert readings[0] == "seconds,resident_mib"
    assert readings[1] == f"0.0,{memory['start']:.1f}"
    assert summary["tracked"] + summary["dropped"] == 4
    assert summary["restamped"] == 4
    rows = read_results(out / "boxes.csv")
    assert len(rows) == summary["tracked"] and rows[0].frame == 2
    assert {row.frame for row in rows} <= {2, 3, 5, 6}
    assert summary["latency"]["median"] <= summary["latency"]["p95"] <= summary["latency"]["p99"]
    assert 0 < summary["latency"]["median"] < 3600, "both ends are on the clock of the bag"
    assert "real-time" in stdout and "-m rlt_ros" not in summary["command"]
    with BagReader(out / "output_bag") as recorded:
        assert set(recorded.topics) == {"/rlt/detection", "/rlt/status"}


def test_raw_images_are_dropped_when_they_come_too_fast(
    tmp_path: Path, write_bag: WriteBag
) -> None:
    bag = write_bag(tmp_path / "bag", frames=30)
    out = tmp_path / "out"
    process = start(bag, out, "--rate", "100", "--pictures")
    _, stderr = process.communicate(timeout=240)
    assert process.returncode == 0, stderr
    summary = json.loads((out / "summary.json").read_text())
    assert summary["sent"] == summary["received"] == 30
    assert summary["dropped"] > 0
    assert summary["tracked"] + summary["dropped"] == 30
    assert summary["annotated"] == 30, "a dropped frame counts with the box before it"
    assert summary["tracked_only"].keys() <= summary["mean"].keys()
    assert len(read_results(out / "boxes.csv")) == summary["tracked"]
    assert summary["pictures"]
    with BagReader(out / "output_bag") as recorded:
        pictures = recorded.counts["/rlt/attention_map"]
        assert 1 <= pictures <= summary["tracked"], "none where the next frame waited"
        assert recorded.counts["/rlt/annotated_image"] == pictures
        # The last frame had none behind it.
        *_, last = recorded.messages("/rlt/attention_map")
        assert stamp_of(last.data) == max(map(stamp_of, _data(recorded, "/rlt/detection")))


def _data(bag: BagReader, topic: str) -> Iterator[bytes]:
    return (message.data for message in bag.messages(topic))


def test_a_replay_that_is_stopped_or_breaks_off_keeps_what_it_has(
    tmp_path: Path, write_bag: WriteBag, damage: Callable[[Path], None]
) -> None:
    bag = write_bag(tmp_path / "bag", frames=33)
    damage(bag)
    process = start(bag, tmp_path / "out", "--rate", "2")
    _, stderr = process.communicate(timeout=240)
    assert process.returncode == 1
    assert "breaks off" in stderr.splitlines()[-1] and "Traceback" not in stderr
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert 0 < summary["tracked"] < 33 and "breaks off" in summary["failures"]["rlt bag"]

    process = start(write_bag(tmp_path / "slow"), tmp_path / "stopped", "--rate", "0.01")
    assert process.stderr is not None
    said = ""
    while "replaying" not in said:
        said += (more := process.stderr.read(1))
        assert more, said
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in stderr
    summary = json.loads((tmp_path / "stopped" / "summary.json").read_text())
    assert summary["tracked"] >= 1 and "Ctrl-C" in summary["failures"]["rlt slow"]
