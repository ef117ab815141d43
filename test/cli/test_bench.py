# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What rlt-bench says, returns and leaves, whatever it is asked for."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest
from square_sequence import write_square

from rlt_ros.cli.bench.main import COMMANDS, main
from rlt_ros.version import package_version

QUICK = ["--tracker", "mil", "--jobs", "1", "--no-report"]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A folder with the sequences Square and Second."""
    write_square(tmp_path / "data")
    write_square(tmp_path / "data", "Second")
    return tmp_path / "data"


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_where_all_runs_fail_the_last_line_has_the_first_reason(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("Square", "Second"):
        (dataset / name / "groundtruth_rect.txt").write_text(f"{name}\n")
    out = tmp_path / "out"
    assert run("ope", dataset, "--out", out, *QUICK) == 1
    *_, last = capsys.readouterr().err.splitlines()
    start = "rlt-bench: error: 2 of 2 runs failed: mil Second seed 0: "
    assert last.startswith(start) or last.startswith(start.replace("Second", "Square"))
    assert last.endswith("is not four numbers x,y,w,h, see above")
    assert len(json.loads((out / "summary.json").read_text())["failures"]) == 2
    assert files(out) == {"summary.json"}


@pytest.mark.parametrize("command", ["ope", "score", "speed", "ablation"])
def test_out_is_tried_before_anything_runs(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    (tmp_path / "file").write_text("mine")
    arguments: dict[str, list[object]] = {
        "ope": [dataset, *QUICK],
        "score": [dataset, dataset],
        "speed": ["--tracker", "mil"],
        "ablation": ["fig2", dataset],
    }
    assert run(command, *arguments[command], "--out", tmp_path / "file" / "run") == 2
    said = capsys.readouterr()
    assert said.err == (
        f"rlt-bench: error: --out {tmp_path}/file/run: {tmp_path}/file is a file; name a folder\n"
    )
    assert said.out == ""
    assert (tmp_path / "file").read_text() == "mine"


def test_out_that_cannot_be_made_is_told_in_words(
    dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("ope", dataset, *QUICK, "--out", "/proc/nowhere") == 2
    told = capsys.readouterr().err
    assert told.startswith("rlt-bench: error: --out /proc/nowhere: ")
    assert "Errno" not in told and told.count("\n") == 1


def test_home_is_known_after_an_equals_sign(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    command = ["ope", "~/data", "--out=~/deep/out", "--sequences", "Square", "--max-frames", "2"]
    assert run(*command, *QUICK) == 0
    assert (tmp_path / "deep" / "out" / "summary.json").is_file()


def test_a_misuse_leaves_no_folder(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "not" / "there"
    assert run("ope", dataset, "--out", out, "--tracker", "nobody") == 2
    assert not out.parent.exists()
    out.mkdir(parents=True)
    assert run("ope", dataset, "--out", out, "--tracker", "nobody") == 2
    assert out.is_dir()


def test_a_reused_folder_holds_the_last_command_alone(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = ["ope", dataset, "--out", out, "--tracker", "mil", "--jobs", "1"]
    assert run(*command) == 0
    (out / "notes.txt").write_text("mine")
    assert {"mil/seed0/Second.txt", "report/strips/Second.png"} <= files(out)
    fewer = [*command, "--sequences", "Square"]
    capsys.readouterr()
    assert run(*fewer) == 0
    assert "does not name (mil/seed0/Second); their runs stay in" in capsys.readouterr().err
    left = files(out)
    assert {name for name in left if "Second" in name} == {"runs/mil/seed0/Second.json"}
    assert {"notes.txt", "mil/seed0/Square.txt", "report.html"} <= left
    assert run(*fewer, "--no-report") == 0
    assert not {name for name in files(out) if name.startswith("report")}
    assert run(*command) == 0  # with what is stored
    assert {"mil/seed0/Second.txt", "report/strips/Second.png"} <= files(out)


def test_names_of_sequences_may_have_spaces_and_any_case(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ["ope", dataset, "--max-frames", "2", "--out", out, *QUICK]
    assert run(*command, "--sequences", "square, SECOND") == 0
    assert list(json.loads((out / "summary.json").read_text())["sequences"]) == ["Second", "Square"]


def test_score_takes_the_frames_that_were_run(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run("ope", dataset, "--max-frames", "2", "--out", out, *QUICK) == 0
    wanted = json.loads((out / "summary.json").read_text())["mean"]["auc"]
    for results in (out, out / "mil"):
        assert run("score", results, dataset, "--out", tmp_path / "scored") == 0
        assert "the first 2 frames" in capsys.readouterr().err
        found = json.loads((tmp_path / "scored" / "summary.json").read_text())["mean"]["auc"]
        assert found == pytest.approx(wanted, abs=1e-3)


def test_a_report_of_what_is_not_finished_says_so(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run("ope", dataset, "--max-frames", "2", "--out", out, *QUICK) == 0
    (out / "summary.json").unlink()
    capsys.readouterr()
    assert run("report", out) == 2
    assert "is not finished: 2 runs are stored" in capsys.readouterr().err


def test_a_report_of_another_command_s_folder_says_whose_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = {"command": "rlt-bench speed --out out", "trackers": {"mil": {"fps": 1}}}
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    assert run("report", tmp_path) == 2
    assert f"{tmp_path} is of rlt-bench speed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ope", "DATA", "--sequences", "Squars"], "no sequence Squars; it has Square"),
        (["ope", "DATA", "--sequences", ""], "has no sequence ''; it has"),
        (["ope", "DATA", "--set", "lambda=3"], "did you mean attention_weight?"),
        (["ope", "DATA", "--set", "lamda=3"], "did you mean attention_weight?"),
        (["ope", "DATA", "--layout", "vot"], "its layout seems to be otb"),
        (["ope", "DATA/nowhere"], "is not a folder; give the folder of a data set"),
        (["lost", "--sequences", "Square"], "are those of a data set; give its folder as well"),
        (["ablation", "fig2", "DATA", "--sequence", "square,second"], "give one sequence"),
        (["score", "DATA", "DATA", "--max-frames", "0"], "--max-frames must be 1 or more"),
    ],
)
def test_mistakes_cost_one_line(
    dataset: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    given = [word.replace("DATA", str(dataset)) for word in arguments]
    assert run(*given, "--out", tmp_path / "out") == 2
    told = capsys.readouterr().err
    assert told.startswith("rlt-bench: error: ") and told.count("\n") == 1
    assert message in told


def test_what_argparse_refuses_costs_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        run("ope", "data", "--seeds", "x", "--out", "out")
    assert end.value.code == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert told.endswith("invalid int value: 'x'; see rlt-bench ope --help\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_the_exit_codes(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    names = {"robustness": "tre", "make_bag": "make-bag", "unpack_bag": "unpack-bag"}
    with pytest.raises(SystemExit):
        run(names.get(command, command), "--help")
    shown = " ".join(capsys.readouterr().out.split())
    for words in ("0 all done", "1 some of it failed", "2 nothing could be done", "130 stopped by"):
        assert words in shown


@pytest.mark.parametrize("module", ["cli.bench.main", "cli.track", "benchmark.toolkits.trax"])
def test_every_command_tells_its_version(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        importlib.import_module(f"rlt_ros.{module}").main(["--version"])
    assert (end.value.code, capsys.readouterr().out) == (0, f"rlt_ros {package_version()}\n")
