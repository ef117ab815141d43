# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A process is killed while it saves its target, and another goes on with what was saved before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from rlt_ros.tracking import Tracker, TrackState, make_config
from rlt_ros.tracking.boxes import iou

DATA = Path(os.environ.get("RLT_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
DEER = DATA / "otb" / "Deer"
# Most frames until the target is tracked again.
LIMIT = 30

KILLED = """
import sys, time
from pathlib import Path
import cv2
from rlt_ros.tracking import Tracker, make_config

frames, path, box = Path(sys.argv[1]), Path(sys.argv[2]), [float(one) for one in sys.argv[3:]]
images = [cv2.imread(str(file))[:, :, ::-1].copy() for file in sorted(frames.glob("*.jpg"))[:12]]
tracker = Tracker(make_config(device="cpu", update_mode="lockstep"))
tracker.init(images[0], box)
for image in images[1:]:
    tracker.track(image)
tracker.save(path, "the deer")

def half(place, data):
    with open(place, "wb") as file:
        file.write(data[: len(data) // 2])
    print("half", flush=True)
    time.sleep(600)

Path.write_bytes = half
tracker.save(path, "the deer")
"""


@pytest.mark.skipif(not DEER.is_dir(), reason="set RLT_DATA to a folder whose otb/ holds Deer")
def test_after_a_kill_the_target_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "target"
    boxes = np.loadtxt(DEER / "groundtruth_rect.txt", delimiter=",") - (1, 1, 0, 0)
    first = [str(number) for number in boxes[0]]
    command = [sys.executable, "-c", KILLED, str(DEER / "img"), str(path), *first]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "half\n"
        child.kill()
    assert child.wait() == -signal.SIGKILL
    with Tracker(make_config(device="cpu", update_mode="lockstep")) as tracker:
        assert tracker.load(path).target_id == "the deer"
        later = range(30, 30 + LIMIT)  # far from where it was saved
        found = [is_found(tracker, frame(number), boxes[number]) for number in later]
    assert any(found)
    assert all(found[found.index(True) :][:5])


def frame(number: int) -> NDArray[np.uint8]:
    file = sorted((DEER / "img").glob("*.jpg"))[number]
    return np.asarray(cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB), dtype=np.uint8)


def is_found(tracker: Tracker, image: NDArray[np.uint8], box: NDArray[np.float64]) -> bool:
    result = tracker.track(image)
    return result.state is TrackState.TRACKING and bool(iou(result.box, box) > 0.5)
