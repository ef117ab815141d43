# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import dataclasses
import json
import re
import shlex
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from quick_settings import SETTINGS, as_options
from square_sequence import BOXES, write_square

from rlt_ros.benchmark.measures.speed import speed_measures
from rlt_ros.benchmark.runs.job import Job, Outcome
from rlt_ros.benchmark.studies.evaluation.one_pass import read_sequence
from rlt_ros.benchmark.studies.evaluation.summary import TrackerRuns, compare_trackers, summarise
from rlt_ros.benchmark.studies.evaluation.tasks import make_tasks
from rlt_ros.benchmark.table_files import TABLES, read_table_file
from rlt_ros.cli.bench.main import main
from rlt_ros.pixels.intensity import IntensityRange

QUICK = as_options(SETTINGS)


def outcome(sequence: str, auc: float, seed: int, cle: float = float("nan")) -> Outcome:
    measures = {"auc": auc, "cle": cle}
    job = Job(Path("/data"), sequence, "rlt", {"seed": seed})
    return Outcome(job, measures, BOXES.tolist(), {"success": [1.0, auc]})


def tracker(name: str, aucs: dict[int, dict[str, float]], seeded: bool = True) -> TrackerRuns:
    outcomes = {
        seed: {sequence: outcome(sequence, auc, seed) for sequence, auc in by_sequence.items()}
        for seed, by_sequence in aucs.items()
    }
    return TrackerRuns(name, seeded, name, outcomes=outcomes)


def published(folder: Path, boxes: np.ndarray, name: str = "Best") -> Path:
    (folder / name).mkdir(parents=True)
    lines = [f"{x + 1:g},{y + 1:g},{w:g},{h:g}" for x, y, w, h in boxes]
    (folder / name / "Square.txt").write_text("\n".join(lines) + "\n")
    return folder


def test_a_summary_of_several_seeds() -> None:
    seeds = {0: {"A": 0.5, "B": 0.7}, 1: {"A": 0.6, "B": 0.8}, 2: {"A": 0.7, "B": 0.9}}
    summary = summarise(tracker("rlt", seeds), ["A", "B", "C"])
    assert summary["mean"]["auc"] == pytest.approx(0.7)
    assert summary["sequences"]["A"]["auc"] == pytest.approx(0.6)
    assert summary["missing"] == ["C"]
    assert summary["seed_means"]["2"]["auc"] == pytest.approx(0.8)
    found = summary["interval95"]["auc"]
    assert found["mean"] == pytest.approx(0.7)
    assert found["high"] - found["low"] == pytest.approx(2 * 4.302653 * 0.1 / 3**0.5, rel=1e-5)
    np.testing.assert_allclose(summary["curves"]["success"], [1, 0.7])


def test_a_sequence_without_any_box_has_no_centre_error() -> None:
    runs = TrackerRuns("rlt", True, "rlt")
    runs.outcomes = {
        seed: {"A": outcome("A", 0.5, seed, 4.0 + seed), "B": outcome("B", 0.0, seed)}
        for seed in (0, 1)
    }
    summary = summarise(runs, ["A", "B"])
    assert summary["mean"]["cle"] == pytest.approx(4.5)
    assert [one["cle"] for one in summary["seed_means"].values()] == [4.0, 5.0]
    assert summary["interval95"]["cle"]["mean"] == pytest.approx(4.5)
    assert summary["seed_means"]["0"]["auc"] == pytest.approx(0.25)


def test_pairs_without_chance_are_not_compared() -> None:
    every = [
        tracker("a", {0: {"A": 0.5}, 1: {"A": 0.6}}),
        tracker("b", {0: {"A": 0.4}}, seeded=False),
        tracker("c", {0: {"A": 0.3}}, seeded=False),
    ]
    pairs = [(one["a"], one["b"]) for one in compare_trackers(every)]
    assert pairs == [("a", "b"), ("a", "c")]


def test_speed_leaves_out_the_first_frame() -> None:
    measures = speed_measures([5.0, 0.1, 0.2, 0.1])
    assert measures["fps"] == pytest.approx(3 / 0.4)
    assert measures["init_seconds"] == 5
    assert measures["latency_p50_ms"] == pytest.approx(100)
    assert speed_measures([5.0])["fps"] == 0


def test_every_setting_counts_for_what_is_stored(tmp_path: Path) -> None:
    def settings(name: str, **own: Any) -> Any:
        return make_tasks([Job(tmp_path, "A", name, {"seed": 0, **own})])[0].settings

    assert settings("rlt") == settings("rlt:default", attention_weight=5.0) | {"tracker": "rlt"}
    assert settings("rlt") != settings("rlt", attention_weight=0.0)
    assert make_tasks([Job(tmp_path, "A", "rlt:paper", {"seed": 3})])[0].path == Path(
        "rlt_paper", "seed3", "A.json"
    )


def test_an_intensity_range_is_used_and_counts_for_what_is_stored(tmp_path: Path) -> None:
    (tmp_path / "data" / "clip").mkdir(parents=True)
    levels = np.tile(np.linspace(7000, 8000, 60).astype(np.uint16), (40, 1))
    for number in range(2):
        cv2.imwrite(str(tmp_path / "data" / "clip" / f"{number}.png"), levels)
    (tmp_path / "data" / "clip.txt").write_text("5,5,20,20\n5,5,20,20\n")
    plain = Job(tmp_path / "data", "clip", "mil", {})
    given = dataclasses.replace(plain, intensity=IntensityRange(6000, 8000))
    left = [int(next(read_sequence(job).frames())[20, 0, 0]) for job in (plain, given)]
    assert left == pytest.approx([0, 128], abs=1)
    assert "intensity" not in make_tasks([plain])[0].settings
    assert make_tasks([given])[0].settings["intensity"] == [6000, 8000]
    command = ["ope", str(tmp_path / "data"), "--out", str(tmp_path / "out"), "--tracker", "mil"]
    assert main([*command, "--no-report", "--intensity-range", "6000,8000"]) == 0
    (stored,) = (tmp_path / "out" / "runs").rglob("clip.json")
    assert json.loads(stored.read_text())["settings"]["intensity"] == [6000, 8000]


def test_configurations_seeds_and_published_boxes_side_by_side(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, results = tmp_path / "out", published(tmp_path / "published", BOXES)
    command = ["ope", str(dataset), "--out", str(out), "--jobs", "2", "--seeds", "2", *QUICK]
    command += ["--tracker", "rlt", "--tracker", "rlt,attention_weight=0"]
    command += ["--published", str(results)]
    assert main(command) == 0
    summary = json.loads((out / "summary.json").read_text())
    assert list(summary["trackers"]) == ["rlt", "rlt,attention_weight=0", "Best"]
    ours = summary["trackers"]["rlt"]
    assert ours["seeds"] == [0, 1]
    assert set(ours["interval95"]["auc"]) == {"mean", "low", "high"}
    assert ours["init_seconds"] == ours["mean"]["init_seconds"] > 0
    assert summary["trackers"]["Best"]["mean"]["auc"] == pytest.approx(20 / 21)
    assert "fps" not in summary["trackers"]["Best"]["mean"]
    assert summary["versions"]["rlt_ros"].startswith("0.")
    pairs = {(one["a"], one["b"]) for one in summary["comparisons"]}
    assert ("rlt", "rlt,attention_weight=0") in pairs
    assert ("rlt", "Best") in pairs
    assert (out / "rlt,attention_weight=0" / "seed1" / "Square.txt").is_file()
    kept = read_table_file(out / TABLES)
    assert kept.origin["command"] == f"rlt-bench {shlex.join(command)}"
    assert kept.origin["data"] == f"1 sequence, {len(BOXES)} frames, seeds 0 1"
    means = {row[0]: row for row in kept.tables["Means over the sequences"].rows}
    assert means["Best (published)"][1] == "0.952"
    assert means["rlt"][1].startswith(f"{ours['mean']['auc']:.3f} ± ")
    assert {row[1] for row in kept.tables["Differences of AUC"].rows[1:]} == {
        "rlt,attention_weight=0"
    }
    text = capsys.readouterr().out
    assert "differences of mean AUC" in text
    assert "95 % interval over 2 seeds" in text


def test_the_same_command_runs_nothing_twice(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = ["ope", str(dataset), "--out", str(out), "--jobs", "1", "--tracker", "mil"]
    assert main([*command, "--no-report"]) == 0
    before = (out / "runs" / "mil" / "seed0" / "Square.json").stat().st_mtime_ns
    capsys.readouterr()
    write_square(dataset, "Second")
    assert main([*command, "--no-report"]) == 0
    assert (out / "runs" / "mil" / "seed0" / "Square.json").stat().st_mtime_ns == before
    assert "1 of 2 runs are stored" in capsys.readouterr().err
    summary = json.loads((out / "summary.json").read_text())
    assert list(summary["sequences"]) == ["Second", "Square"]
    assert not (out / "report.html").exists()


def test_broken_published_files_are_named_and_the_rest_is_scored(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = published(tmp_path / "published", BOXES)
    published(results, BOXES[:2], "Short")
    out = tmp_path / "out"
    command = ["ope", str(dataset), "--out", str(out), "--published", str(results)]
    assert main([*command, "--no-report"]) == 1
    summary = json.loads((out / "summary.json").read_text())
    assert list(summary["trackers"]) == ["Best"]
    assert "2 boxes and the sequence 3 frames" in summary["failures"]["Short Square"]
    assert "1 of 2 runs failed" in capsys.readouterr().err


def test_a_dask_cluster_gives_what_processes_give(
    dataset: Path, tmp_path: Path, dask_cluster: str
) -> None:
    write_square(dataset, "Second")
    command = ["ope", str(dataset), *QUICK, "--no-report"]
    cluster = ["--backend", "dask", "--address", dask_cluster]
    assert main([*command, "--out", str(tmp_path / "here"), "--jobs", "1"]) == 0
    assert main([*command, "--out", str(tmp_path / "there"), *cluster]) == 0
    files = [path.relative_to(tmp_path / "here") for path in (tmp_path / "here").rglob("*.txt")]
    assert len(files) == 2
    for file in files:
        assert (tmp_path / "there" / file).read_text() == (tmp_path / "here" / file).read_text()


class Page(HTMLParser):
    """Collects what a page loads and says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.words = ""
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for key, value in attrs if key == "src"]
        if tag not in ("meta", "img", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture
def finished(dataset: Path, tmp_path: Path) -> Path:
    """The output folder of three trackers, one of them with a name that HTML would stumble on."""
    results = published(tmp_path / "published", BOXES)
    published(results, np.add(BOXES, [30, 0, 0, 0]), "<b>Lost & found")
    out = tmp_path / "out"
    command = ["ope", str(dataset), "--out", str(out), "--tracker", "mil", "--jobs", "1"]
    assert main([*command, "--published", str(results)]) == 0
    return out


def test_the_report_is_one_page_and_its_files(finished: Path) -> None:
    page = Page((finished / "report.html").read_text())
    assert page.open == []
    assert len(page.sources) == 4  # one that moves, two plots, one strip
    assert all(source.startswith("data:image/") for source in page.sources)
    for word in ("Best", "<b>Lost & found", "mil", "0.952", "Square", "rlt-bench ", "cores"):
        assert word in page.words
    for name in ("success", "precision", "strips/Square"):
        image = cv2.imread(str(finished / "report" / f"{name}.png"))
        assert image is not None
        assert image.std() > 5
        ElementTree.parse(finished / "report" / f"{name}.svg")
    with (finished / "report" / "sequences.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["tracker"] for row in rows] == ["Best", "mil", "<b>Lost & found"]
    assert float(rows[0]["auc"]) == pytest.approx(20 / 21, abs=1e-6)
    assert rows[0]["fps"] == ""


def test_what_matters_most_stands_first_in_the_means(finished: Path) -> None:
    page = (finished / "report.html").read_text()
    table = page[page.index("Means over the sequences") :]
    headings = re.findall("<th>(.*?)</th>", table[: table.index("</thead>")])
    assert headings[:5] == ["tracker", "AUC", "precision 20 px", "frames/s", "start s"]


def test_the_report_is_made_again_without_the_data(finished: Path, dataset: Path) -> None:
    before = (finished / "report" / "success.svg").read_bytes()
    for path in (finished / "report").rglob("*.*"):
        path.unlink()
    (finished / "report.html").unlink()
    (dataset / "Square" / "groundtruth_rect.txt").unlink()
    assert main(["report", str(finished)]) == 0
    assert (finished / "report" / "success.svg").read_bytes() == before
    page = Page((finished / "report.html").read_text())
    assert len(page.sources) == 2  # no strip: its images are gone


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "summary.json does not exist; give the folder of rlt-bench ope's --out"),
        ("{", "summary.json is not JSON"),
        ('{"trackers": {"rlt": {"mean": {"auc": 1}}}}', "lacks 'curves'; give the command"),
        ('{"trackers": {}}', "holds no finished run"),
    ],
)
def test_a_folder_without_results_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "summary.json").write_text(content)
    assert main(["report", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err


def test_an_unknown_strip_is_refused(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(finished), "--strips", "Circle"]) == 2
    assert re.search("has no results of Circle", capsys.readouterr().err)
