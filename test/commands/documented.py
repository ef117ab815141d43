# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The commands that README, docs and --help show, and a short form of each."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from quick_settings import SETTINGS, as_options

from rlt_ros.benchmark.runs.result_files import vot_path, write_boxes, write_regions
from rlt_ros.benchmark.studies.bags.packing import make_bag
from rlt_ros.benchmark.studies.bags.sequences import packable
from rlt_ros.benchmark.toolkits import trax
from rlt_ros.cli import track
from rlt_ros.cli.bench import main as bench
from rlt_ros.media.video_writer import VideoWriter
from rlt_ros.web import main as panel

ROOT = Path(__file__).resolve().parents[2]

PARSERS = {
    "rlt-bench": bench._parser,
    "rlt-track": track._parser,
    "rlt-trax": trax._parser,
    "rlt-panel": panel._parser,
}

# What shortens a command without making another one of it.
_QUICK = as_options(SETTINGS)
_VALUES = {
    "--seeds": "1",
    "--cases": "1",
    "--lambdas": "0,1",
    "--frames": "2,3",
    "--strips": "Deer",
}
_STUDIES = ("ope", "lost")
_TABLES = ("table1", "settings")


def lines_of(path: Path) -> list[str]:
    """The commands in a Markdown file's blocks, without comments, continued lines as one."""
    blocks = re.findall(r"^```sh\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in _commands(block)]


def lines_in_text(path: Path) -> list[str]:
    """The commands among a Markdown file's words, without those that dots cut short."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    spans = [" ".join(span.split()) for span in re.findall(r"`(rlt-[^`]+)`", text)]
    return [span for span in spans if " -" in span and "..." not in span and "…" not in span]


def lines_of_help() -> list[str]:
    """The commands in what --help shows of every command."""
    # A panel serves until it is stopped: test/web tries it.
    parsers = [make() for program, make in PARSERS.items() if program != "rlt-panel"]
    texts = [text for parser in parsers for text in _epilogs(parser)]
    return [line for text in texts for line in _commands(text)]


def _epilogs(parser: argparse.ArgumentParser) -> Iterator[str]:
    yield parser.epilog or ""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in dict.fromkeys(action.choices.values()):
                yield from _epilogs(one)


def _commands(text: str) -> Iterator[str]:
    for line in text.replace("\\\n", " ").splitlines():
        # A comment, or one in brackets behind two spaces, is no part of it.
        shown = re.split(r"\s#|\s{2,}\(", line.strip())[0]
        for part in shown.split(";"):
            if part.strip().startswith("rlt-"):
                yield " ".join(part.split())


def kind(line: str) -> tuple[str, ...]:
    """What a command is of: its program, command and experiment."""
    words = shlex.split(line)
    return tuple(words[: {"rlt-bench": 3 if "ablation" in words[1:2] else 2}.get(words[0], 1)])


def parse(line: str) -> argparse.Namespace:
    """Read a command as its program does; SystemExit if that would not take it."""
    program, *arguments = shlex.split(line)
    return PARSERS[program]().parse_args(arguments)


def shortened(line: str) -> list[str]:
    """A documented command's words, with little to do; its files are those of ``prepare``."""
    words = shlex.split(line)
    for index, word in enumerate(words[:-1]):
        if word in _VALUES:
            words[index + 1] = _VALUES[word]
    if words[0] == "rlt-track":
        return words if "--list-settings" in words else [*words, "--max-frames", "3", *_QUICK]
    command, experiment = words[1], words[2]
    if command == "gpu":
        return [*words, "--device", "cpu", "--quick", "--only", "card"]
    if command in _STUDIES:
        words += ["--max-frames", "3", "--jobs", "1", *_QUICK]
        if "OTB" in words:
            words += ["--sequences", "Deer"]
    elif command == "ablation":
        words += _QUICK
        if experiment in _TABLES:
            words += ["--max-frames", "3", "--jobs", "1", "--sequences", "Deer"]
        if experiment == "table1":
            words += ["--lambdas", "0,1"]
        elif experiment == "settings":
            words += ["--settings", "hold_threshold=0"] if "--settings" not in words else []
        elif experiment == "fig3":
            words += ["--frames", "2,3"]
    elif command == "speed":
        words += _QUICK if "--reference" not in words else []
        if not {"--growth", "--reference"} & set(words):
            words += ["--max-frames", "3", *(["--sequences", "Deer"] if "OTB" in words else [])]
    elif command == "bag":
        words += ["--max-frames", "3", *_QUICK]
    return words


def prepare(folder: Path) -> None:
    """Make the files that documented commands name: data sets, bags, a video and results."""
    boxes = np.array([[120.0 + 3 * number, 80 + number, 60, 90] for number in range(4)])
    rng = np.random.default_rng(7)
    ground = cv2.resize(rng.integers(60, 130, (15, 20, 3), np.uint8), (240, 180))
    target = cv2.resize(rng.integers(0, 255, (6, 6, 3), np.uint8), (60, 90))
    images = []
    for x, y in boxes[:, :2].astype(int):
        image = ground.copy()
        image[y : y + 90, x : x + 60] = target[: 180 - y, : 240 - x]
        images.append(image)
    for name, pattern in (
        *((f"OTB/{name}/img", "{:04d}.jpg") for name in ("Car4", "Deer", "Girl")),
        ("VOT2016/bag", "{:08d}.jpg"),
        ("frames", "{:06d}.jpg"),
    ):
        (folder / name).mkdir(parents=True)
        for number, image in enumerate(images, start=1):
            cv2.imwrite(str(folder / name / pattern.format(number)), image)
    for name in ("Car4", "Deer", "Girl"):
        write_boxes(folder / "OTB" / name / "groundtruth_rect.txt", boxes)
        write_boxes(folder / "published" / "MDNet" / f"{name}.txt", boxes)
    write_boxes(folder / "VOT2016" / "bag" / "groundtruth.txt", boxes)
    regions: list[Any] = [1, *boxes[1:]]
    write_regions(vot_path(folder / "results" / "KCF", "bag"), regions)
    with VideoWriter(folder / "video.mp4", 10.0) as video:
        for image in images:
            video.write(image)
    for name in ("BAG", "drive"):
        make_bag(packable(folder / "OTB", "Deer"), folder / name)
