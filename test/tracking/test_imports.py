# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a tracker loads: a node that starts, and its first frames, wait for it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

CODE = """
import json, sys
import numpy as np
from rlt_ros.tracking import Tracker, make_config
image = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
with Tracker(make_config(**json.loads(sys.argv[1]))) as tracker:
    tracker.init(image, np.array([60.0, 40, 32, 40]))
    for _ in range(4):
        tracker.track(image)
    tracker.attention_map()
    print(tracker.updates_done, *sys.modules)
"""


def test_tracking_imports_no_compiler(few: dict[str, Any]) -> None:
    """PyTorch's takes three seconds of a CPU and 60 MiB, and nothing here is compiled."""
    settings = {**few, "device": "cpu", "backbone_runtime": "pytorch", "update_interval": 1}
    updates, *loaded = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(settings)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert int(updates) >= 1
    assert "torch" in loaded
    assert not {"torch._dynamo", "torch._inductor", "sympy"} & set(loaded)
