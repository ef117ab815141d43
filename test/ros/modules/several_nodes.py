# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trackers in processes of their own beside as many in one process: memory and latency.

Run ``python test/ros/modules/several_nodes.py [SECONDS [TRACKERS [HZ]]]``: 10 s, 2 and 30 where
nothing is given. All trackers are there from the start, with their default settings; the cameras,
in one process, send 640 x 480 to those of one kind for so long, then to the others, five times, so
that both have had the same machine. Memory is read at the end, from smaps_rollup: "resident" counts
what processes share in each, "proportional" divides it among all that have it, and "anonymous" is
what is a process's own.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread

import numpy as np
from node_load import HEAD, PATIENCE, ROOT, RUNS, read, video_width
from rclpy.qos import QoSProfile
from rlt_ros.msg import TrackerStatus
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from rlt_ros.benchmark.runs.provenance import machine, versions
from rlt_ros.demo.panel import there_and_back
from rlt_ros.replay.node_process import NodeProcess
from rlt_ros.replay.spinning import SpinningNode
from rlt_ros.ros.client import TrackerClient
from rlt_ros.ros.outputs.messages import to_image_message

KINDS = ("apart", "together")
NOBODY = "nobody"
ROUNDS = 5
RUN = RUNS["vga"]
FIELDS = {"resident": "Rss", "proportional": "Pss", "anonymous": "Anonymous"}


def main() -> None:
    if sys.argv[1:2] == ["--camera"]:
        play(int(sys.argv[2]), float(sys.argv[3]))
        return
    seconds, trackers, hertz = (
        float(sys.argv[place]) if len(sys.argv) > place else default
        for place, default in ((1, 10.0), (2, 2), (3, 30.0))
    )
    os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
    os.environ["FASTRTPS_DEFAULT_PROFILES_FILE"] = str(ROOT / "config" / "fastdds.xml")
    print(f"python {' '.join(sys.argv)}: {trackers:g} trackers at {hertz:g} Hz")
    print(f"{machine()}, load before {os.getloadavg()[0]:.1f}")
    print(", ".join(f"{name} {version}" for name, version in versions().items()))
    measure(seconds, int(trackers), hertz)


def measure(seconds: float, trackers: int, hertz: float) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        nodes = {kind: started(kind, trackers, folder) for kind in KINDS}
        for node in itertools.chain(*nodes.values()):
            stack.enter_context(node)
        ros = stack.enter_context(SpinningNode("several_nodes"))
        heard: dict[str, list[TrackerStatus]] = defaultdict(list)
        for name in itertools.chain(*(names(kind, trackers) for kind in KINDS)):
            ros.node.create_subscription(TrackerStatus, f"{name}/status", heard[name].append, 100)
        wait_until_loaded(heard, 2 * trackers)
        camera = stack.enter_context(cameras(trackers, hertz))
        learn(camera, trackers)
        latencies: dict[str, list[float]] = defaultdict(list)
        counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for kind in KINDS * ROUNDS:
            before = {name: len(heard[name]) for name in names(kind, trackers)}
            show(camera, kind)
            time.sleep(seconds)
            show(camera, NOBODY)
            time.sleep(1.0)  # the others' last images are done with
            for name, start in before.items():
                new = heard[name][start:]
                tracked = [one for one, last in itertools.pairwise(new) if moved(one, last)]
                latencies[kind] += [one.latency for one in tracked]
                counts[kind][0] += new[-1].frames_received - new[0].frames_received
                counts[kind][1] += new[-1].frames_tracked - new[0].frames_tracked
        print(f"load after {os.getloadavg()[0]:.1f}\n")
        for kind in KINDS:
            tell(kind, nodes[kind], latencies[kind], counts[kind])


def names(kind: str, trackers: int) -> list[str]:
    """Return the namespaces of a kind's trackers."""
    return [f"/{kind}{number}" for number in range(trackers)]


def started(kind: str, trackers: int, folder: Path) -> list[NodeProcess]:
    """Start a kind's processes."""
    general = ["--ros-args", "-p", "device:=cpu"]
    if kind == "together":
        file = folder / "cameras.yaml"
        listed = ", ".join(f"{{namespace: {name}}}" for name in names(kind, trackers))
        file.write_text(f"cameras: [{listed}]")
        arguments = [str(file), *general]
        return [NodeProcess("rlt_ros.ros.tracker_nodes", arguments, folder / f"{kind}.log")]
    return [
        NodeProcess(
            "rlt_ros.ros.tracker_node",
            [*general, "-r", f"__ns:={name}"],
            folder / f"{name.strip('/')}.log",
        )
        for name in names(kind, trackers)
    ]


@contextmanager
def cameras(trackers: int, hertz: float) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, __file__, "--camera", str(trackers), str(hertz)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def show(camera: subprocess.Popen[str], kind: str) -> None:
    """Have the cameras send to a kind's trackers from now on."""
    assert camera.stdin is not None
    camera.stdin.write(f"{kind}\n")
    camera.stdin.flush()


def learn(camera: subprocess.Popen[str], trackers: int) -> None:
    """Give every tracker its target."""
    scale = RUN.size[0] / video_width(RUN)
    x, y, w, h = (scale * side for side in HEAD)
    for kind in KINDS:
        show(camera, kind)
        for name in names(kind, trackers):
            with TrackerClient(f"{name}/tracker", timeout=PATIENCE) as tracker:
                tracker.init((x, y, w, h))
    show(camera, NOBODY)


def wait_until_loaded(heard: dict[str, list[TrackerStatus]], trackers: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while not all(each and "loading" not in each[-1].message for each in list(heard.values())):
        assert time.monotonic() < deadline, heard
        time.sleep(0.1)
    assert len(heard) == trackers


def moved(status: TrackerStatus, after: TrackerStatus) -> bool:
    return bool(after.frames_tracked > status.frames_tracked)


def tell(kind: str, nodes: list[NodeProcess], latencies: list[float], counts: list[int]) -> None:
    percentiles = (10, 50, 95, 99)
    delays = 1000 * np.percentile(latencies, percentiles)
    told = zip(percentiles, delays, strict=True)
    print(f"{kind}: processes: {len(nodes)}, images received {counts[0]}, tracked {counts[1]}")
    print("  latency: " + ", ".join(f"{percent} % {delay:.1f} ms" for percent, delay in told))
    sums = {what: sum(memory(node.pid, field) for node in nodes) for what, field in FIELDS.items()}
    print("  memory: " + ", ".join(f"{what} {mib:.0f} MiB" for what, mib in sums.items()))


def memory(process: int, field: str) -> float:
    """Return what smaps_rollup says of a process, in MiB."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(field)


# ---- the cameras' process ----------------------------------------------------------------------


def play(trackers: int, hertz: float) -> None:
    """Show a kind's trackers the first frame, and all of them once they are shown again."""
    messages = [to_image_message(frame, "rgb8", Header()) for frame in read(RUN)]
    said: list[str] = []
    Thread(target=lambda: said.extend(map(str.strip, sys.stdin)), daemon=True).start()
    with SpinningNode("cameras") as ros:
        quality = QoSProfile(depth=5)
        publishers = {
            kind: [
                ros.node.create_publisher(Image, f"{name}/image_raw", quality)
                for name in names(kind, trackers)
            ]
            for kind in KINDS
        }
        films = {kind: itertools.cycle(there_and_back(messages)) for kind in KINDS}
        due = time.monotonic()
        while True:
            kind = said[-1] if said else NOBODY
            if kind in KINDS:
                learned = said.count(kind) > 1
                message = next(films[kind]) if learned else messages[0]
                message.header = Header(stamp=ros.node.get_clock().now().to_msg())
                for publisher in publishers[kind]:
                    publisher.publish(message)
            due += 1 / hertz
            time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main()
