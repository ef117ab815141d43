# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Damaged and foreign files: each is read, or refused in one line that names it.

No other error, no hang, no end of the interpreter. ``RLT_FUZZ_FILES=10000`` tries so many of each
kind, others in every run; the files that do harm are kept in FOLDER:
``pytest --timeout 0 --basetemp FOLDER test/fuzz``.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import scipy.io
import torch
from vgg_m_weights import matconvnet_layers

pytest.importorskip("rosbags", reason="bags are read and written with the package rosbags")

from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.typesys import Stores, get_typestore

from rlt_ros.bags.detections import detection_cdr
from rlt_ros.bags.images import COMPRESSED_IMAGE, IMAGE, compressed_image_cdr, image_cdr
from rlt_ros.bags.vision_msgs import DETECTION, detection_types
from rlt_ros.bags.writer import BagWriter
from rlt_ros.benchmark.measures.vot_regions import INITIALISED
from rlt_ros.benchmark.runs.result_files import write_boxes, write_regions
from rlt_ros.tracking.features.backbones.efficientnet_lite0 import embedded_weights
from rlt_ros.tracking.target_file import load_target, save_target

GIVEN = os.environ.get("RLT_FUZZ_FILES", "")
READER = Path(__file__).with_name("read_files.py")
# Files of each kind, unless told otherwise. Weights of the right size are large.
USUAL = {
    "bag": 50,
    "video": 20,
    "images": 20,
    "dataset": 25,
    "result": 15,
    "vot": 15,
    "torch": 12,
    "mat": 6,
    "target": 25,
}
SAMPLES: dict[str, list[Callable[[Path], Path]]] = {}
Sample = Callable[[Path], Path]


def sample(kind: str) -> Callable[[Sample], Sample]:
    """Mark what writes a good file, or folder of files, of some kind below a folder."""

    def add(write: Sample) -> Sample:
        SAMPLES.setdefault(kind, []).append(write)
        return write

    return add


def copied(source: Path, target: Path) -> Path:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)
    return target


def picture(number: int = 0, depth: type = np.uint8) -> np.ndarray:
    rng = np.random.default_rng(number)
    return rng.integers(0, np.iinfo(depth).max, (24, 32, 3), depth)


# ---- good files ----------------------------------------------------------------------------------


def write_bag(path: Path, storage: str) -> Path:
    types = detection_types()
    with BagWriter(path, types, storage) as bag:
        bag.add_topic("/image", IMAGE)
        bag.add_topic("/small", COMPRESSED_IMAGE)
        bag.add_topic("/box", DETECTION)
        for number in range(1, 4):
            stamp = 10**18 + number
            png = cv2.imencode(".png", picture(number))[1].tobytes()
            bag.write("/image", stamp, image_cdr(picture(number), stamp, "camera", types))
            bag.write("/small", stamp, compressed_image_cdr(png, stamp, "camera", types))
            bag.write("/box", stamp, detection_cdr((1, 2, 3, 4), stamp, "camera", types))
    return path


@sample("bag")
def mcap_bag(folder: Path) -> Path:
    return write_bag(folder / "mcap_bag", "mcap")


@sample("bag")
def sqlite_bag(folder: Path) -> Path:
    return write_bag(folder / "sqlite_bag", "sqlite3")


@sample("bag")
def lone_mcap(folder: Path) -> Path:
    return copied(next(write_bag(folder / "bag", "mcap").glob("*.mcap")), folder / "one.mcap")


@sample("bag")
def lone_db3(folder: Path) -> Path:
    return copied(next(write_bag(folder / "bag", "sqlite3").glob("*.db3")), folder / "one.db3")


@sample("bag")
def ros_1_bag(folder: Path) -> Path:
    types, newer = get_typestore(Stores.ROS1_NOETIC), detection_types()
    with Ros1Writer(folder / "one.bag") as bag:
        link = bag.add_connection("/image", IMAGE, typestore=types)
        for number in range(1, 4):
            cdr = image_cdr(picture(number), number, "camera", newer)
            bag.write(link, number, newer.cdr_to_ros1(cdr, IMAGE))
    return folder / "one.bag"


def write_video(path: Path, code: str) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), 25, (32, 24))
    for number in range(10):
        writer.write(picture(number))
    writer.release()
    return path


@sample("video")
def mp4_video(folder: Path) -> Path:
    return write_video(folder / "video.mp4", "mp4v")


@sample("video")
def avi_video(folder: Path) -> Path:
    return write_video(folder / "video.avi", "MJPG")


@sample("video")
def mkv_video(folder: Path) -> Path:
    return write_video(folder / "video.mkv", "MJPG")


@sample("images")
def images(folder: Path) -> Path:
    path = folder / "images"
    path.mkdir()
    for suffix in (".png", ".jpg", ".bmp", ".webp", ".tif", ".ppm"):
        cv2.imwrite(str(path / f"eight{suffix}"), picture())
    for suffix in (".png", ".tif"):
        cv2.imwrite(str(path / f"sixteen{suffix}"), picture(depth=np.uint16)[..., 0])
    cv2.imwrite(str(path / "float.tif"), picture().astype(np.float32))
    return path


def one_image(suffix: str) -> Sample:
    def write(folder: Path) -> Path:
        path = folder / f"image{suffix}"
        cv2.imwrite(str(path), picture())
        return path

    return write


for _suffix in (".png", ".jpg", ".tif", ".webp"):
    sample("images")(one_image(_suffix))

BOXES = np.array([[3.0, 4.0, 10.0, 8.0], [4.0, 4.5, 10.0, 8.0], [5.0, 5.0, 10.5, 8.0]])
POLYGON = np.array([[1.0, 1.0], [9.0, 2.0], [8.0, 9.0], [2.0, 8.0]])


def write_sequence(images: Path, annotation: Path) -> None:
    images.mkdir(parents=True)
    annotation.parent.mkdir(parents=True, exist_ok=True)
    for number in range(1, len(BOXES) + 1):
        cv2.imwrite(str(images / f"{number:08d}.png"), picture(number))
    write_boxes(annotation, BOXES)


@sample("dataset")
def plain(folder: Path) -> Path:
    write_sequence(folder / "plain" / "one", folder / "plain" / "one.txt")
    return folder / "plain"


@sample("dataset")
def otb(folder: Path) -> Path:
    write_sequence(folder / "otb" / "one" / "img", folder / "otb" / "one" / "groundtruth_rect.txt")
    return folder / "otb"


@sample("dataset")
def vot(folder: Path) -> Path:
    one = folder / "vot" / "one"
    write_sequence(one / "color", one / "groundtruth.txt")
    write_regions(one / "groundtruth.txt", [POLYGON] * len(BOXES))
    (one / "occlusion.tag").write_text("0\n1\n")
    (folder / "vot" / "list.txt").write_text("one\n")
    return folder / "vot"


@sample("dataset")
def got10k(folder: Path) -> Path:
    one = folder / "got10k" / "val" / "GOT-10k_Val_000001"
    write_sequence(one, one / "groundtruth.txt")
    (one / "absence.label").write_text("0\n1\n0\n")
    (one.parent / "list.txt").write_text(f"{one.name}\n")
    return folder / "got10k"


@sample("result")
def result_file(folder: Path) -> Path:
    write_boxes(folder / "one.txt", BOXES)
    return folder / "one.txt"


@sample("vot")
def vot_file(folder: Path) -> Path:
    write_regions(folder / "one_001.txt", [INITIALISED, BOXES[1], POLYGON])
    return folder / "one_001.txt"


@sample("vot")
def binary_vot_file(folder: Path) -> Path:
    path = folder / "one_001.bin"
    polygon = np.array([4, 1, 1, 9, 2, 8, 9, 2, 8])
    parts = [b"\x01\x00\x03\x00\x00\x00", b"\x00\x01\x00\x00\x00", b"\x01"]
    parts += [BOXES[1].astype("<f4").tobytes(), b"\x02\x04\x00"]
    path.write_bytes(b"".join([*parts, polygon[1:].astype("<f4").tobytes()]))
    return path


@sample("torch")
def whole_weights(folder: Path) -> Path:
    return copied(embedded_weights(), folder / "whole.pth")


def some_weights(new_format: bool) -> Sample:
    def write(folder: Path) -> Path:
        tensors = {"_conv_stem.weight": torch.ones(32, 3, 3, 3), "_bn0.weight": torch.ones(32)}
        path = folder / f"some_{new_format}.pth"
        torch.save(tensors, path, _use_new_zipfile_serialization=new_format)
        return path

    return write


for _new in (True, True, False, False):
    sample("torch")(some_weights(_new))


@sample("mat")
def matconvnet_weights(folder: Path) -> Path:
    layers = matconvnet_layers(np.random.default_rng(1))
    scipy.io.savemat(folder / "whole.mat", {"layers": layers})
    return folder / "whole.mat"


def small_mat(compressed: bool) -> Sample:
    def write(folder: Path) -> Path:
        path = folder / f"small_{compressed}.mat"
        layers = np.array([{"weights": np.ones((3, 2)), "name": "conv1"}] * 3, object)
        scipy.io.savemat(path, {"layers": layers, "meta": "x"}, do_compression=compressed)
        return path

    return write


for _compressed in (True, False):
    sample("mat")(small_mat(_compressed))


@sample("target")
def target_file(folder: Path) -> Path:
    path = folder / "one.safetensors"
    subprocess.run([sys.executable, str(READER), str(path)], check=True)
    return path


# ---- damage --------------------------------------------------------------------------------------

FOREIGN = [
    b"",
    b"\n",
    b"not what you think\n" * 20,
    b"<!DOCTYPE html><html><body>404 Not Found</body></html>\n",
    b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 123\n",
    bytes(5000),
    b"\xff" * 5000,
    b"PK\x03\x04" + bytes(60),
    b"\x80\x02cposix\nsystem\nq\x00X\x04\x00\x00\x00trueq\x01\x85q\x02Rq\x03.",
    b"SQLite format 3\x00" + bytes(200),
    b"\x89MCAP0\r\n" + bytes(50),
    b"#ROSBAG V2.0\n" + bytes(50),
    b"\x89PNG\r\n\x1a\n" + bytes(50),
    b"RIFF\xff\xff\xff\xffAVI LIST" + bytes(50),
    b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + b"\xff" * 64,
    b"\x1a\x45\xdf\xa3" + bytes(50),
    b"[" * 100_000,
]
WORDS = [b"nan", b"inf", b"-inf", b"1e999", b"1e300", b"-1", b"0", b"", b",", b"x", b"\xe9", b"\0"]
WORDS += [
    b"9" * 5000,
    "\N{ARABIC-INDIC DIGIT THREE}".encode(),
    b"\xef\xbb\xbf",
    b"..",
    b"/etc",
    b"'",
]
NUMBERS = [0, 1, 2**15, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1]


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """Return a file's content with something wrong."""
    if rng.random() < 0.08:
        return FOREIGN[rng.integers(len(FOREIGN))]
    for _ in range(rng.integers(1, 4)):
        if not data:
            return data
        # Headers and indexes lie at the ends.
        reach = len(data) if rng.random() < 0.5 else min(len(data), 400)
        here = int(rng.integers(reach))
        here = here if rng.random() < 0.7 else len(data) - 1 - here
        size = int(rng.choice([1, 4, 16, 200, 3000]))
        there = min(len(data), here + size)
        kind = rng.integers(9)
        if kind == 0:
            data = data[:here]
        elif kind == 1:
            flipped = data[here] ^ (1 << int(rng.integers(8)))
            data = data[:here] + bytes([flipped]) + data[here + 1 :]
        elif kind == 2:
            data = data[:here] + rng.bytes(there - here) + data[there:]
        elif kind == 3:
            data = data[:here] + bytes([rng.choice([0, 255])]) * (there - here) + data[there:]
        elif kind == 4:
            data = data[:here] + data[there:]
        elif kind == 5:
            data = data[:there] + data[here:]
        elif kind == 6:
            data = data[:here] + rng.bytes(size) + data[here:]
        elif kind == 7:
            width = int(rng.choice([2, 4, 8]))
            number = NUMBERS[rng.integers(len(NUMBERS))] % 2 ** (8 * width)
            order = "little" if rng.random() < 0.5 else "big"
            data = data[:here] + number.to_bytes(width, order) + data[here + width :]
        else:
            data = other_word(data, rng)
    return data


def other_word(data: bytes, rng: np.random.Generator) -> bytes:
    """Put something else between two separators of a text."""
    found = [place for place, byte in enumerate(data[:20_000]) if byte in b",\n \t:"]
    if len(found) < 2:
        return data + WORDS[rng.integers(len(WORDS))]
    one = int(rng.integers(len(found) - 1))
    return data[: found[one] + 1] + WORDS[rng.integers(len(WORDS))] + data[found[one + 1] :]


def forge(path: Path, rng: np.random.Generator) -> None:
    """Write a target's file anew, its digest too, with another value somewhere."""
    saved = load_target(path)
    state: Any = copy.deepcopy(dict(saved.state))
    for _ in range(rng.integers(1, 4)):
        inner = state
        while True:
            name = sorted(inner)[rng.integers(len(inner))]
            if not isinstance(inner[name], dict) or not inner[name]:
                break
            inner = inner[name]
        inner[name] = other_value(inner[name], rng)
    save_target(path, replace(saved, state=state))


def other_value(value: Any, rng: np.random.Generator) -> Any:
    if rng.random() < 0.1 or not isinstance(value, np.ndarray):
        others: list[Any] = [
            None,
            True,
            "text",
            [],
            {},
            -1,
            0,
            1,
            2,
            0.5,
            -0.5,
            7,
            1000,
            1e9,
            1e300,
            2**31,
        ]
        return others[rng.integers(len(others))]
    kind = rng.integers(8)
    if kind == 0:
        random = np.frombuffer(rng.bytes(value.nbytes), np.uint8).view(value.dtype)
        return random.reshape(value.shape).copy()
    if kind == 1:
        return value[: rng.integers(len(value) + 1)] if value.ndim else value[None]
    if kind == 2:
        return np.zeros_like(value)
    if kind == 3:
        return rng.permutation(value) if value.ndim else -value
    if kind == 4:
        with np.errstate(all="ignore"):
            return value.astype(rng.choice(["f2", "f4", "f8", "i8", "u1"]))
    if value.dtype.kind != "f":
        return np.full_like(value, rng.choice([0, 1, 3, 127]))
    if kind == 5:
        with np.errstate(over="ignore"):
            return (value * 10.0 ** float(rng.integers(-30, 30))).astype(value.dtype)
    if kind == 6:
        return rng.normal(0, 10.0 ** float(rng.integers(-3, 7)), value.shape).astype(value.dtype)
    spoiled = value.copy()
    if spoiled.size:
        spoiled.flat[rng.integers(spoiled.size)] = rng.choice([np.nan, np.inf, -1e30, 1e30, -1])
    return spoiled


def damage_one(path: Path, rng: np.random.Generator) -> None:
    """Spoil a file, or one of a folder's."""
    if path.suffix == ".safetensors" and rng.random() < 0.8:
        forge(path, rng)
        return
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    texts = [each for each in files if each.suffix in (".txt", ".tag", ".label", ".yaml")]
    chosen = texts if texts and rng.random() < 0.6 else files
    file = chosen[rng.integers(len(chosen))]
    if rng.random() < 0.03 and len(files) > 1:
        file.unlink()
    else:
        file.write_bytes(damaged(file.read_bytes(), rng))


# ---- tests ---------------------------------------------------------------------------------------


class Reader:
    """The program that reads, started again when a file has ended it."""

    def __init__(self) -> None:
        self._process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-X", "faulthandler", str(READER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def read(self, kind: str, path: Path) -> tuple[str, str]:
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(f"{kind} {path}\n")
        process.stdin.flush()
        lines = [process.stdout.readline(), process.stdout.readline()]
        if lines[-1]:
            result, text = json.loads(lines[-1])
            return result, text
        code = process.wait()
        assert lines[0] == "begin\n", "the program that reads does not start"
        self._process = self._start()
        return "fault", f"the interpreter ended with {code}"

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    found = Reader()
    yield found
    found.close()


@pytest.fixture(scope="module")
def good_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for kind, writers in SAMPLES.items():
        found[kind] = [write(tmp_path_factory.mktemp("good")) for write in writers]
    return found


@pytest.mark.parametrize("kind", USUAL)
def test_good_files_are_read(kind: str, reader: Reader, good_files: dict[str, list[Path]]) -> None:
    """Otherwise what follows shows nothing; parts of weights are of another network."""
    for path in good_files[kind]:
        result, text = reader.read(kind, path)
        is_part = path.name.startswith(("some", "small"))
        assert (result, "is not" in text) == (("refused", True) if is_part else ("read", False)), (
            text
        )


@pytest.mark.parametrize("kind", USUAL)
def test_damaged_files_are_read_or_refused(
    kind: str, reader: Reader, good_files: dict[str, list[Path]], tmp_path: Path
) -> None:
    rng = np.random.default_rng(None if GIVEN else 16)
    faults, results = [], []
    for number in range(int(GIVEN or USUAL[kind])):
        good = good_files[kind][number % len(good_files[kind])]
        place = tmp_path / f"{kind}{number}"
        place.mkdir()
        path = place / good.name
        damage_one(copied(good, path), rng)
        result, text = reader.read(kind, path)
        results.append(result)
        if result == "fault":
            faults.append(f"{path}: {text}")
        else:
            shutil.rmtree(place)
    assert not faults, f"{len(faults)} of {len(results)}:\n" + "\n".join(faults[:20])
    assert "refused" in results
