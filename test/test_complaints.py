# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging

import pytest

from rlt_ros.complaints import Complaints


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def complaints(clock: Clock) -> Complaints:
    return Complaints(logging.getLogger("complaints"), clock)


def test_a_kind_is_logged_once_in_five_seconds_whatever_its_text(
    complaints: Complaints, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(351):  # 35 s, ten a second
        clock.now = 100.0 + number / 10
        complaints.warn("box", f"box {number} refused")
    assert caplog.messages == ["box 0 refused"] + [
        f"box {number} refused (and 49 more like it in 5 s)" for number in range(50, 351, 50)
    ]


def test_kinds_do_not_hide_each_other(
    complaints: Complaints, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(9):
        complaints.warn(f"kind {number % 3}", f"text {number}")
    assert caplog.messages == ["text 0", "text 1", "text 2"]


def test_what_was_left_out_is_told_when_no_more_comes(
    complaints: Complaints, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(176):
        complaints.warn("box", f"box {number} refused")
    complaints.warn("frame", "frame skipped")
    clock.now += 4.875
    complaints.catch_up()
    assert len(caplog.messages) == 2
    clock.now += 0.125
    complaints.catch_up()
    complaints.catch_up()
    assert caplog.messages[2:] == ["box 175 refused (and 174 more like it in 5 s)"]
    complaints.warn("box", "refused again")  # less than 5 s after that
    assert len(caplog.messages) == 3
    complaints.catch_up(everything=True)
    assert caplog.messages[3:] == ["refused again"]
