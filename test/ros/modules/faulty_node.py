# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tracker node on a pretended device whose memory runs out, and whose updates fail, at will.

Run as ``python faulty_node.py FOLDER --ros-args ...``. As long as FOLDER has a file of that name:

- ``full_for_THREAD``: no operator that a thread of that name asks of the device finds memory;
- ``update_fails``: an update raises.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import torch

import rlt_ros.tracking.compute.resources
import rlt_ros.tracking.learning.trainer
from rlt_ros.ros.tracker_node import main

sys.path.append(str(Path(__file__).parents[2] / "tracking" / "modules"))
import pretend_device

FULL = "out of memory. Tried to allocate 2.00 GiB"
FAILS = "no update for now"


def _thread() -> str:
    return threading.current_thread().name.removesuffix("_0")


def forced(folder: Path) -> None:
    """Make the device, and the faults that files ask for."""
    device = pretend_device.set_up()
    resources: Any = rlt_ros.tracking.compute.resources
    resources.resolved_device = lambda _: device
    trainer: Any = rlt_ros.tracking.learning.trainer
    compute, train = pretend_device._computed, trainer.train

    def computed(*arguments: Any, **named: Any) -> Any:
        if (folder / f"full_for_{_thread()}").exists():
            raise torch.OutOfMemoryError(FULL)
        return compute(*arguments, **named)

    def trained(*arguments: Any, **named: Any) -> None:
        if _thread() == "fine_tuning" and (folder / "update_fails").exists():
            raise ZeroDivisionError(FAILS)
        train(*arguments, **named)

    pretend_device._computed = computed
    trainer.train = trained


if __name__ == "__main__":
    forced(Path(sys.argv[1]))
    main([sys.argv[0], *sys.argv[2:]])
