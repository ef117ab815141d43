# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench vot, tre and sre, and what ope says of attributes and lost targets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from jumping_sequence import JUMP, write_jumping
from quick_settings import SETTINGS, as_options
from scripted import ScriptedRunner
from square_sequence import BOXES

from rlt_ros.benchmark.datasets import open_dataset
from rlt_ros.benchmark.measures.one_pass import one_pass_measures
from rlt_ros.benchmark.measures.vot_regions import FAILED, INITIALISED, SKIPPED
from rlt_ros.benchmark.runs.job import Job, Outcome
from rlt_ros.benchmark.runs.result_files import read_boxes, read_regions
from rlt_ros.benchmark.runs.run_store import RunStore
from rlt_ros.benchmark.runs.stored_outcomes import load_outcome
from rlt_ros.benchmark.studies.evaluation import one_pass
from rlt_ros.benchmark.studies.evaluation.one_pass import score
from rlt_ros.benchmark.studies.evaluation.summary import TrackerRuns
from rlt_ros.benchmark.studies.evaluation.tasks import make_tasks, run_to_json
from rlt_ros.benchmark.studies.evaluation.vot_summary import (
    compare_supervised,
    summarise_supervised,
)
from rlt_ros.cli.bench.main import main

QUICK = as_options(SETTINGS)


@pytest.fixture
def jumping(tmp_path: Path) -> Path:
    """A data set with the sequence Jump."""
    write_jumping(tmp_path / "vot")
    return tmp_path / "vot"


def summary_of(folder: Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    return summary


def through_the_store(job: Job, folder: Path) -> Outcome:
    store, task = RunStore(folder), make_tasks([job])[0]
    store.save(task.path, task.settings, run_to_json(job))
    found = load_outcome(job, store)
    assert found is not None
    return found


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[np.ndarray], None]:
    """Makes every tracker answer with given boxes, one after the other from the second frame on."""

    class Answers(ScriptedRunner):
        def init(self, image: Any, box: Any) -> None:
            self.starts.append((0, box.tolist()))
            self.index = 0

        def track(self, image: Any) -> Any:
            self.index += 1
            return self._boxes[self.index]

    def use(boxes: np.ndarray) -> None:
        monkeypatch.setattr(one_pass, "make_runner", lambda name, settings: Answers(boxes))

    return use


def test_vot_trackers_side_by_side(
    jumping: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = ["vot", str(jumping), "--tracker", "rlt", "--tracker", "mil", "--seeds", "2", *QUICK]
    command += ["--eao-interval", "2", "10", "--jobs", "2", "--out", str(out)]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert "differences of EAO" in text
    summary = summary_of(out)
    assert summary["protocol"] == "vot"
    assert summary["eao_interval"] == [2, 10]
    for name in ("rlt", "mil"):
        numbers = summary["trackers"][name]
        assert numbers["mean"]["failures"] >= 1
        assert 1 <= numbers["mean"]["accuracy_rank"] <= 2
        assert set(numbers["interval95"]["eao"]) == {"mean", "low", "high"}
        files = sorted((out / name / "baseline" / "Jump").iterdir())
        assert [file.name for file in files] == ["Jump_001.txt", "Jump_002.txt"]
        regions = read_regions(files[0])
        assert regions[0] == INITIALISED
        assert regions[JUMP : JUMP + 6] == [FAILED, *[SKIPPED] * 4, INITIALISED]

    page = (out / "report.html").read_text()
    for words in ("VOT-2016 supervised", "EAO", "robustness rank", "Failures by sequence"):
        assert words in page
    plot = cv2.imread(str(out / "report" / "expected_overlap.png"))
    assert plot is not None
    assert plot.std() > 5

    # The files, scored, say the same.
    scored = tmp_path / "scored"
    command_of_score = ["score", str(out), str(jumping), "--eao-interval", "2", "10"]
    assert main([*command_of_score, "--out", str(scored)]) == 0
    for name, numbers in summary_of(scored)["trackers"].items():
        for measure, value in numbers["mean"].items():
            assert summary["trackers"][name]["mean"][measure] == pytest.approx(value), measure

    before = {path: path.stat().st_mtime_ns for path in (out / "runs").rglob("*.json")}
    assert len(before) == 4
    assert main([*command, "--no-report"]) == 0
    assert {path: path.stat().st_mtime_ns for path in (out / "runs").rglob("*.json")} == before
    again = summary_of(out)
    assert again["trackers"] == summary["trackers"]


def test_there_are_as_many_repetitions_as_seeds(jumping: Path, tmp_path: Path) -> None:
    write_jumping(jumping, "Other")
    out = tmp_path / "out"

    def files_of(seeds: int, *more: str) -> set[str]:
        command = ["vot", str(jumping), "--tracker", "mil", "--seeds", str(seeds), *more]
        assert main([*command, "--no-report", "--out", str(out)]) == 0
        return {path.name for path in (out / "mil" / "baseline").glob("*/*")}

    other = {"Other_001.txt", "Other_002.txt", "Other_003.txt"}
    assert files_of(3) == {"Jump_001.txt", "Jump_002.txt", "Jump_003.txt"} | other
    notes = out / "mil" / "baseline" / "Jump" / "Jump_time.txt"
    notes.write_text("not one of them")
    # What the folder holds is what the last command was asked for.
    assert files_of(1, "--sequences", "Jump") == {"Jump_001.txt", notes.name}
    stored = {path: path.stat().st_mtime_ns for path in (out / "runs").rglob("*.json")}
    two = {"Jump_001.txt", "Jump_002.txt", "Other_001.txt", "Other_002.txt"}
    assert files_of(2) == two | {notes.name}
    # What was stored was not run again.
    assert stored == {path: path.stat().st_mtime_ns for path in (out / "runs").rglob("*.json")}


def test_a_wrong_interval_is_refused(jumping: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["vot", str(jumping), "--eao-interval", "9", "2", "--out", str(jumping / "out")]
    assert main(command) == 2
    assert "--eao-interval 9 2: give 1 <= FROM <= TO" in capsys.readouterr().err


def supervised(text: str, overlap: float) -> Outcome:
    """One letter per frame: i, f, s for VOT's numbers, b for a box."""
    codes = [{"i": INITIALISED, "f": FAILED, "s": SKIPPED}.get(letter) for letter in text]
    return Outcome(
        Job(Path("/data"), "A", "rlt", {"seed": 0}, protocol="vot"),
        {"accuracy": overlap, "failures": float(text.count("f")), "fps": 10.0},
        [[10.0, 10.0, 20.0, 20.0] if code is None else [np.nan] * 4 for code in codes],
        details={
            "codes": codes,
            "overlaps": [overlap if code is None else 0.0 for code in codes],
        },
    )


def test_a_summary_of_supervised_runs() -> None:
    def runs(name: str, seeded: bool, every: dict[int, dict[str, Outcome]]) -> TrackerRuns:
        return TrackerRuns(name, seeded, name, outcomes=every)

    long, short = "i" + "b" * 29, "ib" + "b" * 12 + "fssss"
    trackers = [
        runs(
            "rlt",
            True,
            {
                0: {"A": supervised(long, 0.6), "B": supervised(short, 0.5)},
                1: {"A": supervised(long, 0.8), "B": supervised(short, 0.5)},
            },
        ),
        runs("kcf", False, {0: {"A": supervised(long, 0.4)}}),
    ]
    by_name = {one.name: one for one in trackers}
    found = summarise_supervised(by_name, ["A", "B"], (1, 10))
    ours = found["rlt"]
    assert ours["mean"]["accuracy"] == pytest.approx((30 * 0.7 + 19 * 0.5) / 49)
    assert ours["mean"]["robustness"] == pytest.approx(19 / 49)
    assert ours["mean"]["failures"] == 1
    assert ours["mean"]["eao"] == pytest.approx((0.7 + 0.5) / 2)
    assert ours["mean"]["fps"] == 10
    assert ours["interval95"]["eao"]["mean"] == pytest.approx(0.6)
    assert ours["seed_means"]["1"]["eao"] == pytest.approx((0.8 + 0.5) / 2)
    assert ours["curves"]["expected_overlap"][5] == pytest.approx(0.6)
    assert found["kcf"]["missing"] == ["B"]
    # Ranks are of the sequence that both have, on which rlt is better.
    assert (ours["mean"]["accuracy_rank"], found["kcf"]["mean"]["accuracy_rank"]) == (1, 2)

    (pair,) = compare_supervised(trackers, (1, 10))
    assert (pair["a"], pair["b"], pair["measure"], pair["sequences"]) == ("rlt", "kcf", "eao", 1)
    assert pair["difference"] == pytest.approx(0.7 - 0.4)
    assert compare_supervised(trackers, (100, 200)) == []  # no sequence is as long


@pytest.mark.parametrize(("protocol", "passes"), [("tre", 1), ("sre", 12)])
def test_robustness_is_the_mean_of_the_passes(
    dataset: Path,
    tmp_path: Path,
    script: Callable[[np.ndarray], None],
    protocol: str,
    passes: int,
) -> None:
    answers = BOXES + np.array([5.0, 0, 0, 0])
    script(answers)
    job = Job(dataset, "Square", "mil", {"seed": 0}, protocol=protocol)
    outcome = through_the_store(job, tmp_path / "runs")
    expected = np.concatenate([BOXES[:1], answers[1:]])
    assert len(outcome.details["passes"]) == passes
    assert outcome.measures["auc"] == pytest.approx(one_pass_measures(expected, BOXES)["auc"])
    assert outcome.measures["losses"] == 0
    np.testing.assert_array_equal(outcome.boxes, expected)


def test_tre_starts_later_and_later(tmp_path: Path, script: Callable[[np.ndarray], None]) -> None:
    write_jumping(tmp_path / "vot", frames=22)
    truth = open_dataset(tmp_path / "vot").read("Jump").boxes
    script(truth)  # from each start on the same answers: late starts meet the jump early
    job = Job(tmp_path / "vot", "Jump", "mil", {"seed": 0}, protocol="tre")
    outcome = through_the_store(job, tmp_path / "runs")
    assert [one["start"] for one in outcome.details["passes"]] == [0, 1, 2]
    aucs = [
        score(np.array(one["boxes"]), truth[one["start"] :])[0]["auc"]
        for one in outcome.details["passes"]
    ]
    assert aucs[0] > aucs[1] > aucs[2]
    assert outcome.measures["auc"] == pytest.approx(np.mean(aucs))
    # The second and third lose the target for one and two frames, and find it again.
    assert outcome.measures["losses"] == pytest.approx(2 / 3)
    assert outcome.measures["refound"] == pytest.approx(2 / 3)
    assert outcome.measures["lost_frames"] == pytest.approx((1 + 2) / 3)


@pytest.mark.parametrize(("protocol", "files"), [("tre", ["frame_0.txt"]), ("sre", None)])
def test_robustness_commands(
    dataset: Path, tmp_path: Path, protocol: str, files: list[str] | None
) -> None:
    out = tmp_path / "out"
    command = [protocol, str(dataset), "--tracker", "mil", "--jobs", "1", "--out", str(out)]
    assert main(command) == 0
    summary = summary_of(out)
    assert 0 < summary["mean"]["auc"] <= 1
    assert summary["mean"]["auc"] == summary["sequences"]["Square"]["auc"]
    written = sorted(path.name for path in (out / "mil" / "seed0" / "Square").iterdir())
    assert written == files or (files is None and len(written) == 12)
    assert len(read_boxes(out / "mil" / "seed0" / "Square" / written[0])) == 3
    page = (out / "report.html").read_text()
    assert ("Temporal" if protocol == "tre" else "Spatial") in page
    assert "times found again" in page


@pytest.mark.parametrize("beside", [False, True])
def test_tre_leaves_out_starts(tmp_path: Path, beside: bool) -> None:
    write_jumping(tmp_path / "vot", frames=22)
    out = tmp_path / "out"
    command = ["tre", str(tmp_path / "vot"), "--tracker", "mil", "--no-report", "--out", str(out)]

    def starts(*more: str) -> list[str]:
        assert main([*command, *more]) == 0
        return sorted(path.stem for path in (out / "mil" / "seed0" / "Jump").iterdir())

    assert starts() == ["frame_0", "frame_1", "frame_2"]
    assert summary_of(out)["omit"] == {}
    folder = tmp_path / ("vot" if beside else "toolkit") / "initOmit"
    folder.mkdir(parents=True)
    (folder / "jump.txt").write_text("1 2\n")  # by the images' numbers, which begin with 1
    assert starts(*([] if beside else ["--init-omit", str(folder)])) == ["frame_2"]
    assert summary_of(out)["omit"] == {"Jump": [[0, 1]]}


def test_what_is_stored_of_one_protocol_is_not_taken_for_another(tmp_path: Path) -> None:
    def settings(**own: str) -> Any:
        job = Job(tmp_path, "A", "mil", {"seed": 0}, **own)  # type: ignore[arg-type]
        return make_tasks([job])[0].settings

    assert settings(protocol="tre") != settings(protocol="sre")
    # Runs that were stored before there were other protocols are still known.
    assert "protocol" not in settings()


def test_measures_by_attribute(dataset: Path, tmp_path: Path) -> None:
    (dataset / "Square" / "attrs.txt").write_text("FM, OCC\n")
    best = tmp_path / "published" / "Best"
    best.mkdir(parents=True)
    lines = [f"{x + 1:g},{y + 1:g},{w:g},{h:g}" for x, y, w, h in BOXES]
    (best / "Square.txt").write_text("\n".join(lines) + "\n")
    out = tmp_path / "out"
    command = ["ope", str(dataset), "--out", str(out), "--tracker", "mil", "--jobs", "1"]
    assert main([*command, "--published", str(best.parent)]) == 0
    trackers = summary_of(out)["trackers"]
    for numbers in trackers.values():
        assert list(numbers["attributes"]) == ["FM", "OCC"]
        assert numbers["attributes"]["FM"]["sequences"] == 1
        assert numbers["attributes"]["FM"]["auc"] == pytest.approx(numbers["mean"]["auc"])
    assert trackers["Best"]["mean"]["losses"] == 0
    page = (out / "report.html").read_text()
    assert "AUC by attribute" in page
    assert "<td>OCC</td>" in page
