# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sizes over true, and the halves of the sequences: from boxes to summary.json, tables and page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from square_sequence import BOXES, write_square

from rlt_ros.benchmark.runs.job import Job, Outcome
from rlt_ros.benchmark.studies.evaluation.record_summary import halves, summarise_with_records
from rlt_ros.benchmark.studies.evaluation.summary import TrackerRuns
from rlt_ros.benchmark.table_files import TABLES, read_table_file
from rlt_ros.cli.bench.main import main

# Of the second and third frame; the first box is given. IoU 1 / 1.2, none, and 320 / 464.
CHANGES = {
    "A": lambda boxes: boxes * [1, 1, 1.2, 1],
    "B": lambda boxes: np.add(boxes, [30, 0, 0, 0]),
    "C": lambda boxes: boxes * [1, 1, 1.2, 0.8],
}
AUCS = {"A": (20 + 17 + 17) / 63, "B": 20 / 63, "C": (20 + 14 + 14) / 63}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of two published trackers; Half has no boxes of B."""
    tmp_path = tmp_path_factory.mktemp("ope")
    for name, change in CHANGES.items():
        write_square(tmp_path / "data", name)
        lines = [f"{x + 1:g},{y + 1:g},{w:g},{h:g}" for x, y, w, h in change(BOXES)]
        for tracker in ("Wide", *(["Half"] if name != "B" else [])):
            (tmp_path / "published" / tracker).mkdir(parents=True, exist_ok=True)
            (tmp_path / "published" / tracker / f"{name}.txt").write_text("\n".join(lines) + "\n")
    command = ["ope", str(tmp_path / "data"), "--out", str(tmp_path / "out")]
    assert main([*command, "--published", str(tmp_path / "published")]) == 0
    return tmp_path / "out"


def test_the_summary_has_both(finished: Path) -> None:
    summary = json.loads((finished / "summary.json").read_text())
    wide, half = summary["trackers"]["Wide"], summary["trackers"]["Half"]
    sizes = {
        name: (one["width_over_true"], one["height_over_true"])
        for name, one in wide["sequences"].items()
    }
    # Of B the first frame alone counts: in the others the box is elsewhere.
    assert sizes == {"A": (1.2, 1), "B": (1, 1), "C": (1.2, 0.8)}
    # 1, 1, 1, 1.2 four times; .8, .8, 1 five times.
    assert (wide["mean"]["width_over_true"], wide["mean"]["height_over_true"]) == (1.2, 1)
    # Of C alone: .8, .8, 1 and of A: 1, 1, 1.
    assert half["mean"]["height_over_true"] == 1
    first, second = wide["halves"]["A"], wide["halves"]["B"]
    assert (first["sequences"], second["sequences"]) == (["A", "C"], ["B"])
    assert first["mean"]["auc"] == pytest.approx((AUCS["A"] + AUCS["C"]) / 2)
    assert second["mean"]["auc"] == pytest.approx(AUCS["B"])
    assert (first["mean"]["precision20"], second["mean"]["precision20"]) == pytest.approx(
        (1, 1 / 3)
    )
    assert (second["mean"]["width_over_true"], second["mean"]["height_over_true"]) == (1, 1)
    assert wide["mean"]["auc"] == pytest.approx(sum(AUCS.values()) / 3)
    assert list(half["halves"]) == ["A"]


def test_tables_and_page_have_both(finished: Path) -> None:
    tables = read_table_file(finished / TABLES).tables
    assert tables["Halves of the sequences"].rows == [
        ["tracker", "AUC", "AUC, half A", "AUC, half B", "precision 20 px",
         "precision 20 px, half A", "precision 20 px, half B"],
        ["Half (published)", "0.810", "0.810", "-", "1.000", "1.000", "-"],
        ["Wide (published)", "0.646", "0.810", "0.317", "0.778", "1.000", "0.333"],
    ]  # fmt: skip
    assert tables["Sizes over true"].rows == [
        ["tracker", "width over true", "height over true"],
        ["Half (published)", "1.20", "1.00"],
        ["Wide (published)", "1.20", "1.00"],
    ]
    assert tables["Width over true by sequence"].rows == [
        ["sequence", "Half", "Wide"],
        ["A", "1.20", "1.20"],
        ["B", "-", "1.00"],
        ["C", "1.20", "1.20"],
    ]
    assert tables["Height over true by sequence"].rows[3] == ["C", "0.80", "0.80"]
    page = (finished / "report.html").read_text()
    for text in ("Halves of the sequences", "AUC, half B", "0.317", "Sizes over true"):
        assert text in page
    heading = (finished / "report" / "trackers.csv").read_text().splitlines()[0].split(",")
    assert {"width_over_true", "height_over_true"} <= set(heading)


def test_an_older_summary_still_makes_its_report(finished: Path, tmp_path: Path) -> None:
    summary = json.loads((finished / "summary.json").read_text())
    for one in (summary["trackers"]["Wide"], summary["trackers"]["Half"]):
        del one["halves"]
        for numbers in (one["mean"], *one["sequences"].values()):
            del numbers["width_over_true"], numbers["height_over_true"]
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    assert main(["report", str(tmp_path)]) == 0
    tables = read_table_file(tmp_path / TABLES).tables
    assert list(tables) == ["Means over the sequences", "AUC by sequence"]
    page = (tmp_path / "report.html").read_text()
    assert "0.646" in page
    assert "over true" not in page
    assert "half B" not in page


def outcome(sequence: str, seed: int, auc: float, width: float) -> Outcome:
    job = Job(Path("/data"), sequence, "rlt", {"seed": seed})
    details = {"sides_over_true": [[width, 1.0], [width, 1.0]]}
    return Outcome(job, {"auc": auc, "width_over_true": width}, [], details=details)


def test_several_seeds_have_intervals_of_both() -> None:
    runs = TrackerRuns("rlt", True, "rlt")
    runs.outcomes = {
        seed: {"x": outcome("x", seed, 0.5 + seed, 1.0 + seed), "y": outcome("y", seed, 0.1, 3.0)}
        for seed in (0, 1)
    }
    summary = summarise_with_records(runs, ["y", "x"], disappearances=False)
    # Frames of both seeds: 1, 1, 2, 2, 3, 3, 3, 3; of each: 1, 1, 3, 3 and 2, 2, 3, 3.
    assert summary["mean"]["width_over_true"] == 2.5
    assert [one["width_over_true"] for one in summary["seed_means"].values()] == [2, 2.5]
    assert summary["interval95"]["width_over_true"]["mean"] == 2.25
    assert summary["sequences"]["x"]["width_over_true"] == 1.5
    first, second = summary["halves"]["A"], summary["halves"]["B"]
    assert first["sequences"] == ["x"]
    # Half of Student's interval: t(0.975, 1) = 12.7062 by half of the difference of two seeds.
    found = first["interval95"]["auc"]
    assert (found["mean"], found["high"] - found["mean"]) == pytest.approx(
        (1, 12.7062 / 2), abs=1e-4
    )
    assert second["mean"]["auc"] == pytest.approx(0.1)
    assert second["interval95"]["auc"]["high"] == pytest.approx(0.1)


def test_halves_are_cut_by_the_sorted_names() -> None:
    assert halves(["c", "B", "a", "d", "A"]) == {"A": ["A", "a", "d"], "B": ["B", "c"]}
    assert halves(["one"]) == {"A": ["one"], "B": []}
