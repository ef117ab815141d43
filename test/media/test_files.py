# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from rlt_ros.media.result_files import (
    SHEET,
    TABLE,
    VIDEO,
    ResultFiles,
    remove_results,
    save_png,
)
from rlt_ros.media.results import ResultRow, read_results, write_results
from rlt_ros.media.sources import open_source
from rlt_ros.media.video_writer import VideoWriter
from rlt_ros.whole_files import NotWrittenError, whole, write_whole

FRAME = np.full((48, 64, 3), 90, np.uint8)


def test_results_read_back_as_they_were_written(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    rows = []
    for n in range(1, 6):
        x, y, w, h, score = (float(value) for value in rng.normal(0, 1e3, 5))
        state = "LOST" if n == 3 else "TRACKING"
        rows.append(ResultRow(n, n / 29.97, x, y, w, h, score, state))
    assert write_results(tmp_path / "boxes.csv", rows) == 5
    assert read_results(tmp_path / "boxes.csv") == rows
    header = (tmp_path / "boxes.csv").read_text().splitlines()[0]
    assert header == "frame,stamp,x,y,w,h,score,state"
    assert [path.name for path in tmp_path.iterdir()] == ["boxes.csv"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1 is not the header"),
        ("frame,stamp,x,y,w,h,score,state\n1,0,0,0,1,1,.5,TRACKING\n2,0,0\n", "line 3"),
        ("frame,stamp,x,y,w,h,score,state\n1,0,zero,0,1,1,.5,TRACKING\n", "line 2"),
        ("frame,stamp,x,y,w,h,score,state\n1,0,\xff,0,1,1,.5,TRACKING\n", "line 2"),
    ],
)
def test_broken_results_are_named_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "boxes.csv").write_text(text, encoding="latin-1")
    with pytest.raises(ValueError, match=message) as error:
        read_results(tmp_path / "boxes.csv")
    assert "boxes.csv" in str(error.value)


def test_video_exists_only_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    with VideoWriter(path, 30.0) as writer:
        for _ in range(5):
            writer.write(FRAME)
            assert not path.exists()
    assert len(list(open_source(path))) == 5
    assert [file.name for file in tmp_path.iterdir()] == ["video.mp4"]


def test_interrupted_video_leaves_the_older_one(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(b"older")
    with pytest.raises(KeyboardInterrupt), VideoWriter(path, 30.0) as writer:
        writer.write(FRAME)
        raise KeyboardInterrupt
    assert path.read_bytes() == b"older"
    assert [file.name for file in tmp_path.iterdir()] == ["video.mp4"]


def test_frames_that_do_not_fit_the_video_are_refused(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "video.mp4", 30.0) as writer:
        writer.write(FRAME)
        with pytest.raises(ValueError, match=r"\(32, 24\)"):
            writer.write(np.zeros((24, 32, 3), np.uint8))
        with pytest.raises(ValueError, match="not RGB uint8"):
            writer.write(FRAME[..., 0])
        writer.write(FRAME)
    assert len(list(open_source(tmp_path / "video.mp4"))) == 2
    for fps in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="frame rate"):
            VideoWriter(tmp_path / "other.mp4", fps)


def test_result_files_show_every_frame(tmp_path: Path) -> None:
    attention = np.zeros(FRAME.shape[:2], np.uint8)
    with ResultFiles(tmp_path, 10.0, video_attention=True, expected=4) as files:
        files.add_without_result(FRAME, "before the target is known")
        for number in (1, 2, 4):
            files.add(number, number / 10, FRAME, (5, 5, 20, 20), 0.5, "TRACKING", attention)
            if number == 2:
                files.add_without_result(FRAME, "frame 3, skipped")
        paths = files.finish("title", "subtitle")
    assert paths == [tmp_path / VIDEO, tmp_path / SHEET, tmp_path / TABLE]
    assert [row.frame for row in read_results(tmp_path / TABLE)] == [1, 2, 4]
    video = list(open_source(tmp_path / VIDEO))
    assert len(video) == 4
    assert video[0].image.shape == (480, 2 * 640, 3)
    assert cv2.imread(str(tmp_path / SHEET)) is not None


def test_files_of_an_earlier_run_stay_until_they_are_replaced(tmp_path: Path) -> None:
    (tmp_path / SHEET).write_bytes(b"old")
    with pytest.raises(OSError), ResultFiles(tmp_path, 10.0, video_attention=False) as files:
        files.add(1, 0.0, FRAME, (5, 5, 20, 20), 0.5, "TRACKING")
        raise OSError("the run fails")
    assert [path.name for path in tmp_path.iterdir()] == [SHEET]
    with ResultFiles(tmp_path, 10.0, video_attention=False) as files:
        files.add(1, 0.0, FRAME, (5, 5, 20, 20), 0.5, "TRACKING")
        files.finish("title", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([VIDEO, SHEET, TABLE])
    assert cv2.imread(str(tmp_path / SHEET)) is not None


def test_removing_results_leaves_other_files(tmp_path: Path) -> None:
    (tmp_path / SHEET).write_bytes(b"old")
    (tmp_path / "mine.txt").write_text("not ours")
    remove_results(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.fixture
def full_disk() -> Iterator[Callable[[int], None]]:
    """Give a function that lets no file grow above some bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_video_that_does_not_fit_on_the_disk_is_no_result(
    tmp_path: Path, full_disk: Callable[[int], None], capfd: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (10, 480, 640, 3), np.uint8)
    (tmp_path / VIDEO).write_bytes(b"older")
    with ResultFiles(tmp_path, 10.0, video_attention=False) as files:
        for number, image in enumerate(noise, 1):
            files.add(number, 0.0, image, (5, 5, 20, 20), 0.5, "TRACKING")
        full_disk(100_000)  # more than the table takes, less than the others
        with pytest.raises(NotWrittenError, match=r"annotated\.mp4: .* frames read back"):
            files.finish("title", "")
    assert (tmp_path / VIDEO).read_bytes() == b"older"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([VIDEO, TABLE])
    assert len(read_results(tmp_path / TABLE)) == 10
    assert capfd.readouterr().err == "", "one error says it all"


def test_smaller_results_that_do_not_fit_leave_the_older_ones(
    tmp_path: Path, full_disk: Callable[[int], None]
) -> None:
    row = ResultRow(1, 0.0, 1.0, 2.0, 3.0, 4.0, 0.5, "TRACKING")
    write_results(tmp_path / TABLE, [row])
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    full_disk(1000)
    with pytest.raises(NotWrittenError, match=r"cannot write .*boxes\.csv: File too large"):
        write_results(tmp_path / TABLE, [row] * 100)
    with pytest.raises(NotWrittenError, match=r"cannot write .*contact_sheet\.png"):
        save_png(tmp_path / SHEET, noise)
    assert read_results(tmp_path / TABLE) == [row]
    assert [path.name for path in tmp_path.iterdir()] == [TABLE]


def test_part_of_an_earlier_run_is_used_up(tmp_path: Path) -> None:
    for name in ("annotated.part.mp4", "boxes.csv.part", "contact_sheet.png.part"):
        (tmp_path / name).write_bytes(b"left by a run that was killed")
    with ResultFiles(tmp_path, 10.0, video_attention=False) as files:
        files.add(1, 0.0, FRAME, (5, 5, 20, 20), 0.5, "TRACKING")
        files.finish("title", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([VIDEO, SHEET, TABLE])


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / TABLE)
    with pytest.raises(NotWrittenError, match=r"boxes\.csv: it is a device or a pipe"):
        write_whole(tmp_path / TABLE, b"x")
    assert (tmp_path / TABLE).is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == [TABLE]


def test_folder_is_whole_or_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "older").touch()
    with pytest.raises(KeyboardInterrupt), whole(folder) as part:
        part.mkdir()
        (part / "newer").touch()
        raise KeyboardInterrupt
    assert [path.name for path in folder.iterdir()] == ["older"]
    with whole(folder) as part:
        part.mkdir()
        (part / "newer").touch()
    assert [path.name for path in folder.iterdir()] == ["newer"]
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
