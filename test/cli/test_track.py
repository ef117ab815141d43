# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The command around the tracker; a stand-in that moves its box one pixel a frame tracks."""

from __future__ import annotations

import dataclasses
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
import pytest
from pretend_window import PretendWindow

from rlt_ros.cli import track
from rlt_ros.cli.arguments import box_argument
from rlt_ros.complaints import REPEAT_SECONDS
from rlt_ros.media.results import read_results
from rlt_ros.media.sources import Frame, FrameSource, open_source
from rlt_ros.media.text import Image
from rlt_ros.media.video_writer import VideoWriter
from rlt_ros.media.windows import ESCAPE
from rlt_ros.tracking import InvalidImageError, TrackerConfig, TrackResult, TrackState

FRAMES = 12


class StandIn:
    """Takes the place of the tracker."""

    config: TrackerConfig
    first: Image
    interrupt_at = 0
    updates_done = 3

    def __init__(self, config: TrackerConfig) -> None:
        StandIn.config = config
        self.calls = 0

    def init(self, image: Image, box: tuple[float, ...]) -> TrackResult:
        self.shape = image.shape
        StandIn.first = image
        self.box = np.array(box)
        return TrackResult(self.box, 1.0, TrackState.TRACKING)

    def track(self, image: Image) -> TrackResult:
        if image.shape != self.shape:
            raise InvalidImageError("another size; call init again")
        self.calls += 1
        if self.calls == self.interrupt_at:
            signal.raise_signal(signal.SIGINT)
        self.box = self.box + np.array([1, 0, 0, 0])
        state = TrackState.LOST if self.calls == 2 else TrackState.TRACKING
        return TrackResult(self.box, 0.5, state)

    def attention_map(self) -> np.ndarray:
        return np.full(self.shape[:2], 100, np.uint8)

    def __enter__(self) -> StandIn:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> type[StandIn]:
    monkeypatch.setattr(track, "Tracker", StandIn)
    monkeypatch.setattr(StandIn, "interrupt_at", 0)
    return StandIn


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "video.mp4"
    with VideoWriter(path, 20.0) as writer:
        for level in range(FRAMES):
            writer.write(np.full((48, 64, 3), 20 * level, np.uint8))
    return path


def run(*arguments: object) -> int:
    return track.main([str(argument) for argument in arguments])


@pytest.mark.parametrize("attention", [False, True])
def test_leaves_video_sheet_and_table(
    video: Path,
    tmp_path: Path,
    stand_in: type,
    capsys: pytest.CaptureFixture[str],
    attention: bool,
) -> None:
    out = tmp_path / "out"
    flags = ["--attention"] if attention else []
    assert run(video, "--init", "5,6,20,21", "--out", out, *flags) == 0
    rows = read_results(out / "boxes.csv")
    assert [row.frame for row in rows] == list(range(1, FRAMES + 1))
    assert [row.x for row in rows] == [5.0 + n for n in range(FRAMES)]
    assert [row.stamp for row in rows] == pytest.approx([n / 20 for n in range(FRAMES)])
    assert [row.state for row in rows].count("LOST") == 1
    frames = list(open_source(out / "annotated.mp4"))
    assert len(frames) == FRAMES
    assert frames[0].image.shape == (480, 640 * (2 if attention else 1), 3)
    assert cv2.imread(str(out / "contact_sheet.png")) is not None
    shown = capsys.readouterr().out
    for line in ("frames         12", "lost           1", "updates        3"):
        assert line in shown


def test_max_frames_and_settings_are_followed(
    video: Path, tmp_path: Path, stand_in: type[StandIn]
) -> None:
    out = tmp_path / "out"
    arguments = ["--max-frames", 4, "--device", "cpu", "--set", "attention_weight=0"]
    assert run(video, "--init", "5,6,20,21", "--out", out, "--preset", "paper", *arguments) == 0
    assert len(read_results(out / "boxes.csv")) == 4
    assert stand_in.config.attention_weight == 0.0
    assert (stand_in.config.preset, stand_in.config.device) == ("paper", "cpu")


def test_ctrl_c_finishes_the_files(
    video: Path, tmp_path: Path, stand_in: type[StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stand_in, "interrupt_at", 5)
    before = signal.getsignal(signal.SIGINT)  # ignored, where the tests run in the background
    out = tmp_path / "out"
    assert run(video, "--init", "5,6,20,21", "--out", out) == 130
    assert len(read_results(out / "boxes.csv")) == 6
    assert len(list(open_source(out / "annotated.mp4"))) == 6
    assert cv2.imread(str(out / "contact_sheet.png")) is not None
    assert signal.getsignal(signal.SIGINT) is before


class Silent(FrameSource):
    """A stream that gives three frames, and then nothing for ever."""

    name, fps, length = "stream", 10.0, None

    def __init__(self, number: int) -> None:
        self.number = number

    def __iter__(self) -> Iterator[Frame]:
        for number in (1, 2, 3):
            yield Frame(number, number / 10, np.zeros((48, 64, 3), np.uint8))
        signal.raise_signal(self.number)
        pytest.fail("the signal is heard while the stream is silent")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_silent_stream_is_stopped_at_once_and_its_results_are_kept(
    tmp_path: Path, stand_in: type, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    monkeypatch.setattr(track, "open_source", lambda *_: Silent(number))
    out = tmp_path / "out"
    before = signal.getsignal(number)
    assert run("stream", "--init", "5,6,20,21", "--out", out) == code
    assert len(read_results(out / "boxes.csv")) == 3
    assert len(list(open_source(out / "annotated.mp4"))) == 3
    assert signal.getsignal(number) is before


def test_ctrl_c_before_the_target_is_known_leaves_nothing(
    video: Path, tmp_path: Path, stand_in: type[StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stand_in, "init", interrupted)
    out = tmp_path / "out"
    (out / "part").mkdir(parents=True)
    assert run(video, "--init", "5,6,20,21", "--out", out) == 130
    assert [path.name for path in out.iterdir()] == ["part"]


def test_results_that_cannot_be_written_are_exit_code_1(
    video: Path, tmp_path: Path, stand_in: type, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    (out / "boxes.csv").mkdir(parents=True)  # in the way
    assert run(video, "--init", "5,6,20,21", "--out", out) == 1
    errors = [line for line in capsys.readouterr().err.splitlines() if "rlt-track: " in line]
    assert len(errors) == 1 and f"cannot write {out / 'boxes.csv'}: " in errors[0]
    assert len(list(open_source(out / "annotated.mp4"))) == FRAMES, "the others are written"


def test_images_of_another_size_and_unreadable_ones_are_skipped_and_counted(
    tmp_path: Path,
    stand_in: type,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for number in range(1, 6):
        side = 40 if number == 3 else 60
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.zeros((side, 60, 3), np.uint8))
    (tmp_path / "4.png").write_bytes(b"no image")
    out = tmp_path / "out"
    assert run(tmp_path, "--init", "5,6,20,21", "--out", out) == 0
    assert [row.frame for row in read_results(out / "boxes.csv")] == [1, 2, 5]
    assert "frame 3 is skipped" in caplog.text and "4.png is not a readable" in caplog.text
    assert "frames         3, 2 skipped\n" in capsys.readouterr().out


@pytest.mark.parametrize("source", [".", "*.png", "%02d.png", "out/annotated.mp4"])
def test_results_do_not_get_among_what_they_are_made_from(
    source: str, tmp_path: Path, stand_in: type, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number:02d}.png"), np.zeros((60, 60, 3), np.uint8))
    with VideoWriter(tmp_path / "out" / "annotated.mp4", 25) as writer:
        writer.write(np.zeros((60, 60, 3), np.uint8))
    out = tmp_path / Path(source).parent
    before = sorted(tmp_path.rglob("*"))
    assert run(tmp_path / source, "--init", "5,6,20,21", "--out", out) == 2
    assert "; name another" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before
    assert run(tmp_path / source, "--init", "5,6,20,21", "--out", tmp_path / "other") == 0
    assert run(tmp_path / "00.png", "--init", "5,6,20,21", "--out", tmp_path) == 0


def test_many_frames_that_are_skipped_are_told_in_few_lines(
    tmp_path: Path, stand_in: type, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(90):
        side = 60 if number % 3 == 0 else 40
        cv2.imwrite(str(tmp_path / f"{number:02d}.png"), np.zeros((side, 60, 3), np.uint8))
        if number % 3 == 2:
            (tmp_path / f"{number:02d}.png").write_bytes(b"no image")
    begin = time.monotonic()
    assert run(tmp_path, "--init", "5,6,20,21", "--out", tmp_path / "out") == 0
    at_most = 2 + (time.monotonic() - begin) / REPEAT_SECONDS
    for kind in ("another size; call init again", "is not a readable image"):
        said = [text for text in caplog.messages if kind in text]
        left_out = [int(number) for number in re.findall(r"\(and (\d+) more", "".join(said))]
        assert len(said) + sum(left_out) == 30
        assert len(said) <= at_most


@pytest.mark.parametrize(
    ("given", "seen"),
    [((), [0, 128, 255]), (("--intensity-range", "7000,9000"), [0, 64, 128])],
)
def test_16_bit_images_are_stretched_to_their_range_or_the_given_one(
    tmp_path: Path, stand_in: type[StandIn], given: tuple[str, ...], seen: list[int]
) -> None:
    levels = np.repeat(np.array([7000, 7500, 8000], np.uint16), 20)
    cv2.imwrite(str(tmp_path / "1.png"), np.tile(levels, (60, 1)))
    assert run(tmp_path, "--init", "5,6,20,21", "--out", tmp_path / "out", *given) == 0
    assert stand_in.first[30, [5, 30, 55], 0].tolist() == seen


def test_a_range_that_is_none_is_explained(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        run(video, "--out", tmp_path / "out", "--intensity-range", "9,5")
    assert end.value.code == 2
    assert "'9,5' is no intensity range; give auto, or LOW,HIGH" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.mp4", "--init", "1,2,30,40"], "there is no absent.mp4"),
        (["VIDEO", "--init", "1,2,30,40", "--set", "lambda=5"], "there is no setting 'lambda'"),
        (["VIDEO", "--init", "1,2,30,40", "--set", "seed"], "not name=value"),
        (["VIDEO", "--init", "1,2,30,40", "--device", "tpu"], "device must be"),
        (["VIDEO", "--init", "1,2,30,40", "--max-frames", "0"], "--max-frames must be"),
        (["VIDEO", "--init", "1,2,30,40", "--fps", "0"], "--fps must be"),
        (["VIDEO"], "--init x,y,w,h"),
    ],
)
def test_mistakes_cost_one_line(
    video: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    given = [str(video) if argument == "VIDEO" else argument for argument in arguments]
    assert run(*given, "--out", tmp_path / "out") == 2
    captured = capsys.readouterr().err
    assert captured.count("\n") == 1
    assert captured.startswith("rlt-track: error: ")
    assert message in captured


def test_box_may_be_drawn_on_a_screen(
    tmp_path: Path,
    stand_in: type,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), np.zeros((1280, 2560, 3), np.uint8))
    shapes = []

    def draw(title: str, image: Image) -> tuple[int, int, int, int]:
        shapes.append(image.shape)
        return box

    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setattr(cv2, "selectROI", draw)
    monkeypatch.setattr(cv2, "destroyWindow", lambda title: None)
    box = (10, 20, 30, 40)
    assert run(tmp_path / "1.png", "--out", tmp_path / "out") == 0
    assert shapes == [(640, 1280, 3)], "a large image is shown smaller"
    assert read_results(tmp_path / "out" / "boxes.csv")[0].box == (20, 40, 60, 80)
    box = (0, 0, 0, 0)
    assert run(tmp_path / "1.png", "--out", tmp_path / "out") == 2
    assert "no box was chosen" in capsys.readouterr().err


def test_each_frame_is_shown_in_a_window_until_escape(
    video: Path, tmp_path: Path, stand_in: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = PretendWindow(monkeypatch)
    arguments = (video, "--init", "10,10,20,20", "--show", "--out")
    assert run(*arguments, tmp_path / "whole") == 0
    assert len(screen.shown) == FRAMES
    assert len(read_results(tmp_path / "whole" / "boxes.csv")) == FRAMES
    screen.shown.clear()
    screen.keys = [-1, -1, -1, ESCAPE]
    assert run(*arguments, tmp_path / "ended") == 0
    assert len(screen.shown) == 4
    assert len(read_results(tmp_path / "ended" / "boxes.csv")) == 4


def test_a_recording_for_rerun_is_written_beside_the_others(
    video: Path, tmp_path: Path, stand_in: type, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("rerun", reason="rerun-sdk is not installed")
    out = tmp_path / "out"
    assert run(video, "--init", "10,10,20,20", "--rerun", "--out", out) == 0
    assert (out / "tracking.rrd").stat().st_size > 1000
    assert capsys.readouterr().out.splitlines()[-1] == f"look at it     rerun {out}/tracking.rrd"


@pytest.mark.parametrize("text", ["1,2,3", "1,2,3,four", "", "1;2;3;4"])
def test_box_that_is_no_box_is_explained(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    with pytest.raises(SystemExit) as end:
        run(video, "--init", text, "--out", tmp_path / "out")
    assert end.value.code == 2
    assert "is not x,y,w,h" in capsys.readouterr().err


def test_box_may_hold_fractions_and_negative_numbers() -> None:
    assert box_argument("-1.5,2, 3,4e1") == (-1.5, 2.0, 3.0, 40.0)


@pytest.mark.parametrize("box", [["--init", "-5,6,20,21"], ["--init=-5,6,20,21"]])
def test_box_may_begin_with_a_minus_sign(
    video: Path, tmp_path: Path, stand_in: type, box: list[str]
) -> None:
    assert run(video, *box, "--out", tmp_path / "out", "--max-frames", 1) == 0
    assert read_results(tmp_path / "out" / "boxes.csv")[0].box == (-5, 6, 20, 21)


def test_settings_are_listed_with_meaning_range_and_default(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as end:
        run("--list-settings")
    assert end.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    for field in dataclasses.fields(TrackerConfig):
        assert f"{field.name} = " in shown
        assert field.metadata["description"] in shown
    assert "Allowed: one of background, lockstep." in shown
    assert shown.startswith("==== what a user has reason to touch ===")
    assert (
        shown.index("lost_after = 3") < shown.index("==== for experts: ") < shown.index("dropout")
    )


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        run("--help")
    assert end.value.code == 0
    assert "rlt-track video.mp4 --init 120,80,60,90 --out out/video" in capsys.readouterr().out
