# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tables in files, and the page of results that is made of them."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from documented import parse

from rlt_ros.benchmark.report.results_page import (
    COMMAND,
    KEPT,
    PAGE,
    Block,
    PageError,
    blocks,
    filled,
    main,
    take,
)
from rlt_ros.benchmark.report.study_tables import HALVES, SIZES_OVER_TRUE
from rlt_ros.benchmark.report.views import SIZES
from rlt_ros.benchmark.table_files import (
    TABLES,
    TableFileError,
    read_table_file,
    write_table_file,
)
from rlt_ros.benchmark.text_tables import Table

ROOT = Path(__file__).resolve().parents[3]
MEANS = Table(
    "Means",
    [
        ["tracker", "AUC", "fps", "ECE"],
        ["rlt", "0.71 ± 0.02", "40", "-"],
        ["mil", "0.3", "9", "-"],
    ],
    "AUC is good.",
)
OTHER = Table("Means", [["tracker", "AUC", "ECE"], ["rlt", "0.52", "0.1"], ["nano", "0.55", ""]])
HEAD = "# T\n\n- command: `x`\n- date: y\n"


def origin(command: str, date: str = "2026-11-27") -> dict[str, object]:
    return {
        "command": command,
        "date": date,
        "commit": "142fc4b",
        "machine": "x86_64, 2 cores",
        "versions": {"rlt_ros": "0.1.0", "torch": "2"},
    }


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    for name, table, data in (("a", MEANS, "2 clips, seed 0"), ("b", OTHER, "")):
        (tmp_path / "kept" / name).mkdir(parents=True)
        about = origin(f"rlt-bench ope {name}")
        write_table_file(tmp_path / "kept" / name, about, "One-pass", [table], data)
    return tmp_path / "kept"


def page(*lines: str) -> str:
    return "# T\n\n" + "".join(f"{line}\n<!-- end -->\n" for line in lines)


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("|")]


def test_tables_come_back_from_their_file(tmp_path: Path) -> None:
    odd = Table("What | where", [["a|b", "c"], ["", "x"], ["y", ""], ["-", "1 | 2"]], "A note.")
    path = write_table_file(
        tmp_path, origin("rlt-bench ope 'a b'"), "Title", [MEANS, odd], "2 clips"
    )
    found = read_table_file(path)
    assert found.title == "Title"
    assert found.tables == {"Means": MEANS, "What | where": odd}
    assert found.origin == {
        "command": "rlt-bench ope 'a b'",
        "date": "2026-11-27",
        "commit": "142fc4b",
        "machine": "x86_64, 2 cores",
        "versions": "rlt_ros 0.1.0, torch 2",
        "data": "2 clips",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no title\n", "does not begin with a title, the command and the date"),
        ("# T\n\n- command: `x`\n", "does not begin with"),
        ("# T\n\n- command: `x`\n- date: y\n\n## A\n\nwords\n", "'A' has no table"),
        (
            "# T\n\n- command: `x`\n- date: y\n\n## A\n\n| a |\n| --- |\n| b | c |\n",
            "several length",
        ),
    ],
)
def test_what_is_no_table_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.md").write_text(text)
    with pytest.raises(TableFileError, match=message):
        read_table_file(tmp_path / "x.md")


def test_columns_of_several_folders_side_by_side(kept: Path) -> None:
    text = filled(page("<!-- beside A=a, B=b: Means; ECE; AUC -->"), kept)
    assert rows(text) == [
        "| tracker | B: ECE | A: AUC | B: AUC |",  # nothing of A has an ECE
        "| --- | ---: | ---: | ---: |",
        "| rlt | 0.1 | 0.71 ± 0.02 | 0.52 |",
        "| mil |  | 0.3 |  |",
        "| nano |  |  | 0.55 |",
    ]
    assert "```sh\nrlt-bench ope a\nrlt-bench ope b\n```\n" in text
    assert "(A: 2 clips, seed 0; B; commit 142fc4b, 2026-11-27, x86_64, 2 cores)" in text
    assert "\nAUC is good.\n" in text
    assert filled(text, kept) == text


def test_rows_of_several_folders_one_below_another(kept: Path) -> None:
    text = filled(page("<!-- below A=a, B=b: Means; AUC -->", "<!-- below A=a: Means -->"), kept)
    assert rows(text)[:6] == [
        "|  | tracker | AUC |",
        "| --- | ---: | ---: |",
        "| A | rlt | 0.71 ± 0.02 |",
        "| A | mil | 0.3 |",
        "| B | rlt | 0.52 |",
        "| B | nano | 0.55 |",
    ]
    assert rows(text)[6] == "| tracker | AUC | fps | ECE |"


def test_what_was_not_measured_is_said(kept: Path) -> None:
    text = filled(page("<!-- beside A=a, C=c: Means; AUC -->", "<!-- below C=c: Means -->"), kept)
    assert "\nNot measured at this version: C.\n" in text
    assert "\nNot measured at this version. What earlier" in text
    pictures = filled(page("<!-- pictures A=a: success -->"), kept)
    assert "Not measured at this version" in pictures


def test_a_table_that_an_older_version_did_not_give_was_not_measured(kept: Path) -> None:
    sizes = Table("Sizes over true", [["tracker", "width over true"], ["rlt", "1.02"]])
    block = "<!-- beside A=a, B=b: Sizes over true -->"
    assert "\nNot measured at this version. What earlier" in filled(page(block), kept)
    write_table_file(kept / "b", origin("rlt-bench ope b"), "One-pass", [OTHER, sizes])
    text = filled(page(block), kept)
    assert rows(text) == ["| tracker | width over true |", "| --- | ---: |", "| rlt | 1.02 |"]
    assert "```sh\nrlt-bench ope b\n```\n" in text
    assert "\nNot measured at this version: A.\n" in text


def test_other_dates_are_told_apart(kept: Path) -> None:
    write_table_file(kept / "b", origin("rlt-bench ope b", "2026-11-28"), "One-pass", [OTHER])
    text = filled(page("<!-- beside A=a, B=b: Means; AUC -->"), kept)
    assert "commit 142fc4b, 2026-11-27, x86_64, 2 cores); (B; commit 142fc4b, 2026-11-28, " in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (page("<!-- below A=a: Means; OS -->"), "no table of A has a column OS"),
        (page("<!-- under A=a: Means -->"), "1 blocks begin, 1 end and 0 can be read"),
        ("<!-- below A=a: Means -->\n" + page("<!-- below A=a: Means -->"), "2 blocks begin"),
    ],
)
def test_a_block_that_names_what_is_not_there(kept: Path, text: str, message: str) -> None:
    with pytest.raises(PageError, match=message):
        filled(text, kept)


def test_taking_tables_and_pictures(kept: Path, tmp_path: Path) -> None:
    new, rng = tmp_path / "out" / "a", np.random.default_rng(0)
    (new / "report").mkdir(parents=True)
    write_table_file(new, origin("rlt-bench ope new"), "One-pass", [MEANS])
    photo = cv2.resize(rng.integers(0, 255, (40, 200, 3), np.uint8), (2000, 400))
    cv2.imwrite(str(new / "report" / "failure_X.png"), photo)
    cv2.imwrite(str(new / "report" / "success.png"), np.full((100, 200, 3), 255, np.uint8))
    cv2.imwrite(str(new / "report" / "unwanted.png"), photo)
    (kept / "a" / "failure_Y.jpg").write_bytes(b"old")
    text = page("<!-- below A=a, B=b: Means -->", "<!-- pictures A=a: success; failure_* -->")
    assert take(tmp_path / "out", kept, list(blocks(text))) == ["a"]
    names = {path.name for path in (kept / "a").iterdir()}
    assert names == {TABLES, "failure_X.jpg", "success.png"}
    assert cv2.imread(str(kept / "a" / "failure_X.jpg")).shape == (280, 1400, 3)
    assert read_table_file(kept / "a" / TABLES).origin["command"] == "rlt-bench ope new"
    assert read_table_file(kept / "b" / TABLES).origin["command"] == "rlt-bench ope b"
    shown = re.findall(r"!\[(.*?)\]\((.*?)\)", filled(text, kept))
    assert shown == [
        ("A: success", "results/a/success.png"),
        ("A: failure_X", "results/a/failure_X.jpg"),
    ]


def test_the_command_writes_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / PAGE).write_text(page("<!-- below A=a: Means; AUC -->"))
    (tmp_path / "out" / "a").mkdir(parents=True)
    write_table_file(tmp_path / "out" / "a", origin("rlt-bench ope a"), "One-pass", [MEANS])
    monkeypatch.chdir(tmp_path)
    main(["--from", "out"])
    assert capsys.readouterr().out == "taken into docs/results: a\n"
    assert "| rlt | 0.71 ± 0.02 |" in (tmp_path / PAGE).read_text()
    (tmp_path / PAGE).write_text(page("<!-- below A=a: Means; Median -->"))
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "no table of A has a column Median" in capsys.readouterr().err


# ---- docs/results.md -----------------------------------------------------------------------------


def own_blocks() -> list[Block]:
    return list(blocks((ROOT / PAGE).read_text()))


def measured() -> dict[str, str]:
    """The commands of tools/measure_results.sh by the folders that they write to."""
    text = (ROOT / "tools" / "measure_results.sh").read_text()
    lines = re.findall(r"^(?:measure|evaluate) (\w+) (rlt-bench .+)$", text, re.MULTILINE)
    return {name: f"{command} --out out/{name}" for name, command in lines}


def test_the_page_is_what_the_kept_tables_say() -> None:
    text = (ROOT / PAGE).read_text()
    assert filled(text, ROOT / KEPT) == text, f"run {COMMAND}"


def test_every_table_of_the_page_is_one_that_commands_give() -> None:
    kept = (ROOT / KEPT).glob(f"*/{TABLES}")
    known = {title for path in kept for title in read_table_file(path).tables}
    known |= {HALVES, SIZES_OVER_TRUE, *(f"{_upper(one.heading)} by sequence" for one in SIZES)}
    for block in own_blocks():
        if block.kind != "pictures" and any((ROOT / KEPT / one).is_dir() for one in folders(block)):
            assert block.parts[0] in known


def folders(block: Block) -> list[str]:
    return list(block.folders.values())


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def test_there_are_no_tables_but_those_of_blocks() -> None:
    text = re.sub(
        r"<!-- (beside|below|pictures) .*?<!-- end -->", "", (ROOT / PAGE).read_text(), flags=re.S
    )
    assert rows(text) == []


def test_every_folder_of_the_page_is_measured_and_the_other_way_round() -> None:
    named = {name for block in own_blocks() for name in block.folders.values()}
    assert named == set(measured())
    kept = {path.name for path in (ROOT / KEPT).glob("*")}
    assert kept <= named


@pytest.mark.parametrize("name", measured())
def test_a_measuring_command_is_understood(name: str) -> None:
    parse(measured()[name])
