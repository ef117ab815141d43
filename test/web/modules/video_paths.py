# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the panel's pictures would cost as a video stream: JPEG beside H.264, on the same frames.

Run ``python -m pip install av``, then ``python test/web/modules/video_paths.py``. Frames of a scene
with camera noise are encoded as the panel does it, and by libx264 as WebRTC or WebCodecs would want
it: no frame held back, one thread, of the weakest compression that is at least as true to the
frames as JPEG is. Bytes are those of a viewer; processor time is spent once with JPEG, whoever
looks, and with H.264 too as long as nobody comes late or lags, which costs a whole frame anew.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.runs.provenance import origin
from rlt_ros.benchmark.text_tables import markdown
from rlt_ros.demo.panel import read_frames
from rlt_ros.media.sample_video import sample_video
from rlt_ros.web.encoder import jpeg_of

SCENE = "bigbuckbunny.mp4"  # "Big Buck Bunny", (c) 2008 Blender Foundation, CC BY 3.0
SIZES = ((640, 360), (1280, 720))
PRESETS = ("ultrafast", "veryfast")
NOISE = 4.0  # grey levels, standard deviation: cameras have it, rendered films do not
FPS, FRAMES = 30, 60

Frame = NDArray[np.uint8]


def main() -> None:
    av = importlib.import_module("av")
    cv2.setNumThreads(1)
    for name, value in origin(f"python {' '.join(sys.argv)}").items():
        print(f"{name}: {value}")
    print(f"av: {av.__version__}\n")
    rows = [["size", "as", "kB a frame", f"Mbit/s at {FPS} Hz", "CPU ms a frame", "PSNR [dB]"]]
    scene, _ = read_frames(sample_video().with_name(SCENE))
    for size in SIZES:
        rng = np.random.default_rng(0)
        small = [cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in scene[:FRAMES]]
        frames = [noisy(one, rng) for one in small]
        found = as_jpeg(frames)
        rows.append(row(size, "JPEG, as the panel", *found))
        for preset in PRESETS:
            rows.append(row(size, f"H.264, {preset}", *as_good(av, frames, preset, found[2])))
    print(markdown(rows))


def noisy(frame: Any, rng: np.random.Generator) -> Frame:
    return np.asarray(np.clip(frame + rng.normal(0, NOISE, frame.shape), 0, 255), np.uint8)


def row(size: tuple[int, int], name: str, kilobytes: float, cpu: float, psnr: float) -> list[str]:
    numbers = f"{kilobytes:.1f}", f"{8e-3 * kilobytes * FPS:.1f}", f"{cpu:.1f}", f"{psnr:.1f}"
    return [f"{size[0]} x {size[1]}", name, *numbers]


def as_jpeg(frames: Sequence[Frame]) -> tuple[float, float, float]:
    """Return kilobytes, milliseconds of processor time and PSNR of a frame."""
    begin = time.process_time()
    data = [jpeg_of(one) for one in frames]
    spent = time.process_time() - begin
    seen = [cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR) for one in data]
    read = [np.asarray(one, np.uint8)[..., ::-1] for one in seen]
    count = len(frames)
    return sum(map(len, data)) / 1e3 / count, 1e3 * spent / count, likeness(frames, read)


def as_good(
    av: Any, frames: Sequence[Frame], preset: str, psnr: float
) -> tuple[float, float, float]:
    """Return the same of H.264, by the weakest quality that is not worse."""
    for quality in range(34, 0, -2):
        found = as_h264(av, frames, preset, quality)
        if found[2] >= psnr:
            break
    return found


def as_h264(
    av: Any, frames: Sequence[Frame], preset: str, quality: int
) -> tuple[float, float, float]:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.height, encoder.width = frames[0].shape[:2]
    encoder.pix_fmt, encoder.framerate = "yuv420p", FPS
    encoder.thread_count = 1
    encoder.options = {"preset": preset, "tune": "zerolatency", "crf": str(quality), "g": "300"}
    begin = time.process_time()
    packets = []
    for number, one in enumerate(frames):
        picture = av.VideoFrame.from_ndarray(one, format="rgb24")
        picture.pts = number
        packets += encoder.encode(picture)
    packets += encoder.encode(None)
    spent = time.process_time() - begin
    decoder = av.CodecContext.create("h264", "r")
    seen: list[Any] = [one for packet in packets for one in decoder.decode(packet)]
    seen += decoder.decode(None)
    read = [one.to_ndarray(format="rgb24") for one in seen]
    count = len(frames)
    size = sum(packet.size for packet in packets) / 1e3
    return size / count, 1e3 * spent / count, likeness(frames, read)


def likeness(frames: Sequence[Frame], read: Sequence[Any]) -> float:
    """Return the mean PSNR of brightness."""
    pairs = zip(frames, read, strict=True)
    return float(np.mean([cv2.PSNR(grey(one), grey(other)) for one, other in pairs]))


def grey(frame: Any) -> Any:
    return cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)


if __name__ == "__main__":
    main()
