# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tracks in frames of an .npz on the CPU and on a pretended device, and prints how as JSON.

Run as ``python track_on_pretended_device.py FRAMES PRESET SETTINGS``.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pretend_device
import torch

import rlt_ros.tracking.compute.resources
import rlt_ros.tracking.features.sample_network
import rlt_ros.tracking.learning.trainer
from rlt_ros.tracking import Tracker, make_config


def main(path: str, preset: str, settings: str) -> None:
    config = make_config(preset, **json.loads(settings))
    device = pretend_device.set_up()
    with np.load(path) as file:
        images, box = file["images"], file["box"]
    found: dict[str, Any] = {}
    training: list[dict[str, int]] = []
    resources: Any = rlt_ros.tracking.compute.resources
    trainer: Any = rlt_ros.tracking.learning.trainer
    train = trainer.train

    def counted(*args: Any, **kwargs: Any) -> None:
        before = pretend_device.moves.copy()
        train(*args, **kwargs)
        training.append(dict(pretend_device.moves - before))

    trainer.train = counted
    # It has a CPU's memory, and that several times.
    rlt_ros.tracking.features.sample_network.CROPS_PER_GPU_PASS = 16
    for place in (torch.device("cpu"), device):
        resources.resolved_device = lambda _, place=place: place
        with Tracker(config) as one:
            one.init(images[0], box)
            before = pretend_device.moves.copy()
            results = [one.track(image) for image in images[1:]]
            found[place.type] = {
                "boxes": [result.box.tolist() for result in results],
                "scores": [result.score for result in results],
                "attention": one.attention_map().astype(int).tolist(),
                "updates": one.updates_done,
                "moves": dict(pretend_device.moves - before),
            }
    print(json.dumps({**found, "training": training}))


if __name__ == "__main__":
    main(*sys.argv[1:])
