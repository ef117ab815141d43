# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags of cameras with more than 8 bits: one range of intensities for a target, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("rosbags", reason="bags are read and written with the package rosbags")

from quick_settings import SETTINGS, as_options

from rlt_ros.bags.detections import detection_cdr
from rlt_ros.bags.headers import make_header
from rlt_ros.bags.images import COMPRESSED_IMAGE, IMAGE, compressed_image_cdr
from rlt_ros.bags.reader import BagReader
from rlt_ros.bags.vision_msgs import DETECTION, detection_types
from rlt_ros.bags.writer import BagWriter
from rlt_ros.benchmark.datasets.frames import ImageFrames
from rlt_ros.benchmark.studies.bags.frames import BagFrames
from rlt_ros.benchmark.studies.bags.job import BagJob
from rlt_ros.cli.bench.main import main
from rlt_ros.media.results import read_results
from rlt_ros.pixels.intensity import IntensityRange, measure_range, to_8_bit

START, PERIOD, SIDE = 10**18, 10**8, 32
QUICK = as_options({**SETTINGS, "initial_iterations": 20})


def box(number: int) -> tuple[float, float, float, float]:
    return (30.0 + 3 * number, 40.0 + number, float(SIDE), float(SIDE))


def scene(number: int) -> np.ndarray:
    """Return a frame, counted from 0, as (120, 160) floating-point numbers in 0..1."""
    rng = np.random.default_rng(7)
    image = cv2.resize(rng.uniform(0.2, 0.5, (15, 20)), (160, 120))
    patch = rng.uniform(0, 1, (6, 6))
    x, y = (int(value) for value in box(number)[:2])
    size = (SIDE, SIDE)
    image[y : y + SIDE, x : x + SIDE] = cv2.resize(patch, size, interpolation=cv2.INTER_NEAREST)
    return image


def thermal(number: int) -> np.ndarray:
    return (7000 + 1000 * scene(number)).astype(np.uint16)


def grey(number: int) -> np.ndarray:
    return (255 * scene(number)).astype(np.uint8)


def write(
    path: Path, images: list[np.ndarray], encoding: str | list[str], init_at: int = 0
) -> Path:
    """Write a bag of raw images; a box of the target comes with one of them."""
    names = [encoding] * len(images) if isinstance(encoding, str) else encoding
    types = detection_types()
    with BagWriter(path, types, "mcap") as bag:
        bag.add_topic("/camera/image_raw", IMAGE)
        bag.add_topic("/rlt/init_box", DETECTION)
        bag.add_topic("/camera/ground_truth", DETECTION)
        for number, image in enumerate(images):
            stamp = START + number * PERIOD
            target = detection_cdr(box(number), stamp, "camera", types)
            message = types.types[IMAGE](
                header=make_header(stamp, "camera", types),
                height=image.shape[0],
                width=image.shape[1],
                encoding=names[number],
                is_bigendian=0,
                step=image[0].nbytes,
                data=np.frombuffer(image.tobytes(), np.uint8),
            )
            bag.write("/camera/image_raw", stamp, types.serialize_cdr(message, IMAGE))
            if number == init_at:
                bag.write("/rlt/init_box", stamp, target)
            bag.write("/camera/ground_truth", stamp, target)
    return path


def write_files(path: Path, images: list[np.ndarray]) -> Path:
    """Write a bag of PNG files as compressed images."""
    types = detection_types()
    with BagWriter(path, types, "mcap") as bag:
        bag.add_topic("/camera/image_raw/compressed", COMPRESSED_IMAGE)
        bag.add_topic("/camera/ground_truth", DETECTION)
        for number, image in enumerate(images):
            stamp = START + number * PERIOD
            data = cv2.imencode(".png", image)[1].tobytes()
            message = compressed_image_cdr(data, stamp, "camera", types)
            bag.write("/camera/image_raw/compressed", stamp, message)
            target = detection_cdr(box(number), stamp, "camera", types)
            bag.write("/camera/ground_truth", stamp, target)
    return path


def images_of(path: Path, **options: Any) -> list[np.ndarray]:
    with BagReader(path) as bag:
        return [frame.image for frame in BagFrames(bag, **options)]


def auc(path: Path, out: Path, *options: str) -> float:
    assert main(["bag", str(path), "--out", str(out), *QUICK, *options]) == 0
    return float(json.loads((out / "summary.json").read_text())["mean"]["auc"])


def test_a_thermal_target_is_followed_as_in_8_bits(tmp_path: Path) -> None:
    numbers = range(8)
    plain = auc(write(tmp_path / "8", [grey(n) for n in numbers], "mono8"), tmp_path / "out8")
    deep = write(tmp_path / "16", [thermal(n) for n in numbers], "mono16")
    files = write_files(tmp_path / "png", [thermal(n) for n in numbers])
    found = auc(deep, tmp_path / "out16")
    assert plain > 0.7
    assert found > plain - 0.1
    assert auc(files, tmp_path / "out_png") == found
    rows = [read_results(tmp_path / out / "boxes.csv") for out in ("out16", "out_png")]
    assert rows[0] == rows[1]


def test_the_range_is_that_of_the_frame_on_which_the_target_is_chosen(tmp_path: Path) -> None:
    images = [np.full((120, 160), 60000, np.uint16), thermal(1), thermal(2) + 500]
    first, later = images_of(write(tmp_path / "bag", images, "16UC1", init_at=1))
    assert np.unique(first).size > 90
    assert (first.min(), first.max()) == (0, 255)
    expected = to_8_bit(images[2], measure_range(images[1]))
    np.testing.assert_array_equal(later[..., 0], expected)
    assert later.mean() > first.mean() + 50


def test_a_camera_that_turns_to_more_bits_keeps_the_range_of_the_first_such_image(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    images = [grey(0), thermal(1), grey(2), thermal(3) + 500]
    bag = write(tmp_path / "bag", images, ["mono8", "mono16", "mono8", "mono16"])
    kept = measure_range(images[1])
    expected = [images[0], to_8_bit(images[1], kept), images[2], to_8_bit(images[3], kept)]
    np.testing.assert_array_equal([image[..., 0] for image in images_of(bag)], expected)
    caplog.clear()
    images_of(bag, intensity=IntensityRange(7000, 8600))
    assert caplog.text == ""  # 8-bit images lie outside no range


def test_a_given_range_counts_in_bags(tmp_path: Path) -> None:
    bag = write(tmp_path / "bag", [np.full((8, 9), 7500, np.uint16)], "mono16")
    (image,) = images_of(bag, intensity=IntensityRange(7000, 8000), box=(1, 1, 5, 5))
    assert (image == 128).all()


@pytest.mark.parametrize(
    "encoding, convert, suffix",
    [
        ("mono16", lambda image: image, ".png"),
        ("16UC1", lambda image: image, ".png"),
        ("bgr16", lambda image: np.dstack([image, image + 1, image + 2]), ".png"),
        ("32FC1", lambda image: image.astype(np.float32) / 7, ".tiff"),
    ],
)
def test_unpacked_images_keep_their_depth(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    encoding: str,
    convert: Callable[[np.ndarray], np.ndarray],
    suffix: str,
) -> None:
    images = [convert(thermal(number)) for number in range(3)]
    bag, out = write(tmp_path / "bag", images, encoding), tmp_path / "out"
    assert main(["unpack-bag", str(bag), str(out)]) == 0
    assert "was converted" not in capsys.readouterr().err
    files = sorted((out / "img").iterdir())
    assert [file.suffix for file in files] == [suffix] * 3
    for file, image in zip(files, images, strict=True):
        found = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
        assert found is not None and found.dtype == image.dtype
        np.testing.assert_array_equal(found, image)
    # From the folder the tracker sees what it sees from the bag.
    for one, other in zip(ImageFrames(tuple(files)).read(range(3)), images_of(bag), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_option_reaches_the_node() -> None:
    job = BagJob(Path("bag"), Path("out"), "rlt", {"seed": 1}, intensity=IntensityRange(5, 70))
    again = BagJob.from_json(job.to_json())
    assert again == job
    assert isinstance(again.intensity, IntensityRange)
    assert again.node_settings() == {"seed": 1, "intensity_range": "5,70"}
    plain = BagJob(Path("bag"), Path("out"), "rlt", {"seed": 1})
    assert BagJob.from_json(plain.to_json()).node_settings() == {"seed": 1}
