# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a node that is brought up and down for a month stays as it was after the first time.

Run ``python test/ros/modules/life_cycle_rounds.py [ROUNDS]`` (1000). Each round takes a real node,
in a process of its own and with its default settings, over DDS through configure, activate, an init
box, five frames of 320 x 240, deactivate and cleanup. After the first round, and twenty times more,
it prints the memory, threads and open files of the node's process then. A round takes some 3 s of
the processor; on a machine that gives it next to nothing the node's own patience ends first.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import rclpy
from life_cycle_bench import (
    ACTIVATE,
    CLEANUP,
    CONFIGURE,
    DEACTIVATE,
    Manager,
    of_process,
    open_files,
)
from node_bench import LOSSLESS, FreshNode, NodeProcess, image_message, picture
from std_msgs.msg import Header

LINES = 20
FRAMES = 5
SCALE = 2  # of the synthetic video, to 320 x 240


class Operator(Manager):
    """Takes the node through rounds, with the synthetic video enlarged."""

    patience = 1800.0  # it may run beside other work, at the lowest priority

    def send(self, index: int, frame_id: str = "camera") -> Header:
        large = picture(index).repeat(SCALE, axis=0).repeat(SCALE, axis=1)
        return self.send_message(image_message(large, frame_id))

    def choose(self, box: tuple[float, ...], header: Header | None = None) -> None:
        super().choose(tuple(SCALE * number for number in box), header)

    def until(self, condition: Callable[[], object], timeout: float = 0.0) -> None:
        super().until(condition, max(timeout, self.patience))

    def round(self) -> None:
        for number in (CONFIGURE, ACTIVATE):
            assert self.change(number)
        self.wait_until_active()
        target = self.follow(0)
        for index in range(1, FRAMES):
            assert self.track(index).id == target
        for number in (DEACTIVATE, CLEANUP):
            assert self.change(number)
        self.forget()


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
    rclpy.init()
    with tempfile.TemporaryDirectory() as folder:
        node = FreshNode(Path(folder) / "log", device="cpu", autostart=False, **LOSSLESS)
        operator = Operator(node)
        try:
            take(operator, node, rounds)
        except AssertionError:
            print(node.log())
            raise
        finally:
            operator.close()
            node.stop()
            rclpy.try_shutdown()


def take(operator: Operator, node: NodeProcess, rounds: int) -> None:
    print("round  seconds  resident, of it the heap [MiB]  threads  open files")
    every = max(1, rounds // LINES)
    begin = time.monotonic()
    for number in range(1, rounds + 1):
        operator.round()
        if number == 1 or number % every == 0 or number == rounds:
            resident, heap = (of_process(node, each) / 1024 for each in ("VmRSS", "RssAnon"))
            print(
                f"{number:<6} {time.monotonic() - begin:<8.0f} {resident:.0f}, {heap:<26.0f}"
                f"  {of_process(node, 'Threads'):<8} {open_files(node)}",
                flush=True,
            )
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
