# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from square_sequence import BOXES

from rlt_ros.benchmark.measures.one_pass import one_pass_measures
from rlt_ros.cli.bench.main import main


def test_measures_of_known_boxes() -> None:
    off = BOXES + np.array([[0, 0, 0, 0], [20, 0, 0, 0], [0, 30, 0, 0]])
    measures = one_pass_measures(off, BOXES)
    # Frame 1 exact: above 20 of 21 thresholds (not above 1). The others do not overlap at all.
    assert measures["auc"] == pytest.approx(20 / 21 / 3)
    assert measures["precision20"] == pytest.approx(2 / 3)
    assert measures["os50"] == pytest.approx(1 / 3)
    assert measures["cle"] == pytest.approx(50 / 3)


def test_the_command_writes_a_summary(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = dataset / "out"
    command = ["ope", str(dataset), "--out", str(out), "--jobs", "1", "--set", "device=cpu"]
    command += ["--set", "initial_negatives=200", "--set", "initial_iterations=30"]
    assert main(command) == 0
    summary = json.loads((out / "summary.json").read_text())
    assert summary["mean"]["precision20"] == 1
    assert summary["sequences"]["Square"]["auc"] > 0.5
    assert summary["trackers"]["rlt"]["mean"] == summary["mean"]
    first, *_ = (out / "rlt" / "seed0" / "Square.txt").read_text().splitlines()
    assert first == "11.0000,11.0000,20.0000,20.0000"
    assert "AUC" in capsys.readouterr().out


def test_a_broken_sequence_is_named_and_the_rest_runs(
    dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (dataset / "Broken").mkdir()
    (dataset / "Broken" / "groundtruth_rect.txt").write_text("1,2,x,4\n")
    out = dataset / "out"
    command = ["ope", str(dataset), "--out", str(out), "--jobs", "1", "--tracker", "mil"]
    assert main([*command, "--set", "seed=3"]) == 1
    summary = json.loads((out / "summary.json").read_text())
    assert list(summary["sequences"]) == ["Square"]
    assert "groundtruth_rect.txt:1" in summary["failures"]["mil Broken seed 3"]
    assert (out / "mil" / "seed3" / "Square.txt").is_file()
    (*_, last) = capsys.readouterr().err.splitlines()
    assert last.startswith("rlt-bench: error: 1 of 2 runs failed: mil Broken seed 3: ")
    assert "groundtruth_rect.txt:1" in last


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--max-frames", "0"], "--max-frames must be 1 or more, not 0"),
        (["--seeds", "0"], "--seeds must be 1 or more, not 0"),
        (["--tracker", "best"], "no tracker 'best'; give one of rlt, rlt:PRESET, csrt"),
        (["--sequences", "Square,Circle"], "has no sequence Circle"),
        (["--set", "seed=x"], "seed must be an integer"),
    ],
)
def test_misuse_is_one_line(
    dataset: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["ope", str(dataset), "--out", str(dataset / "out"), *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
