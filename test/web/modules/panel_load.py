# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What it costs to be watched: delay of pictures and rate of the tracker, by number of viewers.

Run ``python test/web/modules/panel_load.py [ROUNDS [SECONDS]]``. The demo's video, enlarged to
640 x 512, comes at 30 Hz from another process through the real node to the real panel. Viewers are
sockets that take pictures at once, without a browser, for browsers run on other machines; what they
cost is part of what is measured. In each round there are 0, 1 and 5 of them for SECONDS each, in
every second round the other way round, so that whatever else the machine does hits all alike. At
the end one Chromium looks, on this machine, and tells how old a picture is when it is drawn.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from page_client import PageClient
from panel_bench import Card, PanelProcess, browser_path, chromium, until
from rlt_ros.msg import TrackerStatus
from vision_msgs.msg import Detection2D

from rlt_ros.benchmark.runs.provenance import origin
from rlt_ros.benchmark.text_tables import markdown
from rlt_ros.demo.panel import TOPIC, VideoCamera, node_arguments, read_frames
from rlt_ros.media.sample_video import BOX, sample_video
from rlt_ros.replay.node_process import NodeProcess
from rlt_ros.replay.spinning import SpinningNode
from rlt_ros.web.steering import to_detection

TRACKER = "/rlt/tracker"
SIZE = (640, 512)
FPS = 30.0
VIEWERS = (0, 1, 5)
SETTLE = 2.0  # seconds after viewers have come, before anything counts


class Watched:
    """A viewer in a thread.

    Attributes:
        ages: how old pictures were when they came, in seconds.
        size: bytes of these pictures.
    """

    def __init__(self, address: str) -> None:
        self.ages: list[float] = []
        self.size = 0
        self._over = False
        self._address = address
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with PageClient(self._address, TRACKER) as client:
            client.watch()
            while not self._over:
                picture = client.receive("picture")
                self.ages.append(time.time() - int(picture["stamp"]) / 1e9)
                self.size += picture["bytes"]
                client.pictures.clear()
                client.texts.clear()

    def forget(self) -> None:
        """Count from now on."""
        self.ages.clear()
        self.size = 0

    def close(self) -> None:
        self._over = True
        self._thread.join()


@dataclass
class Turn:
    """What a number of viewers came to in one round.

    Attributes:
        received, tracked: frames a second, of the node.
        ages: of all pictures that came to viewers, in seconds.
        pictures: a second, that came to each viewer.
        bandwidth: megabytes of pictures a second, to each viewer.
        panel, node: processor time of these processes, in percent of a core.
    """

    received: float
    tracked: float
    ages: list[float]
    pictures: float
    bandwidth: float
    panel: float
    node: float


def main() -> None:
    if sys.argv[1:] == ["--camera"]:
        play()
        return
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 10.0
    os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        log = logs / "node.log"
        node = NodeProcess("rlt_ros.ros.tracker_node", node_arguments(), log)
        stack.enter_context(node)
        panel = PanelProcess(logs / "panel.log")
        stack.callback(panel.stop)
        camera = subprocess.Popen([sys.executable, __file__, "--camera"])
        stack.callback(camera.terminate)
        statuses: list[Any] = []
        ros = SpinningNode("panel_load")
        stack.callback(ros.close)
        ros.node.create_subscription(TrackerStatus, "/rlt/status", statuses.append, 100)
        boxes = ros.node.create_publisher(Detection2D, "/rlt/init_box", 1)
        until(lambda: statuses and "loading" not in statuses[-1].message)
        until(lambda: boxes.get_subscription_count() and statuses[-1].frames_received)
        scale = SIZE[0] / 176
        boxes.publish(to_detection(tuple(scale * side for side in BOX), 0, ""))  # type: ignore[arg-type]
        until(lambda: statuses[-1].state == TrackerStatus.TRACKING)
        processes = (panel.pid, node.pid)
        turns = measure(panel.address(), statuses, rounds, seconds, processes)
        tell(turns, rounds, seconds)
        if browser_path():
            look(panel.address())


def measure(
    address: str,
    statuses: Sequence[Any],
    rounds: int,
    seconds: float,
    processes: Sequence[int],
) -> dict[int, list[Turn]]:
    """Return what each number of viewers came to, round by round."""
    turns: dict[int, list[Turn]] = {count: [] for count in VIEWERS}
    for number in range(rounds):
        for count in VIEWERS[:: -1 if number % 2 else 1]:
            viewers = [Watched(address) for _ in range(count)]
            time.sleep(SETTLE)
            for viewer in viewers:
                viewer.forget()
            before, begin = statuses[-1], time.monotonic()
            spent = [cpu_seconds(one) for one in processes]
            time.sleep(seconds)
            after, took = statuses[-1], time.monotonic() - begin
            cpu = [
                100 * (cpu_seconds(one) - earlier) / took
                for one, earlier in zip(processes, spent, strict=True)
            ]
            for viewer in viewers:
                viewer.close()
            ages = [age for viewer in viewers for age in viewer.ages]
            turns[count].append(
                Turn(
                    (after.frames_received - before.frames_received) / took,
                    (after.frames_tracked - before.frames_tracked) / took,
                    ages,
                    len(ages) / max(1, count) / took,
                    sum(viewer.size for viewer in viewers) / max(1, count) / took / 1e6,
                    *cpu,
                )
            )
    return turns


def cpu_seconds(process: int) -> float:
    """Return the processor time that a process has had."""
    words = Path("/proc", str(process), "stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def tell(turns: dict[int, list[Turn]], rounds: int, seconds: float) -> None:
    """Print where the numbers come from, and a table of them."""
    for name, value in origin(f"python {' '.join(sys.argv)}").items():
        print(f"{name}: {value}")
    print(
        f"load of the machine at the end: {os.getloadavg()[0]:.1f}; tracker: preset default;"
        f" camera: {SIZE[0]} x {SIZE[1]}, {FPS:g} Hz; {rounds} rounds of {seconds:g} s each"
    )
    rows = [
        [
            "viewers",
            "frames received a second",
            "tracked a second",
            "in each round",
            "of those without viewers",
            "stamp to viewer, median and 95 % [ms]",
            "pictures a second, each",
            "MB a second, each",
            "CPU of panel, node [% of a core]",
        ]
    ]
    alone = statistics.median(turn.tracked for turn in turns[0])
    for count, found in turns.items():
        tracked = [turn.tracked for turn in found]
        late = [1000 * age for turn in found for age in turn.ages]
        rows.append(
            [
                str(count),
                f"{statistics.median(turn.received for turn in found):.1f}",
                f"{statistics.median(tracked):.1f}",
                " ".join(f"{rate:.1f}" for rate in tracked),
                f"{statistics.median(tracked) / alone:.3f}",
                f"{np.median(late):.0f}, {np.percentile(late, 95):.0f}" if late else "-",
                f"{statistics.median(turn.pictures for turn in found):.1f}" if late else "-",
                f"{statistics.median(turn.bandwidth for turn in found):.2f}" if late else "-",
                f"{statistics.median(turn.panel for turn in found):.0f},"
                f" {statistics.median(turn.node for turn in found):.0f}",
            ]
        )
    print(f"\n{markdown(rows)}")


def look(address: str) -> None:
    """Print how old pictures are when a browser of this machine draws them."""
    delays = []
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(address)
        Card(page, TRACKER).wait_for_picture()
        time.sleep(3.0)
        for _ in range(50):
            delays.append(page.evaluate(f"window.rltPanel.cards.get('{TRACKER}').lastDelay"))
            time.sleep(0.1)
    milliseconds = [1000 * delay for delay in delays if delay is not None]
    print(
        f"stamp to pixels in a Chromium here: {np.median(milliseconds):.0f} ms (median),"
        f" {np.percentile(milliseconds, 95):.0f} ms (95 %)"
    )


def play() -> None:
    """Be the camera until the process is ended."""
    frames, _ = read_frames(sample_video())
    large = [cv2.resize(frame, SIZE, interpolation=cv2.INTER_CUBIC) for frame in frames]
    VideoCamera([np.asarray(one, np.uint8) for one in large], FPS, TOPIC)
    threading.Event().wait()


if __name__ == "__main__":
    main()
