# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from quick_settings import SETTINGS, as_options

from rlt_ros.benchmark.datasets import open_dataset
from rlt_ros.benchmark.studies.experiments.experiment import Result
from rlt_ros.benchmark.studies.experiments.fig2 import attention_numbers, training_maps
from rlt_ros.benchmark.studies.experiments.fig3 import snapshots
from rlt_ros.benchmark.studies.experiments.panels import window_around
from rlt_ros.benchmark.studies.experiments.result_plot import draw_results
from rlt_ros.benchmark.studies.experiments.settings import CHANGES, parse_rows, settings_study
from rlt_ros.benchmark.studies.experiments.table1 import table1
from rlt_ros.benchmark.studies.experiments.table2 import table2
from rlt_ros.benchmark.table_files import TABLES, read_table_file
from rlt_ros.cli.bench.main import main
from rlt_ros.tracking import TrackerConfig, make_config
from rlt_ros.tracking.settings import Value

QUICK = as_options(SETTINGS)


@pytest.fixture
def config() -> TrackerConfig:
    return make_config(**SETTINGS, update_mode="lockstep")  # type: ignore[arg-type]


def result(label: str, auc: float | None, seeds: int = 3) -> Result:
    return Result(
        label, "rlt", seeds, 2, auc, 0.01, auc, 0.02, 0.0, -0.1, 0.1, "within", 0.7, 0.9
    )  # fmt: skip


def test_table_1_has_the_papers_numbers() -> None:
    variants = {one.label: one for one in table1().variants}
    assert list(variants) == [str(weight) for weight in range(9)]
    assert (variants["0"].paper_auc, variants["0"].paper_precision) == (0.671, 0.911)
    assert (variants["5"].paper_auc, variants["5"].paper_precision) == (0.704, 0.944)
    assert (variants["8"].paper_auc, variants["8"].paper_precision) == (0.684, 0.911)
    assert table1([2.5]).variants[0].paper_auc is None
    assert table1([5, 0, 5]).variants[0].settings == {"attention_weight": 0}
    assert variants["3"].tracker("paper").full == "rlt:paper,attention_weight=3"
    for wrong in ([], [-1.0]):
        with pytest.raises(ValueError, match="negative"):
            table1(wrong)


def test_table_2_compares_what_the_paper_compares() -> None:
    baseline, features, classifier = table2().variants
    assert baseline.tracker("default").full == "rlt,attention_weight=0"
    assert features.tracker("default").settings["attention_module"] == "features"
    assert classifier.settings == {"attention_weight": 5}
    papers = [(one.paper_auc, one.paper_precision) for one in table2().variants]
    assert papers == [(0.671, 0.911), (0.686, 0.932), (0.704, 0.944)]
    assert table2(3.0).variants[2].paper_auc is None
    with pytest.raises(ValueError, match="lambda must be positive"):
        table2(0.0)


def test_what_settings_are_worth_is_told_against_the_preset() -> None:
    rows: list[dict[str, Value]] = [{"regression_steps": 1}, {"dropout": 0.25, "threads": 2}]
    baseline, *others = settings_study(rows).variants
    assert baseline.tracker("default").full == "rlt"
    assert baseline.tracker("paper").full == "rlt:paper"
    assert [one.label for one in others] == ["regression_steps=1", "dropout=0.25 + threads=2"]
    assert others[1].tracker("default").settings == {"dropout": 0.25, "threads": 2}
    assert len(settings_study([{"threads": 2}, {"threads": 2}]).variants) == 2
    nothing: list[list[dict[str, Value]]] = [[], [{}]]
    for changes in nothing:
        with pytest.raises(ValueError, match="give one setting or more"):
            settings_study(changes)
    with pytest.raises(ValueError, match="which one it is says --preset"):
        settings_study([{"preset": "paper"}])


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_what_is_changed_if_nothing_is_named_are_settings(changes: dict[str, Value]) -> None:
    changed, preset = make_config("default", **changes), make_config("default")
    assert all(getattr(changed, name) != getattr(preset, name) for name in changes)


def test_rows_of_settings_as_a_command_line_has_them() -> None:
    texts = ["background_swaps=0,regression_steps=1", "dropout=0.25 + regression_steps=3"]
    assert parse_rows(texts) == [
        {"background_swaps": 0},
        {"regression_steps": 1},
        {"dropout": 0.25, "regression_steps": 3},
    ]
    assert parse_rows([]) == []
    for wrong, message in (
        ("regresion_steps=1", "did you mean regression_steps"),
        ("regression_steps=0", "regression_steps must be an integer from 1 to 10, not 0"),
        ("dropout=0,", "'' is not name=value"),
        ("dropout", "'dropout' is not name=value"),
        ("dropout=0+dropout=0.5", "changes dropout twice"),
    ):
        with pytest.raises(ValueError, match=message):
            parse_rows([wrong])


def test_table_1_from_the_command_line(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = ["ablation", "table1", str(dataset), "--lambdas", "5,0", "--seeds", "2", *QUICK]
    command += ["--out", str(out), "--jobs", "1"]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert "published, on OTB-2013" in text
    rows = list(csv.DictReader((out / "report" / "table1.csv").open(encoding="utf-8")))
    summary = json.loads((out / "summary.json").read_text())
    assert [row["label"] for row in rows] == ["0", "5"]
    for row in rows:
        found = summary["trackers"][row["tracker"]]
        assert float(row["auc"]) == pytest.approx(found["mean"]["auc"], rel=1e-5)
        assert float(row["precision"]) == pytest.approx(found["mean"]["precision20"], rel=1e-5)
        half = (found["interval95"]["auc"]["high"] - found["interval95"]["auc"]["low"]) / 2
        assert float(row["auc_half"]) == pytest.approx(half, abs=1e-6)
    assert rows[0]["difference"] == ""
    assert float(rows[1]["difference"]) == pytest.approx(
        float(rows[1]["auc"]) - float(rows[0]["auc"]), abs=1e-5
    )
    assert (rows[0]["paper_auc"], rows[1]["paper_precision"]) == ("0.671", "0.944")
    page = (out / "report.html").read_text(encoding="utf-8")
    kept = read_table_file(out / TABLES).tables[table1().title]
    assert [row[0] for row in kept.rows] == ["lambda", "0", "5"]
    assert "Weight of the reciprocative regulariser" in page
    assert "0.704" in page
    assert cv2.imread(str(out / "report" / "table1.png")) is not None
    ElementTree.parse(out / "report" / "table1.svg")

    # The report can be made again, and still has the table.
    assert main(["report", str(out)]) == 0
    again = (out / "report.html").read_text(encoding="utf-8")
    assert "Weight of the reciprocative regulariser" in again
    # A folder that an earlier version wrote names no subject.
    summary = json.loads((out / "summary.json").read_text())
    del summary["experiment"]["subject"]
    (out / "summary.json").write_text(json.dumps(summary))
    assert main(["report", str(out)]) == 0
    assert "<h1>Ablation: Weight of the" in (out / "report.html").read_text(encoding="utf-8")


def test_table_2_from_the_command_line(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ["ablation", "table2", str(dataset), *QUICK, "--out", str(out), "--jobs", "1"]
    assert main(command) == 0
    summary = json.loads((out / "summary.json").read_text())
    labels = [one["label"] for one in summary["experiment"]["results"]]
    assert labels[1:] == ["baseline + attentive features", "baseline + attentive classifier"]
    assert "rlt,attention_weight=0,attention_module=features" in summary["trackers"]
    for one in summary["experiment"]["results"]:
        assert one["auc"] is not None
        assert "noise is unknown" in one["verdict"] or one["label"] == "baseline"
    assert (out / "report" / "table2.svg").is_file()
    # One seed: a sentence in place of columns that say the same in every row.
    assert "verdict" not in summary["experiment"]["headings"]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<h1>Ablation: attentive features or classifier</h1>" in page
    assert page.count("With one seed nobody knows the noise") == 2  # of the table, of all pairs


def test_settings_from_the_command_line(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = ["ablation", "settings", str(dataset), "--seeds", "2", *QUICK, "--jobs", "1"]
    command += ["--settings", "attention_weight=0", "--out", str(out)]
    command += ["--settings", "redetection_probability=1+scan_probability=1"]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert "AUC less the first" in text
    assert "paper" not in text
    rows = list(csv.DictReader((out / "report" / "settings.csv").open(encoding="utf-8")))
    assert [row["label"] for row in rows] == [
        "as it is", "attention_weight=0", "redetection_probability=1 + scan_probability=1"
    ]  # fmt: skip
    assert [row["tracker"] for row in rows] == [
        "rlt", "rlt,attention_weight=0", "rlt,redetection_probability=1,scan_probability=1"
    ]  # fmt: skip
    assert rows[0]["difference"] == rows[0]["paper_auc"] == ""
    for row in rows[1:]:
        difference = float(row["auc"]) - float(rows[0]["auc"])
        assert float(row["difference"]) == pytest.approx(difference, abs=1e-5)
        assert float(row["low"]) <= float(row["difference"]) <= float(row["high"])
        assert row["verdict"]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Settings changed against the preset as it is" in page
    assert "<th>verdict</th>" in page
    assert "paper:" not in page
    assert cv2.imread(str(out / "report" / "settings.png")) is not None


def test_wrong_settings_are_refused_before_anything_runs(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["ablation", "settings", str(dataset), "--out", str(tmp_path / "out")]
    for given, message in (
        (["--settings", "regresion_steps=1"], "did you mean regression_steps?"),
        (["--settings", "attention_module=features"], "needs attention_weight: 0"),
        (["--settings", "seed=1"], "seeds are chosen with --seeds"),
        (["--set", "background_swaps=2"], "settings sets background_swaps itself"),
    ):
        assert main([*command, *given]) == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_setting_that_the_experiment_sets_is_refused(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("table1", "fig2"):
        command = ["ablation", name, str(dataset), "--set", "attention_weight=3"]
        assert main([*command, "--out", str(tmp_path / "out")]) == 2
        assert f"{name} sets attention_weight itself" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_plots_show_every_variant_even_one_that_failed() -> None:
    results = [result("0", 0.6), result("5", 0.7), replace(result("8", None), auc_half=None)]
    figure = draw_results(results, title="Title", x_label="lambda", joined=True)
    left, right = figure.axes
    assert [tick.get_text() for tick in left.get_xticklabels()] == ["0", "5", "8"]
    np.testing.assert_allclose(np.asarray(left.lines[0].get_ydata(), float), [0.6, 0.7, np.nan])
    assert right.get_ylabel() == "precision at 20 px"
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert any("95 % interval over 3 seeds" in text for text in words)
    assert any("published" in text for text in words)


def test_long_labels_do_not_run_into_each_other() -> None:
    results = [result(one.label, 0.6) for one in settings_study().variants]
    figure = draw_results(results, title="Title", x_label="changed", joined=False)
    figure.draw_without_rendering()
    ticks = figure.axes[0].get_xticklabels()
    assert [tick.get_text() for tick in ticks][:2] == ["as it is", "background_swaps=0"]
    assert all(tick.get_rotation() == 40 for tick in ticks)
    assert all(figure.bbox.x0 <= tick.get_window_extent().x0 for tick in ticks)


def test_training_maps_are_those_of_a_shorter_training(
    dataset: Path, config: TrackerConfig
) -> None:
    """Looking after 4 of 8 steps shows what training for 4 steps gives."""
    sequence = open_dataset(dataset).read("Square")
    image, box = next(sequence.frames(0, 1)), sequence.boxes[0]
    both = training_maps(image, box, config, [4, 8]).maps
    short = training_maps(image, box, config, [4]).maps
    np.testing.assert_array_equal(both[4], short[4])
    assert (both[4] != both[8]).any()


def test_numbers_of_a_map() -> None:
    attention = np.zeros((40, 60), np.uint8)
    attention[10:20, 10:30] = 100
    inside = attention_numbers(attention, np.array([10.0, 10, 20, 10]))
    assert inside == {"inside": 1.0, "unevenness": 0.0}
    assert attention_numbers(attention, np.array([10.0, 10, 10, 10]))["inside"] == 0.5


def test_figure_2_from_the_command_line(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ["ablation", "fig2", str(dataset), "--sequence", "Square", *QUICK]
    assert main([*command, "--iterations", "2,4", "--out", str(out)]) == 0
    about = json.loads((out / "fig2.json").read_text())
    assert set(about["lambda 0"]) == set(about["lambda 5"]) == {"2", "4"}
    assert about["settings"]["initial_iterations"] == 4
    (table,) = read_table_file(out / TABLES).tables.values()
    assert [row[:2] for row in table.rows[1:]] == [["0", "2"], ["0", "4"], ["5", "2"], ["5", "4"]]
    assert table.rows[4][2] == f"{about['lambda 5']['4']['inside']:.2f}"
    assert cv2.imread(str(out / "fig2.png")) is not None
    ElementTree.parse(out / "fig2.svg")


def test_snapshots_are_what_the_tracker_said(dataset: Path, config: TrackerConfig) -> None:
    sequence = open_dataset(dataset).read("Square")
    found = snapshots(sequence, config, [1, 3])
    assert list(found) == [1, 3]
    assert found[1].overlap == 1.0
    np.testing.assert_array_equal(found[3].truth, sequence.boxes[2])
    assert found[3].attention.shape == (60, 80)
    with pytest.raises(ValueError, match="frames 1 to 3"):
        snapshots(sequence, config, [2, 4])


def test_figure_3_from_the_command_line(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = ["ablation", "fig3", str(dataset), "--sequence", "Square", *QUICK]
    assert main([*command, "--frames", "2,3", "--out", str(out)]) == 0
    about = json.loads((out / "fig3.json").read_text())
    assert about["lambda 5"]["3"]["truth"] == [14, 10, 20, 20]
    assert 0 <= about["lambda 0"]["2"]["iou"] <= 1
    (table,) = read_table_file(out / TABLES).tables.values()
    assert table.rows[1][:3] == ["0", "2", f"{about['lambda 0']['2']['iou']:.2f}"]
    assert cv2.imread(str(out / "fig3.png")) is not None
    assert main(["ablation", "fig3", str(dataset), "--out", str(out)]) == 2
    assert "no sequence Girl" in capsys.readouterr().err


def test_a_window_holds_all_boxes_and_stays_in_the_image() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    boxes = [np.array([20.0, 20, 10, 10]), np.array([60.0, 30, 10, 10]), np.full(4, np.nan)]
    window = window_around(boxes, image, 1.0)
    np.testing.assert_allclose(window, [10, 10, 70, 40])
    np.testing.assert_allclose(window_around(boxes, image, 50.0), [0, 0, 200, 100])
