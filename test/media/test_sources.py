# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from rlt_ros.media.sources import SourceError, open_source
from rlt_ros.media.text import draw_text, text_width
from rlt_ros.media.video_writer import VideoWriter


def write_image(path: Path, level: int) -> None:
    image = np.full((8, 10, 3), (0, 0, level), np.uint8)  # BGR, so red
    assert cv2.imwrite(str(path), image)


def levels(source: str | Path) -> list[int]:
    return [int(frame.image[0, 0, 0]) for frame in open_source(source)]


def test_video_gives_rgb_frames_with_the_times_of_its_rate(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "red.mp4", 25.0) as writer:
        for _ in range(6):
            writer.write(np.full((48, 64, 3), (220, 10, 10), np.uint8))
    with open_source(tmp_path / "red.mp4") as source:
        frames = list(source)
        assert (source.fps, source.length, source.name) == (25.0, 6, "red.mp4")
    assert [frame.number for frame in frames] == [1, 2, 3, 4, 5, 6]
    assert [frame.stamp for frame in frames] == pytest.approx(np.arange(6) / 25)
    assert frames[3].image.shape == (48, 64, 3)
    assert np.abs(frames[3].image.mean(axis=(0, 1)) - (220, 10, 10)).max() < 12


def test_images_of_a_folder_come_in_natural_order(tmp_path: Path) -> None:
    for number in (1, 2, 10, 9):
        write_image(tmp_path / f"frame{number}.png", number)
    (tmp_path / "notes.txt").write_text("not an image")
    assert levels(tmp_path) == [1, 2, 9, 10]


def test_patterns_choose_images(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        write_image(tmp_path / f"a_{number:04d}.png", number)
        write_image(tmp_path / f"b_{number:04d}.png", 100 + number)
    assert levels(f"{tmp_path}/a_%04d.png") == [1, 2, 3]
    assert levels(f"{tmp_path}/b_*.png") == [101, 102, 103]
    assert levels(tmp_path / "a_0002.png") == [2]
    assert levels(f"file://{tmp_path}/a%5F0002.png") == [2]
    assert levels(f"file://{tmp_path}/b_*.png") == [101, 102, 103]


def test_broken_image_is_named_and_the_rest_still_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in (1, 2, 3):
        write_image(tmp_path / f"{number}.png", number)
    (tmp_path / "2.png").write_bytes(b"no image at all")
    with caplog.at_level(logging.WARNING):
        frames = list(open_source(tmp_path))
    assert [frame.number for frame in frames] == [1, 3]
    assert str(tmp_path / "2.png") in caplog.text


def test_video_that_breaks_off_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "cut.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    for _ in range(20):
        writer.write(rng.integers(0, 255, (48, 64, 3), np.uint8))
    writer.release()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with caplog.at_level(logging.WARNING):
        count = len(list(open_source(path)))
    assert 0 < count < 20
    assert f"ends after {count} of the 20 frames" in caplog.text


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path / "absent.mp4", "there is no"),
        (lambda path: path, "holds no images"),
        (lambda path: f"{path}/*.png", "holds no images"),
        (lambda path: f"{path}/absent/%d.png", "there is no folder"),
    ],
)
def test_missing_sources_are_named(tmp_path: Path, make: object, message: str) -> None:
    assert callable(make)
    with pytest.raises(SourceError, match=message) as error:
        open_source(make(tmp_path))
    assert tmp_path.name in str(error.value)


def test_bytes_that_are_no_text_in_names_do_not_crash_opencv(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"stra\xdfe")
    folder.mkdir()
    write_image(tmp_path / "1.png", 7)
    (tmp_path / "1.png").rename(folder / os.fsdecode(b"\xe4.png"))
    assert levels(folder) == [7]
    (folder / "1.mp4").write_bytes(b"")
    with pytest.raises(SourceError, match=r"stra\\udcdfe/1\.mp4' is no text, and OpenCV opens no"):
        open_source(folder / "1.mp4")
    image = np.zeros((20, 200, 3), np.uint8)
    draw_text(image, folder.name, 2, 10, 12, (255, 255, 255))
    assert image.any()
    assert text_width(folder.name, 12) == text_width("stra?e", 12)


def test_file_of_several_pictures_is_not_taken_for_its_first(tmp_path: Path) -> None:
    pages = [np.full((8, 10), 1000 * level, np.uint16) for level in range(3)]
    path = tmp_path / "stack.tiff"
    assert cv2.imwritemulti(str(path), pages)
    with pytest.raises(SourceError, match=r"stack\.tiff holds 3 pictures; unpack them"):
        open_source(path)
    assert cv2.imwritemulti(str(path), pages[:1])
    assert len(list(open_source(path))) == 1


def test_file_that_is_no_video_is_named(tmp_path: Path) -> None:
    (tmp_path / "noise.mp4").write_bytes(bytes(range(256)))
    with pytest.raises(SourceError, match=r"noise\.mp4 is not a video"):
        open_source(tmp_path / "noise.mp4")


def test_what_was_unreadable_the_first_time_does_not_count_the_second(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "2.png").write_bytes(b"no image")
    with open_source(tmp_path) as source:
        assert [[frame.number for frame in source] for _ in range(3)] == [[1]] * 3


def test_only_broken_images_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"")
    with pytest.raises(SourceError, match="none of the 1 images"):
        list(open_source(tmp_path))


def test_absent_camera_is_an_error() -> None:
    with pytest.raises(SourceError, match="no camera answers at index 987"):
        open_source("987")
