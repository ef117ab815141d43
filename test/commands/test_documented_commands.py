# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every command that README, docs and --help show, as pip and colcon install it, on small data."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("rosbags", reason="bags are read and written with the package rosbags")

import cv2
from documented import (
    ROOT,
    kind,
    lines_in_text,
    lines_of,
    lines_of_help,
    parse,
    prepare,
    shortened,
)
from ros_domains import own_domain

from rlt_ros.benchmark.trackers.runners import OPENCV_TRACKERS

# The pages for users; in the others commands are those that a table was made with, often for hours.
USERS = [line for page in ("README.md", "docs/measuring.md") for line in lines_of(ROOT / page)]
HELP = list(dict.fromkeys(lines_of_help()))
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
DOCS = [line for path in PAGES for line in (*lines_of(path), *lines_in_text(path))]

# What is not at hand here; such a command is only parsed.
NOT_HERE = {
    "--peers-onnx": "networks of other trackers",
    "--backend": "a cluster",
    "rlt-track 0": "a webcam",
}
# Too long even on the smallest data: stopped by Ctrl-C when it has made this.
STOPPED = {"--growth": "out/growth/runs/rlt/*.json", "--reference": "out/reference"}
# These track whole data sets, and differ in what they study alone.
STUDIES = ("ablation", "lost", "ope", "speed")
READERS = ("score", "report")

SOURCES = ("pyproject.toml", "setup.py", "package.xml", "requirements.txt")
PIP, COLCON = "pip", "colcon"


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    code: int
    text: str


class Installed:
    """A form in which the commands are installed; runs one after another, in the order given."""

    def __init__(self, commands: Path, search_path: str, folder: Path) -> None:
        self._commands = commands
        self._folder = folder
        environment = {**os.environ, "PYTHONPATH": search_path, "ROS_DOMAIN_ID": own_domain()}
        self._server = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("command_server.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=environment,
        )
        self._queue = ThreadPoolExecutor(1)
        self.runs: dict[str, Future[Ran]] = {}

    def submit(self, line: str) -> None:
        """Run a documented command after those before, with the files that they have left."""
        self.runs[line] = self._queue.submit(self._run, self._folder / "work", line)

    def _run(self, folder: Path, line: str) -> Ran:
        assert self._server.stdin and self._server.stdout
        program, *arguments = shortened(line)
        output = folder / "printed.txt"
        command = [str(folder), str(output), str(self._commands / program), *arguments]
        print(json.dumps(command), file=self._server.stdin, flush=True)
        process = int(self._server.stdout.readline())
        if pattern := next((one for word, one in STOPPED.items() if word in arguments), ""):
            deadline = time.monotonic() + 240
            while not list(folder.glob(pattern)) and time.monotonic() < deadline:
                time.sleep(0.1)
            os.killpg(process, signal.SIGINT)
        return Ran(int(self._server.stdout.readline()), output.read_text(errors="replace"))

    def close(self) -> None:
        self._queue.shutdown(cancel_futures=True)
        self._server.communicate()


def by_pip(folder: Path) -> Installed:
    """What `pip install .` installs, from a copy so that the checkout stays clean."""
    source, prefix = folder / "source", folder / "prefix"
    source.mkdir()
    for name in (*SOURCES, "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("rlt_ros", "tools"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    # With the tools of this environment: a test must not need the network.
    options = ["--no-deps", "--no-build-isolation", "--no-index", f"--prefix={prefix}"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", *options, str(source)], check=True
    )
    (modules,) = prefix.glob("lib/python3*/site-packages")
    return Installed(prefix / "bin", str(modules), folder)


def by_colcon(folder: Path) -> Installed:
    """What colcon has installed; the source folder is not searched."""
    ament_index = pytest.importorskip("ament_index_python", reason="ROS 2 is not installed")
    prefix = Path(ament_index.get_package_prefix("rlt_ros"))
    others = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    search_path = os.pathsep.join(one for one in others if one and Path(one) != ROOT)
    return Installed(prefix / "bin", search_path, folder)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Installed]]:
    """Both forms, which have begun to run all commands, beside each other."""
    forms = {}
    for name, make in ((PIP, by_pip), (COLCON, by_colcon)):
        folder = tmp_path_factory.mktemp(name)
        prepare(folder / "work")
        forms[name] = make(folder)
    for name, line in [*USERS_BY_FORM, *((PIP, line) for line in ALONE)]:
        forms[name].submit(line)
    yield forms
    for form in forms.values():
        form.close()


def is_here(line: str) -> bool:
    return not any(word in line for word in NOT_HERE)


def of_help_alone() -> list[str]:
    """What the users' pages do not show and only reads results; other studies are tried as code."""
    shown = {kind(line) for line in USERS}
    return [
        line
        for line in HELP
        if is_here(line) and kind(line)[-1] in READERS and kind(line) not in shown
    ]


def users_by_form() -> list[tuple[str, str]]:
    """The users' commands: each in both forms, of long studies every other one in either."""
    here = [line for line in USERS if is_here(line)]
    studies = [line for line in here if set(STUDIES) & set(kind(line))]
    left_out = {PIP: studies[1::2], COLCON: studies[::2]}
    return [(form, line) for form in left_out for line in here if line not in left_out[form]]


USERS_BY_FORM = users_by_form()
# Installed by pip alone: how the forms differ, the users' pages have shown.
ALONE = of_help_alone()


def check(form: str, line: str, ran: Ran) -> None:
    expected, said = 0, ""
    missing = [
        name
        for name in OPENCV_TRACKERS
        if f"--tracker {name}" in line and not hasattr(cv2, OPENCV_TRACKERS[name])
    ]
    if set(STOPPED) & set(line.split()):
        expected, said = 130, "rlt-bench: stopped"
    elif missing:
        expected, said = 2, "install --no-deps opencv-contrib-python"
    elif form == PIP and "--real-time" in line:
        expected, said = 2, "--real-time needs ROS 2"
    assert ran.code == expected, ran.text
    assert said in ran.text
    assert "Traceback" not in ran.text


@pytest.mark.parametrize(("form", "line"), USERS_BY_FORM)
def test_users_command_works_as_installed(
    installed: dict[str, Installed], form: str, line: str
) -> None:
    check(form, line, installed[form].runs[line].result())


@pytest.mark.parametrize("line", ALONE)
def test_help_s_command_works_as_installed(installed: dict[str, Installed], line: str) -> None:
    check(PIP, line, installed[PIP].runs[line].result())


@pytest.mark.parametrize("line", dict.fromkeys([*USERS, *HELP, *DOCS]))
def test_documented_command_is_understood(line: str) -> None:
    try:
        parse(line)
    except SystemExit as end:
        assert end.code in (0, None)  # --list-settings


def test_documented_commands_are_found() -> None:
    assert "rlt-bench make-bag OTB Deer deer_bag" in USERS
    assert "rlt-bench unpack-bag deer_bag Deer" in USERS
    assert {line.split()[0] for line in USERS} == {"rlt-bench", "rlt-track"}
    for command in ("ope", "vot", "tre", "score", "report", "ablation", "speed", "lost", "bag"):
        assert any(line.startswith(f"rlt-bench {command} ") for line in HELP)
    assert any(line.endswith("--out out/settings") for line in HELP)  # continued lines
