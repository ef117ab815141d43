# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What it costs to be watched: delay of pictures and rate of the tracker, by number of viewers.

Run ``python test/web/modules/panel_load.py [ROUNDS]``. The demo's video, enlarged to 640 x 512,
comes at 30 Hz from another process through the real node to the real panel. Viewers are sockets
that take pictures at once, without a browser, for browsers run on other machines. In turn there
are 0, 1 and 5 of them, 10 s each. At the end one Chromium looks, on this machine, and tells how
old a picture's stamp is when it is drawn.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from page_client import PageClient
from panel_bench import Card, PanelProcess, browser_path, chromium, until
from rlt_ros.msg import TrackerStatus
from vision_msgs.msg import Detection2D

from rlt_ros.demo.panel import TOPIC, VideoCamera, node_arguments, read_frames
from rlt_ros.media.sample_video import BOX, sample_video
from rlt_ros.replay.node_process import NodeProcess
from rlt_ros.replay.spinning import SpinningNode
from rlt_ros.web.steering import to_detection

TRACKER = "/rlt/tracker"
SIZE = (640, 512)
FPS = 30.0
VIEWERS = (0, 1, 5)
SECONDS = 10.0


class Watched:
    """A viewer in a thread, and how old pictures were when they came."""

    def __init__(self, address: str) -> None:
        self.ages: list[float] = []
        self._over = False
        self._address = address
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with PageClient(self._address, TRACKER) as client:
            client.watch()
            while not self._over:
                stamp = int(client.receive("picture")["stamp"]) / 1e9
                self.ages.append(time.time() - stamp)
                client.pictures.clear()
                client.texts.clear()

    def close(self) -> None:
        self._over = True
        self._thread.join()


def main() -> None:
    if sys.argv[1:] == ["--camera"]:
        play()
        return
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        log = logs / "node.log"
        stack.enter_context(NodeProcess("rlt_ros.ros.tracker_node", node_arguments(), log))
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
        measure(panel.address(), statuses, rounds)
        if browser_path():
            look(panel.address())


def measure(address: str, statuses: list[Any], rounds: int) -> None:
    rates: dict[int, list[float]] = {count: [] for count in VIEWERS}
    ages: dict[int, list[float]] = {count: [] for count in VIEWERS}
    for _ in range(rounds):
        for count in VIEWERS:
            viewers = [Watched(address) for _ in range(count)]
            time.sleep(2.0)
            for viewer in viewers:
                viewer.ages.clear()
            before, begin = statuses[-1].frames_tracked, time.monotonic()
            time.sleep(SECONDS)
            tracked = statuses[-1].frames_tracked - before
            rates[count].append(tracked / (time.monotonic() - begin))
            for viewer in viewers:
                ages[count] += viewer.ages
                viewer.close()
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {rounds} rounds of {SECONDS:g} s"
    )
    print("viewers  frames tracked a second (median, each)   stamp to viewer: median, 95 % [ms]")
    for count in VIEWERS:
        each = " ".join(f"{rate:.1f}" for rate in rates[count])
        late = [1000 * age for age in ages[count]]
        told = f"{np.median(late):.0f}, {np.percentile(late, 95):.0f}" if late else "-"
        print(f"{count:<8} {statistics.median(rates[count]):.1f} ({each})   {told}")


def look(address: str) -> None:
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
