# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image files of every kind give the same pixels to rlt-track, the benchmarks and from bags."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image

from rlt_ros.benchmark.datasets.frames import ImageFrames
from rlt_ros.media.sources import open_source, read_rgb
from rlt_ros.pixels.files import decode_image, quiet_opencv
from rlt_ros.pixels.intensity import IntensityRange

RGB = np.random.default_rng(1).integers(0, 256, (16, 24, 3), np.uint8)
GREY = RGB[..., 0].copy()
ALPHA = np.linspace(0, 255, GREY.size).astype(np.uint8).reshape(GREY.shape)
DEEP = (7000 + np.arange(GREY.size, dtype=np.uint16)).reshape(GREY.shape)


def pillow(
    image: np.ndarray, form: str = "PNG", mode: str | None = None, **options: object
) -> bytes:
    file = io.BytesIO()
    picture = Image.fromarray(image)
    if mode == "P":
        picture = picture.quantize(200, dither=Image.Dither.NONE)
    picture.save(file, form, **options)
    return file.getvalue()


def opencv(image: np.ndarray, suffix: str) -> bytes:
    return cv2.imencode(suffix, image)[1].tobytes()


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    return pillow(RGB, exif=exif.tobytes())


COLOURS = np.repeat(np.repeat(RGB[:4, :6], 4, axis=0), 4, axis=1)  # few enough for a palette


@pytest.mark.parametrize(
    "data, expected",
    {
        "grey": (pillow(GREY), np.dstack([GREY] * 3)),
        "grey and alpha": (pillow(np.dstack([GREY, ALPHA])), np.dstack([GREY] * 3)),
        "colour": (pillow(RGB), RGB),
        "colour and alpha": (pillow(np.dstack([RGB, ALPHA])), RGB),
        "palette": (pillow(COLOURS, mode="P"), COLOURS),
        "palette with a transparent entry": (pillow(COLOURS, mode="P", transparency=0), COLOURS),
        "one bit": (pillow(GREY > 99), np.dstack([(GREY > 99) * np.uint8(255)] * 3)),
        "bmp": (pillow(RGB, "BMP"), RGB),
        "tiff": (pillow(RGB, "TIFF"), RGB),
        "turned by the camera": (turned(), np.rot90(RGB, -1)),
        "16 bits": (opencv(DEEP, ".png"), np.dstack([DEEP] * 3)),
        "16 bits, colour": (
            opencv(np.dstack([DEEP + 2, DEEP + 1, DEEP]), ".png"),
            np.dstack([DEEP, DEEP + 1, DEEP + 2]),
        ),
        "16 bits, colour and alpha": (
            opencv(np.dstack([DEEP + 2, DEEP + 1, DEEP, DEEP]), ".png"),
            np.dstack([DEEP, DEEP + 1, DEEP + 2]),
        ),
        "16 bits, tiff": (opencv(DEEP, ".tiff"), np.dstack([DEEP] * 3)),
        "16 bits, pgm": (opencv(DEEP, ".pgm"), np.dstack([DEEP] * 3)),
        "floating point": (opencv(DEEP.astype(np.float32), ".tiff"), DEEP.astype(np.float32)),
    }.values(),
    ids=lambda value: "",
)
def test_pixels_are_those_of_the_file(data: bytes, expected: np.ndarray) -> None:
    pixels = decode_image(data)
    assert pixels is not None
    assert pixels.dtype == expected.dtype
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize(
    "decoded, expected",
    [
        (np.dstack([DEEP, ALPHA.astype("u2")]), DEEP),
        (np.dstack([DEEP + 2, DEEP + 1, DEEP, DEEP]), np.dstack([DEEP, DEEP + 1, DEEP + 2])),
    ],
    ids=["grey and alpha", "colour and alpha"],
)
def test_alpha_that_opencv_hands_on_is_left_out(
    decoded: np.ndarray, expected: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As some versions do, where a file is not to be had in colour."""
    monkeypatch.setattr(
        cv2, "imdecode", lambda _, flags: decoded if flags == cv2.IMREAD_UNCHANGED else None
    )
    image = decode_image(b"a file")
    assert image is not None
    np.testing.assert_array_equal(image, expected)


def test_opencv_logs_again_as_it_did() -> None:
    log = cv2 if hasattr(cv2, "setLogLevel") else cv2.utils.logging
    before = log.getLogLevel()
    try:
        for level in (2, 3):  # errors, and warnings too
            log.setLogLevel(level)
            with quiet_opencv():
                assert log.getLogLevel() == 0
            assert log.getLogLevel() == level
    finally:
        log.setLogLevel(before)


def test_what_is_no_image_is_none(capfd: pytest.CaptureFixture[str]) -> None:
    whole = opencv(DEEP.astype(np.float32), ".tiff")
    for data in (b"", b"no image", whole[:50]):
        assert decode_image(data) is None
    assert capfd.readouterr().err == ""
    assert decode_image(pillow(RGB)[:60]) is None  # libpng may say why on its own


def folder_of(tmp_path: Path, *frames: bytes, suffix: str = ".png") -> list[Path]:
    files = [tmp_path / f"{number}{suffix}" for number, _ in enumerate(frames, start=1)]
    for file, data in zip(files, frames, strict=True):
        file.write_bytes(data)
    return files


def of_track(files: list[Path], intensity: IntensityRange | None) -> list[np.ndarray]:
    return [frame.image for frame in open_source(files[0].parent, intensity=intensity)]


def of_benchmarks(files: list[Path], intensity: IntensityRange | None) -> list[np.ndarray]:
    return list(ImageFrames(tuple(files), intensity).read(range(len(files))))


READERS = [of_track, of_benchmarks]
Reader = Callable[[list[Path], IntensityRange | None], list[np.ndarray]]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("kind", ["u2", "f4"])
def test_frames_of_a_sequence_have_the_range_of_the_first(
    read: Reader, kind: str, tmp_path: Path
) -> None:
    suffix = {"u2": ".png", "f4": ".tiff"}[kind]
    first, later = DEEP.astype(kind), DEEP.astype(kind) + 100
    files = folder_of(tmp_path, opencv(first, suffix), opencv(later, suffix), suffix=suffix)
    one, other = read(files, None)
    assert one.dtype == np.uint8
    assert (one[0, 0, 0], one[-1, -1, 0]) == (0, 255)
    assert np.unique(one).size == 256
    shift = 100 * 255 / (DEEP.size - 1)
    changed = other[:10, :, 0].astype(int) - one[:10, :, 0]
    assert np.abs(changed - shift).max() <= 1.5


@pytest.mark.parametrize("read", READERS)
def test_a_given_range_counts_for_files(read: Reader, tmp_path: Path) -> None:
    files = folder_of(tmp_path, opencv(np.array([[5000, 5500, 6000]], np.uint16), ".png"))
    (image,) = read(files, IntensityRange(5000, 6000))
    assert image[0, :, 1].tolist() == [0, 128, 255]


def test_backwards_the_last_frame_has_the_say(tmp_path: Path) -> None:
    files = folder_of(tmp_path, opencv(DEEP, ".png"), opencv(DEEP + 9000, ".png"))
    last, first = ImageFrames(tuple(files)).read(range(1, -1, -1))
    assert np.unique(last).size == 256
    assert (first == 0).all()


def test_a_single_image_has_its_own_range(tmp_path: Path) -> None:
    (file,) = folder_of(tmp_path, opencv(DEEP, ".png"))
    image = read_rgb(file)
    assert image is not None
    assert np.unique(image).size == 256


@pytest.mark.parametrize("suffix", [".mkv", ".avi"])
def test_16_bit_video_keeps_its_depth(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"thermal{suffix}"
    deep = [cv2.VIDEOWRITER_PROP_DEPTH, cv2.CV_16U, cv2.VIDEOWRITER_PROP_IS_COLOR, 0]
    codec = cv2.VideoWriter.fourcc(*"FFV1")
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, codec, 30, (64, 48), deep)
    if not writer.isOpened():
        pytest.skip("this OpenCV writes no 16-bit video")
    pixels = np.linspace(7000, 8000, 64 * 48).astype(np.uint16).reshape(48, 64)
    for number in range(3):
        writer.write(pixels + 50 * number)
    writer.release()
    frames = [frame.image for frame in open_source(path)]
    assert len(frames) == 3
    assert np.unique(frames[0]).size == 256
    assert frames[0].shape == (48, 64, 3)
    assert np.abs(frames[1][10].astype(int) - frames[0][10] - 50 * 255 / 1000).max() <= 1.5


@pytest.mark.parametrize("able", [True, False])
def test_a_deep_grey_camera_is_asked_for_its_own_depth(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, able: bool
) -> None:
    frames = [DEEP, DEEP]
    asked: list[tuple[int, float]] = []

    def ask(name: int, value: float) -> bool:
        asked.append((name, value))
        return able

    capture = SimpleNamespace(
        isOpened=lambda: True,
        get=lambda name: {cv2.CAP_PROP_FOURCC: float(cv2.VideoWriter.fourcc(*"Y16 "))}.get(name, 0),
        set=ask,
        read=lambda: (True, frames.pop()) if frames else (False, None),
        release=lambda: None,
    )
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: capture)
    images = [frame.image for frame in open_source(0)]
    assert asked == [(cv2.CAP_PROP_CONVERT_RGB, 0), (cv2.CAP_PROP_ORIENTATION_AUTO, 0)]
    assert np.unique(images[0]).size == 256
    assert ("camera 0 has more than 8 bits" in caplog.text) is not able
