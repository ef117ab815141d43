# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import re
import sys
import time

import pytest

from rlt_ros import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_is_for_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert list(progress.followed("abc", total=3, unit="frame", what="drawing")) == [*"abc"]
    assert "\r" in terminal.getvalue()
    assert "drawing: 100%" in terminal.getvalue()


def test_elsewhere_there_are_plain_lines_also_while_nothing_gets_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "SECONDS", 0.05)
    told = ""
    with progress.progress(total=5, initial=2, unit="run", what="ope") as shown:
        shown.update()
        while told.count("ope: 3 of 5 runs,") < 2:
            time.sleep(0.01)
            told += capsys.readouterr().err
    lines = [line.rpartition(",")[0] for line in told.splitlines()]
    # 2 stands there only where a busy machine let lines come before the update.
    assert lines == sorted(lines) and set(lines) <= {"ope: 2 of 5 runs", "ope: 3 of 5 runs"}
    assert "\r" not in told


@pytest.mark.parametrize("terminal", [True, False])
def test_where_there_is_only_to_wait_the_time_is_told(
    monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(progress, "SECONDS", 0.05)
    monkeypatch.setattr(sys, "stderr", stream)
    with progress.progress(what="starting the node") as shown:
        while "starting the node" not in stream.getvalue():
            shown.update(0)
            time.sleep(0.01)
    assert ("\r" in stream.getvalue()) == terminal
    text = r"starting the node: \d\d:\d\d" if terminal else r"starting the node, \d+ s\n"
    assert re.search(text, stream.getvalue())


def test_what_is_soon_done_says_nothing_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress.followed(range(3), unit="frame")) == [0, 1, 2]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("error", [False, True])
def test_a_line_goes_where_it_belongs(capsys: pytest.CaptureFixture[str], error: bool) -> None:
    progress.say("done", error=error)
    said = capsys.readouterr()
    assert (said.err if error else said.out) == "done\n"
    assert (said.out if error else said.err) == ""
