# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Videos as telephones, screen recorders and networks give them."""

from __future__ import annotations

import logging
import math
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest

from rlt_ros.media import live, sources, turning
from rlt_ros.media.frame_times import FrameTimes, frame_rate, video_times
from rlt_ros.media.sources import LiveSource, SourceError, open_source
from rlt_ros.media.video_writer import VideoWriter

_PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_TIMESCALE = 1000


def set_times(path: Path, milliseconds: Sequence[int]) -> None:
    """Have each frame shown at a time of its own."""
    data = bytearray(path.read_bytes())
    moov = data.index(b"moov") - 4
    assert moov > data.index(b"mdat"), "what grows must not move the frames"
    steps = [after - before for before, after in pairwise(milliseconds)]
    table = b"".join(struct.pack(">II", 1, step) for step in [*steps, steps[-1]])
    start = data.index(b"stts", moov) - 4
    (size,) = struct.unpack_from(">I", data, start)
    box = struct.pack(">I4sII", 16 + len(table), b"stts", 0, len(milliseconds)) + table
    data[start : start + size] = box
    for name in _PARENTS:
        place = data.index(name, moov) - 4
        (before,) = struct.unpack_from(">I", data, place)
        struct.pack_into(">I", data, place, before + len(box) - size)
    # Version 0: kind, flags, creation, change, time scale.
    struct.pack_into(">I", data, data.index(b"mdhd", moov) + 16, _TIMESCALE)
    edits = data.find(b"edts", moov)  # would end the video where it ended before
    if edits >= 0:
        data[edits : edits + 4] = b"free"
    path.write_bytes(data)


def turn(path: Path) -> None:
    """Have the frames shown turned by a quarter, clockwise, as those of a telephone."""
    data = bytearray(path.read_bytes())
    straight = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    turned = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    place = data.index(straight, data.index(b"tkhd"))
    data[place : place + len(turned)] = turned
    path.write_bytes(data)


UNEVEN = [0, 40, 50, 300, 310, 320, 900, 1000]


def write_video(path: Path, frames: int, fps: float = 25.0) -> Path:
    with VideoWriter(path, fps) as writer:
        for number in range(frames):
            image = np.full((48, 64, 3), 20 * number, np.uint8)
            image[:8, :8] = 255
            writer.write(image)
    return path


def test_stamps_are_the_times_at_which_frames_are_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_video(tmp_path / "uneven.mp4", len(UNEVEN))
    set_times(path, UNEVEN)
    frames = list(open_source(path))
    assert [frame.stamp for frame in frames] == pytest.approx([time / 1000 for time in UNEVEN])
    assert video_times(path) == [frame.stamp for frame in frames]
    assert [round(int(frame.image[30, 30, 0]) / 20) for frame in frames] == list(range(8))
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("told", "seconds", "odd"),
    [
        ([500.0, 540.0, 600.0], [0, 0.04, 0.1], None),
        ([0.0, 0.0, 0.0, 0.0], [0, 0.1, 0.2, 0.3], 2),
        ([0.0, 40.0, 20.0, 60.0], [0, 0.04, 0.14, 0.18], 3),
        ([0.0, 40.0, 9e9, 9e9 + 40], [0, 0.04, 0.14, 0.18], 3),
        ([math.nan, math.nan, 40.0, 80.0], [0, 0.1, 0.2, 0.24], 2),
        ([-40.0, 0.0, 40.0], [0, 0.04, 0.08], None),
    ],
)
def test_times_that_do_not_follow_are_counted_and_said_once(
    told: list[float],
    seconds: list[float],
    odd: int | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    times = FrameTimes("clip", 10.0)
    assert [times.next(each) for each in told] == pytest.approx(seconds)
    assert len(caplog.records) == (odd is not None)
    if odd is not None:
        assert f"clip: the time of frame {odd} does not follow" in caplog.text


@pytest.mark.parametrize("told", [0.0, -1.0, math.nan, math.inf, 1000.0, 90000.0])
def test_rate_that_no_camera_has_is_measured(tmp_path: Path, told: float) -> None:
    path = write_video(tmp_path / "clip.mp4", 8, fps=20.0)
    assert frame_rate(path, told) == pytest.approx(20.0)
    (tmp_path / "none.mp4").write_bytes(b"")
    assert frame_rate(tmp_path / "none.mp4", told) == 30.0
    assert frame_rate(path, 29.97) == 29.97


def test_video_is_turned_as_it_says(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", 3)
    turn(path)
    for frame in open_source(path):
        assert frame.image.shape == (64, 48, 3)
        assert frame.image[:6, -6:].mean() > 200, "the upper left corner came to the right"


@pytest.mark.parametrize("the_other_way", [False, True])
@pytest.mark.parametrize("quarters", range(4))
def test_frames_are_turned_clockwise_by_what_opencv_tells_of_them(
    quarters: int, the_other_way: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {cv2.CAP_PROP_ORIENTATION_AUTO: 1.0, cv2.CAP_PROP_ORIENTATION_META: 90.0 * quarters}

    class Capture:
        get, set = told.__getitem__, told.__setitem__

    monkeypatch.setattr(turning, "_TELLS_THE_OTHER_WAY", the_other_way)
    turned = turning.Turning(cast("cv2.VideoCapture", Capture()))
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    np.testing.assert_array_equal(
        turned(image), np.rot90(image, quarters if the_other_way else -quarters)
    )
    assert told[cv2.CAP_PROP_ORIENTATION_AUTO] == 0, "or OpenCV turns it as well"


@pytest.mark.parametrize("text", ["this is no video\n" * 50, "198,214,34,81\n" * 500, "Größe"])
def test_text_is_no_video(tmp_path: Path, text: str) -> None:
    (tmp_path / "notes.txt").write_text(text)
    with pytest.raises(SourceError, match=r"notes\.txt is a text file, not a video"):
        open_source(tmp_path / "notes.txt")


def test_video_without_its_end_is_one_line(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", 8)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(SourceError, match=r"clip\.mp4 .*cut off"):
        list(open_source(path))


class _Server(BaseHTTPRequestHandler):
    """Serves a file, or pictures until it stops talking or breaks off."""

    file: Path
    pictures: int
    hangs: threading.Event

    def do_GET(self) -> None:
        if self.path == "/clip.mp4":
            data = self.file.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            return
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
        self.end_headers()
        for number in range(self.pictures):
            image = np.full((48, 64, 3), 6 * number, np.uint8)
            data = cv2.imencode(".jpg", image)[1].tobytes()
            head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
            self.wfile.write(head.encode() + data + b"\r\n")
            self.wfile.flush()
            time.sleep(0.01)
        self.hangs.wait(250)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    _Server.file = write_video(tmp_path / "clip.mp4", 8)
    _Server.pictures = 40
    _Server.hangs = threading.Event()
    http = HTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}"
    _Server.hangs.set()
    http.shutdown()
    http.server_close()


def test_file_behind_an_address_is_read_frame_by_frame(
    server: str, caplog: pytest.LogCaptureFixture
) -> None:
    with open_source(f"{server}/clip.mp4") as source:
        assert (source.fps, source.length) == (25.0, 8)
        frames = []
        for frame in source:
            time.sleep(0.02)  # slower than the network
            frames.append(frame)
    assert [frame.number for frame in frames] == list(range(1, 9))
    assert [frame.stamp for frame in frames] == pytest.approx(np.arange(8) / 25)
    assert caplog.text == "" and source.left_out == 0


def test_stream_gives_its_newest_frame_and_says_when_it_breaks_off(
    server: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    _Server.hangs.set()
    put, all_read = live.LiveCapture._put, threading.Event()

    def noted(capture: live.LiveCapture, frame: live.Read | None) -> None:
        if frame is None:
            all_read.set()
        put(capture, frame)

    monkeypatch.setattr(live.LiveCapture, "_put", noted)
    with caplog.at_level(logging.WARNING), open_source(f"{server}/stream.mjpg") as source:
        numbers, stamps = [], []
        for frame in source:
            numbers.append(frame.number)
            stamps.append(frame.stamp)
            assert all_read.wait(60)
    assert source.length is None
    # The first one that was there, and the newest.
    assert numbers[-1] > 30 and len(set(numbers)) == len(numbers) <= 2
    assert stamps == sorted(stamps) and stamps[0] >= 0
    assert source.left_out == numbers[-1] - len(numbers)
    assert "broke off after" in caplog.text


def test_stream_that_falls_silent_ends(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_TIMEOUT", 250_000)  # or OpenCV gives up as well
    with open_source(f"{server}/stream.mjpg") as source:
        frames = iter(source)
        assert next(frames).number >= 1
        monkeypatch.setattr(live, "PATIENCE", 0.5)
        begin = time.monotonic()
        list(frames)
        assert time.monotonic() - begin < 200


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("http://127.0.0.1:9/none.mp4", "http://127.0.0.1:9/none.mp4 cannot be opened"),
        ("rtsp://me:secret@127.0.0.1:9/x", "rtsp://127.0.0.1:9/x cannot be opened"),
        ("/dev/video987", "no camera answers at /dev/video987"),
    ],
)
def test_who_does_not_answer_is_named_without_passwords(source: str, said: str) -> None:
    with pytest.raises(SourceError, match=said) as error:
        open_source(source)
    assert "secret" not in str(error.value)


def test_pipeline_needs_an_opencv_with_gstreamer(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = "videotestsrc num-buffers=3 ! videoconvert ! appsink"
    if not cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
        with pytest.raises(SourceError, match="this OpenCV build has no GStreamer"):
            open_source(pipeline)
    asked: list[object] = []
    closed = cv2.VideoCapture()

    def capture(*arguments: object) -> cv2.VideoCapture:
        asked.append(arguments)
        return closed

    monkeypatch.setattr(cv2.videoio_registry, "hasBackend", lambda _: True)
    monkeypatch.setattr(cv2, "VideoCapture", capture)
    with pytest.raises(SourceError, match="does not start"):
        open_source(pipeline)
    assert asked == [(pipeline, cv2.CAP_GSTREAMER)]


def test_live_source_that_cannot_be_opened_says_so() -> None:
    def fail() -> cv2.VideoCapture:
        raise cv2.error("no")

    with pytest.raises(SourceError, match="it is not there"):
        LiveSource("camera", fail, "it is not there")


def test_images_are_sorted_folder_by_folder(tmp_path: Path) -> None:
    write: Callable[..., bool] = cv2.imwrite
    for level, name in enumerate(["1/2.png", "1/10.png", "2/1.png", "10/01.png", "10/1.png"]):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        assert write(str(tmp_path / name), np.full((8, 10, 3), level, np.uint8))
    frames = list(open_source(f"{tmp_path}/*/*.png"))
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [0, 1, 2, 3, 4]
    assert write(str(tmp_path / "²x.png"), np.zeros((8, 8, 3), np.uint8))
    assert len(list(open_source(tmp_path))) == 1, "a digit that is no number"


def test_unreadable_images_are_counted(tmp_path: Path) -> None:
    for name in ("1.png", "2.png", "3.png"):
        assert cv2.imwrite(str(tmp_path / name), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "2.png").write_bytes(b"no image")
    source = open_source(tmp_path)
    assert [frame.number for frame in source] == [1, 3]
    assert source.unreadable == 1
