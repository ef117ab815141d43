# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The Python that README and the pages show runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from quick_settings import SETTINGS, as_options
from square_sequence import BOXES, write_square

from rlt_ros.cli.bench.main import main

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = {
    str(page.relative_to(ROOT)): found
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))
    if (found := re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL))
}


def run(page: str, **given: Any) -> dict[str, Any]:
    """Runs a page's blocks, with what they take as given, and returns all names.

    Those that need a node are run in test/ros/test_services.py.
    """
    names = dict(given)
    for block in BLOCKS[page]:
        if "rlt_ros.ros" in block:
            continue
        exec(compile(block, page, "exec"), names)
    return names


def test_all_pages_with_python_are_run_here() -> None:
    assert set(BLOCKS) == {"README.md", "docs/measuring.md"}


def test_readme_tracks() -> None:
    image = cv2.resize(np.random.default_rng(0).integers(0, 255, (12, 16, 3), np.uint8), (320, 240))
    names = run("README.md", first_image=image, images=[image])
    x, y, w, h = names["result"].box
    assert (x + w / 2, y + h / 2) == pytest.approx((150, 125), abs=6)
    assert names["attention"].shape == (240, 320)


def test_measuring_reads_stored_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_square(tmp_path / "OTB")
    monkeypatch.chdir(tmp_path)
    assert (
        main(
            ["ope", "OTB", "--jobs", "1", "--no-report", "--out", "out/ope", *as_options(SETTINGS)]
        )
        == 0
    )
    capsys.readouterr()
    names = run("docs/measuring.md")
    assert names["frames"].scores.shape == (len(BOXES),)
    sure = int((names["frames"].scores > 0.8).sum())
    right = int(names["frames"].hits[names["frames"].scores > 0.8].sum())
    assert capsys.readouterr().out == f"rlt 0 Square {sure} sure, {right} of them right\n"
